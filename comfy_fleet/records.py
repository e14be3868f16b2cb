"""What outlives workers, kept in Celery's result backend: where prompts were begun, and the cards of workers.

Everything here blocks; callers put it into threads. Any backend that all can read will do, for nothing but storing and
reading a result under an id is asked of it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from celery import Celery, states
from celery.backends.base import KeyValueStoreBackend
from celery.exceptions import TaskRevokedError
from kombu.exceptions import DecodeError

from comfy_facade.errors import ComfyUIError
from comfy_facade.raw_json import as_list, as_object
from comfy_fleet.error_records import restore_error
from comfy_fleet.errors import PromptCancelledError, PromptExpiredError, WorkerFailedError
from comfy_fleet.start_record import Start, starts_of_json, starts_to_json
from comfy_fleet.worker_card import WorkerCard, cards_of_json

T = TypeVar("T")

_STATE: Final = "RECORD"
_PREFIX: Final = "comfy-fleet"
_OVER: Final = frozenset({states.SUCCESS, states.FAILURE, states.REVOKED})
# Backends that are plain files may be read while they are written.
_READ_AGAIN: Final = (0.01, 0.05, 0.2)
_CARDS_AGE: Final = 0.5
# A worker that was not heard of for this long, in seconds, is struck off the roster.
_FORGOTTEN_AFTER: Final = 24 * 3600.0


class Records:
    """Records in a result backend.

    Args:
        app: The application.
    """

    def __init__(self, app: Celery) -> None:
        self._app: Final = app
        self._lock: Final = threading.Lock()
        self._cards: list[WorkerCard] = []
        self._cards_at = 0.0

    def meta(self, prompt_id: str) -> tuple[str, Any]:
        """Read how a prompt's task stands.

        Args:
            prompt_id: Which.

        Returns:
            Celery's state, and its result.
        """
        backend: Any = self._app.backend
        meta = _patiently(lambda: backend.get_task_meta(prompt_id, cache=False))
        return str(meta.get("status")), meta.get("result")

    def is_over(self, prompt_id: str) -> bool:
        """Say whether a prompt has its result, or was cancelled.

        Args:
            prompt_id: Which.

        Returns:
            Whether it does.
        """
        return self.meta(prompt_id)[0] in _OVER

    def starts(self, prompt_id: str) -> list[Start]:
        """Read where a prompt was begun.

        Args:
            prompt_id: Which.

        Returns:
            The starts, oldest first.
        """
        return starts_of_json(self._read(f"starts-{prompt_id}"))

    def starts_unless_over(self, prompt_id: str) -> list[Start] | None:
        """Read where a prompt was begun.

        Args:
            prompt_id: Which.

        Returns:
            The starts, oldest first; `None` if it has its result, or was cancelled.
        """
        return None if self.is_over(prompt_id) else self.starts(prompt_id)

    def save_starts(self, prompt_id: str, starts: Sequence[Start]) -> None:
        """Write where a prompt was begun.

        Args:
            prompt_id: Which.
            starts: The starts.
        """
        self._write(f"starts-{prompt_id}", starts_to_json(starts))

    def forget_starts(self, prompt_id: str) -> None:
        """Delete what is known of where a prompt was begun.

        Args:
            prompt_id: Which.
        """
        backend: Any = self._app.backend
        backend.forget(_id(f"starts-{prompt_id}"))

    def save_card(self, card: WorkerCard) -> None:
        """Write a worker's card, and see that it is on the roster.

        Args:
            card: The card.
        """
        self._write(f"worker-{card.name}", card.to_json())
        roster = self._roster()
        if card.name not in roster:
            # Two that do so at the same moment may lose one name; it is missed and written again with the next card.
            self._write("roster", sorted({*roster, card.name}))

    def cards(self) -> list[WorkerCard]:
        """Read the cards of all workers that were heard of within a day.

        Returns:
            The cards, at most a moment old.
        """
        with self._lock:
            if time.monotonic() - self._cards_at < _CARDS_AGE:
                return self._cards
        cards = cards_of_json([self._read(f"worker-{name}") for name in self._roster()])
        with self._lock:
            self._cards, self._cards_at = cards, time.monotonic()
        return cards

    def strike_off(self, now: float) -> list[str]:
        """Strike those off the roster that were not heard of for a day.

        Args:
            now: Seconds since 1970.

        Returns:
            Their names.
        """
        cards = self.cards()
        gone = [card.name for card in cards if now - card.at > _FORGOTTEN_AFTER]
        if gone:
            self._write("roster", sorted(set(self._roster()) - set(gone)))
        return gone

    def _roster(self) -> list[str]:
        return [str(name) for name in as_list(self._read("roster"))]

    def _read(self, name: str) -> object:
        state, value = self.meta(_id(name))
        return value if state == _STATE else None

    def _write(self, name: str, value: object) -> None:
        backend: Any = self._app.backend
        if isinstance(backend, KeyValueStoreBackend):
            # Without the look at what was there before, which is for results alone.
            meta = {"status": _STATE, "result": value, "task_id": _id(name)}
            backend.set(backend.get_key_for_task(_id(name)), backend.encode(meta))
        else:
            backend.store_result(_id(name), value, _STATE)


def error_of(prompt_id: str, state: str, result: object) -> ComfyUIError:
    """Make the error of a task that did not end well.

    Args:
        prompt_id: The prompt.
        state: Celery's state.
        result: What the result backend holds.

    Returns:
        The error that the worker had.
    """
    if state == states.REVOKED:
        is_expired = isinstance(result, TaskRevokedError) and "expired" in str(result)
        return PromptExpiredError(prompt_id) if is_expired else PromptCancelledError(prompt_id)
    arguments = as_list(getattr(result, "args", ()))
    if len(arguments) == 2:
        return restore_error(as_object(arguments[1]))
    return WorkerFailedError(type(result).__name__, str(result))


def _id(name: str) -> str:
    return f"{_PREFIX}-{name}"


def _patiently(action: Callable[[], T]) -> T:
    for pause in _READ_AGAIN:
        try:
            return action()
        except (DecodeError, json.JSONDecodeError):
            time.sleep(pause)
    return action()
