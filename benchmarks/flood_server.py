"""A server that sends frames, files and definitions as fast as they are taken, and computes nothing meanwhile.

It stands in for a ComfyUI server where the work of one would hide what a client costs. What it sends has the form
that real servers give it; the prompt's one node says what, and how much. It belongs to the benchmarks alone.
"""

from __future__ import annotations

import asyncio
import io
import json
import struct
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from PIL import Image

_CHUNK: Final = 1 << 20
_CLASSES: Final = 886
_VARIANTS: Final = 16
_SOCKETS: Final[web.AppKey[dict[str, web.WebSocketResponse]]] = web.AppKey("sockets")
_TASKS: Final[web.AppKey[set[asyncio.Task[None]]]] = web.AppKey("tasks")
_DEFINITIONS: Final[web.AppKey[bytes]] = web.AppKey("definitions")
_FILE: Final[web.AppKey[Path]] = web.AppKey("file")

PREVIEWS: Final = "FloodPreviews"
STATES: Final = "FloodProgressStates"


def application(file: Path) -> web.Application:
    """Build the server.

    Args:
        file: The file that `/view` gives, whatever is asked for.
    """
    app = web.Application(client_max_size=1 << 40)
    app[_SOCKETS] = {}
    app[_TASKS] = set()
    app[_DEFINITIONS] = json.dumps(dict(_definitions())).encode()
    app[_FILE] = file
    app.router.add_get("/ws", _websocket)
    # As on a real server, each route is there with and without the prefix.
    for prefix in ("", "/api"):
        app.router.add_post(f"{prefix}/prompt", _prompt)
        app.router.add_get(f"{prefix}/view", _view)
        app.router.add_post(f"{prefix}/upload/image", _upload)
        app.router.add_get(f"{prefix}/object_info", _object_info)
        app.router.add_get(f"{prefix}/features", _features)
    return app


async def _websocket(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(max_msg_size=0, compress=False)
    await socket.prepare(request)
    client_id = request.query["clientId"]
    request.app[_SOCKETS][client_id] = socket
    await socket.send_str(json.dumps({"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}}))
    try:
        async for _ in socket:
            pass
    finally:
        del request.app[_SOCKETS][client_id]
    return socket


async def _prompt(request: web.Request) -> web.Response:
    body = await request.json()
    prompt_id = body["prompt_id"]
    node = body["prompt"]["1"]
    socket = request.app[_SOCKETS][body["client_id"]]
    task = asyncio.create_task(_run(socket, prompt_id, node))
    request.app[_TASKS].add(task)
    task.add_done_callback(request.app[_TASKS].discard)
    return web.json_response({"prompt_id": prompt_id, "number": 1, "node_errors": {}})


async def _run(socket: web.WebSocketResponse, prompt_id: str, node: dict[str, Any]) -> None:
    count = node["inputs"]["count"]
    await socket.send_str(_event("execution_start", {"prompt_id": prompt_id, "timestamp": 1}))
    await socket.send_str(_event("executing", {"node": "1", "display_node": "1", "prompt_id": prompt_id}))
    if node["class_type"] == PREVIEWS:
        await _send_previews(socket, prompt_id, count)
    else:
        frames = [_state(prompt_id, variant, node["inputs"]["nodes"]) for variant in range(_VARIANTS)]
        for number in range(count):
            await socket.send_str(frames[number % _VARIANTS])
    output = {"node": "1", "display_node": "1", "output": {"text": ["done"]}, "prompt_id": prompt_id}
    await socket.send_str(_event("executed", output))
    await socket.send_str(_event("execution_success", {"prompt_id": prompt_id, "timestamp": 2}))


async def _send_previews(socket: web.WebSocketResponse, prompt_id: str, count: int) -> None:
    identity = {
        "node_id": "1",
        "prompt_id": prompt_id,
        "display_node_id": "1",
        "parent_node_id": None,
        "real_node_id": "1",
    }
    described = json.dumps({**identity, "image_type": "image/jpeg"}).encode()
    pictures = [struct.pack(">II", 4, len(described)) + described + _picture(number) for number in range(_VARIANTS)]
    for number in range(count):
        state = {"1": {"value": number + 1, "max": count, "state": "running", **identity}}
        await socket.send_str(_event("progress_state", {"prompt_id": prompt_id, "nodes": state}))
        progress = {"value": number + 1, "max": count, "prompt_id": prompt_id, "node": "1"}
        await socket.send_str(_event("progress", progress))
        await socket.send_bytes(pictures[number % _VARIANTS])


def _event(kind: str, data: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "data": data})


def _state(prompt_id: str, value: int, nodes: int) -> str:
    entries = {
        str(node): {
            "value": float(value),
            "max": float(_VARIANTS),
            "state": "running",
            "node_id": str(node),
            "prompt_id": prompt_id,
            "display_node_id": str(node),
            "parent_node_id": None,
            "real_node_id": str(node),
        }
        for node in range(nodes)
    }
    return _event("progress_state", {"prompt_id": prompt_id, "nodes": entries})


def _picture(number: int) -> bytes:
    # Noise over a slope, so that it is as many bytes as a preview of a real picture.
    noise = Image.effect_noise((256, 256), 24 + number)
    slope = Image.linear_gradient("L")
    buffer = io.BytesIO()
    Image.merge("RGB", (noise, slope, Image.blend(noise, slope, 0.5))).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


async def _view(request: web.Request) -> web.FileResponse:
    return web.FileResponse(request.app[_FILE], chunk_size=_CHUNK)


async def _upload(request: web.Request) -> web.Response:
    # Read and let go, without a parser's work: what a client sends is what is measured.
    received = 0
    async for chunk in _chunks(request):
        received += len(chunk)
    return web.json_response({"name": "file.bin", "subfolder": "", "type": "input", "received": received})


async def _chunks(request: web.Request) -> AsyncGenerator[bytes]:
    while chunk := await request.content.readany():
        yield chunk


async def _object_info(request: web.Request) -> web.Response:
    return web.Response(body=request.app[_DEFINITIONS], content_type="application/json")


async def _features(_request: web.Request) -> web.Response:
    return web.json_response({"supports_preview_metadata": True, "max_upload_size": 1 << 40})


def _definitions() -> Iterator[tuple[str, dict[str, Any]]]:
    # As many bytes a class as a real server's have on average, which is a little over a thousand.
    choices = [f"choice number {number}" for number in range(12)]
    for number in range(_CLASSES):
        required = {
            "image": ["IMAGE", {"tooltip": "The image that the node works on."}],
            "mode": ["COMBO", {"multiselect": False, "options": choices}],
            "seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}],
            "strength": ["FLOAT", {"default": 1.0, "min": 0.0, "max": 10.0, "step": 0.01, "round": False}],
            "text": ["STRING", {"multiline": True, "dynamicPrompts": True}],
        }
        yield (
            f"Class{number}",
            {
                "input": {"required": required, "optional": {"mask": ["MASK"]}},
                "input_order": {"required": list(required), "optional": ["mask"]},
                "output": ["IMAGE", "MASK"],
                "output_is_list": [False, False],
                "output_name": ["IMAGE", "MASK"],
                "name": f"Class{number}",
                "display_name": f"Class number {number}",
                "description": "Works on an image, and gives it back with a mask of what changed.",
                "python_module": "nodes",
                "category": "image/filters",
                "output_node": False,
            },
        )
