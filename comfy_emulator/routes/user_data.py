"""Users, their settings and their files."""

import mimetypes
from pathlib import Path
from typing import Final

from aiohttp import web

from comfy_emulator.json_types import JsonObject
from comfy_emulator.routes.files import is_dangerous
from comfy_emulator.server import SERVER
from comfy_emulator.users import (
    UnknownUserError,
    entries_below,
    file_info,
    files_in,
    path_below,
    read_settings,
    write_settings,
)

_USER_HEADER: Final = "Comfy-User"
_BAD_NAME: Final = 'Invalid filename. Please avoid special characters like :\\/*?"<>|'


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [
        web.get("/users", _get_users),
        web.post("/users", _post_users),
        web.get("/settings", _get_settings),
        web.post("/settings", _post_settings),
        web.get("/settings/{id}", _get_setting),
        web.post("/settings/{id}", _post_setting),
        web.get("/userdata", _list_files),
        web.get("/v2/userdata", _list_entries),
        web.get("/userdata/{file}", _get_file),
        web.post("/userdata/{file}", _post_file),
        web.delete("/userdata/{file}", _delete_file),
        web.post("/userdata/{file}/move/{dest}", _move_file),
    ]


def _home(request: web.Request) -> Path:
    return request.config_dict[SERVER].users.home(request.headers.get(_USER_HEADER))


def _home_for_settings(request: web.Request) -> Path:
    try:
        return _home(request)
    except UnknownUserError as failure:
        raise web.HTTPUnauthorized from failure


def _is_on(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


async def _get_users(request: web.Request) -> web.Response:
    users = request.config_dict[SERVER].users
    if users.multi_user:
        return web.json_response({"storage": "server", "users": users.names})
    return web.json_response({"storage": "server", "migrated": _home(request).exists()})


async def _post_users(request: web.Request) -> web.Response:
    server = request.config_dict[SERVER]
    name: str = (await request.json())["username"]
    if name in server.users.names.values():
        return web.json_response({"error": "Duplicate username."}, status=400)
    if not server.version.checks_usernames:
        return web.json_response(server.users.add(name))
    try:
        server.users.check_name(name)
    except ValueError as failure:
        return web.json_response({"error": str(failure)}, status=400)
    return web.json_response(server.users.add(name))


async def _get_settings(request: web.Request) -> web.Response:
    return web.json_response(read_settings(_home_for_settings(request)))


async def _post_settings(request: web.Request) -> web.Response:
    home = _home_for_settings(request)
    posted: JsonObject = await request.json()
    write_settings(home, read_settings(home) | posted)
    return web.Response()


async def _get_setting(request: web.Request) -> web.Response:
    return web.json_response(read_settings(_home_for_settings(request)).get(request.match_info["id"]))


async def _post_setting(request: web.Request) -> web.Response:
    home = _home_for_settings(request)
    write_settings(home, read_settings(home) | {request.match_info["id"]: await request.json()})
    return web.Response()


async def _list_files(request: web.Request) -> web.Response:
    wanted = request.query.get("dir", "")
    if not wanted:
        return web.Response(status=400, text="Directory not provided")
    directory = path_below(_home(request), wanted)
    if directory is None:
        return web.Response(status=403, text="Invalid directory")
    directory.parent.mkdir(parents=True, exist_ok=True)
    if not directory.exists():
        return web.Response(status=404, text="Directory not found")
    version = request.config_dict[SERVER].version
    found = files_in(directory, recursive=_is_on(request, "recurse"))
    if _is_on(request, "full_info"):
        in_milliseconds = version.user_file_times_in_milliseconds
        return web.json_response([file_info(path, directory, in_milliseconds=in_milliseconds) for path in found])
    names = [path.relative_to(directory).as_posix() for path in found]
    if _is_on(request, "split"):
        return web.json_response([[name, *name.split("/")] for name in names])
    return web.json_response(names)


async def _list_entries(request: web.Request) -> web.Response:
    try:
        home = _home(request)
    except UnknownUserError:
        return web.Response(status=403, text="Invalid user specified in request")
    directory = path_below(home, request.query.get("path", "") or ".")
    if directory is None:
        return web.Response(status=400, text="Invalid path requested")
    if not directory.exists():
        if directory == home:
            return web.json_response([])
        return web.Response(status=404, text="Requested path not found")
    if not directory.is_dir():
        return web.Response(status=400, text="Requested path is not a directory")
    return web.json_response(entries_below(directory, home))


def _wanted_file(request: web.Request, name: str = "file", *, exists: bool) -> Path:
    path = path_below(_home(request), request.match_info[name])
    if path is None:
        raise _BareAnswerError(403)
    if exists and not path.exists():
        raise _BareAnswerError(404)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


class _BareAnswerError(Exception):
    """A request that is answered with a status and nothing else."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _get_file(request: web.Request) -> web.StreamResponse:
    try:
        path = _wanted_file(request, exists=True)
    except _BareAnswerError as answer:
        return web.Response(status=answer.status)
    if not request.config_dict[SERVER].version.user_files_are_attachments:
        return web.FileResponse(path)
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    disposition = "attachment"
    if path == _home(request) / "user.css":
        content_type, disposition = "text/css", "inline"
    elif is_dangerous(content_type):
        content_type = "application/octet-stream"
    return web.FileResponse(
        path,
        headers={
            "Content-Type": content_type,
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": disposition,
        },
    )


async def _post_file(request: web.Request) -> web.Response:
    try:
        path = _wanted_file(request, exists=False)
    except _BareAnswerError as answer:
        return web.Response(status=answer.status)
    data = await request.read()
    try:
        if request.query.get("overwrite") == "false" and path.exists():
            return web.Response(status=409, text="File already exists")
        path.write_bytes(data)
    except OSError:
        return web.Response(status=400, reason=_BAD_NAME)
    return _written(request, path)


def _written(request: web.Request, path: Path) -> web.Response:
    home = _home(request)
    if _is_on(request, "full_info"):
        in_milliseconds = request.config_dict[SERVER].version.user_file_times_in_milliseconds
        return web.json_response(file_info(path, home, in_milliseconds=in_milliseconds))
    return web.json_response(path.relative_to(home).as_posix())


async def _delete_file(request: web.Request) -> web.Response:
    try:
        _wanted_file(request, exists=True).unlink()
    except _BareAnswerError as answer:
        return web.Response(status=answer.status)
    return web.Response(status=204)


async def _move_file(request: web.Request) -> web.Response:
    try:
        source = _wanted_file(request, exists=True)
    except _BareAnswerError as answer:
        return web.Response(status=answer.status)
    try:
        target = _wanted_file(request, "dest", exists=False)
    except _BareAnswerError as answer:
        if not request.config_dict[SERVER].version.checks_move_targets:
            raise
        return web.Response(status=answer.status)
    if request.query.get("overwrite") == "false" and target.exists():
        return web.Response(status=409, text="File already exists")
    source.replace(target)
    return _written(request, target)
