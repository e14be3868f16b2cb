"""Running a server in a background thread, with switches that tests flip from their own thread.

Owns the thread, the event loop and the listening socket; what the server does is `comfy_emulator.server`.
"""

import asyncio
import contextlib
import logging
import socket
import tempfile
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

from aiohttp import web

from comfy_emulator.application import build_application
from comfy_emulator.script import ScriptEntry
from comfy_emulator.server import DEFAULT_MAX_UPLOAD_SIZE, Options, Server
from comfy_emulator.versions import NEWEST, version_named

_T = TypeVar("_T")

_PATIENCE: Final = 10.0
_REQUEST_LOG: Final = logging.getLogger("comfy_emulator.requests")
_REQUEST_LOG.addHandler(logging.NullHandler())


@contextlib.asynccontextmanager
async def serving(
    options: Options, base_directory: Path, host: str = "127.0.0.1", port: int = 0
) -> AsyncGenerator[tuple[Server, int]]:
    """Serve on the running event loop for as long as the block lasts.

    Args:
        options: What the server is started with.
        base_directory: Where it keeps its files.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.

    Yields:
        The server and the port it listens on.
    """
    server = Server(options, base_directory)
    runner = web.AppRunner(build_application(server), access_log=None, logger=_REQUEST_LOG, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server((host, port), backlog=512)
    try:
        await web.SockSite(runner, listener).start()
        server.start()
        yield server, listener.getsockname()[1]
    finally:
        await server.stop()
        await stop_accepting(listener)
        await runner.cleanup()
        listener.close()


async def stop_accepting(*listeners: socket.socket) -> None:
    """Take no more connections, before what listens is closed.

    asyncio forgets to close a connection that was accepted in the turn before its server's end.

    Args:
        listeners: The sockets that a server of the running loop listens on.
    """
    loop = asyncio.get_running_loop()
    # The usual loop of Windows accepts in another way, which has no such turn.
    with contextlib.suppress(NotImplementedError):
        for listener in listeners:
            loop.remove_reader(listener.fileno())
    await asyncio.sleep(0)


class RunningServer:
    """A server that runs in a background thread. Its methods may be called from any other thread.

    Attributes:
        host: Address and port, as `"127.0.0.1:8188"`.
        port: The port.
        url: Where it answers, as `"http://127.0.0.1:8188"`.
        base_directory: Where it keeps its files.
    """

    def __init__(self, server: Server, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        self.base_directory = server.folders.base

    @property
    def requests(self) -> "deque[tuple[str, str, int]]":
        """Method, path and status of the latest requests, oldest first."""
        return self._server.faults.requests

    @property
    def prompts_run(self) -> "deque[str]":
        """Ids of the latest prompts, in the order they started."""
        return self._server.faults.prompts_run

    @property
    def scripted(self) -> list[ScriptEntry]:
        """The entries given to `script` that did not happen yet."""
        return self._server.script.left

    def script(self, *entries: ScriptEntry) -> None:
        """Let something go wrong in prompts to come, each entry once.

        `server.script(FailNode(prompt=3, node="5"), DropSockets(at_step=10))` lets node 5 of the third prompt from
        now on fail, and breaks all websockets when any node first reaches its tenth step.

        Args:
            entries: What shall happen: `FailNode`, `DropSockets`, `GoDeaf` or `InterruptPrompt`.
        """
        self._server.script.add(entries)

    def go_deaf(self, client_id: str | None = None) -> None:
        """Forget registered websockets: they stay open and never hear anything again.

        Args:
            client_id: Whose; None forgets all.
        """
        self._do(lambda: self._server.sockets.forget(client_id))

    def drop_sockets(self) -> None:
        """Break the TCP connections of all websockets, without a close frame."""
        self._do(self._server.sockets.abort)

    def forget(self) -> None:
        """Lose queue and history as a restart does. What runs vanishes without an event; sockets stay."""
        self._await(self._server.forget())

    def write_history_late(self, seconds: float) -> None:
        """Let prompts reach the history some time after their last event, as on a slow server.

        Args:
            seconds: How long after; 0 ends it. Until then the prompt counts as running.
        """
        self._server.faults.history_delay = seconds

    def answer_errors(self, count: int, status: int = 500, path: str | None = None) -> None:
        """Let the next requests fail.

        Args:
            count: How many.
            status: With which status.
            path: Only requests for this path, without query; None is any.
        """
        self._server.faults.answer_errors(count, status, path)

    def refuse_websockets(self, status: int | None) -> None:
        """Answer websocket handshakes with an error.

        Args:
            status: The status; None lets them through again.
        """
        self._server.faults.websocket_refusal = status

    def delete_pending(self, prompt_id: str) -> bool:
        """Remove a prompt from the queue, as another client would.

        Args:
            prompt_id: The prompt.

        Returns:
            Whether it was pending.
        """
        return self._do(lambda: self._server.queue.delete(prompt_id))

    def _do(self, action: Callable[[], _T]) -> _T:
        done: Future[_T] = Future()

        def act() -> None:
            try:
                done.set_result(action())
            except Exception as failure:  # noqa: BLE001 -- it is raised again in the calling thread
                done.set_exception(failure)

        self._loop.call_soon_threadsafe(act)
        return done.result(_PATIENCE)

    def _await(self, action: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(_PATIENCE)


@contextlib.contextmanager
def running(
    *,
    version: str = NEWEST,
    latency: float = 0.0,
    nodes: Sequence[Callable[..., Any]] = (),
    multi_user: bool = False,
    enable_assets: bool = False,
    max_upload_size: int = DEFAULT_MAX_UPLOAD_SIZE,
    allowed_origin: str | None = None,
    base_directory: Path | str | None = None,
    port: int = 0,
) -> Generator[RunningServer]:
    """Run a server in a background thread for as long as the block lasts.

    Args:
        version: The ComfyUI version to speak as: `"0.33.0"` or `"0.3.64"`.
        latency: How long a sampling step takes, in seconds.
        nodes: Functions that become node classes, see `comfy_emulator.node`.
        multi_user: Whether requests have to name their user.
        enable_assets: Whether the asset routes work.
        max_upload_size: Largest request body, in bytes.
        allowed_origin: From which origin web pages may use it, `"*"` for any, as `--enable-cors-header` of ComfyUI
            sets it; None refuses pages of other origins than its own.
        base_directory: Where files are kept; a directory that vanishes at the end if absent.
        port: The port to listen on; 0 takes a free one.

    Yields:
        The running server.

    Raises:
        ValueError: The version is unknown.
        OSError: The port is taken.
    """
    version_named(version)
    options = Options(version, latency, tuple(nodes), multi_user, enable_assets, max_upload_size, allowed_origin)
    with contextlib.ExitStack() as stack:
        directory = base_directory or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="comfy-emulator-", ignore_cleanup_errors=True)
        )
        thread = _ServerThread(options, Path(directory), port)
        try:
            yield thread.started()
        finally:
            thread.stop()


class _ServerThread:
    """The thread a server runs in."""

    def __init__(self, options: Options, base_directory: Path, port: int) -> None:
        self._options = options
        self._base_directory = base_directory
        self._port = port
        self._ready: Future[tuple[RunningServer, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._main, name="comfy-emulator", daemon=True)

    def started(self) -> RunningServer:
        self._thread.start()
        return self._ready.result(_PATIENCE)[0]

    def stop(self) -> None:
        if self._ready.done() and self._ready.exception() is None:
            running_server, ended = self._ready.result()
            running_server._do(ended.set)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        self._thread.join(_PATIENCE)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as failure:
            if self._ready.done():
                raise
            self._ready.set_exception(failure)

    async def _serve(self) -> None:
        async with serving(self._options, self._base_directory, port=self._port) as (server, port):
            ended = asyncio.Event()
            self._ready.set_result((RunningServer(server, port, asyncio.get_running_loop()), ended))
            await ended.wait()
