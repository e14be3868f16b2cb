"""What the server tells about itself: statistics and feature flags."""

import sys
from typing import Final

from aiohttp import web

from comfy_emulator.json_types import JsonObject
from comfy_emulator.server import SERVER

_MEMORY: Final = 16 * 1024**3


def routes() -> list[web.RouteDef]:
    """Give the routes of this subject."""
    return [web.get("/system_stats", _system_stats), web.get("/features", _features)]


async def _features(request: web.Request) -> web.Response:
    return web.json_response(request.config_dict[SERVER].features)


async def _system_stats(request: web.Request) -> web.Response:
    version = request.config_dict[SERVER].version
    system: JsonObject = {
        "os": version.operating_system,
        "ram_total": _MEMORY,
        "ram_free": _MEMORY // 2,
        "comfyui_version": version.name,
        **version.system_versions,
        "python_version": sys.version,
        "pytorch_version": "0.0.0+emulated",
        "embedded_python": False,
    }
    if version.reports_deployment:
        system["deploy_environment"] = "emulated"
    system["argv"] = ["main.py", "--cpu"]
    device: JsonObject = {
        "name": "cpu",
        "type": "cpu",
        "index": None,
        "vram_total": _MEMORY,
        "vram_free": _MEMORY // 2,
        "torch_vram_total": _MEMORY,
        "torch_vram_free": _MEMORY // 2,
    }
    return web.json_response({"system": system, "devices": [device]})
