"""Callers who go away: clients that are closed, tasks that are cancelled, Ctrl-C."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import time

import anyio
import pytest

from comfy_facade import ClientClosedError, PromptInterruptedError, PromptTimeoutError
from tests.chaos.chaos import Chaos, lasting
from tests.chaos.clients import eventually
from tests.chaos.faults.runs import FLOW_LIMIT, posted, started
from tests.systems import open_files


class CancellationFaults:
    """Callers who go away."""

    async def test_leaving_the_client_ends_runs_and_cancels_those_that_were_to_be(self, chaos: Chaos) -> None:
        client = await chaos.client()
        kept = await client.submit(lasting(1))
        left = await client.submit(lasting(60), cancel_on_abandon=True)
        waiting = [asyncio.ensure_future(job.result()) for job in (kept, left)]
        await chaos.until_running(left.prompt_id)
        fault = time.monotonic()
        await client.close()
        chaos.within("client closed during a run", fault, FLOW_LIMIT)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(outcomes[1], ClientClosedError | PromptInterruptedError)
        await chaos.until_over(left.prompt_id)
        assert await chaos.status_in_history(left.prompt_id) == "error"
        assert await chaos.status_in_history(kept.prompt_id) == "success"
        await eventually(lambda: chaos.proxy.connections() == 0, 5)

    async def test_a_time_limit_cancels_on_the_server(self, chaos: Chaos) -> None:
        client = await chaos.client()
        with pytest.raises(PromptTimeoutError) as caught:
            await client.run(lasting(60), timeout=0.6, cancel_on_abandon=True)
        fault = time.monotonic()
        await chaos.until_over(caught.value.prompt_id)
        chaos.within("time limit with cancel_on_abandon", fault, FLOW_LIMIT)
        assert await chaos.status_in_history(caught.value.prompt_id) == "error"

    async def test_nothing_is_left_of_a_closed_client(self, chaos: Chaos) -> None:
        await chaos.someone_else.get("/queue")
        tasks, threads, files = asyncio.all_tasks(), _threads(), open_files()
        client = await chaos.client()
        record = await client.record()
        job = await client.submit(lasting(60), cancel_on_abandon=True)
        waiting = asyncio.ensure_future(job.result())
        await started(chaos, job)
        chaos.proxy.cut("websocket")
        await record.until("reconnected")
        await client.close()
        await asyncio.gather(waiting, return_exceptions=True)
        await eventually(lambda: chaos.proxy.connections() == 0, 5)
        del job, record, waiting
        chaos.clients.clear()
        del client
        gc.collect()
        await eventually(lambda: asyncio.all_tasks() <= tasks, 5, lambda: str(asyncio.all_tasks() - tasks))
        await eventually(lambda: _threads() <= threads, 5, lambda: str(_threads() - threads))
        await eventually(lambda: open_files() <= files, 5, lambda: f"{open_files()} files, {files} before")


def _threads() -> set[threading.Thread]:
    # The emulator starts its worker with the first node that takes time.
    return {thread for thread in threading.enumerate() if not thread.name.startswith("comfy-emulator")}


class AsyncCancellationFaults:
    """Tasks that are cancelled."""

    @pytest.mark.parametrize("cancels", [True, False], ids=["cancel_on_abandon", "left to run"])
    @pytest.mark.parametrize("moment", ["running", "pending", "posting"])
    async def test_a_cancelled_task(self, chaos: Chaos, cancels: bool, moment: str) -> None:
        client = await chaos.client()
        ahead = await client.submit(lasting(1.0)) if moment == "pending" else None
        if ahead is not None:
            await chaos.until_running(ahead.prompt_id)
        if moment == "posting":
            chaos.proxy.hold_answer("POST", "/prompt")
        tasks = asyncio.all_tasks()
        prompt = lasting(1.5)
        run = asyncio.create_task(client.run(prompt, cancel_on_abandon=cancels))
        await eventually(lambda: len(posted(chaos.proxy)) == (2 if ahead else 1), 10)
        prompt_id = posted(chaos.proxy)[-1]
        if moment == "pending":
            await chaos.until_pending(prompt_id)
        else:
            await chaos.until_running(prompt_id)
        fault = time.monotonic()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        chaos.within(f"task cancelled while {moment}", fault, FLOW_LIMIT)
        await chaos.until_over(prompt_id)
        status = await chaos.status_in_history(prompt_id)
        if cancels:
            assert status == (None if moment == "pending" else "error")
        else:
            assert status == "success"
        if ahead is not None:
            await ahead.result()
        await eventually(lambda: asyncio.all_tasks() <= tasks, 5, lambda: str(asyncio.all_tasks() - tasks))

    async def test_a_cancel_scope_of_anyio(self, chaos: Chaos) -> None:
        client = await chaos.client()
        with anyio.move_on_after(0.8) as scope:
            await client.run(lasting(60), cancel_on_abandon=True)
        fault = time.monotonic()
        assert scope.cancelled_caught
        # Unlike a task's, a scope's cancellation comes again at each await of whoever cleans up.
        prompt_id = posted(chaos.proxy)[0]
        async with asyncio.timeout(10):
            await chaos.until_over(prompt_id)
        chaos.within("cancel scope with cancel_on_abandon", fault, FLOW_LIMIT)
        assert await chaos.status_in_history(prompt_id) == "error"


_INTERRUPTED = """
import signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may have switched it off
from comfy_facade import ComfyUIApiClient
from tests.chaos.chaos import lasting

def first_event(event):
    print("running", flush=True)

try:
    with ComfyUIApiClient(url=sys.argv[1]) as client:
        client.run_prompt(lasting(60), cancel_on_abandon=sys.argv[2] == "True", on_event=first_event)
except KeyboardInterrupt:
    print("interrupted", [thread.name for thread in threading.enumerate()], flush=True)
"""


class SyncCancellationFaults:
    """Ctrl-C."""

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to a single process")
    @pytest.mark.parametrize("cancels", [True, False], ids=["cancel_on_abandon", "left to run"])
    async def test_ctrl_c(self, chaos: Chaos, cancels: bool) -> None:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _INTERRUPTED, chaos.proxy.url, str(cancels), stdout=subprocess.PIPE
        )
        assert program.stdout is not None
        try:
            async with asyncio.timeout(20):
                assert (await program.stdout.readline()).strip() == b"running"
            prompt_id = posted(chaos.proxy)[0]
            fault = time.monotonic()
            program.send_signal(signal.SIGINT)
            async with asyncio.timeout(20):
                told = (await program.stdout.read()).decode().splitlines()
                code = await program.wait()
            chaos.within("Ctrl-C", fault, FLOW_LIMIT)
            assert told[-1] == "interrupted ['MainThread']"
            assert code == 0
            if not cancels:
                await chaos.until_running(prompt_id)
                await chaos.someone_else.post("/interrupt", json={"prompt_id": prompt_id})
            async with asyncio.timeout(10):
                await chaos.until_over(prompt_id)
            assert await chaos.status_in_history(prompt_id) == "error"
            await eventually(lambda: chaos.proxy.connections() == 0, 5)
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
