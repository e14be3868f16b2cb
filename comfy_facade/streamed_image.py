"""An image that an output node sent over the socket; the server keeps no file of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from comfy_facade.decoding import pillow_image, pixel_array
from comfy_facade.saving import written_whole

if TYPE_CHECKING:
    from os import PathLike

    from PIL.Image import Image

    from comfy_facade.decoding import Pixels


class StreamedImage(bytes):
    """An image that an output node sent over the socket.

    Attributes:
        node_id: The node.
        mime_type: Its type.
    """

    node_id: str
    mime_type: str

    def __new__(cls, data: bytes, node_id: str, mime_type: str) -> Self:
        """Make one.

        Args:
            data: The encoded image.
            node_id: The node.
            mime_type: Its type.

        Returns:
            The image.
        """
        image = super().__new__(cls, data)
        image.node_id = node_id
        image.mime_type = mime_type
        return image

    def __reduce__(self) -> tuple[type[StreamedImage], tuple[bytes, str, str]]:
        """Let it be pickled and copied."""
        return type(self), (bytes(self), self.node_id, self.mime_type)

    def save(self, to: str | PathLike[str]) -> Path:
        """Write it to a file.

        Args:
            to: The path of the file; missing directories are made, an existing file is replaced.

        Returns:
            The path.
        """
        path = Path(to)
        with written_whole(path) as file:
            file.write(self)
        return path

    def to_pil(self) -> Image:
        """Decode it, see `OutputFile.to_pil`.

        Returns:
            Pillow's image.
        """
        return pillow_image(self)

    def to_numpy(self) -> Pixels:
        """Decode it, see `OutputFile.to_numpy`.

        Returns:
            Its pixels.
        """
        return pixel_array(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, bytes | str]:
        """Show it in a notebook."""
        if self.mime_type in ("image/png", "image/jpeg"):
            return {self.mime_type: bytes(self), "text/plain": repr(self)}
        return {"text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<StreamedImage {self.mime_type} {len(self)} bytes of node {self.node_id}>"
