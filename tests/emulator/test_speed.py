"""How quick the emulator is.

Counted is processor time of the server's own thread, so that a busy machine does not decide.
"""

import sys
import threading
import time

import pytest

import comfy_emulator
from tests import plain_http
from tests.emulator.wire import Listener, text_prompt

PROMPTS = 500

as_measured = pytest.mark.skipif(sys.platform != "linux", reason="the limit was measured on Linux")


def servers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "comfy-emulator"}


def processor_seconds(thread: threading.Thread) -> float:
    assert thread.ident is not None
    if sys.platform != "linux":
        raise NotImplementedError
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))


async def spent_on_prompts(server: comfy_emulator.RunningServer, thread: threading.Thread, batch: int) -> float:
    """Processor time for posting and running a batch of prompts, and telling a listener of each."""
    client_id = f"client-{batch}"
    async with plain_http.AsyncClient(base_url=server.url) as client, Listener(server.host, client_id) as listener:
        before = processor_seconds(thread)
        for index in range(PROMPTS):
            body = {"prompt": text_prompt(f"{batch} {index}"), "client_id": client_id}
            assert (await client.post("/prompt", json=body)).status_code == 200
        async with listener.heard:
            await listener.heard.wait_for(lambda: listener.kinds().count("execution_success") == PROMPTS)
        return processor_seconds(thread) - before


@as_measured
async def test_five_hundred_prompts_a_second() -> None:
    spent: list[float] = []
    others = servers()
    with comfy_emulator.running() as server:
        (thread,) = servers() - others
        # Other work on the machine slows even what is counted so: the best of six batches decides.
        while len(spent) < 6 and min(spent, default=2) >= 1:
            spent.append(await spent_on_prompts(server, thread, len(spent)))
    assert min(spent) < 1, f"{PROMPTS / min(spent):.0f} prompts for a second of processor time"


@as_measured
def test_a_server_starts_in_three_hundred_milliseconds() -> None:
    with comfy_emulator.running():
        pass  # what is loaded once is loaded now
    before = time.process_time()
    with comfy_emulator.running() as server:
        spent = time.process_time() - before
        assert plain_http.get(f"{server.url}/prompt").status_code == 200
    assert spent < 0.3


def test_ports_are_chosen_by_the_system() -> None:
    with comfy_emulator.running() as one, comfy_emulator.running() as two:
        assert one.port != two.port
        assert min(one.port, two.port) > 1023
