"""Lays out the browser example for a static web server, and serves it beside an emulated ComfyUI.

    scripts/browser_site.py DIRECTORY            lay it out
    scripts/browser_site.py DIRECTORY --serve    lay it out and serve it until Ctrl-C

Everything comes from this machine afterwards: Pyodide's runtime as npm brought it, the wheels as pip downloads them,
and the project's own wheel. It builds nothing but that wheel: the page itself needs no build.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import browser_wheel

ROOT: Final = Path(__file__).resolve().parents[1]
EXAMPLE: Final = ROOT / "examples" / "browser"
PYODIDE: Final = ROOT / "tests" / "browser" / "tools" / "node_modules" / "pyodide"

_RUNTIME: Final = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")


def lay_out(directory: Path) -> None:
    """Put together what a page needs.

    Args:
        directory: Where to: the example, `pyodide/`, `wheels/`, and `packages.json` with the wheels to load.
    """
    shutil.copytree(EXAMPLE, directory, dirs_exist_ok=True)
    shutil.copy(ROOT / "examples" / "text_to_image.json", directory / "workflows" / "text_to_image.json")
    (directory / "pyodide").mkdir(exist_ok=True)
    for name in _RUNTIME:
        _copy_if_new(PYODIDE / name, directory / "pyodide" / name)
    wheels = directory / "wheels"
    _download(EXAMPLE / "requirements.txt", wheels)
    own = browser_wheel.build(wheels)
    others = sorted(wheel.name for wheel in wheels.glob("*.whl") if wheel != own)
    packages = [f"wheels/{name}" for name in (*others, own.name)]
    (directory / "packages.json").write_text(json.dumps(packages, indent=2) + "\n", encoding="utf-8")


def _copy_if_new(source: Path, target: Path) -> None:
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        shutil.copy2(source, target)


def _download(requirements: Path, wheels: Path) -> None:
    stamp = wheels / "requirements.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(wheels, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    kind = ["--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none"]
    subprocess.run([*pip, *kind, "--requirement", str(requirements), "--dest", str(wheels)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


class _Handler(SimpleHTTPRequestHandler):
    """Serves files of several directories, the first that has one."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: Any, roots: Sequence[Path], **options: Any) -> None:
        self._roots = roots
        self.extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}
        super().__init__(*args, **options)

    def translate_path(self, path: str) -> str:
        for root in self._roots:
            self.directory = str(root)
            found = super().translate_path(path)
            if Path(found).exists():
                return found
        return super().translate_path(path)

    def end_headers(self) -> None:
        # A page that is being worked on is to be seen as it is.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        pass


@contextlib.contextmanager
def serving(roots: Sequence[Path], port: int = 0) -> Generator[str]:
    """Serve directories on loopback for as long as the block lasts.

    Args:
        roots: The directories; a file is taken from the first that has it.
        port: The port, 0 for a free one.

    Yields:
        The address.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Handler, roots=roots))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _demonstrate(directory: Path, port: int) -> None:
    import comfy_emulator

    with serving([directory], port) as page:
        emulator = comfy_emulator.running(latency=0.15, allowed_origin=page, port=port + 1 if port else 0)
        with emulator as server:
            print(f"ComfyUI (emulated) listens at {server.url}")
            print(f"open {page}/?server={server.url} in a browser; Ctrl-C ends both", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()


def main() -> None:
    """Read the command line and do as it says."""
    parser = argparse.ArgumentParser(description="Lay out the browser example, and perhaps serve it.")
    parser.add_argument("directory", type=Path, help="where to")
    parser.add_argument("--serve", action="store_true", help="serve it beside an emulated ComfyUI")
    parser.add_argument("--port", type=int, default=8190, help="port of the page; the emulator takes the next one")
    wanted = parser.parse_args()
    lay_out(wanted.directory)
    if wanted.serve:
        _demonstrate(wanted.directory, wanted.port)


if __name__ == "__main__":
    main()
