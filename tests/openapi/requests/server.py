"""Requests about what a server has and is: its nodes, its models, and the server itself."""

from __future__ import annotations

from typing import Any

from tests.openapi.conversation import Session
from tests.openapi.requests.samples import FOLDER, NOT_JSON
from tests.openapi.sending import Value


def nodes(talk: Session) -> None:
    """Nodes, and what node packs bring along."""
    talk.ask("getNodeDefinitions")
    talk.ask("getNodeDefinition", {"node_class": "EmptyImage"})
    talk.ask("getNodeDefinition", {"node_class": "No such/node"})
    talk.ask("getNodeReplacements")
    subgraphs = talk.ask("listSubgraphs").json() or {}
    for subgraph_id in list(subgraphs)[:2]:
        talk.ask("getSubgraph", {"id": subgraph_id})
    talk.ask("getSubgraph", {"id": "nope"})
    talk.ask("getWorkflowTemplates")
    talk.ask("getTranslations")


def models(talk: Session) -> None:
    """Model folders and the files in them."""
    talk.ask("getEmbeddings")
    talk.ask("listModelFolderDetails")
    for folder in talk.ask("getModelFolders").json():
        talk.ask("getModels", {"folder": folder})
        for file in talk.ask("listModelDetails", {"folder": folder}).json()[:1]:
            _model(talk, folder, file)
    talk.ask("getModels", {"folder": "nope"}, status=404)
    talk.ask("listModelDetails", {"folder": "nope"}, status=404)

    talk.ask("viewMetadata", {"folder_name": "checkpoints"}, status=404)
    for folder in ("checkpoints", "nope"):
        talk.ask("viewMetadata", {"folder_name": folder, "filename": "nope.safetensors"}, status=404)

    bad = 500 if talk.is_old else 400
    talk.ask("getModelPreview", {"folder": "checkpoints", "path_index": "x", "filename": "a"}, status=bad)
    refused: dict[str, Value] = {"folder": "checkpoints", "path_index": 0, "filename": "../../x"}
    talk.ask("getModelPreview", refused, status=404 if talk.is_old else 403)
    absent: dict[str, Value] = {"folder": "checkpoints", "path_index": 99, "filename": "a"}
    talk.ask("getModelPreview", absent, status=500 if talk.is_old else 404)
    talk.ask("getModelPreview", absent | {"path_index": 0, "filename": "nope/a.ckpt"}, status=404)
    talk.ask("getModelPreview", absent | {"path_index": 0, "folder": "nope"}, status=404)


def _model(talk: Session, folder: str, file: dict[str, Any]) -> None:
    # Not every model says something about itself, or has a picture.
    status = (200, 404) if talk.shared else 200
    if file["name"].endswith(".safetensors"):
        talk.ask("viewMetadata", {"folder_name": folder, "filename": file["name"]}, status=status)
    wanted = {"folder": folder, "path_index": file["pathIndex"], "filename": file["name"]}
    talk.ask("getModelPreview", wanted, status=status)


def system(talk: Session) -> None:
    """The server itself and its log."""
    talk.ask("getSystemStats")
    talk.ask("getFeatures")
    talk.ask("getExtensions")
    talk.ask("freeMemory", json={})
    talk.ask("freeMemory", status=500)
    talk.ask("freeMemory", content=NOT_JSON, status=500)
    talk.ask("getLogs")
    talk.ask("getRawLogs")
    for enabled in (True, False):
        talk.ask("subscribeLogs", json={"clientId": FOLDER, "enabled": enabled})
    talk.ask("subscribeLogs", content=NOT_JSON, status=500)
    talk.ask("getFolderPaths")
    for directory in ("input", "output", "temp"):
        talk.ask("listDirectoryFiles", {"directory_type": directory})
    talk.ask("listDirectoryFiles", {"directory_type": "bogus"}, status=400)
