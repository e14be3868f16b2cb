"""What requests of several subjects carry: names of the suite's own, a picture, and bodies that are refused."""

from __future__ import annotations

import io

from PIL import Image

from tests.openapi.conversation import Session

FOLDER = "contract-suite"
NOBODY = "nobody_00000000-0000-0000-0000-000000000000"
NOT_JSON = b"{"


def picture(colour: str = "navy") -> bytes:
    """A small picture with an alpha channel; the same each time."""
    buffer = io.BytesIO()
    Image.new("RGBA", (8, 8), colour).save(buffer, format="PNG")
    return buffer.getvalue()


def too_large(talk: Session) -> bytes:
    """A body that is one byte longer than the server takes."""
    size: int = talk.ask("getFeatures").json()["max_upload_size"]
    return bytes(size + 1)
