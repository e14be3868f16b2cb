"""Uploading pictures and masks into the input, temp or output folder."""

import io
import json
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from comfy_emulator.folders import Folders, OutsideFolderError, inside
from comfy_emulator.json_types import JsonObject
from comfy_emulator.server import SERVER, Server


class _RefusedUploadError(Exception):
    """An upload that is answered with 400 and no text."""


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [web.post("/upload/image", _upload_image), web.post("/upload/mask", _upload_mask)]


async def _upload_image(request: web.Request) -> web.Response:
    form = _Form(request.config_dict[SERVER], await request.post())
    return form.answer(lambda data, path: _write(path, data))


async def _upload_mask(request: web.Request) -> web.Response:
    form = _Form(request.config_dict[SERVER], await request.post())
    return form.answer(lambda data, path: _write_masked(form, data, path))


class _Form:
    """An upload form, its fields read."""

    def __init__(self, server: Server, posted: object) -> None:
        self._server = server
        self.folders: Folders = server.folders
        self._has_text_for_file = False
        self.fields: dict[str, str] = {}
        self._file: web.FileField | None = None
        for name, value in getattr(posted, "items", dict[str, object]().items)():
            if isinstance(value, web.FileField) and name == "image":
                self._file = value
            elif isinstance(value, str):
                self.fields[name] = value
            self._has_text_for_file |= name == "image" and not isinstance(value, web.FileField)

    def answer(self, write: Callable[[bytes, Path], None]) -> web.Response:
        try:
            return web.json_response(self._stored(write))
        except (_RefusedUploadError, OutsideFolderError):
            return web.Response(status=400)

    def _stored(self, write: Callable[[bytes, Path], None]) -> JsonObject:
        kind = self.fields.get("type", "input")
        root = self.folders.directory(kind)
        if root is None:
            # Not a refusal: the real server fails over it.
            raise LookupError(f"there is no folder of type {kind!r}")
        if self._has_text_for_file:
            # Not a refusal either: a part without a file name is no file, and the real server takes it for one.
            raise TypeError("the part called image is no file")
        if self._file is None or not self._file.filename:
            raise _RefusedUploadError
        subfolder = self.fields.get("subfolder", "")
        data = self._file.file.read()
        path = inside(root, f"{subfolder}/{self._file.filename}" if subfolder else self._file.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.fields.get("overwrite") in ("true", "1"):
            write(data, path)
        else:
            path = _free_path(path, data)
            if not path.exists():
                write(data, path)
        stored: JsonObject = {"name": path.name, "subfolder": subfolder, "type": kind}
        return stored | self._asset(path, kind)

    def _asset(self, path: Path, kind: str) -> JsonObject:
        if not self._server.keeps_assets or not path.is_file():
            return {}
        # Whatever is no output is tagged as an input, temporary files with both.
        asset = self._server.assets.register(path, kind, {kind, "output" if kind == "output" else "input"})
        described = asset.as_json()
        names = ("id", "name", "asset_hash", "size", "mime_type", "tags")
        return {"asset": {name: described[name] for name in names}}


def _free_path(path: Path, data: bytes) -> Path:
    candidate, count = path, 0
    while candidate.exists() and candidate.read_bytes() != data:
        count += 1
        candidate = path.with_name(f"{path.stem} ({count}){path.suffix}")
    return candidate


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _write_masked(form: _Form, data: bytes, path: Path) -> None:
    original = _original(form)
    if original is None or not original.is_file():
        return
    with PillowImage.open(original) as file, PillowImage.open(io.BytesIO(data)) as mask:
        notes = PngInfo()
        for key, value in getattr(file, "text", dict[str, str]()).items():
            notes.add_text(key, value)
        picture = file.convert("RGBA")
        picture.putalpha(mask.convert("RGBA").getchannel("A"))
    picture.save(path, compress_level=4, pnginfo=notes)


def _original(form: _Form) -> Path | None:
    """Give the picture to mask; None for one that may not be looked at, about which the real server keeps silent."""
    reference: JsonObject = json.loads(form.fields["original_ref"])
    name, directory = form.folders.annotated(reference["filename"])
    if not name or name.startswith("/") or ".." in name:
        return None
    root = directory or form.folders.directory(reference.get("type", "output"))
    if root is None:
        return None
    try:
        return inside(root, f"{reference.get('subfolder', '') or '.'}/{name}")
    except OutsideFolderError:
        return None
