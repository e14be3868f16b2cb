"""REST exchanges recorded on real servers, made again with the emulator of the same version.

Compared are the status, the content type and the shape of the answer: names and types, not values.
"""

import ast
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import comfy_emulator
from tests import plain_http
from tests.emulator.pictures import png
from tests.recordings import recordings

RECORDINGS = recordings("protocol")

# Answers whose content depends on what else a server was used for, or on which files it has.
LOOSE_PATHS = (
    "/history",
    "/api/jobs",
    "/internal/logs",
    "/internal/files/output",
    "/extensions",
    "/global_subgraphs",
    "/experiment/models/",
    "/node_replacements",
)
ANSWERED_EARLIER = {
    # The recorded server had not been used by then, or had been used before.
    ("GET", "/settings"),
    ("GET", "/settings/nope"),
    ("GET", "/userdata?dir=workflows"),
    ("GET", "/v2/userdata?path=workflows"),
    ("GET", "/v2/userdata"),
}

pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings of real servers are not there")


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, comfy_emulator.RunningServer]]:
    with comfy_emulator.running(version="0.33.0") as newer, comfy_emulator.running(version="0.3.64") as older:
        yield {"0.33.0": newer, "0.3.64": older}


def shape(value: Any, depth: int = 0) -> Any:
    if isinstance(value, dict):
        return {name: shape(each, depth + 1) for name, each in sorted(value.items())} if depth < 4 else "object"
    if isinstance(value, list):
        return ["list", shape(value[0], depth + 1)] if value and depth < 3 else ["list"]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def send(client: httpx.Client, recorded: dict[str, Any], ids: dict[str, str]) -> httpx.Response:
    request = recorded["request"]
    path = request["path"]
    for old, new in ids.items():
        path = path.replace(old, new)
    options: dict[str, Any] = {}
    if "params" in request:
        options["params"] = request["params"]
    if "json" in request:
        text = json.dumps(request["json"])
        for old, new in ids.items():
            text = text.replace(old, new)
        options["json"] = json.loads(text)
    if "content" in request:
        options["content"] = ast.literal_eval(request["content"])
    if "headers" in request:
        headers = request["headers"]
        options["headers"] = ast.literal_eval(headers) if isinstance(headers, str) else headers
    if "files" in request:
        name = "mask.png" if "mask" in path else "rec.png" if request["note"] == "traversal" else "rec in.png"
        colour = "red" if request["note"] == "other bytes, same name" else "blue"
        options["files"] = {"image": (name, png(colour, mode="RGBA"), "image/png")}
    if "data" in request:
        options["data"] = ast.literal_eval(request["data"])
    return client.request(request["method"], path, **options)


@pytest.mark.parametrize("version", ["0.33.0", "0.3.64"])
def test_answers_have_the_shape_of_the_real_ones(
    version: str, servers: dict[str, comfy_emulator.RunningServer]
) -> None:
    exchanges = json.loads((RECORDINGS / version / "rest.json").read_text(encoding="utf-8"))
    ids: dict[str, str] = {}
    differences: list[str] = []
    with plain_http.Client(base_url=servers[version].url) as client:
        for recorded in exchanges:
            request = recorded["request"]
            if request["path"].startswith("/history/") and request["note"] == "" and ids:
                await_history(client, *ids.values())
            answer = send(client, recorded, ids)
            if request["note"] == "valid" and answer.status_code == 200:
                ids[json.loads(recorded["body"])["prompt_id"]] = answer.json()["prompt_id"]
            differences += [
                f"{request['method']} {request['path']} ({request['note']}): {each}"
                for each in compared(recorded, answer)
            ]
    assert not differences, "\n".join(differences)


def await_history(client: httpx.Client, prompt_id: str) -> None:
    for _ in range(1000):
        if client.get(f"/history/{prompt_id}").json():
            return


def compared(recorded: dict[str, Any], answer: httpx.Response) -> Iterator[str]:
    request = recorded["request"]
    if answer.status_code != recorded["status"]:
        if (request["method"], request["path"]) not in ANSWERED_EARLIER:
            yield f"status {answer.status_code}, not {recorded['status']}"
        return
    for name in ("content-type", "content-disposition", "accept-ranges", "content-range"):
        if name in recorded["headers"] and name != "content-range":
            if answer.headers.get(name) != recorded["headers"][name]:
                yield f"{name} {answer.headers.get(name)!r}, not {recorded['headers'][name]!r}"
        elif (name in answer.headers) != (name in recorded["headers"]):
            yield f"{name} is {answer.headers.get(name)!r}"
    body = recorded.get("body")
    if body is None or recorded.get("truncated") or request["path"].startswith(LOOSE_PATHS):
        return
    if "json" not in answer.headers.get("content-type", ""):
        if answer.text != body:
            yield f"text {answer.text!r}, not {body!r}"
        return
    try:
        expected = json.loads(body)
    except ValueError:
        return
    if request["path"].startswith("/object_info/"):
        expected, given = without_words(expected), without_words(answer.json())
    elif (request["method"], request["path"]) in ANSWERED_EARLIER or request["path"].startswith("/models/"):
        return
    else:
        expected, given = shape(expected), shape(answer.json())
    if request["path"] in ("/system_stats", "/api/system_stats"):
        for side in (expected, given):
            side["system"].pop("comfy_package_versions", None)
    if given != expected:
        yield f"shape {given}, not {expected}"


def without_words(value: Any) -> Any:
    """Take out the explanations, which the emulator has in its own words."""
    if isinstance(value, dict):
        return {
            name: without_words(each)
            for name, each in value.items()
            if name not in ("tooltip", "output_tooltips", "description", "search_aliases")
        }
    if isinstance(value, list):
        items = [without_words(each) for each in value]
        return items[:-1] if len(items) == 2 and items[1] == {} else items
    return value
