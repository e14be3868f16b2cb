"""The short form of the soak: as many faults per prompt, fewer prompts."""

from __future__ import annotations

import random

import pytest

from tests.chaos.soak import emulator_process, soak


@pytest.mark.timeout(120)
async def test_prompts_outlive_random_faults() -> None:
    seed = random.SystemRandom().randrange(1 << 31)
    print(f"seed {seed}")  # noqa: T201
    with emulator_process("0.33.0") as url:
        outcome = await soak(url, 200, seed)
    print(outcome.told())  # noqa: T201
    assert outcome.is_clean, outcome.told()
    assert len(outcome.faults) >= 4
