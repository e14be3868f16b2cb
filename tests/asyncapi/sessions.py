"""Reads recorded websocket sessions with real servers.

Duty: find the recordings and give each session's frames in order, with the client that got
them. Notes between frames are left out; without recordings there are no sessions, and tests that want some skip.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.recordings import recordings

PROTOCOL = recordings("protocol")
VERSIONS = ("0.3.64", "0.33.0")


@dataclass(frozen=True)
class Session:
    """One recorded session.

    Attributes:
        name: What was done.
        version: Of the server.
        frames: The number of the client that got each, and the frame.
        sent_flags: Whether clients sent feature flags.
        posted: What was posted, and what was answered.
    """

    name: str
    version: str
    frames: tuple[tuple[int, str | bytes], ...]
    sent_flags: bool
    posted: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.version}/{self.name}"

    def heard_by(self, client: int) -> list[str | bytes]:
        """Give what one client got."""
        return [frame for number, frame in self.frames if number == client]


def sessions() -> Iterator[Session]:
    """Yield all recorded sessions."""
    for version in VERSIONS:
        for path in sorted((PROTOCOL / version).glob("ws-*.json")):
            content = json.loads(path.read_text(encoding="utf-8"))
            frames = tuple(
                (row["client"], row["text"] if "text" in row else base64.b64decode(row["binary_base64"]))
                for row in content["frames"]
                if "text" in row or "binary_base64" in row
            )
            yield Session(
                name=path.stem.removeprefix("ws-"),
                version=version,
                frames=frames,
                sent_flags=content["feature_flags_sent"],
                posted=content["post_prompt"],
            )


SESSIONS = list(sessions())
"""All of them."""

with_recordings = pytest.mark.skipif(not PROTOCOL.is_dir(), reason="the recordings of real servers are not there")
"""Marks tests that want some."""
