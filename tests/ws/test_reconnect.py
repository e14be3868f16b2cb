"""How long to wait between attempts, and after which errors there is no other."""

import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_ws import (
    Backoff,
    ConnectFailedError,
    ConnectionLostError,
    HandshakeRejectedError,
    SlowConsumerError,
    StreamClosedError,
    StreamError,
    is_retryable,
)


def test_delays_grow_by_the_factor_up_to_the_maximum() -> None:
    backoff = Backoff(initial=0.5, factor=3, maximum=10, jitter=0)
    assert list(islice(backoff.delays(), 5)) == [0.5, 1.5, 4.5, 10, 10]


def test_even_the_first_delay_keeps_the_maximum() -> None:
    assert next(Backoff(initial=9, maximum=2, jitter=0).delays()) == 2


@pytest.mark.parametrize(("drawn", "expected"), [(0.0, [1.0, 2.0]), (0.5, [0.75, 1.5]), (1.0, [0.5, 1.0])])
def test_jitter_shortens_a_delay_by_its_part(drawn: float, expected: list[float]) -> None:
    assert list(islice(Backoff(initial=1, jitter=0.5).delays(lambda: drawn), 2)) == expected


@given(st.integers(), st.floats(0, 1))
def test_jitter_stays_between_its_part_and_the_whole(seed: int, jitter: float) -> None:
    whole = Backoff(jitter=0).delays()
    drawn = Backoff(jitter=jitter).delays(random.Random(seed).random)
    for longest, delay in islice(zip(whole, drawn, strict=False), 12):
        assert longest * (1 - jitter) <= delay * (1 + 1e-9)
        assert 0 <= delay <= longest <= 5.0


def test_delays_never_end_and_never_overflow() -> None:
    *_, last = islice(Backoff(jitter=0).delays(), 5_000)
    assert last == 5.0


def test_two_clients_do_not_come_back_at_the_same_moment() -> None:
    first, second = list(islice(Backoff().delays(), 8)), list(islice(Backoff().delays(), 8))
    assert first != second


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (ConnectionLostError("gone"), True),
        (ConnectFailedError("ws://h", "refused"), True),
        (ConnectFailedError("wss://h", "a certificate", is_tls=True), False),
        *((HandshakeRejectedError("ws://h", status), True) for status in (408, 425, 429, 500, 502, 503, 504)),
        # A content network's own: it does not reach the server, or gave up waiting for it.
        *((HandshakeRejectedError("ws://h", status), True) for status in (520, 521, 522, 523, 524, 527, 530)),
        *(
            (HandshakeRejectedError("ws://h", status), False)
            for status in (200, 301, 302, 307, 400, 401, 403, 404, 405, 407, 426, 501, 525, 526)
        ),
        (SlowConsumerError(1, "events"), False),
        (StreamClosedError(), False),
        (StreamError("anything"), False),
        (ValueError("no error of a stream"), False),
    ],
)
def test_the_verdict_on_another_attempt(error: Exception, verdict: bool) -> None:
    assert is_retryable(error) is verdict
