"""Pictures that stand in for what a diffusion model would paint.

Pure: the same recipe gives the same picture. Everything is done by Pillow on whole pictures, so that a picture of
512 by 512 pixels takes a few milliseconds.
"""

import colorsys
import hashlib
import random
from dataclasses import dataclass

from PIL import Image as PillowImage
from PIL import ImageChops, ImageDraw, ImageEnhance

from comfy_emulator.pixels import mapped, scaled

_COARSE = 24
_SOFT = 6
_PREVIEW_EDGE = 64
_STRONGEST_CFG = 20.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a picture is made from.

    Attributes:
        positive: The text that asks for something; sets the colours.
        negative: The text that refuses something; shifts them.
        seed: Sets the composition.
        steps: More steps give more detail.
        cfg: A higher value gives stronger colours.
    """

    positive: str
    negative: str
    seed: int
    steps: int
    cfg: float


def paint(recipe: Recipe, size: tuple[int, int], index: int = 0) -> PillowImage.Image:
    """Paint a picture.

    Args:
        recipe: What it is made from.
        size: Width and height, in pixels.
        index: Its place in the batch.
    """
    chance = _chance(recipe, index)
    palette = _palette(recipe)
    canvas = _washes(palette, chance, size)
    for _ in range(min(3 + recipe.steps // 4, 12)):
        canvas = _with_disc(canvas, chance.choice(palette), chance)
    canvas = _with_light(canvas, chance)
    strength = 0.6 + 0.8 * min(recipe.cfg, _STRONGEST_CFG) / _STRONGEST_CFG
    return ImageEnhance.Color(canvas).enhance(strength)


def paint_half_done(recipe: Recipe, size: tuple[int, int], done: float) -> PillowImage.Image:
    """Paint a small picture that comes out of noise.

    Args:
        recipe: What the finished picture is made from.
        size: Width and height of the finished picture, in pixels; only their proportion matters.
        done: How far it is, from 0 to 1.
    """
    longer = max(size)
    small = (max(1, size[0] * _PREVIEW_EDGE // longer), max(1, size[1] * _PREVIEW_EDGE // longer))
    grains = noise(recipe.seed, (max(1, small[0] // 2), max(1, small[1] // 2)))
    rough = scaled(grains, small, PillowImage.Resampling.NEAREST)
    return PillowImage.blend(rough, paint(recipe, small), min(max(done, 0.0), 1.0))


def noise(seed: int, size: tuple[int, int]) -> PillowImage.Image:
    """Give a picture of coloured noise.

    Args:
        seed: Picks the noise.
        size: Width and height, in pixels.
    """
    grains = random.Random(seed).randbytes(size[0] * size[1] * 3)  # noqa: S311 -- it has to be repeatable
    return PillowImage.frombytes("RGB", size, grains)


def _chance(recipe: Recipe, index: int) -> random.Random:
    text = f"{recipe.positive}\0{recipe.negative}\0{recipe.seed}\0{recipe.steps}\0{recipe.cfg}\0{index}"
    return random.Random(text)  # noqa: S311 -- it has to be repeatable


def _palette(recipe: Recipe) -> list[tuple[int, int, int]]:
    wanted = hashlib.sha256(recipe.positive.encode()).digest()
    refused = hashlib.sha256(recipe.negative.encode()).digest()
    hue = wanted[0] / 256
    spread = 0.03 + wanted[1] / 256 * 0.07 + refused[0] / 256 * 0.02
    return [
        _colour(hue + spread * step, 0.35 + wanted[step + 2] / 480, 0.55 + wanted[step + 8] / 580) for step in range(5)
    ]


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, min(saturation, 1), min(value, 1))
    return round(red * 255), round(green * 255), round(blue * 255)


def _washes(palette: list[tuple[int, int, int]], chance: random.Random, size: tuple[int, int]) -> PillowImage.Image:
    coarse = PillowImage.new("RGB", (_COARSE, _COARSE), palette[0])
    brush = ImageDraw.Draw(coarse)
    for colour in palette[1:] * 2:
        x, y = chance.uniform(-4, _COARSE), chance.uniform(-4, _COARSE)
        brush.ellipse((x, y, x + chance.uniform(4, 16), y + chance.uniform(4, 16)), fill=colour)
    # Down to a few pixels and up again leaves nothing but soft transitions.
    soft = scaled(coarse, (_SOFT, _SOFT), PillowImage.Resampling.BOX)
    return scaled(soft, size, PillowImage.Resampling.BICUBIC)


def _with_disc(canvas: PillowImage.Image, colour: tuple[int, int, int], chance: random.Random) -> PillowImage.Image:
    edge = max(2, round(min(canvas.size) * chance.uniform(0.08, 0.4)))
    falloff = scaled(ImageChops.invert(PillowImage.radial_gradient("L")), (edge, edge))
    cutoff = chance.randint(60, 150)
    mask = mapped(falloff, [0 if level < cutoff else min(190, (level - cutoff) * 6) for level in range(256)])
    corner = (
        round(chance.uniform(-0.1, 0.95) * canvas.width),
        round(chance.uniform(-0.1, 0.95) * canvas.height),
    )
    canvas.paste(colour, (*corner, corner[0] + edge, corner[1] + edge), mask)
    return canvas


def _with_light(canvas: PillowImage.Image, chance: random.Random) -> PillowImage.Image:
    light = PillowImage.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270)))
    shade = scaled(mapped(light, [150 + level * 105 // 255 for level in range(256)]), canvas.size)
    return ImageChops.multiply(canvas, PillowImage.merge("RGB", (shade, shade, shade)))
