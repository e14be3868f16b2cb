"""What `mkdocs.yml` adds to the site: the rendered references of both contracts.

Duty: make their pages when the site is built, from the contracts as they are then. It renders nothing itself and
writes nothing outside the built site.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from rest_reference import RestReference
from websocket_reference import WebsocketReference


def on_files(files: Files, /, *, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the contracts.

    Args:
        files: The site's files.
        config: The site's configuration.

    Returns:
        The files, with the pages.
    """
    contracts = Path(config.config_file_path).parent / "openapi"
    pages = {
        "reference/rest.md": RestReference(_read(contracts / "comfyui.yaml")).page(),
        "reference/websocket.md": WebsocketReference(_read(contracts / "comfyui-ws.yaml")).page(),
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document
