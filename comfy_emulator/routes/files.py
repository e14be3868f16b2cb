"""Showing files of the input, output and temp folders, whole, in part or as a preview."""

import io
import mimetypes
from pathlib import Path
from typing import Final

from aiohttp import web
from PIL import Image as PillowImage

from comfy_emulator.folders import Folders
from comfy_emulator.server import SERVER, Server

_SCRIPTS: Final = frozenset(
    {
        "text/html",
        "text/html-sandboxed",
        "application/xhtml+xml",
        "text/javascript",
        "text/css",
    }
)
_MORE_SCRIPTS: Final = frozenset(
    {
        "application/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "image/svg+xml",
        "application/xml",
        "text/xml",
        "message/rfc822",
    }
)
_DEFAULT_QUALITY: Final = 90


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [web.get("/view", _view)]


async def _view(request: web.Request) -> web.StreamResponse:
    query = request.query
    if "filename" not in query:
        return web.Response(status=404)
    server = request.config_dict[SERVER]
    name = query["filename"]
    path = _asset_file(server, name) or _resolved(
        server.folders, name, query.get("type", "output"), query.get("subfolder")
    )
    if isinstance(path, int):
        return web.Response(status=path)
    if not path.is_file():
        return web.Response(status=404)
    channel = query.get("channel", "rgba")
    if "preview" in query:
        return _preview(path, query["preview"], query.get("channel", ""))
    if channel in ("rgb", "a"):
        return _channel(path, channel)
    if server.version.dangerous_types_are_attachments:
        return _guarded(path)
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if content_type in _SCRIPTS:
        content_type = "application/octet-stream"
    return web.FileResponse(path, headers={"Content-Disposition": _named(path), "Content-Type": content_type})


def _asset_file(server: Server, name: str) -> Path | None:
    # The web interface names files by their hash.
    if not server.keeps_assets or not name.startswith("blake3:"):
        return None
    asset = server.assets.with_content(name)
    return None if asset is None else asset.path


def _resolved(folders: Folders, filename: str, kind: str, subfolder: str | None) -> Path | int:
    name, directory = folders.annotated(filename)
    if not name or name.startswith("/") or ".." in name:
        return 400
    root = directory or folders.directory(kind)
    if root is None:
        return 400
    if subfolder is None:
        return root / Path(name).name
    below = (root / subfolder).resolve()
    return below / Path(name).name if below.is_relative_to(root) else 403


def is_dangerous(content_type: str) -> bool:
    """Tell whether a browser might run scripts in a file of this type."""
    plain = content_type.split(";", 1)[0].strip().lower()
    return plain in _SCRIPTS | _MORE_SCRIPTS or plain.endswith(("+xml", "/xml"))


def _guarded(path: Path) -> web.FileResponse:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"X-Content-Type-Options": "nosniff"}
    disposition = _named(path)
    if is_dangerous(content_type):
        headers |= {"Vary": "Sec-Fetch-Dest", "Cache-Control": "no-store"}
        content_type = "application/octet-stream"
        disposition = f"attachment; {disposition}"
    return web.FileResponse(path, headers=headers | {"Content-Disposition": disposition, "Content-Type": content_type})


def _named(path: Path) -> str:
    escaped = path.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'filename="{escaped}"'


def _preview(path: Path, wanted: str, channel: str) -> web.Response:
    parts = wanted.split(";")
    kind = parts[0] if parts[0] in ("webp", "jpeg") and "a" not in channel else "webp"
    quality = int(parts[-1]) if parts[-1].isdigit() else _DEFAULT_QUALITY
    with PillowImage.open(path) as file:
        picture = file.convert("RGB") if kind == "jpeg" or channel == "rgb" else file.copy()
    return _encoded(picture, kind, path, quality=quality)


def _channel(path: Path, channel: str) -> web.Response:
    with PillowImage.open(path) as file:
        if channel == "rgb":
            return _encoded(file.convert("RGB"), "png", path)
        alpha = file.getchannel("A") if file.mode == "RGBA" else PillowImage.new("L", file.size, 255)
    picture = PillowImage.new("RGBA", alpha.size)
    picture.putalpha(alpha)
    return _encoded(picture, "png", path)


def _encoded(picture: PillowImage.Image, kind: str, path: Path, quality: int | None = None) -> web.Response:
    buffer = io.BytesIO()
    if quality is None:
        picture.save(buffer, format=kind)
    else:
        picture.save(buffer, format=kind, quality=quality)
    return web.Response(
        body=buffer.getvalue(),
        content_type=f"image/{kind}",
        headers={"Content-Disposition": f'filename="{path.name}"'},
    )
