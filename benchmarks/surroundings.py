"""On what was measured: the machine, the versions, the server, and how busy the machine was."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import httpx

_PACKAGES: Final = ("comfy-facade", "httpx", "httpcore", "websockets", "attrs", "anyio")


def surroundings(url: str | None) -> dict[str, Any]:
    """Describe them.

    Args:
        url: A real server's address, or `None` for the emulator.
    """
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": _processor(), "cores": os.cpu_count(), "system": platform.platform()},
        "python": sys.version.split()[0],
        "packages": {name: version(name) for name in _PACKAGES},
        "server": "the emulator" if url is None else f"ComfyUI {_server_version(url)}",
        "load_before": load(),
    }


def load() -> float | None:
    """Give the processes that want to run, on average of the last minute; None on Windows, which does not count."""
    if sys.platform == "win32":
        return None
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _server_version(url: str) -> str:
    stats = httpx.get(f"{url}/api/system_stats", timeout=30).raise_for_status().json()
    return str(stats["system"]["comfyui_version"])
