"""The ends of a fleet: closed for good, and nothing left of one that could not be opened."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ClientClosedError
from comfy_fleet import AsyncFleet, BrokerUnreachableError, Fleet, broker_calls
from comfy_fleet.application import BrokerSettings
from comfy_fleet.broker_calls import BrokerCalls
from tests import prompts
from tests.fleet.behaviours import text_prompt, until_running
from tests.fleet.workers import PATIENCE

pytestmark = [pytest.mark.timeout(120)]

NOBODY = "redis://127.0.0.1:1/0"


async def test_a_closed_fleet_takes_nothing_more(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            job = await fleet.submit(text_prompt("x"))
            await job.result(timeout=PATIENCE)
        asked = len(server.requests)
        for refused in (
            fleet.submit(text_prompt("late")),
            fleet.run(text_prompt("late")),
            fleet.attach("id"),
            fleet.status(),
            anext(fleet.map([text_prompt("late")])),
            anext(fleet.as_completed([text_prompt("late")])),
            fleet.__aenter__(),
            job.cancel(),
        ):
            with pytest.raises(ClientClosedError):
                await refused
        assert len(server.requests) == asked
        # What it gave is there all the same.
        assert list((await job.result()).texts) == ["x"]
    await fleet.close()


async def test_a_local_fleet_that_is_closed_begins_nothing_more(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path) as fleet:
            jobs = [await fleet.submit(prompts.one_image(count=1000, delay_ms=50)) for _ in range(8)]
            await until_running({"only": server}, jobs[0])
        for job in jobs:
            with pytest.raises(ClientClosedError):
                await job.result(timeout=PATIENCE)
        posted = [path for method, path, _ in server.requests if method == "POST" and path.endswith("/prompt")]
        # What runs, and one ahead.
        assert len(posted) <= 2
        async with AsyncComfyUIApiClient(url=server.url) as client:
            queue = await client.get_queue()
        assert (len(queue.running), len(queue.pending)) == (0, 0)


async def test_a_fleet_that_is_closed_before_it_was_opened_stays_closed() -> None:
    fleet = AsyncFleet(NOBODY, store="store")
    await fleet.close()
    with pytest.raises(ClientClosedError):
        await fleet.status()


def test_a_closed_fleet_takes_nothing_more_without_await(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        with Fleet.local([server.url], store=tmp_path) as fleet:
            fleet.run(text_prompt("x"))
        with pytest.raises(ClientClosedError):
            fleet.submit(text_prompt("late"))


async def test_closing_while_it_opens_leaves_nothing_open(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        fleet = AsyncFleet.local([server.url], store=tmp_path)
        submitted = asyncio.create_task(fleet.submit(text_prompt("x")))
        await asyncio.sleep(0)
        await fleet.close()
        with pytest.raises(ClientClosedError):
            await (await submitted).result(timeout=PATIENCE)
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_while_a_prompt_is_prepared_is_told(tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    picture.write_bytes(b"x" * 2**20)
    prompt = {"1": {"class_type": "LoadImage", "inputs": {"image": picture}}}
    with comfy_emulator.running() as server:
        async with AsyncFleet.local([server.url], store=tmp_path / "store") as fleet:
            submitted = asyncio.create_task(fleet.submit(prompt))
            # The file goes to the store in a thread, which is waited for.
            await asyncio.sleep(0)
        with pytest.raises(ClientClosedError):
            await submitted


@asynccontextmanager
async def deaf_broker() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The address of a broker that never says a word, and whether anybody called it."""
    taken: list[asyncio.StreamWriter] = []
    is_taken = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)
        if is_over:
            writer.close()
        is_taken.set()

    is_over = False
    server = await asyncio.start_server(take, "127.0.0.1")
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", is_taken
    finally:
        # Whoever still waits in a thread is let go, and hears that nobody is there when it tries again.
        is_over = True
        for writer in taken:
            writer.close()
        async with asyncio.timeout(PATIENCE):
            while fleet_threads():
                await asyncio.sleep(0.02)
        server.close()
        await server.wait_closed()


@pytest.fixture(autouse=True)
def _others() -> Iterator[None]:
    # One of another test's may still be waiting for a broker that is gone.
    others.update(threading.enumerate())
    yield
    others.clear()


others: set[threading.Thread] = set()


def fleet_threads() -> list[str]:
    """The fleets' threads that this test began and that are not over."""
    return [one.name for one in threading.enumerate() if one.name.startswith("comfy_fleet") and one not in others]


async def test_calls_that_were_waiting_for_a_deaf_broker_end_with_the_fleet() -> None:
    async with deaf_broker() as (url, is_called):
        calls = BrokerCalls(BrokerSettings(url, url))
        # There is one thread for both.
        begun, waiting = asyncio.create_task(calls.connect()), asyncio.create_task(calls.connect())
        await is_called.wait()
        closing = asyncio.create_task(calls.close())
        with pytest.raises(ClientClosedError):
            await waiting
        assert not begun.done()
        with pytest.raises(ClientClosedError):
            await calls.cards()
    with pytest.raises(ClientClosedError):
        await begun
    await closing


async def test_a_broker_that_never_says_a_word_is_not_waited_for_long() -> None:
    async with deaf_broker() as (url, _):
        calls = BrokerCalls(BrokerSettings(url, url))
        began = time.monotonic()
        with pytest.raises(BrokerUnreachableError):
            await calls.connect()
        assert time.monotonic() - began < 20
        await calls.close()


async def test_results_that_never_say_a_word_are_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_calls, "_LIMIT", 0.5)
    async with deaf_broker() as (url, _):
        calls = BrokerCalls(BrokerSettings(url, url))
        with pytest.raises(BrokerUnreachableError, match=r"no answer in 0\.5 s"):
            await calls.cards()
        began = time.monotonic()
        await calls.close()
        assert time.monotonic() - began < 40


async def test_whoever_gives_up_opening_waits_no_longer(tmp_path: Path) -> None:
    async with deaf_broker() as (url, is_called):
        fleet = AsyncFleet(url, store=tmp_path)
        opening = asyncio.create_task(fleet.status())
        await is_called.wait()
        opening.cancel()
        # The broker has not said a word by then.
        with pytest.raises(asyncio.CancelledError):
            await opening
    await fleet.close()


async def test_closing_ends_an_opening_that_does_not_come_about(tmp_path: Path) -> None:
    async with deaf_broker() as (url, is_called):
        fleet = AsyncFleet(url, store=tmp_path)
        opening = asyncio.create_task(fleet.status())
        await is_called.wait()
        closing = asyncio.create_task(fleet.close())
        with pytest.raises(ClientClosedError):
            await opening
    await closing


async def test_closing_twice_at_once_is_closing_once(tmp_path: Path) -> None:
    with comfy_emulator.running() as server:
        fleet = AsyncFleet.local([server.url])
        await fleet.run(text_prompt("x"))
        await asyncio.gather(fleet.close(), fleet.close())
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_tries_to_reach_a_broker_leave_no_threads(tmp_path: Path) -> None:
    fleet = AsyncFleet(NOBODY, store=tmp_path)
    # The first starts the loop's own threads.
    for _ in range(3):
        with pytest.raises(BrokerUnreachableError):
            await fleet.submit(text_prompt("x"))
        assert fleet_threads() == []
    await fleet.close()


async def test_a_bad_address_leaves_no_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fleet = AsyncFleet.local(["http://127.0.0.1:1", "not an address://"])
    for _ in range(2):
        with pytest.raises(ValueError, match="address"):
            await fleet.submit(text_prompt("x"))
        assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="address"):
        async with fleet:
            pass
    gc.collect()
    assert asyncio.all_tasks() == {asyncio.current_task()}
