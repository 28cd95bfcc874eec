# SPDX-License-Identifier: Apache-2.0
"""Draw the characters of licence plates, as cut out of photos, into data/0 to data/Z. The data are synthetic.

python make_data.py --each 120
"""

from __future__ import annotations

import argparse
import shutil
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DATA = Path(__file__).parent / "data"
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SIDE = 28  # of a picture that is kept
SCENE = 128  # of the piece of plate that it is cut from
GLYPH = 76  # the font's size in it
# Pillow's own font, and those that matplotlib brings: no computer has to have fonts installed.
FONTS = ("", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")


def main() -> None:
    """Draw the data anew."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=120, help="pictures a character")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    shutil.rmtree(DATA, ignore_errors=True)
    for number, character in enumerate(CHARACTERS):
        (DATA / character).mkdir(parents=True)
        for i in range(arguments.each):
            rng = np.random.default_rng((arguments.seed, number, i))
            draw_character(rng, character).save(DATA / character / f"{i:04}.png")
    print(f"{arguments.each} pictures each of {len(CHARACTERS)} characters in {DATA.name}/, by this script.")


def draw_character(rng: np.random.Generator, character: str) -> Image.Image:
    """Return one character as a reader cuts it out: not quite straight, with its neighbours' edges."""
    plate = draw_plate(rng, character)
    plate = plate.transform((SCENE, SCENE), Image.Transform.AFFINE, tilt(rng), Image.Resampling.BILINEAR)
    half = GLYPH * rng.uniform(0.4, 0.52)
    x, y = SCENE / 2 + rng.normal(0, 3, 2)
    cut = plate.resize((SIDE, SIDE), Image.Resampling.BOX, (x - half, y - half, x + half, y + half))
    return photograph(rng, cut)


def draw_plate(rng: np.random.Generator, character: str) -> Image.Image:
    """Return a piece of plate, grey, with character in its middle and others beside it."""
    light, dark = rng.uniform(150, 245), rng.uniform(10, 90)
    ground, ink = (dark, light) if rng.random() < 0.15 else (light, dark)
    plate = Image.new("L", (SCENE, SCENE), int(ground))
    draw = ImageDraw.Draw(plate)
    font = load_font(FONTS[rng.integers(len(FONTS))])
    edge = draw.textlength(character, font) / 2 + rng.uniform(3, 12)
    for text, x, anchor in ((character, 0.0, "mm"), (other(rng), -edge, "rm"), (other(rng), edge, "lm")):
        draw.text((SCENE / 2 + x, SCENE / 2), text, int(ink), font, anchor)
    frame = GLYPH * rng.uniform(0.48, 0.75)
    for y in (SCENE / 2 - frame, SCENE / 2 + frame):
        draw.line((0, y, SCENE, y), int(ink), int(rng.integers(1, 5)))
    spots(rng, draw)
    return plate


def spots(rng: np.random.Generator, draw: ImageDraw.ImageDraw) -> None:
    """Draw dirt and the heads of screws."""
    for _ in range(int(rng.poisson(1.2))):
        (x, y), r = rng.uniform(25, SCENE - 25, 2), rng.uniform(1, 7)
        draw.ellipse((x - r, y - r, x + r * rng.uniform(0.5, 2), y + r), int(rng.uniform(20, 230)))


@cache
def load_font(name: str) -> ImageFont.FreeTypeFont:
    """Return a font of matplotlib's, or, without a name, Pillow's own."""
    if not name:
        return ImageFont.load_default(GLYPH)  # with FreeType in Pillow it is one of that kind
    return ImageFont.truetype(Path(get_data_path()) / "fonts" / "ttf" / name, GLYPH)


def other(rng: np.random.Generator) -> str:
    """Return any character."""
    return CHARACTERS[rng.integers(len(CHARACTERS))]


def tilt(rng: np.random.Generator) -> tuple[float, ...]:
    """Return the six numbers of a rotation, a slant and a stretch about the middle of the scene."""
    angle, slant, wide = rng.normal(0, np.radians(4)), rng.normal(0, 0.1), rng.uniform(0.85, 1.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, slant], [0, 1]]) @ np.diag([wide, 1.0])
    shift = SCENE / 2 - matrix @ np.full(2, SCENE / 2)
    return tuple(map(float, (*matrix[0], shift[0], *matrix[1], shift[1])))


def photograph(rng: np.random.Generator, cut: Image.Image) -> Image.Image:
    """Return the picture out of focus, under uneven light, with less contrast and with noise."""
    cut = cut.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 1.0))))
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    light = rng.uniform(0.6, 1.15) * (1 + rng.normal(0, 0.18) * columns + rng.normal(0, 0.18) * rows)
    if rng.random() < 0.15:  # the shadow of a bumper
        light = np.where(rows + rng.normal(0, 0.4) * columns > rng.uniform(-0.5, 0.9), light * 0.5, light)
    pixels = np.asarray(cut, np.float64)
    pixels = pixels.mean() + (pixels - pixels.mean()) * rng.uniform(0.7, 1)
    pixels = pixels * light + rng.normal(0, rng.uniform(1, 8), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
