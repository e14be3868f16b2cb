"""What `scripts/drift.py` finds, in a small tree, in running servers, and in real source trees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import drift
import pytest
from comfyui_source import SourceTree
from comfyui_surface import Surface, differences, from_contracts

import comfy_emulator
from tests import yaml_documents
from tests.drift.contracts import ASYNCAPI, OPENAPI
from tests.drift.trees import real_trees, write_tree

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = from_contracts(
    yaml_documents.read(ROOT / "openapi" / "comfyui.yaml"),
    yaml_documents.read(ROOT / "openapi" / "comfyui-ws.yaml"),
)
SMALL = from_contracts(yaml_documents.parsed(OPENAPI), yaml_documents.parsed(ASYNCAPI))


def found(contract: Surface, surface: Surface) -> list[tuple[str, ...]]:
    return [(each.what, each.change, each.name, each.inside) for each in differences(contract, surface)]


# --- a small tree -------------------------------------------------------------------------------------------------


def test_everything_in_a_tree_is_followed(tmp_path: Path) -> None:
    surface = SourceTree(write_tree(tmp_path)).surface()
    assert surface.version == "9.9.9"
    assert found(SMALL, surface) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("server.py", '@routes.get("/view")', '@routes.post("/view")', [
            ("route", "added", "POST /api/view", ""), ("route", "removed", "GET /api/view", "")]),
        ("server.py", '@routes.get("/ws")', '@routes.get("/extra/{a}")', [
            ("route", "added", "GET /api/extra/{a}", "")]),
        ("server.py", '"channel" in', '"colour" in', [
            ("parameter", "added", "colour (query)", "GET /api/view"),
            ("parameter", "removed", "channel (query)", "GET /api/view")]),
        ("server.py", "return web.Response(text=name)",
            'return request\n            else:\n                return request.query.get("colour")', [
            ("parameter", "added", "colour (query)", "GET /api/view")]),
        ("server.py", 'text=name)', 'text=request if name else request.query.get("colour"))', [
            ("parameter", "added", "colour (query)", "GET /api/view")]),
        ("server.py", "{{id:{PATTERN}}}", "{{thing_id:{PATTERN}}}", [
            ("parameter", "added", "thing_id (path)", "GET /api/things/{id}"),
            ("parameter", "removed", "id (path)", "GET /api/things/{id}")]),
        ("server.py", '"X-Thing"', '"X-Other"', [
            ("parameter", "added", "x-other (header)", "GET /api/things/{id}"),
            ("parameter", "removed", "x-thing (header)", "GET /api/things/{id}")]),
        ("server.py", 'post.get("mask")', 'post.get("alpha")', [
            ("parameter", "added", "alpha (body)", "POST /api/masked"),
            ("parameter", "removed", "mask (body)", "POST /api/masked")]),
        ("server.py", '"/api" + route.path', "route.path", [
            ("route", "added", "GET /added/{path}", ""), ("route", "added", "GET /view", ""),
            ("route", "added", "POST /masked", ""), ("route", "added", "POST /plain", ""),
            ("route", "added", "POST /prompt", ""), ("route", "removed", "GET /api/added/{path}", ""),
            ("route", "removed", "GET /api/view", ""), ("route", "removed", "POST /api/masked", ""),
            ("route", "removed", "POST /api/plain", ""), ("route", "removed", "POST /api/prompt", "")]),
        ("helpers.py", 'name == "tags"', 'name == "labels"', [
            ("parameter", "added", "labels (body)", "POST /api/things"),
            ("parameter", "removed", "tags (body)", "POST /api/things")]),
        ("helpers.py", '"timestamp": 1', '"time": 1', [
            (what, change, name, event)
            for what, change, name in (("field", "added", "time"), ("field", "removed", "timestamp"))
            for event in ("failed", "start", "stopped")]),
        ("helpers.py", '"node": 1, "error": 2', '"node": 1', [("field", "removed", "error", "failed")]),
        ("helpers.py", '"previews": True', '"previews": True, "more": 1', [("field", "added", "more", "flags")]),
        ("helpers.py", '"stopped"', '"halted"', [
            ("event", "added", "halted", ""), ("event", "removed", "stopped", "")]),
        ("helpers.py", "TEXT = 3", "TEXT = 5", [("binary", "added", "5", ""), ("binary", "removed", "3", "")]),
        ("app/models/schemas_in.py", "limit: int", "count: int", [
            ("parameter", "added", "count (query)", "GET /api/things"),
            ("parameter", "removed", "limit (query)", "GET /api/things")]),
        ("api/inner.py", '"/logs/{kind}"', '"/log/{kind}"', [
            ("route", "added", "PATCH /internal/log/{kind}", ""),
            ("route", "removed", "PATCH /internal/logs/{kind}", "")]),
    ],
)  # fmt: skip
def test_a_change_is_found_and_nothing_else(
    tmp_path: Path, file: str, old: str, new: str, expected: list[tuple[str, ...]]
) -> None:
    path = write_tree(tmp_path) / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert sorted(found(SMALL, SourceTree(tmp_path).surface())) == sorted(expected)


def run(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "drift.py", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=50, check=False)


@pytest.fixture
def small(tmp_path: Path) -> list[str | Path]:
    """The arguments that compare the small tree with its own contracts."""
    write_tree(tmp_path / "tree")
    (tmp_path / "rest.yaml").write_text(OPENAPI, encoding="utf-8")
    (tmp_path / "ws.yaml").write_text(ASYNCAPI, encoding="utf-8")
    contracts: list[str | Path] = ["--openapi", tmp_path / "rest.yaml", "--asyncapi", tmp_path / "ws.yaml"]
    return ["--source", tmp_path / "tree", *contracts]


def test_the_command_tells_that_there_is_no_drift(small: list[str | Path]) -> None:
    done = run(*small)
    assert done.returncode == 0, done.stderr
    assert "no drift: 9 routes and 5 events" in done.stdout


def test_the_command_tells_drift_as_text_and_as_json(tmp_path: Path, small: list[str | Path]) -> None:
    server = tmp_path / "tree" / "server.py"
    server.write_text(server.read_text("utf-8").replace('"number"', '"rank"').replace('"/masked"', '"/m"'), "utf-8")
    done = run(*small)
    assert done.returncode == 1, done.stderr
    for line in ("  + POST /api/m", "  - POST /api/masked", "  + rank (body) of POST /api/prompt"):
        assert line in done.stdout.splitlines()
    done = run(*small, "--json")
    assert done.returncode == 1
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["drift"] is True
    assert told["routes"]["added"] == [{"name": "POST /api/m"}]
    assert told["routes"]["removed"] == [{"name": "POST /api/masked"}]
    assert {"name": "POST /api/prompt", "added": [{"name": "rank (body)"}], "removed": [{"name": "number (body)"}]} in (
        told["routes"]["changed"]
    )
    assert told["events"] == {"added": [], "removed": [], "changed": []}


def test_what_is_no_tree_and_what_is_no_server_is_trouble(tmp_path: Path) -> None:
    done = run("--source", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no server.py" in done.stderr
    done = run("--url", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not answer" in done.stderr
    (tmp_path / "server.py").write_text("def broken(", encoding="utf-8")
    assert run("--source", tmp_path, "--as-of", "auto").returncode == 2


# --- running servers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", comfy_emulator.VERSIONS)
def test_a_running_server_is_as_old_as_it_says(version: str) -> None:
    with comfy_emulator.running(version=version) as server:
        done = run("--url", server.url, "--as-of", "auto")
        asked = list(server.requests)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"(ComfyUI {version})" in done.stdout
    assert {method for method, _, _ in asked} <= {"GET", "HEAD", "PROPFIND"}


def test_an_older_server_lacks_what_is_newer() -> None:
    with comfy_emulator.running(version="0.3.64") as server:
        done = run("--url", server.url, "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["routes"]["added"] == []
    assert {(row["name"], row["since"]) for row in told["routes"]["removed"]} == newer_than("0.3.64", "route")


# --- real trees ---------------------------------------------------------------------------------------------------


def newer_than(version: str, what: str) -> set[tuple[str, str]]:
    """Give what the contract says came after a version."""
    older = CONTRACT.as_of(version)
    names = {str(route) for route in older.routes} | set(older.events)
    return {(key[1], since) for key, since in CONTRACT.since.items() if key[0] == what and key[1] not in names}


def real_tree(version: str) -> Path:
    trees = real_trees()
    if version not in trees:
        pytest.skip(f"COMFYUI_SOURCES lists no tree of {version}")
    return trees[version]


@pytest.mark.timeout(180)
def test_the_newer_real_tree_is_as_the_contract_says(capsys: pytest.CaptureFixture[str]) -> None:
    tree = real_tree("0.33.0")
    assert drift.main(["--source", str(tree)]) == 0
    assert "no drift: 66 routes" in capsys.readouterr().out
    # Each exception is still needed.
    assert len(differences(CONTRACT, SourceTree(tree).surface())) == len(drift.EXPECTED)


@pytest.mark.timeout(180)
def test_the_older_real_tree_differs_by_exactly_what_the_contract_says(capsys: pytest.CaptureFixture[str]) -> None:
    tree = real_tree("0.3.64")
    assert drift.main(["--source", str(tree), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    routes, events = told["routes"], told["events"]
    assert (routes["added"], events["added"], told["binary_messages"]["added"]) == ([], [], [])
    assert {(row["name"], row["since"]) for row in routes["removed"]} == newer_than("0.3.64", "route")
    assert len(routes["removed"]) == 23
    assert {(row["name"], row["since"]) for row in events["removed"]} == newer_than("0.3.64", "event")
    changed = {
        (row["name"], each["name"], each["since"])
        for row in routes["changed"] + events["changed"]
        for each in row["removed"]
    }
    assert changed == {(*key[1:], since) for key, since in CONTRACT.since.items() if key[0] in ("parameter", "field")}
    assert all(row["added"] == [] for row in [*routes["changed"], *events["changed"]])
    assert drift.main(["--source", str(tree), "--as-of", "auto"]) == 0
