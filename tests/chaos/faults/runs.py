"""What tests of faults know of runs: when a fault must be over, when a job is at work, and what order is right."""

from __future__ import annotations

from comfy_ws import Progress
from tests.chaos.chaos import Chaos
from tests.chaos.clients import DrivenJob, EventRecord
from tests.chaos.proxy import Proxy

FLOW_LIMIT = 5.0
"""Seconds until events flow again."""
SILENCE_LIMIT = 15.0
"""Seconds until a network that swallows everything is found out."""
ABSENCE_LIMIT = 5.0
"""Seconds until a prompt that the server no longer has is missed."""
STEPS = ("progress", "progress_state", "preview_image", "executed", "execution_success")


async def started(chaos: Chaos, job: DrivenJob) -> EventRecord:
    """Note a job's events, and wait until it is at work and has told so."""
    record = job.record()
    await record.until("progress")
    return record


def is_in_order(record: EventRecord) -> bool:
    """Whether a run's events came in the order in which the server sends them."""
    values = [event.value for event in record.events if isinstance(event, Progress) and event.node == "1"]
    assert values == sorted(values)
    kinds = record.kinds()
    assert kinds.count("execution_start") <= 1
    assert kinds.count("execution_success") <= 1
    if "execution_success" in kinds:
        # The server says once more that nothing executes when it has written its history.
        assert set(kinds[kinds.index("execution_success") + 1 :]) <= {"executing"}
    return True


def posted(proxy: Proxy) -> list[str]:
    return [seen.prompt_id for seen in proxy.seen("POST", "/prompt") if seen.prompt_id is not None and seen.forwarded]
