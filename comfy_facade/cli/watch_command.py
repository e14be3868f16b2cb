"""The command `watch`: the queue, the running node and the devices, as they change.

The server tells the running node only to the client that posted the prompt. So `watch` listens under the session of
`submit`: it names the nodes of prompts submitted from this machine by this user, and of others only how long they run.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

import typer
from rich.live import Live

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.cli.commands import command, refuse_nan
from comfy_facade.cli.failures import describe
from comfy_facade.cli.session import Session, shared_session_name
from comfy_facade.cli.watch_view import ServerView
from comfy_facade.errors import ComfyUIError, ConnectionFailedError, UnexpectedResponseError
from comfy_facade.progress import ProgressCount
from comfy_facade.raw_json import RawObject
from comfy_ws import ProgressState

_REFRESHES: Final = 4


def add_watch_command(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: The application.
    """
    command(app, "watch")(watch)


async def watch(
    session: Session,
    interval: Annotated[
        float, typer.Option("--interval", min=0.1, callback=refuse_nan, help="Seconds between two questions.")
    ] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Show it once and end.")] = False,
) -> None:
    """Watch the queue, the running node and the devices until Ctrl-C.

    Args:
        session: The server and the output.
        interval: Seconds between two questions.
        once: Whether to show it once and end.
    """
    output = session.output
    async with session.client(websocket=not once, session_name=shared_session_name()) as client:
        watcher = _Watcher(client)
        await watcher.ask()
        if once or not output.is_live:
            await _tell(session, watcher, interval, once=once)
            return
        view = ServerView(client.base_url)
        with Live(
            get_renderable=lambda: view.render(watcher.snapshot),
            console=output.terminal,
            refresh_per_second=_REFRESHES,
            screen=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        ):
            async with watcher.listening():
                while True:
                    await asyncio.sleep(interval)
                    await watcher.ask_or_note()


async def _tell(session: Session, watcher: _Watcher, interval: float, *, once: bool) -> None:
    told: dict[str, Any] | None = None
    async with contextlib.nullcontext() if once else watcher.listening():
        while True:
            record = watcher.snapshot
            # Free memory changes all the time; a line is worth it where anything else does.
            changed = {key: value for key, value in record.items() if key not in ("devices", "elapsed")}
            if changed != told:
                told = changed
                session.output.result(record, ServerView(record["url"]).text(record))
            if once:
                return
            await asyncio.sleep(interval)
            await watcher.ask_or_note()


class _Watcher:
    """What is known of the server right now.

    Attributes:
        snapshot: It, as a JSON object.
    """

    def __init__(self, client: AsyncComfyUIApiClient) -> None:
        self._client: Final = client
        self._loop: Final = asyncio.get_running_loop()
        self._running: str | None = None
        self._seen_at = 0.0
        self._count: ProgressCount | None = None
        self._pending: list[str] = []
        self._nodes = 0
        self._devices: list[RawObject] = []
        self._problem = ""

    @property
    def snapshot(self) -> dict[str, Any]:
        progress = None if self._count is None else self._count.value()
        return {
            "event": "state",
            "url": self._client.base_url,
            "running": self._running,
            "nodes": self._nodes,
            "node_id": None if progress is None else progress.node_id,
            "node_title": None if progress is None else progress.node_title,
            "fraction": 0.0 if progress is None else round(progress.fraction, 4),
            "value": 0 if progress is None else progress.value,
            "max": 0 if progress is None else progress.max,
            "elapsed": 0.0 if self._running is None else round(self._loop.time() - self._seen_at, 1),
            "pending": self._pending,
            "devices": self._devices,
            "problem": self._problem,
        }

    async def ask(self) -> None:
        """Ask for the queue and the devices."""
        queue = await self._client.get_queue()
        stats = await self._client.get_system_stats()
        self._problem = ""
        self._pending = [item.prompt_id for item in queue.pending]
        self._devices = [device.to_dict() for device in stats.devices]
        running = queue.running[0] if queue.running else None
        if running is None:
            self._running, self._count, self._nodes = None, None, 0
        elif running.prompt_id != self._running:
            self._running, self._seen_at = running.prompt_id, self._loop.time()
            self._count, self._nodes = ProgressCount(running.prompt, clock=time.monotonic), len(running.prompt)

    async def ask_or_note(self) -> None:
        """Ask, and note a server that is away instead of giving up."""
        try:
            await self.ask()
        except (ConnectionFailedError, UnexpectedResponseError) as error:
            self._problem = describe(error)[0]

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Hear events for as long as the block lasts."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ComfyUIError):
                await task

    async def _listen(self) -> None:
        try:
            async with self._client.events() as events:
                async for event in events:
                    if self._count is not None and getattr(event, "prompt_id", None) == self._running:
                        self._count.feed(event)
                        if isinstance(event, ProgressState):
                            # The prompt may have begun before its first event was heard.
                            self._count.catch_up(event)
        except ComfyUIError:
            # Without events the queue is still worth watching.
            return
