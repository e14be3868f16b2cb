"""Pillow operations whose published types mention NumPy, given types of their own.

NumPy is no dependency, so a strict type checker knows these operations only in part; here is the one place where
that is said. Nothing else belongs here.
"""

from collections.abc import Sequence

from PIL import Image as PillowImage


def scaled(
    picture: PillowImage.Image, size: tuple[int, int], resampling: PillowImage.Resampling | None = None
) -> PillowImage.Image:
    """Scale a picture to a width and height in pixels."""
    return picture.resize(size, resampling)  # pyright: ignore[reportUnknownMemberType]


def mapped(picture: PillowImage.Image, table: Sequence[float]) -> PillowImage.Image:
    """Replace each of the 256 levels of a grey picture by the one in a table."""
    return picture.point(table)  # pyright: ignore[reportUnknownMemberType]
