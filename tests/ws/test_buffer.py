"""A backlog keeps every control event and the newest of the rest, within its limits."""

from collections import Counter
from collections.abc import Hashable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_ws import (
    BacklogLimits,
    Event,
    Executing,
    ExecutionStart,
    PreviewImage,
    Progress,
    ProgressState,
    ProgressText,
    Reconnected,
    SlowConsumerError,
    Status,
    UndecodableFrame,
    UnknownEvent,
)
from comfy_ws.buffer import EventBuffer, coalescing_key


def step(value: float, node: str = "1", prompt_id: str | None = "p") -> Progress:
    return Progress(prompt_id, node, value, 10)


def control(number: int) -> UnknownEvent:
    return UnknownEvent("control", number)


def drained(buffer: EventBuffer) -> list[Event]:
    return [buffer.pop() for _ in range(len(buffer))]


COALESCED: list[tuple[Event, Hashable]] = [
    (PreviewImage(b"1", "image/png", "1", "p"), ("preview", "p", "1")),
    (step(1), ("progress", "p", "1")),
    (ProgressState("p", {}), ("progress_state", "p")),
    (ProgressText("a", "1", "p"), ("text", "p", "1")),
    (Status(1), "status"),
]


@pytest.mark.parametrize(("event", "key"), COALESCED)
def test_what_the_newest_replaces_has_a_key(event: Event, key: Hashable) -> None:
    assert coalescing_key(event) == key


@pytest.mark.parametrize(
    "member", [each for each in get_args(Event) if each not in {type(event) for event, _ in COALESCED}]
)
def test_every_other_event_is_a_control_event(member: type[Any]) -> None:
    assert coalescing_key(object.__new__(member)) is None


def test_below_the_limit_every_event_is_kept_in_order() -> None:
    buffer = EventBuffer(BacklogLimits(events=100))
    events = [step(number) if number % 2 else control(number) for number in range(100)]
    for event in events:
        buffer.push(event, 10)
    assert len(buffer) == 100
    assert drained(buffer) == events


def test_an_empty_buffer_has_nothing_to_give() -> None:
    buffer = EventBuffer(BacklogLimits())
    assert not buffer
    with pytest.raises(IndexError):
        buffer.pop()


def test_past_the_limit_the_newest_of_each_kind_and_node_stays_in_its_place() -> None:
    buffer = EventBuffer(BacklogLimits(events=8))
    start = ExecutionStart("p")
    for event in (step(1), start, step(1, "2"), step(2), control(1), step(1, "1", "q"), Status(1), Status(0)):
        buffer.push(event, 1)
    assert len(buffer) == 8
    buffer.push(step(3), 1)
    assert drained(buffer) == [start, step(1, "2"), control(1), step(1, "1", "q"), Status(0), step(3)]


def test_bytes_past_their_limit_coalesce_too() -> None:
    buffer = EventBuffer(BacklogLimits(payload_bytes=1_000))
    first, second, third = (PreviewImage(bytes([number]), "image/png", "1", "p") for number in range(3))
    buffer.push(first, 500)
    buffer.push(second, 500)
    assert len(buffer) == 2
    buffer.push(third, 1)
    assert drained(buffer) == [third]


def test_one_event_larger_than_the_limit_is_kept() -> None:
    buffer = EventBuffer(BacklogLimits(payload_bytes=10))
    buffer.push(step(1), 1_000)
    assert drained(buffer) == [step(1)]


def test_after_being_read_empty_it_keeps_everything_again() -> None:
    buffer = EventBuffer(BacklogLimits(events=2))
    for number in range(50):
        buffer.push(control(number), 1)
    assert [event.data for event in drained(buffer) if isinstance(event, UnknownEvent)] == list(range(50))
    buffer.push(step(1), 1)
    buffer.push(step(2), 1)
    assert len(buffer) == 2
    buffer.push(step(3), 1)
    assert drained(buffer) == [step(3)]


@pytest.mark.parametrize("limits", [BacklogLimits(control_events=10), BacklogLimits(events=3, control_events=10)])
def test_control_events_past_their_limit_end_the_reading_at_once(limits: BacklogLimits) -> None:
    buffer = EventBuffer(limits)
    for number in range(10):
        buffer.push(control(number), 1)
        buffer.push(step(number), 1)
    with pytest.raises(SlowConsumerError) as given_up:
        buffer.push(control(10), 1)
    assert (given_up.value.limit, given_up.value.unit) == (10, "events")
    assert "more than 10 unread events" in str(given_up.value)


@pytest.mark.parametrize("payload_bytes", [50, 64 * 1024])
def test_control_bytes_past_their_limit_end_the_reading_at_once(payload_bytes: int) -> None:
    buffer = EventBuffer(BacklogLimits(payload_bytes=payload_bytes, control_bytes=1_000))
    for number in range(10):
        buffer.push(control(number), 100)
        buffer.push(step(number), 30)
    with pytest.raises(SlowConsumerError) as given_up:
        buffer.push(control(10), 1)
    assert (given_up.value.limit, given_up.value.unit) == (1_000, "bytes")


def test_what_was_read_does_not_count_against_the_limits() -> None:
    buffer = EventBuffer(BacklogLimits(control_events=1, control_bytes=10))
    for number in range(100):
        buffer.push(control(number), 10)
        assert drained(buffer) == [control(number)]


def test_previews_alone_never_end_the_reading() -> None:
    buffer = EventBuffer(BacklogLimits(events=2, payload_bytes=100, control_events=1, control_bytes=1))
    for number in range(1_000):
        buffer.push(step(number), 90)
    assert len(buffer) <= 2


def test_a_backlog_of_control_events_is_not_swept_at_every_push(monkeypatch: pytest.MonkeyPatch) -> None:
    sweeps = 0
    sweep = EventBuffer._sweep

    def counted(buffer: EventBuffer) -> None:
        nonlocal sweeps
        sweeps += 1
        sweep(buffer)

    monkeypatch.setattr(EventBuffer, "_sweep", counted)
    buffer = EventBuffer(BacklogLimits(events=4))
    for number in range(10_000):
        buffer.push(control(number), 1)
    assert 1 <= sweeps <= 12


@pytest.mark.parametrize("event", [Executing("p", None), Reconnected(1, 0.5, "gone"), UndecodableFrame("x", "odd")])
def test_what_a_reader_must_know_survives_a_flood(event: Event) -> None:
    buffer = EventBuffer(BacklogLimits(events=4))
    buffer.push(event, 1)
    for number in range(100):
        buffer.push(step(number), 1)
    assert buffer.pop() == event


LIMITS = BacklogLimits(events=6, payload_bytes=600, control_events=1_000, control_bytes=1_000_000)
PUSH = st.tuples(
    st.sampled_from(["control", "progress", "preview", "state", "text", "status"]),
    st.sampled_from(["1", "2"]),
    st.integers(0, 200),
)


def made(kind: str, node: str, serial: int) -> Event:
    match kind:
        case "control":
            return control(serial)
        case "progress":
            return Progress("p", node, serial, 10)
        case "preview":
            return PreviewImage(str(serial).encode(), "image/png", node, "p")
        case "state":
            return ProgressState("p", {"nodes": {}, "serial": serial})
        case "text":
            return ProgressText(str(serial), node, "p")
        case _:
            return Status(serial)


@given(st.lists(st.none() | PUSH, max_size=120))
def test_any_interleaving_keeps_the_promises(operations: list[tuple[str, str, int] | None]) -> None:
    buffer = EventBuffer(LIMITS)
    pushed: list[tuple[Event, int]] = []
    read: list[Event] = []
    unread_control = Counter[str]()
    for serial, operation in enumerate(operations):
        if operation is None:
            if buffer:
                event = buffer.pop()
                read.append(event)
                if isinstance(event, UnknownEvent):
                    unread_control["events"] -= 1
                    unread_control["bytes"] -= next(size for each, size in pushed if each is event)
            continue
        kind, node, size = operation
        event = made(kind, node, serial)
        pushed.append((event, size))
        buffer.push(event, size)
        if kind == "control":
            unread_control["events"] += 1
            unread_control["bytes"] += size
        # Eight things can be coalesced here, of 200 bytes at most.
        assert len(buffer) <= max(LIMITS.events, 2 * (unread_control["events"] + 8) + 1)
        assert buffer._bytes <= max(LIMITS.payload_bytes, 2 * (unread_control["bytes"] + 8 * 200)) + size
    read += drained(buffer)
    assert buffer._bytes == 0
    places = {id(event): place for place, (event, _) in enumerate(pushed)}
    order = [places[id(event)] for event in read]
    assert order == sorted(set(order))
    assert [event for event in read if coalescing_key(event) is None] == [
        event for event, _ in pushed if coalescing_key(event) is None
    ]
    newest = {coalescing_key(event): event for event, _ in pushed}
    assert {coalescing_key(event): event for event in read} == newest
