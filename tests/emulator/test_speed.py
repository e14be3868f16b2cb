"""How quick the emulator is.

Counted is processor time of the server's own thread, so that a busy machine does not decide.
"""

import threading
import time

import httpx

import comfy_emulator
from tests.emulator.wire import Listener, text_prompt

PROMPTS = 500


def processor_seconds() -> float:
    (thread,) = (each for each in threading.enumerate() if each.name == "comfy-emulator")
    assert thread.ident is not None
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))


async def test_five_hundred_prompts_a_second() -> None:
    with comfy_emulator.running() as server:
        async with httpx.AsyncClient(base_url=server.url) as client, Listener(server.host, "me") as listener:
            before = processor_seconds()
            for index in range(PROMPTS):
                body = {"prompt": text_prompt(str(index)), "client_id": "me"}
                assert (await client.post("/prompt", json=body)).status_code == 200
            async with listener.heard:
                await listener.heard.wait_for(lambda: listener.kinds().count("execution_success") == PROMPTS)
            spent = processor_seconds() - before
    assert spent < 1, f"{PROMPTS / spent:.0f} prompts for a second of processor time"


def test_a_server_starts_in_three_hundred_milliseconds() -> None:
    with comfy_emulator.running():
        pass  # what is loaded once is loaded now
    before = time.process_time()
    with comfy_emulator.running() as server:
        spent = time.process_time() - before
        assert httpx.get(f"{server.url}/prompt").status_code == 200
    assert spent < 0.3


def test_ports_are_chosen_by_the_system() -> None:
    with comfy_emulator.running() as one, comfy_emulator.running() as two:
        assert one.port != two.port
        assert min(one.port, two.port) > 1023
