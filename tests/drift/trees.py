"""Source trees for the tests of `scripts/drift.py`.

Duty: find the real trees that the environment variable `COMFYUI_SOURCES` lists, and write a small one that is built
like them. Refusals: nothing here is ComfyUI's code.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

SERVER = """
import json
import uuid
from aiohttp import web
from helpers import read_parts, Filter
from app.models import schemas_in
from api.inner import InnerRoutes

PATTERN = r"[0-9a-f]{8}"
ROUTES = web.RouteTableDef()


def query_of(request):
    return {key: request.query.get(key) for key in request.query.keys()}


@ROUTES.get(f"/api/things/{{id:{PATTERN}}}")
async def get_thing(request):
    return web.json_response(request.headers.get("X-Thing"))


@ROUTES.get("/api/things")
async def list_things(request):
    wanted = query_of(request)
    q = schemas_in.ListQuery.model_validate(wanted)
    return web.json_response(q)


@ROUTES.post("/api/things")
async def add_thing(request):
    return web.json_response(await read_parts(request))


class PromptServer:
    def __init__(self):
        self.inner = InnerRoutes(self)
        routes = web.RouteTableDef()

        def directory(kind):
            return kind

        def save(post, store=None):
            image = post.get("image")
            if store is not None:
                store(image, post)
            return directory(post.get("type"))

        @routes.get("/ws")
        async def websocket(request):
            await self.send("status", {"status": self.queue_info(), "sid": request.rel_url.query.get("clientId")})

        @routes.get("/")
        async def page(request):
            return web.FileResponse("index.html")

        @routes.post("/plain")
        async def plain(request):
            return save(await request.post())

        @routes.post("/masked")
        async def masked(request):
            def store(image, post):
                return json.loads(post.get("mask"))["inside"]

            return save(await request.post(), store)

        @routes.post("/prompt")
        async def prompt(request):
            try:
                body = await request.json()
            except ValueError:
                body = {}
            body = self.changed(body)
            number = float(body["number"]) if "number" in body else 0
            user = self.user_manager.user_of(request)
            return web.json_response(body.get("prompt"))

        @routes.get("/view")
        async def view(request):
            if (name := request.rel_url.query.get("filename", "").lower()) and "channel" in request.rel_url.query:
                return web.Response(text=name)

        self.app.router.add_get("/added/{path:.*}", prompt)

    def changed(self, body):
        for handler in self.handlers:
            body = handler(body)
        return body

    def add_routes(self):
        self.app.add_subapp("/internal", self.inner.get_app())
        for route in self.routes:
            api_routes.route(route.method, "/api" + route.path)(route.handler)

    def queue_info(self):
        return {"exec_info": {}}

    def send_sync(self, event, data, sid=None):
        self.messages.put_nowait((event, data, sid))
"""

HELPERS = """
class UserManager:
    def user_of(self, request):
        return request.headers["comfy-user"] if "comfy-user" in request.headers else "default"


async def read_parts(request):
    reader = await request.multipart()
    while True:
        field = await reader.next()
        name = getattr(field, "name", "") or ""
        if name == "file":
            pass
        elif name == "tags":
            pass


class Flags:
    pass


_CORE = {"previews": True, "size": 1}
FLAGS: dict = {**_CORE, **{key: 1 for key in ()}}


def server_flags():
    return FLAGS.copy()


class Executor:
    def add_message(self, event, data, broadcast):
        data = {**data, "timestamp": 1}
        self.server.send_sync(event, data, self.server.client_id)

    def run(self, failed):
        self.add_message("start", {"prompt_id": 1}, broadcast=False)
        if failed:
            message = {"node": 1}
            self.add_message("stopped", message, broadcast=True)
        else:
            message = {"node": 1, "error": 2}
            self.add_message("failed", message, broadcast=False)
        self.server.send_sync("flags", server_flags())
        self.server.send_sync(BinaryEventTypes.TEXT, b"")


class BinaryEventTypes:
    PREVIEW = 1
    TEXT = 3
"""

INNER = """
from aiohttp import web


class InnerRoutes:
    def __init__(self, server):
        self.routes = web.RouteTableDef()

    def setup_routes(self):
        @self.routes.patch("/logs/{kind}")
        async def logs(request):
            data = await request.json()
            return web.json_response(data["enabled"])
"""

SCHEMAS_IN = """
from pydantic import BaseModel


class Base(BaseModel):
    limit: int = 1


class ListQuery(Base):
    tags: list[str] = []
"""

SCHEMAS_OUT = """
from pydantic import BaseModel


class ListQuery(BaseModel):
    never: int
"""

NODES = """
class Node:
    def run(self, server):
        server.send_sync("only_a_node_sends_this", {"a": 1})
"""

FILES = {
    "server.py": SERVER,
    "helpers.py": HELPERS,
    "api/inner.py": INNER,
    "app/models/schemas_in.py": SCHEMAS_IN,
    "app/models/schemas_out.py": SCHEMAS_OUT,
    "comfy_extras/nodes_a.py": NODES,
    "custom_nodes/broken.py": "this is no Python",
    "comfyui_version.py": '__version__ = "9.9.9"\n',
}


def write_tree(folder: Path) -> Path:
    """Write the small tree."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def real_trees() -> dict[str, Path]:
    """Give the real trees by version."""
    found: dict[str, Path] = {}
    for name in filter(None, os.environ.get("COMFYUI_SOURCES", "").split(os.pathsep)):
        folder = Path(name)
        version = re.search(r'__version__ = "(.+)"', (folder / "comfyui_version.py").read_text(encoding="utf-8"))
        assert version, f"{folder} does not say its version"
        found[version[1]] = folder
    return found
