"""Which signals break into a thread that runs a loop, and the one that is put off."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from comfy_facade import _signals
from comfy_facade._signals import interruption_put_off, no_handler_may_raise

if sys.platform == "win32":
    pytest.skip("Windows knows few signals, and no loop is lent there", allow_module_level=True)


@pytest.fixture(autouse=True)
def no_limit() -> Iterator[None]:
    """Take away the handler of the limit on each test while a test lasts."""
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGALRM, before)


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_a_program_without_handlers_is_left_alone_by_signals() -> None:
    assert no_handler_may_raise()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGALRM, signal.SIGUSR2, signal.SIGINT])
def test_a_handler_of_the_program_s_own_may_raise(number: signal.Signals) -> None:
    before = signal.signal(number, lambda _number, _frame: None)
    try:
        assert not no_handler_may_raise()
        heard: list[bool] = []
        thread = threading.Thread(target=lambda: heard.append(no_handler_may_raise()))
        thread.start()
        thread.join()
        assert heard == [True]
    finally:
        signal.signal(number, before)


def test_python_s_own_handler_raises_for_any_other_signal_than_ctrl_c() -> None:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        assert not no_handler_may_raise()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert no_handler_may_raise()
        with interruption_put_off() as interruption:
            press()
        assert not interruption.is_asked
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_comes_when_the_block_ends_and_says_so_at_once() -> None:
    seen: list[str] = []

    def work() -> None:
        with interruption_put_off() as interruption:
            interruption.tells(lambda: seen.append("cancelled"), None)
            press()
            seen.append("went on")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert seen == ["cancelled", "went on"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_gives_up_and_however_many_more_break_into_nothing() -> None:
    seen: list[str] = []

    def work() -> None:
        with interruption_put_off() as interruption:
            interruption.tells(lambda: seen.append("cancelled"), lambda: seen.append("given up"))
            for _ in range(10):
                press()
            seen.append("went on")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert seen == ["cancelled", "given up", "went on"]


def test_what_is_stuck_is_broken_out_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_signals, "_STUCK", 0.01)
    seen: list[str] = []

    def work() -> None:
        with interruption_put_off():
            press()
            press()
            time.sleep(0.02)
            seen.append("stuck")
            press()
            seen.append("stuck for ever")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert seen == ["stuck"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_was_pressed_before_there_was_anything_to_cancel_cancels_it() -> None:
    seen: list[str] = []

    def work() -> None:
        with interruption_put_off() as interruption:
            press()
            interruption.tells(lambda: seen.append("cancelled"), None)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert seen == ["cancelled"]


def test_whatever_the_block_raised_gives_way_to_it() -> None:
    def work() -> None:
        with interruption_put_off():
            press()
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        work()


def test_a_handler_that_came_meanwhile_stays() -> None:
    def theirs(_number: int, _frame: object) -> None: ...

    try:
        with interruption_put_off():
            signal.signal(signal.SIGINT, theirs)
        assert signal.getsignal(signal.SIGINT) is theirs
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
