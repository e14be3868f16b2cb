"""What only the web interface of the same server is meant to ask: logs, folders, file lists."""

from aiohttp import web

from comfy_emulator.json_types import JsonObject
from comfy_emulator.log import TERMINAL
from comfy_emulator.server import SERVER


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [
        web.get("/internal/logs", _logs),
        web.get("/internal/logs/raw", _raw_logs),
        web.patch("/internal/logs/subscribe", _subscribe),
        web.get("/internal/folder_paths", _folder_paths),
        web.get("/internal/files/{directory_type}", _files),
    ]


async def _logs(request: web.Request) -> web.Response:
    entries = request.config_dict[SERVER].log.entries
    return web.json_response("".join(f"{entry['t']} - {entry['m']}" for entry in entries))


async def _raw_logs(request: web.Request) -> web.Response:
    entries = list(request.config_dict[SERVER].log.entries)
    return web.json_response({"entries": entries, "size": TERMINAL})


async def _subscribe(request: web.Request) -> web.Response:
    posted: JsonObject = await request.json()
    client_id: str = posted["clientId"]
    request.config_dict[SERVER].log.subscribe(client_id, enabled=bool(posted["enabled"]))
    return web.Response()


async def _folder_paths(request: web.Request) -> web.Response:
    server = request.config_dict[SERVER]
    return web.json_response(
        {
            folder: [str(path) for path in server.folders.model_directories(folder)]
            for folder in server.version.model_folders
        }
    )


async def _files(request: web.Request) -> web.Response:
    server, kind = request.config_dict[SERVER], request.match_info["directory_type"]
    directory = server.folders.directory(kind)
    if directory is None:
        return web.json_response({"error": "Invalid directory type"}, status=400)
    found = [path for path in directory.iterdir() if path.is_file() and not path.name.startswith(".")]
    found.sort(key=lambda path: -path.stat().st_mtime)
    suffix = f" [{kind}]" if server.version.annotates_internal_files else ""
    return web.json_response([f"{path.name}{suffix}" for path in found])
