"""What `mkdocs.yml` adds to the site: the rendered references of both contracts, and files of the repository's folders.

Duty: make their pages when the site is built, from the files as they are then, and let their links lead to pages. It
renders nothing itself and writes nothing outside the built site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any, Final

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from rest_reference import RestReference
from websocket_reference import WebsocketReference

# Files that stand where readers of the repository look for them, and the pages that show them.
SHOWN: Final = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "openapi/README.md": "contracts.md",
    "openapi/CHANGELOG.md": "contracts-changelog.md",
}
_LINK: Final = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the contracts, and those that show files from outside the documentation.

    Args:
        files: The site's files.
        config: The site's configuration.

    Returns:
        The files, with the pages.
    """
    root = Path(config.config_file_path).parent
    contracts = root / "openapi"
    pages = {
        "reference/rest.md": RestReference(_read(contracts / "comfyui.yaml")).page(),
        "reference/websocket.md": WebsocketReference(_read(contracts / "comfyui-ws.yaml")).page(),
    }
    pages |= {page: page_of(name, (root / name).read_text(encoding="utf-8")) for name, page in SHOWN.items()}
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def page_of(name: str, content: str) -> str:
    """Let the links of a file lead where the site has what they name.

    Args:
        name: The file's path in the repository.
        content: Its Markdown.

    Returns:
        The Markdown of its page, which stands in the site's root.

    Raises:
        ValueError: It links to a file that the site does not show.
    """

    def within_the_site(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), link[1]))
        page = SHOWN.get(target) or (target.removeprefix("docs/") if target.startswith("docs/") else None)
        if page is None:
            raise ValueError(f"{name} links to {link[1]}, which is no page: name it without a link")
        return f"]({page}"

    return _LINK.sub(within_the_site, content)


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return document
