"""The server's log as clients read it: the latest lines, and who wants to hear of new ones.

Kept apart from Python's logging, which is for whoever runs the emulator.
"""

from collections import deque
from datetime import UTC, datetime
from typing import Final

from comfy_emulator.json_types import JsonObject
from comfy_emulator.sockets import Sockets

_KEPT_LINES: Final = 300
TERMINAL: Final = {"cols": 80, "rows": 24}
"""The size of the terminal the log is written for."""


class ServerLog:
    """The log of one server.

    Args:
        sockets: Where new lines go.

    Attributes:
        entries: The latest lines, each with its time.
    """

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._listeners: set[str] = set()
        self.entries: deque[JsonObject] = deque(maxlen=_KEPT_LINES)

    def write(self, text: str) -> None:
        """Add a line and send it to those who listen."""
        time = datetime.now(UTC).replace(tzinfo=None).isoformat()
        entry: JsonObject = {"t": time, "m": f"{text}\n"}
        self.entries.append(entry)
        for client_id in self._listeners:
            self._sockets.event("logs", {"entries": [entry], "size": None}, client_id)

    def subscribe(self, client_id: str, *, enabled: bool) -> None:
        """Let a client hear of new lines, or no longer."""
        if enabled:
            self._listeners.add(client_id)
        else:
            self._listeners.discard(client_id)
