"""What an editor shows for the synchronous client, whose methods are lifted: exact types, and the docstring."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient
from tests.systems import installed_program

SERVER = installed_program("pyright-langserver")
METHODS = sorted(
    name
    for name, method in inspect.getmembers(AsyncComfyUIApiClient, inspect.iscoroutinefunction)
    if not name.startswith("_") and name not in ("init", "close")
)


class Editor:
    """Asks a language server, as an editor does."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout
        self._number = 0

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._receive()
            if "method" not in message and message.get("id") == self._number:
                return message["result"]
            if "method" in message and "id" in message:
                # It asks for settings; there are none.
                items = (message.get("params") or {}).get("items", [])
                self._send({"id": message["id"], "result": [None] * len(items) if items else None})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._to.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._to.flush()

    def _receive(self) -> dict[str, Any]:
        length = 0
        while line := self._from.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server ended"
        message: dict[str, Any] = json.loads(self._from.read(length))
        return message


@contextmanager
def editor(folder: Path) -> Iterator[Editor]:
    with subprocess.Popen([SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder) as process:
        try:
            asked = Editor(process)
            contents = {"textDocument": {"hover": {"contentFormat": ["plaintext"]}}}
            folders = [{"uri": folder.as_uri(), "name": "program"}]
            asked.ask("initialize", {"processId": None, "capabilities": contents, "workspaceFolders": folders})
            asked.tell("initialized", {})
            yield asked
        finally:
            process.kill()


@pytest.mark.timeout(180)
@pytest.mark.skipif(not SERVER.exists(), reason="pyright's language server is not installed")
def test_hovering_shows_types_and_docstring(tmp_path: Path) -> None:
    settings = {"venvPath": str(Path(sys.prefix).parent), "venv": Path(sys.prefix).name}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    program = tmp_path / "program.py"
    lines = ["from comfy_facade import ComfyUIApiClient", "client = ComfyUIApiClient()"]
    program.write_text("\n".join([*lines, *(f"client.{name}" for name in METHODS)]), encoding="utf-8")
    with editor(tmp_path) as asked:
        document = {
            "uri": program.as_uri(),
            "languageId": "python",
            "version": 1,
            "text": program.read_text(encoding="utf-8"),
        }
        asked.tell("textDocument/didOpen", {"textDocument": document})
        for line, name in enumerate(METHODS, len(lines)):
            place = {"textDocument": {"uri": program.as_uri()}, "position": {"line": line, "character": 9}}
            shown = asked.ask("textDocument/hover", place)["contents"]["value"]
            signature, _, docstring = shown.partition("\n\n")
            assert "Coroutine" not in signature, name
            assert "Unknown" not in signature, name
            assert "Any) -> Any" not in signature, name
            first_line = (inspect.getdoc(getattr(ComfyUIApiClient, name)) or "").partition("\n")[0]
            assert first_line, name
            assert first_line.split("`")[0].strip() in docstring or first_line in shown, name
