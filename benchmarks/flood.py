"""The command line of the flood server: `python -m benchmarks.flood FILE`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from benchmarks.flood_server import application


async def serve(file: Path) -> None:
    """Serve until SIGINT or SIGTERM, and print where.

    Args:
        file: What is given for download.
    """
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(application(file), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        try:
            await web.SockSite(runner, listener).start()
            print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
            await ended.wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
