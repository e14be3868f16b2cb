"""Pictures decoded with what the user has installed: Pillow for images, numpy for arrays.

It opens nothing but bytes it is given, and neither package is imported before it is asked for.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import numpy.typing
    from PIL.Image import Image

    Pixels = numpy.typing.NDArray[numpy.uint8]


def pillow_image(data: bytes) -> Image:
    """Decode an image.

    Args:
        data: The encoded image.

    Returns:
        Pillow's image, read whole.

    Raises:
        ModuleNotFoundError: Pillow is not installed.
        PIL.UnidentifiedImageError: It is no image that Pillow knows.
    """
    image: Image = _imported("PIL.Image", "Pillow").open(io.BytesIO(data))
    image.load()
    return image


def pixel_array(data: bytes) -> Pixels:
    """Decode an image.

    Args:
        data: The encoded image.

    Returns:
        Its pixels, of shape height, width, channels (1, 3 or 4), 8 bits each.

    Raises:
        ModuleNotFoundError: numpy or Pillow is not installed.
        PIL.UnidentifiedImageError: It is no image that Pillow knows.
    """
    np = _imported("numpy", "numpy")
    image = pillow_image(data)
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    pixels: Pixels = np.asarray(image)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _imported(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"this needs {package}, which is not installed: pip install {package}", name=error.name
        ) from error
