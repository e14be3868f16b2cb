"""Forks for each program it is told of on standard input, and says on standard output how each ended.

Duty: load what programs load, once. A process of its own runs it (`tests.programs`), which has but one thread: forks
of others are not safe. It runs one program at a time.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import sys
import threading
import traceback
from typing import Any, NoReturn

import comfy_emulator
import comfy_facade
import comfy_ws

assert sys.platform != "win32"


def leave(code: int) -> NoReturn:
    """End as the interpreter does, without taking apart what is shared with the process that forked."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def modules_of_a_run() -> list[str]:
    """Find what is loaded by the time that a prompt has run, by running one in a fork."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        steps = {"seed": 1, "steps": 1, "delay_ms": 0, "width": 16, "height": 16, "preview": "JPEG"}
        prompt = {
            "1": {"class_type": "ProbeSteps", "inputs": steps},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        }
        with comfy_emulator.running() as server, comfy_facade.ComfyUIApiClient(url=server.url) as client:
            client.run_prompt(prompt).images[0].read()
        with os.fdopen(writing, "w", encoding="utf-8") as told:
            told.write("\n".join(sys.modules))
        leave(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as told:
        names = told.read().split()
    os.wait()
    return names


def run(order: dict[str, Any]) -> NoReturn:
    """Run a program as `python -c` would, in a fork."""
    for number, path in ((0, os.devnull), (1, order["stdout"]), (2, order["stderr"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    os.chdir(order["directory"])
    os.environ.update(order["environment"])
    sys.path[0] = ""
    code = 0
    try:
        exec(compile(order["text"], "<document>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        code = 1
    leave(code)


def main() -> None:
    """Serve until standard input ends."""
    for package in (comfy_emulator, comfy_facade, comfy_ws):
        for name in package.__all__:
            getattr(package, name)
    for name in modules_of_a_run():
        if name not in sys.modules:
            importlib.import_module(name)
    # Each look of the collector at what is shared would make a copy of it in the program that looks.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
