"""A process that was forked has its parent's clients, and neither their threads nor a right to their connections.

Each test is a program of its own, for what pytest has running shall not be forked.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest

import comfy_emulator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows forks no processes")

BEGINNING = """
import gc, multiprocessing, os, signal, sys, threading, time
from comfy_facade import AsyncComfyUIApiClient, ClientClosedError, ComfyUIApiClient

URL = sys.argv[1]
PROMPT = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 0}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "fork"}},
}

def in_child(action, end=os._exit):
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # whoever hangs is killed, and told by the status
        try:
            action()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(3)
        end(0)
    assert os.waitpid(child, 0)[1] == 0

def refused(call):
    try:
        call()
    except ClientClosedError as error:
        assert "fork" in str(error) and "make" in str(error), error
    else:
        raise AssertionError("it was not refused")

def assert_works(client):
    result = client.run_prompt(PROMPT, timeout=30)
    assert result.events_complete and result.images[0].read()
"""


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", BEGINNING + program, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Left alone for so long that the client's own thread has the loop, or not.
@pytest.mark.parametrize("pause", ["0", "0.5"])
@pytest.mark.parametrize("end", ["os._exit", "sys.exit"])
def test_calls_in_the_child_are_refused_and_the_parent_s_go_on(
    emulator: comfy_emulator.RunningServer, pause: str, end: str
) -> None:
    program = f"""
client = ComfyUIApiClient(url=URL).init()
result = client.run_prompt(PROMPT)
job, events = client.submit(PROMPT), client.events()
time.sleep({pause})

def use():
    refused(client.get_queue)
    refused(lambda: client.run_prompt(PROMPT, timeout=5))
    refused(result.images[0].read)
    refused(job.result)
    refused(lambda: next(events))
    refused(client.init)
    client.close()

in_child(use, {end})
assert len(job.result(timeout=30).images) == 1
assert_works(client)
time.sleep({pause})
assert_works(client)
client.close()
"""
    run(program, emulator.url)


@pytest.mark.parametrize("end", ["os._exit", "sys.exit"])
@pytest.mark.parametrize("use", ["pass", "client.close()", "client.__exit__(None, None, None)", "forget()"])
def test_a_child_may_end_in_any_way(emulator: comfy_emulator.RunningServer, use: str, end: str) -> None:
    program = f"""
client = ComfyUIApiClient(url=URL).init()
assert_works(client)
forgotten = [ComfyUIApiClient(url=URL).init()]

def forget():
    forgotten.clear()
    gc.collect()

in_child(lambda: {use if use != "pass" else "None"}, {end})
assert_works(client)
assert_works(forgotten[0])
client.close()
"""
    run(program, emulator.url)


def test_a_child_has_clients_of_its_own(emulator: comfy_emulator.RunningServer) -> None:
    program = """
client, unused = ComfyUIApiClient(url=URL).init(), ComfyUIApiClient(url=URL)

def use():
    with ComfyUIApiClient(url=URL) as own:
        assert_works(own)
    with unused:
        assert_works(unused)

in_child(use, sys.exit)
assert_works(client)
assert_works(unused)
client.close()
unused.close()
"""
    run(program, emulator.url)


def test_multiprocessing_forks_too(emulator: comfy_emulator.RunningServer) -> None:
    program = """
client = ComfyUIApiClient(url=URL).init()
assert_works(client)

def work():
    signal.alarm(30)
    refused(client.get_queue)

process = multiprocessing.get_context("fork").Process(target=work)
process.start()
process.join()
assert process.exitcode == 0
assert_works(client)
client.close()
"""
    run(program, emulator.url)


def test_another_thread_may_wait_meanwhile(emulator: comfy_emulator.RunningServer) -> None:
    program = """
client = ComfyUIApiClient(url=URL).init()
is_over = threading.Event()

def work():
    while not is_over.is_set():
        assert_works(client)

threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
try:
    for _ in range(10):
        in_child(lambda: (refused(client.get_queue), client.close()))
finally:
    is_over.set()
for thread in threads:
    thread.join()
assert_works(client)
client.close()
"""
    run(program, emulator.url)


def test_a_callback_may_fork(emulator: comfy_emulator.RunningServer) -> None:
    program = """
client = ComfyUIApiClient(url=URL).init()
parent, seen = os.getpid(), []

def fork(event):
    if not seen:
        seen.append(os.fork())

try:
    result = client.run_prompt(PROMPT, on_event=fork, timeout=30)
except ClientClosedError as error:
    # The child came out of the parent's loop.
    assert "fork" in str(error) and os.getpid() != parent
    os._exit(0)
assert os.getpid() == parent and result.events_complete
assert os.waitpid(seen[0], 0)[1] == 0
assert_works(client)
client.close()
"""
    run(program, emulator.url)


def test_asynchronous_clients_are_refused_in_the_child_s_loops(emulator: comfy_emulator.RunningServer) -> None:
    program = """
import asyncio

async def main():
    client = AsyncComfyUIApiClient(url=URL, websocket=False)
    await client.get_queue()

    def use():
        def ask():
            asyncio.run(client.get_queue())

        try:
            ask()
        except ClientClosedError as error:
            assert "event loop" in str(error), error
        else:
            raise AssertionError("it was not refused")
        asyncio.run(client.close())

    await asyncio.to_thread(in_child, use)
    await client.get_queue()
    await client.close()

asyncio.run(main())
"""
    run(program, emulator.url)


def test_the_child_keeps_no_connection_of_its_parent_open() -> None:
    program = """
client = ComfyUIApiClient(url=URL, websocket=False)
client.get_queue()
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    signal.alarm(60)
    os.read(reading, 1)
    os._exit(0)
client.close()
assert sys.stdin.read(4) == "seen"
os.write(writing, b"x")
assert os.waitpid(child, 0)[1] == 0
"""
    body = b'{"queue_running": [], "queue_pending": []}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        child = subprocess.Popen(
            [
                sys.executable,
                "-W",
                "ignore::DeprecationWarning",
                "-c",
                BEGINNING + program,
                f"http://127.0.0.1:{server.getsockname()[1]}",
            ],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        killer = threading.Timer(90, child.kill)
        killer.start()
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(60)
                assert connection.recv(65536).startswith(b"GET /")
                connection.sendall(answer)
                assert connection.recv(1) == b"", "it is still open"
            assert child.communicate("seen")[1] == ""
            assert child.returncode == 0
        finally:
            killer.cancel()
            child.kill()
            child.communicate()
