"""What runs in the page: each function is called there by a test, with JSON in and JSON out."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx

from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, ComfyUIError, RunProgress
from comfy_ws import (
    BacklogLimits,
    BrowserConnector,
    EventStream,
    ExecutionSuccess,
    PreviewImage,
    Progress,
    Reconnected,
    StreamError,
    websocket_url,
)

Answer = dict[str, Any]


async def runs(url: str, prompt: Answer, **options: Any) -> Answer:
    """A run with everything a page wants of it."""
    progress: list[float] = []
    previews: list[str] = []
    events: list[str] = []

    def on_progress(value: RunProgress) -> None:
        progress.append(value.fraction)

    def on_preview(preview: PreviewImage) -> None:
        previews.append(preview.mime_type)

    async with AsyncComfyUIApiClient(url=url, **options) as client:
        result = await client.run_prompt(
            prompt,
            on_progress=on_progress,
            on_preview=on_preview,
            on_event=lambda event: events.append(event.type),
            timeout=60,
        )
        pictures = [await image.read() for image in result.images]
    return {
        "prompt_id": result.prompt_id,
        "magics": [picture[:8].hex() for picture in pictures],
        "complete": result.events_complete,
        "progress": progress,
        "previews": previews,
        "events": events,
        "texts": list(result.texts),
        "longest": max((len(text) for output in result.outputs.values() for text in output.get("blob", ())), default=0),
        "streamed": [len(image) for image in result.streamed_images],
    }


async def fails(url: str, prompt: Answer, **options: Any) -> Answer:
    """The error that a run ends with."""
    try:
        async with AsyncComfyUIApiClient(url=url, **options) as client:
            await client.run_prompt(prompt, timeout=60)
    except (ComfyUIError, ValueError) as error:
        return told(error)
    return {"type": None}


def told(error: Exception) -> Answer:
    return {"type": type(error).__name__, "text": str(error), "node_id": getattr(error, "node_id", None)}


def waits_in_synchronous_code() -> Answer:
    """The synchronous client where no code can be suspended."""
    try:
        ComfyUIApiClient("127.0.0.1:1").get_queue()
    except ComfyUIError as error:
        return told(error)
    return {"type": None}


async def runs_synchronously(url: str, prompt: Answer, second: Answer) -> Answer:
    """The synchronous client: a run, its files, the bindings, a job and its events."""
    from comfy_rest.api.queue import get_queue

    previews: list[int] = []
    client = ComfyUIApiClient(url=url)
    with client:
        result = client.run_prompt(prompt, on_preview=lambda preview: previews.append(len(preview.data)))
        magic = result.images[0].read()[:8].hex()
        queue = get_queue.sync(client=client.rest)
        events = [event.type for event in client.submit(second)]
    try:
        client.get_queue()
    except ComfyUIError as error:
        after = type(error).__name__
    return {"magic": magic, "previews": len(previews), "queue": queue is not None, "events": events, "after": after}


async def moves_files(url: str, size: int) -> Answer:
    """An upload, what the server has then, and a download into the file system of the page."""
    data = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * (size // 256)
    source = Path("/tmp/picture.png")
    source.write_bytes(data)
    async with AsyncComfyUIApiClient(url=url) as client:
        first = await client.upload_image(data, "page.png", overwrite=True)
        second = await client.upload_image(source, subfolder="from a path", overwrite=True)
        path = await client.download(first, "/tmp/saved/")
        read = path.read_bytes()
    return {"same": read == data, "path": str(path), "subfolder": second.subfolder, "name": first.name_for_input}


class Heard(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


async def says_what_is_left_out(url: str, prompt: Answer) -> Answer:
    """A client with credentials and a user, whose socket can carry neither."""
    heard = Heard()
    for name in ("comfy_ws", "comfy_facade"):
        logging.getLogger(name).addHandler(heard)
    try:
        answer = await runs(url, prompt, auth="a-token", user="somebody")
    finally:
        for name in ("comfy_ws", "comfy_facade"):
            logging.getLogger(name).removeHandler(heard)
    return {**answer, "log": heard.texts}


async def puts_a_token_into_the_query(url: str, prompt: Answer) -> Answer:
    """A run whose socket is opened with a token in its address."""
    return await runs(url, prompt, client_id="known", websocket_factory=BrowserConnector(query={"token": "a b&c"}))


async def names_its_user(url: str) -> Answer:
    """A request that names its user."""
    async with AsyncComfyUIApiClient(url=url, user="somebody", websocket=False) as client:
        return {"settings": dict(await client.get_settings())}


async def cancels(url: str, prompt: Answer) -> Answer:
    """A running prompt that is cancelled, and one that is left behind by its task."""
    async with AsyncComfyUIApiClient(url=url) as client:
        job = await client.submit(prompt)
        async for event in job:
            if isinstance(event, PreviewImage):
                break
        was_cancelled = await job.cancel()
        try:
            await job.result(timeout=60)
        except ComfyUIError as error:
            outcome = type(error).__name__
        begun = asyncio.Event()
        task = asyncio.ensure_future(
            client.run_prompt(prompt, on_preview=lambda _: begun.set(), cancel_on_abandon=True)
        )
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
        left = await client.get_queue()
        while left.running or left.pending:
            left = await client.get_queue()
        ended = "cancelled" if task.cancelled() else repr(task.exception())
        return {"cancelled": was_cancelled, "outcome": outcome, "left": ended}


def plain_client(timeout: float = 30.0) -> httpx.AsyncClient:
    from comfy_facade._fetch import FetchTransport

    return httpx.AsyncClient(transport=FetchTransport(), trust_env=False, timeout=timeout)


async def asks(url: str, method: str = "GET", timeout: float = 30.0, size: int = 0) -> Answer:
    """One request through the transport alone."""

    async def body() -> Any:
        for _ in range(size // 65_536):
            yield b"x" * 65_536

    try:
        async with plain_client(timeout) as client:
            answer = await client.request(method, url, content=body() if size else None)
            return {"status": answer.status_code, "text": answer.text, "headers": dict(answer.headers)}
    except (httpx.HTTPError, ComfyUIError) as error:
        return told(error)


async def reads_in_parts(url: str) -> Answer:
    """An answer whose second part comes only once the first was read."""
    parts: list[str] = []
    async with plain_client() as client, client.stream("GET", f"{url}/parts") as answer:
        async for part in answer.aiter_text():
            parts.append(part)
            if len(parts) == 1:
                await client.get(f"{url}/released")
    return {"parts": parts}


async def gives_up(url: str) -> Answer:
    """A request that is cancelled while the server takes its time."""
    async with plain_client() as client:
        task = asyncio.ensure_future(client.get(f"{url}/slow"))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.wait([task])
    return {"cancelled": task.cancelled()}


async def reads_late(url: str, prompt: Answer) -> Answer:
    """A stream that nobody reads while a run passes by."""
    async with AsyncComfyUIApiClient(url=url) as client, client.events(limits=BacklogLimits(events=100)) as stream:
        await client.run_prompt(prompt, timeout=60)
        kinds: list[str] = []
        last_step = 0.0
        async for event in stream:
            kinds.append(event.type)
            if isinstance(event, Progress):
                last_step = event.value
            if isinstance(event, ExecutionSuccess):
                break
    return {"kinds": kinds, "last_step": last_step}


async def hears_of_a_reconnect(url: str, client_id: str) -> Answer:
    """The event stream by itself: what it says after its socket was cut, and that a closed one says nothing."""
    async with EventStream(websocket_url(url, client_id)) as stream:
        async for event in stream:
            if isinstance(event, Reconnected):
                return {"attempts": event.attempts, "downtime": event.downtime, "by_request": event.by_request}
    return {}


async def cannot_open(url: str) -> Answer:
    """What the event stream says of an address without a server."""
    try:
        async with EventStream(websocket_url(url, "nobody")):
            return {"type": None}
    except StreamError as error:
        return told(error)


async def streams_a_request(url: str, size: int) -> Answer:
    """A request whose second half is made once the server has seen something of the first."""
    seen: list[str] = []

    async def body() -> Any:
        yield b"x" * size
        seen.append((await client.get(f"{url}/arrived")).text)
        yield b"y" * size

    async with plain_client() as client:
        # The browser has to know the connection before it can tell what that can do.
        await client.get(f"{url}/known")
        answer = await client.post(f"{url}/taken", content=body(), timeout=20)
    return {"answer": answer.json(), "seen": len(seen)}


async def fails_to_make_a_body(url: str) -> Answer:
    """A streamed request whose body cannot be made."""

    async def body() -> Any:
        yield b"x" * 1024 * 1024
        raise ValueError("no more")

    async with plain_client() as client:
        await client.get(f"{url}/known")
        try:
            await client.post(f"{url}/taken", content=body())
        except ValueError as error:
            return told(error)
    return {}
