"""Those who hear what a channel hears: told of each event in order, and of each end.

It opens nothing and keeps no event. One that raises is logged and takes nothing from the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from comfy_ws.errors import StreamError
from comfy_ws.events import Event

Listener = Callable[[Event, int], None]
"""Called with each event and the size of its frame in bytes, on the event loop, in order. Must not block."""

EndListener = Callable[[StreamError | None], None]
"""Called when nothing more will come by itself: with the error that ended the channel, after which somebody may open
it again, or with `None` once it was closed."""

_logger: Final = logging.getLogger("comfy_ws")


class Listeners:
    """The listeners of one channel."""

    def __init__(self) -> None:
        self._all: Final[dict[object, tuple[Listener, EndListener | None]]] = {}
        # Those to tell of an event; made anew when listeners come and go, for events are many more.
        self._told: tuple[Listener, ...] = ()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, on_event: Listener, on_end: EndListener | None) -> Callable[[], None]:
        """Tell somebody of what comes from now on.

        Args:
            on_event: Called with each event and the size of its frame.
            on_end: Called at each end.

        Returns:
            A function that ends it; it may be called twice.
        """
        token = object()
        self._all[token] = (on_event, on_end)
        self._told = tuple(told for told, _ in self._all.values())

        def stop() -> None:
            if self._all.pop(token, None) is not None:
                self._told = tuple(told for told, _ in self._all.values())

        return stop

    def tell(self, event: Event, size: int) -> None:
        """Tell all of an event.

        Args:
            event: The event.
            size: The size of its frame, in bytes.
        """
        for on_event in self._told:
            try:
                on_event(event, size)
            except Exception:
                _logger.exception("a listener failed on %s", event.type)

    def end(self, error: StreamError | None) -> None:
        """Tell all that nothing more will come by itself.

        Args:
            error: Why, or `None` for a channel that was closed.
        """
        for _, on_end in tuple(self._all.values()):
            tell_end(on_end, error)

    def clear(self) -> None:
        """Forget them all."""
        self._all.clear()
        self._told = ()


def tell_end(on_end: EndListener | None, error: StreamError | None) -> None:
    """Tell one listener that nothing more will come by itself.

    Args:
        on_end: The listener, if it wants to hear of that.
        error: Why, or `None` for a channel that was closed.
    """
    if on_end is None:
        return
    try:
        on_end(error)
    except Exception:
        _logger.exception("a listener failed on the end")
