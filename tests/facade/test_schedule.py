"""When REST is asked about a run: numbers in, numbers out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade._schedule import CheckSchedule

times = st.floats(0, 1e6)
counts = st.integers(0, 10_000)
intervals = st.floats(0.01, 600)


def test_while_a_run_is_heard_its_silence_counts() -> None:
    schedule = CheckSchedule(interval=1, asked_at=10)
    assert schedule.due_at(heard_at=12.5, is_listening=True, is_urgent=False) == 13.5


def test_a_run_that_says_nothing_is_asked_about_more_and_more_rarely() -> None:
    schedule = CheckSchedule(interval=1, asked_at=10)
    due = []
    for _ in range(5):
        due.append(schedule.due_at(heard_at=9, is_listening=True, is_urgent=False))
        schedule.asked(due[-1], is_news=False)
    assert due == [11, 13, 16, 19, 22]


def test_news_begins_it_anew() -> None:
    schedule = CheckSchedule(interval=1, asked_at=10, fruitless=7)
    schedule.asked(20, is_news=True)
    assert (schedule.asked_at, schedule.fruitless) == (20, 0)
    assert schedule.due_at(heard_at=9, is_listening=True, is_urgent=False) == 21


@pytest.mark.parametrize("is_listening", [True, False])
def test_what_is_urgent_is_asked_at_once_and_then_soon(is_listening: bool) -> None:
    schedule = CheckSchedule(interval=1, asked_at=10)
    assert schedule.due_at(heard_at=10, is_listening=is_listening, is_urgent=True) == 10
    schedule.asked(10, is_news=False)
    assert schedule.due_at(heard_at=10, is_listening=is_listening, is_urgent=True) == pytest.approx(10.075)


def test_without_a_socket_it_starts_quick_and_slows_down_to_the_interval() -> None:
    schedule = CheckSchedule(interval=0.2, asked_at=0)
    waits = []
    for _ in range(7):
        due = schedule.due_at(heard_at=0, is_listening=False, is_urgent=False)
        waits.append(due - schedule.asked_at)
        schedule.asked(due, is_news=False)
    assert waits == pytest.approx([0.05, 0.075, 0.1125, 0.16875, 0.2, 0.2, 0.2])


def test_an_interval_shorter_than_the_first_delay_counts() -> None:
    schedule = CheckSchedule(interval=0.01, asked_at=0)
    assert schedule.due_at(heard_at=0, is_listening=False, is_urgent=False) == pytest.approx(0.01)


@given(interval=intervals, asked_at=times, heard_at=times, fruitless=counts, listening=st.booleans())
def test_urgency_never_waits_longer_and_never_longer_than_the_interval(
    interval: float, asked_at: float, heard_at: float, fruitless: int, listening: bool
) -> None:
    schedule = CheckSchedule(interval, asked_at, fruitless)
    urgent = schedule.due_at(heard_at=heard_at, is_listening=listening, is_urgent=True)
    assert urgent <= schedule.due_at(heard_at=heard_at, is_listening=listening, is_urgent=False)
    assert asked_at <= urgent <= asked_at + interval


@given(interval=intervals, asked_at=times, heard_at=times, fruitless=counts)
def test_with_a_socket_a_whole_interval_passes_and_never_more_than_three(
    interval: float, asked_at: float, heard_at: float, fruitless: int
) -> None:
    schedule = CheckSchedule(interval, asked_at, fruitless)
    due = schedule.due_at(heard_at=heard_at, is_listening=True, is_urgent=False)
    last = max(asked_at, heard_at)
    assert last + interval <= due <= last + 3 * interval


@given(interval=intervals, fruitless=st.integers(0, 200), listening=st.booleans(), urgent=st.booleans())
def test_each_fruitless_question_makes_the_next_no_sooner(
    interval: float, fruitless: int, listening: bool, urgent: bool
) -> None:
    earlier, later = CheckSchedule(interval, 100, fruitless), CheckSchedule(interval, 100, fruitless + 1)
    assert earlier.due_at(heard_at=0, is_listening=listening, is_urgent=urgent) <= later.due_at(
        heard_at=0, is_listening=listening, is_urgent=urgent
    )
