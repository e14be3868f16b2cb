"""Model folders, the files in them and what those tell about themselves."""

import io
from pathlib import Path
from typing import Final

from aiohttp import web
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from comfy_emulator.folders import OutsideFolderError, inside
from comfy_emulator.json_types import JsonObject
from comfy_emulator.safetensors import read_metadata
from comfy_emulator.server import SERVER, Server

_UNLISTED: Final = ("configs", "custom_nodes")
_PREVIEW_SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".webp", ".gif")


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [
        web.get("/models", _folders),
        web.get("/models/{folder}", _names),
        web.get("/embeddings", _embeddings),
        web.get("/experiment/models", _described_folders),
        web.get("/experiment/models/{folder}", _described_files),
        web.get("/experiment/models/preview/{folder}/{path_index}/{filename:.*}", _preview),
        web.get("/view_metadata/{folder_name}", _metadata),
    ]


async def _folders(request: web.Request) -> web.Response:
    return web.json_response(list(request.config_dict[SERVER].version.model_folders))


async def _names(request: web.Request) -> web.Response:
    server, folder = request.config_dict[SERVER], request.match_info["folder"]
    if folder not in server.version.model_folders:
        return web.Response(status=404)
    return web.json_response(server.folders.model_names(folder))


async def _embeddings(request: web.Request) -> web.Response:
    names = request.config_dict[SERVER].folders.model_names("embeddings")
    return web.json_response([Path(name).with_suffix("").as_posix() for name in names])


async def _described_folders(request: web.Request) -> web.Response:
    server = request.config_dict[SERVER]
    listed = [folder for folder in server.version.model_folders if folder not in _UNLISTED]
    return web.json_response([_described_folder(server, folder) for folder in listed])


def _described_folder(server: Server, folder: str) -> JsonObject:
    described: JsonObject = {
        "name": folder,
        "folders": [str(path) for path in server.folders.model_directories(folder)],
    }
    if server.version.lists_model_extensions:
        described["extensions"] = list(server.folders.model_extensions(folder))
    return described


async def _described_files(request: web.Request) -> web.Response:
    server, folder = request.config_dict[SERVER], request.match_info["folder"]
    if folder not in server.version.model_folders:
        return web.Response(status=404)
    wanted = server.folders.model_extensions(folder)
    return web.json_response(
        [
            _described_file(path, directory, index)
            for index, directory in enumerate(server.folders.model_directories(folder))
            for path in sorted(directory.rglob("*"))
            if path.is_file() and (not wanted or path.suffix.lower() in wanted or "" in wanted)
        ]
    )


def _described_file(path: Path, directory: Path, index: int) -> JsonObject:
    found = path.stat()
    return {
        "name": path.relative_to(directory).as_posix(),
        "pathIndex": index,
        "modified": found.st_mtime,
        "created": found.st_ctime,
        "size": found.st_size,
    }


async def _preview(request: web.Request) -> web.Response:
    server, folder = request.config_dict[SERVER], request.match_info["folder"]
    if folder not in server.version.model_folders:
        return web.Response(status=404)
    index, name = request.match_info["path_index"], request.match_info["filename"]
    directories = server.folders.model_directories(folder)
    checked = server.version.checks_model_preview_paths
    if checked and (not name or not index.lstrip("-").isdecimal()):
        return web.Response(status=400)
    if checked and not 0 <= int(index) < len(directories):
        return web.Response(status=404)
    try:
        model = inside(directories[int(index)], name)
    except OutsideFolderError:
        return web.Response(status=403 if checked else 404)
    return _encoded_preview(model)


def _encoded_preview(model: Path) -> web.Response:
    beside = [
        model.with_name(f"{model.stem}{middle}{suffix}") for middle in ("", ".preview") for suffix in _PREVIEW_SUFFIXES
    ]
    picture = next((path for path in beside if path.is_file()), None)
    if picture is None:
        return web.Response(status=404)
    buffer = io.BytesIO()
    try:
        with PillowImage.open(picture) as file:
            file.save(buffer, format="WEBP")
    except UnidentifiedImageError:
        return web.Response(status=404)
    return web.Response(body=buffer.getvalue(), content_type="image/webp")


async def _metadata(request: web.Request) -> web.Response:
    name = request.query.get("filename", "")
    if not name.endswith(".safetensors"):
        return web.Response(status=404)
    path = request.config_dict[SERVER].folders.model_file(request.match_info["folder_name"], name)
    metadata = None if path is None else read_metadata(path)
    return web.Response(status=404) if metadata is None else web.json_response(metadata)
