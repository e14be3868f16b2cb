"""What a slow reader has not read yet, held within stated bounds.

While the backlog is small every event is kept, in order. Past the limit, previews and progress are coalesced (of
each kind and node the newest stays, in its place), and control events are kept. Only when control events alone pass
their own limits is the reader given up. Pure: it neither waits nor wakes anybody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Final

from attrs import frozen

from comfy_ws.errors import SlowConsumerError
from comfy_ws.events import Event, PreviewImage, Progress, ProgressState, ProgressText, Status


@frozen
class BacklogLimits:
    """How much a slow reader may leave unread.

    Attributes:
        events: Unread events from which on previews and progress are coalesced.
        payload_bytes: Unread bytes from which on they are coalesced too.
        control_events: Unread control events (all but previews, progress and status) at which reading ends
            with a `SlowConsumerError`.
        control_bytes: The same in bytes of their frames.
    """

    events: int = 4_096
    payload_bytes: int = 64 * 1024 * 1024
    control_events: int = 100_000
    control_bytes: int = 512 * 1024 * 1024


def coalescing_key(event: Event) -> Hashable | None:
    """Say what makes an older event of the same kind superfluous.

    Args:
        event: Any event.

    Returns:
        A key that newer events of the same thing share, or `None` for control events, which are never dropped.
    """
    key_of = _KEYS.get(type(event))
    return None if key_of is None else key_of(event)


# By class rather than by `match`: every frame passes here on its way to every reader.
_KEYS: Final[dict[type, Callable[[Any], Hashable]]] = {
    PreviewImage: lambda event: ("preview", event.prompt_id, event.node_id),
    Progress: lambda event: ("progress", event.prompt_id, event.node),
    ProgressState: lambda event: ("progress_state", event.prompt_id),
    ProgressText: lambda event: ("text", event.prompt_id, event.node_id),
    Status: lambda _: "status",
}


class EventBuffer:
    """A queue of events that coalesces when it grows.

    Args:
        limits: Its bounds.
    """

    def __init__(self, limits: BacklogLimits) -> None:
        self._limits: Final = limits
        self._entries: deque[tuple[Event, int]] = deque()
        self._bytes = 0
        self._control_events = 0
        self._control_bytes = 0
        self._sweep_events = limits.events
        self._sweep_bytes = limits.payload_bytes

    def __len__(self) -> int:
        return len(self._entries)

    def push(self, event: Event, size: int) -> None:
        """Add an event.

        Args:
            event: The newest event.
            size: The length of its frame, in bytes.

        Raises:
            SlowConsumerError: The control events alone are past their limits. The event is kept even so.
        """
        self._entries.append((event, size))
        self._bytes += size
        if type(event) not in _KEYS:
            self._control_events += 1
            self._control_bytes += size
            if self._control_events > self._limits.control_events:
                raise SlowConsumerError(self._limits.control_events, "events")
            if self._control_bytes > self._limits.control_bytes:
                raise SlowConsumerError(self._limits.control_bytes, "bytes")
        if len(self._entries) > self._sweep_events or self._bytes > self._sweep_bytes:
            self._sweep()

    def pop(self) -> Event:
        """Take the oldest event.

        Returns:
            The event.

        Raises:
            IndexError: There is none.
        """
        event, size = self._entries.popleft()
        self._bytes -= size
        if type(event) not in _KEYS:
            self._control_events -= 1
            self._control_bytes -= size
        if not self._entries:
            self._sweep_events = self._limits.events
            self._sweep_bytes = self._limits.payload_bytes
        return event

    def _sweep(self) -> None:
        newest: set[Hashable] = set()
        kept: deque[tuple[Event, int]] = deque()
        for entry in reversed(self._entries):
            key = coalescing_key(entry[0])
            if key is not None:
                if key in newest:
                    continue
                newest.add(key)
            kept.appendleft(entry)
        self._entries = kept
        self._bytes = sum(size for _, size in kept)
        # Twice what is left, so that a backlog of many control events is not swept again at every push.
        self._sweep_events = max(self._limits.events, 2 * len(kept))
        self._sweep_bytes = max(self._limits.payload_bytes, 2 * self._bytes)
