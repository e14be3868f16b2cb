"""Reads recorded exchanges with real servers.

Duty: find the recordings of real servers, and turn each into an ``Exchange`` with the version of the server it
came from. Answers that a recording cut off or left out come with ``response_body=None``; nothing is made up for them.

Refusals: nothing is judged here, and without recordings nothing fails: tests ask ``require_recordings`` and skip.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.openapi.contract import Exchange, Form
from tests.recordings import recordings

PROTOCOL = recordings("protocol")
VERSIONS = ("0.3.64", "0.33.0")

_CUT_OFF = "…truncated"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded exchange."""

    source: str
    version: str
    exchange: Exchange
    cut_off: bool = False

    def __str__(self) -> str:
        return f"{self.source} {self.exchange.method} {self.exchange.target}"


def require_recordings() -> None:
    """Skip the test that asks, if there are no recordings here."""
    if not PROTOCOL.is_dir():
        pytest.skip("the recordings of real servers are not there")


def routes() -> list[dict[str, Any]]:
    """Give every route that real servers register, with the versions that have it."""
    found: list[dict[str, Any]] = json.loads((PROTOCOL / "routes.json").read_text(encoding="utf-8"))
    return found


def recorded_node_definitions() -> object:
    """Give the whole answer of a server to the request for all node definitions."""
    path = recordings("workflows") / "object_info.json.gz"
    if not path.is_file():
        pytest.skip("there is no recording of all node definitions here")
    return json.loads(gzip.decompress(path.read_bytes()))


def all_recordings() -> Iterator[Recording]:
    """Yield all exchanges, those of REST sessions and those around websocket sessions."""
    for version in VERSIONS:
        for path in sorted((PROTOCOL / version).glob("rest*.json")):
            for row in json.loads(path.read_text(encoding="utf-8")):
                yield _from_rest_row(f"{version}/{path.name}", version, row)
        for path in sorted((PROTOCOL / version).glob("ws-*.json")):
            session = json.loads(path.read_text(encoding="utf-8"))
            yield from _from_session(f"{version}/{path.name}", version, session)


def _from_rest_row(source: str, version: str, row: Mapping[str, Any]) -> Recording:
    request = row["request"]
    target = request["path"]
    if "params" in request:
        target = f"{target}?{urlencode(_mapping(request['params']))}"

    body: bytes | Form | None = None
    content_type: str | None = None
    if "json" in request:
        body, content_type = _to_json(request["json"]), "application/json"
    elif "content" in request:
        body = ast.literal_eval(request["content"])
    elif "files" in request or "data" in request:
        body, content_type = _form(request), "multipart/form-data"

    text = row.get("body")
    cut_off = isinstance(text, str) and text.endswith(_CUT_OFF)
    answer: bytes | None
    if cut_off:
        answer = None
    elif isinstance(text, str):
        answer = text.encode()
    else:
        # Binary answers were recorded by their length and first bytes alone.
        answer = b"" if row["body_bytes"] == 0 else None
    return Recording(
        source=source,
        version=version,
        cut_off=cut_off,
        exchange=Exchange(
            method=request["method"],
            target=target,
            status=row["status"],
            request_body=body,
            request_content_type=content_type,
            response_content_type=row["headers"].get("content-type"),
            response_body=answer,
        ),
    )


def _from_session(source: str, version: str, session: Mapping[str, Any]) -> Iterator[Recording]:
    """Yield the requests around a websocket session; their content types were not kept, all were JSON."""

    def answered(method: str, target: str, status: int, answer: object, request: object = None) -> Recording:
        return Recording(
            source=source,
            version=version,
            exchange=Exchange(
                method=method,
                target=target,
                status=status,
                request_body=None if request is None else _to_json(request),
                request_content_type=None if request is None else "application/json",
                response_content_type="application/json",
                response_body=None if answer is None else _to_json(answer),
            ),
        )

    posted = session["post_prompt"]
    yield answered("POST", "/prompt", posted["status"], posted["json"], posted["body"])
    prompt_id = posted["json"].get("prompt_id") or posted["body"].get("prompt_id", "unknown")
    yield answered("GET", f"/history/{prompt_id}", 200, session["history"])
    yield answered("GET", "/queue", 200, session["queue_after"])
    job = session["job"]
    yield answered("GET", f"/api/jobs/{prompt_id}", job["status"], job["json"])


def _mapping(value: str | dict[str, Any]) -> dict[str, Any]:
    """Give a mapping that was recorded as one, or as the text of one."""
    found: dict[str, Any] = ast.literal_eval(value) if isinstance(value, str) else value
    return found


def _form(request: Mapping[str, Any]) -> Form:
    fields: dict[str, str | bytes] = dict(_mapping(request.get("data", {})))
    # The text of an upload is cut off inside the file's bytes; the field's name comes before.
    if match := re.match(r"\{'(\w+)': \('", request.get("files", "")):
        fields[match[1]] = b""
    return fields


def _to_json(value: object) -> bytes:
    return json.dumps(value).encode()
