"""What importing costs: each time in a fresh interpreter, turn by turn with what the libraries alone cost.

What a terminal program needs of httpx (click and rich, which it imports where they are installed) is left out on both
sides, for a program that only wants a client does not install it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.cost import Cost
from benchmarks.servers import ROOT
from benchmarks.turns import BOUND, OURS

LIBRARIES: Final = "import httpx, attrs, websockets.asyncio.client"
PACKAGE: Final = "import comfy_facade"
CLIENT: Final = "from comfy_facade import AsyncComfyUIApiClient"

_PROGRAM: Final = """
import json, sys, time
sys.modules["click"] = None
wall, cpu = time.perf_counter(), time.process_time()
{statement}
print(json.dumps({{"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}}))
"""


def cost_of(statement: str) -> Cost:
    """Import in a fresh interpreter.

    Args:
        statement: The statement that imports.

    Returns:
        What it cost.
    """
    command = [sys.executable, "-c", _PROGRAM.format(statement=statement)]
    # Installed packages are compiled; a checkout is when it was imported once, unless that is forbidden.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout))


def interleaved(statement: str, *, rounds: int) -> dict[str, list[Cost]]:
    """Import the SDK and its libraries, turn by turn.

    Args:
        statement: How the SDK is imported.
        rounds: How many rounds count.

    Returns:
        The costs by variant, one for each round.
    """
    statements = {OURS: statement, BOUND: LIBRARIES}
    for each in statements.values():
        cost_of(each)
    costs: dict[str, list[Cost]] = {OURS: [], BOUND: []}
    for number in range(rounds):
        order: Sequence[str] = (OURS, BOUND) if number % 2 == 0 else (BOUND, OURS)
        for variant in order:
            costs[variant].append(cost_of(statements[variant]))
    return costs
