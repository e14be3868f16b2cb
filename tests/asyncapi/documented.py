"""The event contract as it stands, and pictures for its binary messages."""

from __future__ import annotations

from tests.asyncapi.messages import EventContract

CONTRACT = EventContract()
TEXT_MESSAGES = [each for each in CONTRACT.messages.values() if not each.is_binary and each.key != "clientFeatureFlags"]
JPEG, PNG = b"\xff\xd8\xff\xe0rest", b"\x89PNG\r\n\x1a\nrest"
