# SPDX-License-Identifier: Apache-2.0
"""Draw the pictures of this example. They are synthetic: no camera has seen them.

data/pictures has a folder for each of six kinds of thing, data/source one for each of ten other kinds, on
which a network can be trained before. A thing has any place, size, angle and colour, and stands on a
background with a gradient, spots, lines and noise, some of them in front of it.

    python make_data.py                 # 250 pictures a class, 400 a class of the source
    python make_data.py --each 40 --source 60
"""

from __future__ import annotations

import argparse
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE = 32
FINE = 4  # drawn so many times as large, then made smaller: edges are smooth
FOLDER = Path(__file__).resolve().parent / "data"

Point = tuple[float, float]


@dataclass(frozen=True)
class Scene:
    """How pictures vary: turn is the deviation of the angle, 0 for any angle; size a range of radii.

    behind and front are ranges of how many spots and lines there are, noise the most of it, and contrast
    the least difference of the thing's colour from the background's.
    """

    turn: float
    size: tuple[float, float]
    behind: tuple[int, int]
    front: tuple[int, int]
    noise: float
    contrast: float


OF_THINGS = Scene(turn=0.2, size=(0.3, 0.42), behind=(1, 4), front=(0, 2), noise=10, contrast=280)
OF_SOURCE = Scene(turn=0, size=(0.24, 0.4), behind=(2, 7), front=(0, 3), noise=16, contrast=200)
Polygon = list[Point]


def star(points: int, inner: float) -> Polygon:
    """Return a star: corners at distance 1 and inner in turn."""
    radii = [1.0, inner] * points
    return [at(radius, number / (2 * points)) for number, radius in enumerate(radii)]


def at(radius: float, turn: float) -> Point:
    """Return the point at a distance from the middle; turn 0 is up, 0.25 right."""
    return radius * math.sin(2 * math.pi * turn), -radius * math.cos(2 * math.pi * turn)


def regular(corners: int) -> Polygon:
    """Return a polygon with equal sides."""
    return [at(1.0, number / corners) for number in range(corners)]


def arc(radius: float, first: float, last: float, middle: Point = (0.0, 0.0)) -> Polygon:
    """Return points on a circle from one turn to another."""
    turns = np.linspace(first, last, 24)
    return [(middle[0] + x, middle[1] + y) for x, y in (at(radius, turn) for turn in turns)]


def house() -> list[Polygon]:
    """Return a roof and walls."""
    walls = [(-0.65, -0.1), (0.65, -0.1), (0.65, 0.9), (-0.65, 0.9)]
    return [[(-0.9, -0.1), (0.0, -1.0), (0.9, -0.1)], walls]


def car() -> list[Polygon]:
    """Return a body, a cabin and two wheels."""
    body = [(-1.0, -0.05), (1.0, -0.05), (1.0, 0.4), (-1.0, 0.4)]
    cabin = [(-0.55, -0.05), (-0.3, -0.5), (0.35, -0.5), (0.65, -0.05)]
    return [body, cabin, arc(0.28, 0, 1, (-0.5, 0.42)), arc(0.28, 0, 1, (0.5, 0.42))]


def tree() -> list[Polygon]:
    """Return a trunk and two layers of leaves."""
    trunk = [(-0.15, 0.45), (0.15, 0.45), (0.15, 1.0), (-0.15, 1.0)]
    return [trunk, [(-0.8, 0.5), (0.0, -0.4), (0.8, 0.5)], [(-0.55, -0.1), (0.0, -1.0), (0.55, -0.1)]]


def fish() -> list[Polygon]:
    """Return a body between two arcs, and a tail."""
    body = [*arc(1.0, -0.13, 0.13, (-0.15, 0.75)), *arc(1.0, 0.37, 0.63, (-0.15, -0.75))]
    return [body, [(0.45, 0.0), (1.0, -0.5), (1.0, 0.5)]]


def cup() -> list[Polygon]:
    """Return a cup and its handle."""
    handle = [*arc(0.5, 0.02, 0.48, (0.4, 0.0)), *reversed(arc(0.28, 0.02, 0.48, (0.4, 0.0)))]
    return [[(-0.7, -0.8), (0.5, -0.8), (0.35, 0.8), (-0.55, 0.8)], handle]


def key() -> list[Polygon]:
    """Return a bow, a stem and two teeth."""
    bow = [*arc(0.45, 0, 1, (-0.55, 0.0)), *reversed(arc(0.2, 0, 1, (-0.55, 0.0)))]
    stem = [(-0.15, -0.12), (1.0, -0.12), (1.0, 0.12), (-0.15, 0.12)]
    teeth = [[(x, 0.1), (x + 0.2, 0.1), (x + 0.2, 0.45), (x, 0.45)] for x in (0.45, 0.8)]
    return [bow, stem, *teeth]


def heart() -> list[Polygon]:
    """Return two half circles on a point."""
    return [[*arc(0.5, -0.3, 0.25, (-0.47, -0.35)), *arc(0.5, -0.25, 0.3, (0.47, -0.35)), (0.0, 1.0)]]


def moon() -> list[Polygon]:
    """Return a crescent."""
    return [[*arc(1.0, 0.05, 0.45), *reversed(arc(0.95, 0.1, 0.4, (-0.35, 0.0)))]]


def ring() -> list[Polygon]:
    """Return a circle with a hole."""
    return [[*arc(1.0, 0, 1), *reversed(arc(0.55, 0, 1))]]


def arrow() -> list[Polygon]:
    """Return a shaft and a head."""
    return [[(-1, -0.2), (0.2, -0.2), (0.2, -0.6), (1, 0), (0.2, 0.6), (0.2, 0.2), (-1, 0.2)]]


def cross() -> list[Polygon]:
    """Return two bars."""
    bar = [(-0.25, -1.0), (0.25, -1.0), (0.25, 1.0), (-0.25, 1.0)]
    return [bar, [(y, x) for x, y in bar]]


def bolt() -> list[Polygon]:
    """Return a flash of lightning."""
    return [[(0.25, -1), (-0.6, 0.15), (-0.05, 0.15), (-0.25, 1), (0.6, -0.2), (0.05, -0.2)]]


def bow_tie() -> list[Polygon]:
    """Return two triangles that meet."""
    return [[(-1, -0.65), (0, 0), (-1, 0.65)], [(1, -0.65), (0, 0), (1, 0.65)]]


Kinds = dict[str, Callable[[], list[Polygon]]]

THINGS: Kinds = {
    "car": car,
    "cup": cup,
    "fish": fish,
    "house": house,
    "key": key,
    "tree": tree,
}
SOURCE: Kinds = {
    "arrow": arrow,
    "bolt": bolt,
    "bow_tie": bow_tie,
    "cross": cross,
    "disc": lambda: [arc(1.0, 0, 1)],
    "heart": heart,
    "moon": moon,
    "ring": ring,
    "star": lambda: [star(5, 0.4)],
    "triangle": lambda: [regular(3)],
}


def placed(parts: list[Polygon], rng: np.random.Generator, scene: Scene) -> list[Polygon]:
    """Return parts in pixels: turned, mirrored or not, stretched a little, of any size and place."""
    radius = rng.uniform(*scene.size) * SIZE * FINE
    middle = rng.uniform(radius * 0.85, SIZE * FINE - radius * 0.85, 2)
    angle = rng.normal(0, scene.turn) if scene.turn else rng.uniform(0, 2 * math.pi)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    stretch = radius * rng.uniform(0.8, 1.2, 2) * (rng.choice((-1, 1)), 1)
    return [[tuple(middle + turn @ (np.array(point) * stretch)) for point in part] for part in parts]


def colour(rng: np.random.Generator, other: np.ndarray | None = None, contrast: float = 0) -> np.ndarray:
    """Return a colour from 0 to 255 that differs from the other one by contrast, summed over its parts."""
    while True:
        found = rng.uniform(0, 255, 3)
        if other is None or np.abs(found - other).sum() > contrast:
            return found


def background(rng: np.random.Generator) -> tuple[Image.Image, np.ndarray]:
    """Return a gradient between two similar colours, and their mean."""
    first = colour(rng)
    second = np.clip(first + rng.uniform(-60, 60, 3), 0, 255)
    side = np.linspace(0, 1, SIZE * FINE)
    weight = np.outer(side, np.ones_like(side)) if rng.random() < 0.5 else np.outer(np.ones_like(side), side)
    pixels = first + weight[..., None] * (second - first)
    return Image.fromarray(pixels.astype(np.uint8)), (first + second) / 2


def clutter(draw: ImageDraw.ImageDraw, rng: np.random.Generator, count: int) -> None:
    """Draw small spots and thin lines."""
    for _ in range(count):
        x, y = rng.uniform(0, SIZE * FINE, 2)
        ink = tuple(int(value) for value in colour(rng))
        if rng.random() < 0.5:
            radius = rng.uniform(0.02, 0.06) * SIZE * FINE
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
        else:
            dx, dy = rng.normal(0, 0.25 * SIZE * FINE, 2)
            draw.line((x, y, x + dx, y + dy), fill=ink, width=int(rng.integers(2, 5)))


def picture(parts: list[Polygon], rng: np.random.Generator, scene: Scene) -> Image.Image:
    """Return a thing of these parts in a scene."""
    image, ground = background(rng)
    draw = ImageDraw.Draw(image)
    clutter(draw, rng, int(rng.integers(*scene.behind)))
    ink = colour(rng, ground, scene.contrast)
    for part in placed(parts, rng, scene):
        shade = tuple(int(value) for value in np.clip(ink + rng.uniform(-25, 25, 3), 0, 255))
        draw.polygon(part, fill=shade)
    clutter(draw, rng, int(rng.integers(*scene.front)))
    small = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BOX), np.float64)
    noisy = small * rng.uniform(0.7, 1.1) + rng.normal(0, rng.uniform(2, scene.noise), small.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def draw_all(folder: Path, kinds: Kinds, each: int, scene: Scene) -> None:
    """Draw a folder with each pictures of every kind, the same ones every time."""
    seed = 1 if kinds is THINGS else 2
    shutil.rmtree(folder, ignore_errors=True)
    for number, (name, parts) in enumerate(kinds.items()):
        (folder / name).mkdir(parents=True)
        for count in range(each):
            rng = np.random.default_rng([seed, number, count])
            picture(parts(), rng, scene).save(folder / name / f"{count:04d}.png")
    print(f"{folder.name}: {each} pictures of each of {', '.join(kinds)}")


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description="Draw the pictures of this example.")
    parser.add_argument("--each", type=int, default=250, metavar="N", help="pictures a class (250)")
    parser.add_argument("--source", type=int, default=400, metavar="N", help="a class of the source (400)")
    options = parser.parse_args()
    draw_all(FOLDER / "pictures", THINGS, options.each, OF_THINGS)
    draw_all(FOLDER / "source", SOURCE, options.source, OF_SOURCE)


if __name__ == "__main__":
    main()
