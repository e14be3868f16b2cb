"""Two ways of doing the same work, turn by turn: each in a process of its own, started once.

Duty: start the processes, warm them up, give out turns in alternating order, and collect costs. What the work is,
and how costs are judged, is none of its business.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from benchmarks.cost import Cost
from benchmarks.servers import ROOT

K = TypeVar("K")

OURS: Final = "ours"
BOUND: Final = "bound"


class Client:
    """A process that does one kind of work, one turn at a time.

    Args:
        process: The process, see `benchmarks.client_process`.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def turn(self) -> Cost:
        """Do the work once.

        Returns:
            What it cost.

        Raises:
            RuntimeError: The process failed; what it said is on standard error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("turn\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a client process ended with status {self._process.wait()}")
        return Cost.of_json(json.loads(line))


@contextlib.contextmanager
def client(row: str, variant: str, arguments: Sequence[str]) -> Generator[Client]:
    """Start a client process for as long as a block lasts.

    Args:
        row: The row of the table.
        variant: `OURS` or `BOUND`.
        arguments: What the work is told: the server's address, how much of it.

    Yields:
        The process.
    """
    command = [sys.executable, "-m", "benchmarks.client_process", row, variant, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "COMFYUI_URL"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Client(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def interleaved(
    row: str, variants: Sequence[str], arguments: Sequence[str], *, rounds: int, warm_up: bool = True
) -> dict[str, list[Cost]]:
    """Let each variant take its turn, round by round.

    Args:
        row: The row of the table.
        variants: Which variants it has.
        arguments: What the work is told.
        rounds: How many rounds count.
        warm_up: Whether one more turn goes before them.

    Returns:
        The costs by variant, one for each round.
    """
    with contextlib.ExitStack() as stack:
        return by_turns(
            {variant: stack.enter_context(client(row, variant, arguments)) for variant in variants},
            rounds=rounds,
            warm_up=warm_up,
        )


def by_turns(clients: Mapping[K, Client], *, rounds: int, warm_up: bool = True) -> dict[K, list[Cost]]:
    """Let each client take its turn, round by round.

    Args:
        clients: The processes.
        rounds: How many rounds count.
        warm_up: Whether one more turn goes before them.

    Returns:
        The costs by client, one for each round.
    """
    costs: dict[K, list[Cost]] = {key: [] for key in clients}
    if warm_up:
        for one in clients.values():
            one.turn()
    for order in _orders(tuple(clients), rounds):
        for key in order:
            costs[key].append(clients[key].turn())
    return costs


def _orders(keys: Sequence[K], rounds: int) -> Iterator[Sequence[K]]:
    # Whoever goes second finds the caches of the other; so each goes second every other time.
    for number in range(rounds):
        yield keys if number % 2 == 0 else tuple(reversed(keys))
