"""The documentation site: built without a warning, complete, and readable without a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from contract_schemas import UnknownKeywordError, members_table, type_text
from rest_reference import operations
from site_hooks import SHOWN, page_of

import comfy_emulator
import comfy_facade
import comfy_fleet
import comfy_ws
from tests import yaml_documents
from tests.systems import installed_program

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (comfy_facade, comfy_fleet, comfy_ws, comfy_emulator)
# What a browser loads by itself; addresses behind links are only followed by people.
LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}
NEVER_LOADED = {"canonical", "prev", "next"}


class Page(HTMLParser):
    """What a page loads, links to, and can be linked at."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.classes: set[str] = set()
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.add(values.get("id", ""))
        self.classes.update(values.get("class", "").split())
        if tag == "a":
            self.links.append(values.get("href", ""))
        elif LOADED.get(tag) in values and not NEVER_LOADED & set(values.get("rel", "").split()):
            self.loads.append(values[LOADED[tag]])

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from this tree."""
    directory = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [installed_program("mkdocs"), "build", "--strict", "--site-dir", directory],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # It only counts the warnings that it would print.
    assert "Documentation built" in done.stderr
    return directory


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """The pages by path."""
    return {path.relative_to(site).as_posix(): Page(path) for path in site.rglob("*.html")}


pytestmark = pytest.mark.timeout(300)


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        # For diagrams the theme fetches a library.
        assert "mermaid" not in page.classes, name
        for address in page.loads:
            parts = urlsplit(address)
            assert not parts.netloc, f"{name} loads {address}"
            if not parts.scheme and name != "404.html":
                assert (site / name).parent.joinpath(unquote(parts.path)).exists(), f"{name} loads {address}"
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")), style


def test_every_link_within_the_site_leads_somewhere(site: Path, pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        if name == "404.html":
            continue
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            path = (site / name).parent.joinpath(unquote(parts.path)) if parts.path else site / name
            target = os.path.relpath(path / "index.html" if path.is_dir() else path, site)
            assert target in pages, f"{name} links to {address}"
            assert not parts.fragment or unquote(parts.fragment) in pages[target].anchors, f"{name} links to {address}"


def test_search_knows_the_pages(site: Path, pages: dict[str, Page]) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].partition("#")[0] or "index.html" for entry in index["docs"]}
    assert found == set(pages) - {"404.html"}


def test_every_public_name_is_in_the_reference(pages: dict[str, Page]) -> None:
    documented = {anchor for name, page in pages.items() if name.startswith("reference/") for anchor in page.anchors}
    names = {f"{package.__name__}.{name}" for package in PACKAGES for name in package.__all__}
    assert names <= documented


@pytest.mark.parametrize("client", [comfy_facade.AsyncComfyUIApiClient, comfy_facade.ComfyUIApiClient])
def test_every_method_of_a_client_is_in_the_reference(client: type, pages: dict[str, Page]) -> None:
    documented = {anchor for name, page in pages.items() if name.startswith("reference/") for anchor in page.anchors}
    methods = {name for name in dir(client) if not name.startswith("_")} - {"portal", "lifted"}
    assert {f"comfy_facade.{client.__name__}.{name}" for name in methods} <= documented


def test_lifted_methods_show_their_parameters(pages: dict[str, Page]) -> None:
    text = pages["reference/sync-client.html"].text
    assert "cancel_on_abandon" in text
    assert "lift_as(" not in text


def test_a_function_is_not_taken_for_the_module_of_its_name(pages: dict[str, Page]) -> None:
    text = pages["reference/workflows.html"].text
    assert "Give a prompt for each combination of values." in text
    assert "Duty: put values into copies of a prompt." not in text


def test_files_of_the_repository_are_shown(pages: dict[str, Page]) -> None:
    assert "0.1.0 (" in pages["changelog.html"].text
    assert "Report a vulnerability" in pages["security.html"].text
    assert "architecture.html" in pages["contributing.html"].links
    assert "contracts-changelog.html" in pages["contracts.html"].links
    for name, page in SHOWN.items():
        text = "".join(pages[page.replace(".md", ".html")].text.split())
        heading = (ROOT / name).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        assert "".join(heading.split()) in text


def test_a_shown_file_links_to_pages_only() -> None:
    assert (
        page_of("openapi/README.md", "[a](../docs/a.md#b), [c](CHANGELOG.md)")
        == "[a](a.md#b), [c](contracts-changelog.md)"
    )
    assert page_of("SECURITY.md", "[a](https://example.com/a.md), [b](#b)") == "[a](https://example.com/a.md), [b](#b)"
    with pytest.raises(ValueError, match="which is no page"):
        page_of("SECURITY.md", "[drift](scripts/drift.py)")


def test_the_first_page_leads_to_every_guide(pages: dict[str, Page]) -> None:
    (guides,) = [part["Guides"] for part in yaml_documents.read(ROOT / "mkdocs.yml")["nav"] if "Guides" in part]
    named = {path.replace(".md", ".html") for guide in guides for path in guide.values()}
    table = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").partition("## Where to go")[2].partition("##")[0]
    assert named <= {path.replace(".md", ".html") for path in re.findall(r"\]\(([\w-]+\.md)\)", table)}


def contract(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml_documents.read(ROOT / "openapi" / name)
    return document


def test_every_operation_status_and_schema_is_on_the_rest_page(pages: dict[str, Page]) -> None:
    document, page = contract("comfyui.yaml"), pages["reference/rest.html"]
    for operation in operations(document):
        assert operation.name in page.anchors
        assert operation.route in page.text
        for status in operation.raw["responses"]:
            assert status in page.text
    for name, schema in document["components"]["schemas"].items():
        assert f"schema-{name}" in page.anchors
        assert all(member in page.text for member in schema.get("properties", ()))


def test_every_message_and_layout_is_on_the_websocket_page(pages: dict[str, Page]) -> None:
    document, page = contract("comfyui-ws.yaml"), pages["reference/websocket.html"]
    for key, message in document["components"]["messages"].items():
        assert key in page.anchors
        assert message["name"] in page.text
        assert all(part["name"] in page.text for part in message.get("x-binary-layout", ()))
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= page.anchors
    assert {f"binary, type {number}" for number in (1, 2, 3, 4)} <= set(re.findall(r"binary, type \d", page.text))
    # Where the picture begins in a message that names its node.
    assert "8 + metadata_length" in page.text


def test_a_keyword_that_cannot_be_shown_is_refused() -> None:
    with pytest.raises(UnknownKeywordError, match="uniqueItems"):
        type_text({"type": "array", "uniqueItems": True})


def test_members_of_nested_objects_are_shown() -> None:
    lines = {"type": "array", "items": {"type": "object", "required": ["t"], "properties": {"t": {"type": "string"}}}}
    table = members_table({"type": "object", "properties": {"lines": lines}})
    assert "| `lines` | list of object |  |  |" in table
    assert "| `lines[].t` | string | always |  |" in table
