"""When to ask REST about a run that says nothing. Pure: times go in, times come out.

While a socket is up, asking follows silence and grows rarer as the answers bring nothing new. Without one, asking
is all there is: it starts quick, for short prompts, and slows down to the given interval.
"""

from __future__ import annotations

from typing import Final

from attrs import define

_FIRST_DELAY: Final = 0.05
_GROWTH: Final = 1.5
_SLOWEST_FACTOR: Final = 3


@define
class CheckSchedule:
    """The next time to ask about one run.

    Attributes:
        interval: The given interval, in seconds.
        asked_at: When it was last asked about, or posted.
        fruitless: How many answers in a row brought nothing new.
    """

    interval: float
    asked_at: float
    fruitless: int = 0

    def due_at(self, *, heard_at: float, is_listening: bool, is_urgent: bool) -> float:
        """Say when to ask.

        Args:
            heard_at: When the run was last heard of on the socket.
            is_listening: Whether there is a socket.
            is_urgent: Whether only REST can tell how the run stands.

        Returns:
            The time; it may be past.
        """
        if is_urgent or not is_listening:
            quick = _FIRST_DELAY * _GROWTH**self.fruitless if self.fruitless < 50 else self.interval
            return self.asked_at + (0.0 if is_urgent and not self.fruitless else min(quick, self.interval))
        if heard_at > self.asked_at:
            return heard_at + self.interval
        return self.asked_at + self.interval * min(self.fruitless + 1, _SLOWEST_FACTOR)

    def asked(self, now: float, *, is_news: bool) -> None:
        """Note an answer.

        Args:
            now: The time.
            is_news: Whether it told something new.
        """
        self.asked_at = now
        self.fruitless = 0 if is_news else self.fruitless + 1
