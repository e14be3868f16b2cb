"""How results show themselves in a notebook: images, players, texts, as HTML.

Everything that came from a server is escaped. It asks nobody; what is to be embedded is given to it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from typing import Final

from attrs import frozen

from comfy_facade.outputs import FileReference

_IMAGE_TYPES: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
# Beyond it a notebook's file gets unwieldy, and the address does instead.
_MOST_EMBEDDED: Final = 8 * 1024 * 1024
_FIGURE: Final = "display:inline-block;margin:4px;vertical-align:top"


@frozen
class Shown:
    """A file to be shown.

    Attributes:
        file: The file.
        url: Where it can be read.
        data: Its bytes where they were read, else `None`.
    """

    file: FileReference
    url: str
    data: bytes | None = None


def file_html(shown: Shown) -> str:
    """Write a file as HTML.

    Args:
        shown: The file.

    Returns:
        A figure for images, a player for video and sound, a link for all else.
    """
    address = escape(_address(shown), quote=True)
    name = escape(shown.file.filename)
    match shown.file.kind:
        case "image" | "animation":
            body = f'<img src="{address}" alt="{escape(shown.file.filename, quote=True)}" style="max-width:384px">'
        case "video":
            body = f'<video src="{address}" controls loop style="max-width:384px"></video>'
        case "audio":
            body = f'<audio src="{address}" controls></audio>'
        case _:
            return f'<p><a href="{address}">{name}</a></p>'
    return f'<figure style="{_FIGURE}">{body}<figcaption>{name}</figcaption></figure>'


def result_html(prompt_id: str, files: Iterable[Shown], streamed: Iterable[bytes], texts: Iterable[str]) -> str:
    """Write a result as HTML.

    Args:
        prompt_id: The prompt.
        files: Its files.
        streamed: Images that came over the socket.
        texts: Texts that nodes showed.

    Returns:
        All of them, one after the other.
    """
    parts = [file_html(shown) for shown in files]
    for data in streamed:
        source = data_url(data)
        if source is not None:
            parts.append(f'<figure style="{_FIGURE}"><img src="{source}" style="max-width:384px"></figure>')
    parts += [f"<pre>{escape(text)}</pre>" for text in texts]
    return f'<div title="prompt {escape(prompt_id, quote=True)}">{"".join(parts)}</div>'


def data_url(data: bytes) -> str | None:
    """Write an image as an address that holds it.

    Args:
        data: The encoded image.

    Returns:
        The address, or `None` if it is no image a browser shows, or too large.
    """
    kind = image_type(data)
    if kind is None or len(data) > _MOST_EMBEDDED:
        return None
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def image_type(data: bytes) -> str | None:
    """Tell an image's type from its first bytes, not from what anybody says of it.

    Args:
        data: The encoded image.

    Returns:
        Its MIME type, or `None`.
    """
    return next((kind for start, kind in _IMAGE_TYPES.items() if data.startswith(start)), None)


def _address(shown: Shown) -> str:
    embedded = None if shown.data is None else data_url(shown.data)
    # Only what a client made of its own server's address is ever linked to.
    return embedded or (shown.url if shown.url.startswith(("http://", "https://")) else "")
