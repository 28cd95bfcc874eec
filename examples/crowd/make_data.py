# SPDX-License-Identifier: Apache-2.0
"""Draw squares with 0 to 12 people on them into data/, and their number into data/labels.csv. Synthetic.

python make_data.py --each 160
"""

from __future__ import annotations

import argparse
import csv
import math
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

DATA = Path(__file__).parent / "data"
MOST = 12  # people in a picture
SIDE = 64  # of a picture that is kept
SCENE = 192  # of the drawing, which is made smaller afterwards
HORIZONS = (0.12, 0.34)  # where the ground ends, from the top

Colour = tuple[int, int, int]


def main() -> None:
    """Draw the data anew."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=160, help="pictures a number of people")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir()
    with (DATA / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("file", "target"))
        for people in range(MOST + 1):
            for i in range(arguments.each):
                rng = np.random.default_rng((arguments.seed, people, i))
                name = f"{people:02}_{i:04}.png"
                draw_square(rng, people).save(DATA / name)
                table.writerow((name, people))
    print(f"{arguments.each} pictures each with 0 to {MOST} people in {DATA.name}/, drawn by this script.")


@dataclass(frozen=True)
class Person:
    """Where a person stands, in pixels of the scene, and how tall that makes them there."""

    x: float
    y: float
    height: float

    @property
    def head(self) -> tuple[float, float]:
        """The middle of the head."""
        return self.x, self.y - 0.9 * self.height


def draw_square(rng: np.random.Generator, people: int) -> Image.Image:
    """Return a square with so many people, none of whose heads is hidden, SIDE x SIDE pixels."""
    horizon = rng.uniform(*HORIZONS) * SCENE
    scene = Image.new("RGB", (SCENE, SCENE), colour(rng, 0.5))
    draw = ImageDraw.Draw(scene)
    draw_distance(rng, draw, horizon)
    things = [(p.y, p) for p in place_people(rng, people, horizon)]
    clutter = [(y, None) for y in rng.uniform(horizon + 8, SCENE * 1.05, rng.poisson(3))]
    taken = [p.head for _, p in things]
    for y, person in sorted((*things, *clutter), key=lambda thing: thing[0]):
        if person:
            draw_person(rng, draw, person)
        else:
            draw_clutter(rng, draw, y, horizon, taken)
    return photograph(rng, scene.resize((SIDE, SIDE), Image.Resampling.BOX))


def place_people(rng: np.random.Generator, people: int, horizon: float) -> list[Person]:
    """Return people who may stand before each other, but not before each other's head."""
    placed: list[Person] = []
    scale = rng.uniform(0.36, 0.5)  # how high the camera is
    for tries in count():
        if len(placed) == people:
            return placed
        if tries % 300 == 299:  # those who stand there leave no place for another
            placed.clear()
        y = rng.uniform(horizon + 0.36 * (SCENE - horizon), SCENE * 1.08)
        height = scale * (y - horizon) * rng.uniform(0.85, 1.12)
        person = Person(rng.uniform(0.06, 0.94) * SCENE, y, height)
        if person.head[1] > 4 and not any(hides(person, other) or hides(other, person) for other in placed):
            placed.append(person)
    raise AssertionError("count() does not end")


def hides(one: Person, other: Person) -> bool:
    """Return whether one stands before the head of the other, or the heads are too near to tell."""
    (x, y), reach = other.head, 0.2 * one.height
    before = one.y >= other.y and abs(one.x - x) < reach and one.y - one.height < y + 4
    near = math.hypot(one.head[0] - x, one.head[1] - y) < 0.13 * (one.height + other.height)
    return before or near


def draw_distance(rng: np.random.Generator, draw: ImageDraw.ImageDraw, horizon: float) -> None:
    """Draw sky, houses and the lines of the pavement."""
    draw.rectangle((0, 0, SCENE, horizon), colour(rng, 0.4))
    for x in np.arange(-20, SCENE, rng.uniform(20, 70)):
        top = horizon * rng.uniform(0.1, 1.0)
        draw.rectangle((x, top, x + rng.uniform(15, 70), horizon), colour(rng, 0.6))
    line = colour(rng, 0.6)
    if rng.random() < 0.6:
        for x in np.linspace(-2 * SCENE, 3 * SCENE, int(rng.integers(8, 22))):
            draw.line((SCENE / 2, horizon * 0.6, x, SCENE * 1.3), line, 1)
        draw.rectangle((0, 0, SCENE, horizon * 0.9), colour(rng, 0.4))


def draw_person(rng: np.random.Generator, draw: ImageDraw.ImageDraw, person: Person) -> None:
    """Draw legs, a body, arms and a head with hair or a hat, after the shadow they cast."""
    x, y, h = person.x, person.y, person.height
    wide = h * rng.uniform(0.11, 0.16)
    coat, trousers = colour(rng, 0.1), colour(rng, 0.3)
    skin = tuple(int(value * rng.uniform(0.35, 1)) for value in (250, 205, 170))
    draw.ellipse((x - 0.25 * h, y - 0.04 * h, x + 0.25 * h, y + 0.04 * h), (50, 50, 50))
    step = rng.uniform(0.02, 0.12) * h
    if rng.random() < 0.25:
        draw.polygon(
            [(x, y - 0.6 * h), (x - wide * 1.5, y - 0.15 * h), (x + wide * 1.5, y - 0.15 * h)], trousers
        )
    for side in (-1, 1):
        draw.line((x + side * wide / 3, y - 0.5 * h, x + side * step, y), trousers, max(int(0.09 * h), 1))
    draw.rounded_rectangle((x - wide, y - 0.82 * h, x + wide, y - 0.42 * h), wide * 0.7, coat)
    for side in (-1, 1):
        hand = (x + side * (wide + rng.uniform(0, 0.12) * h), y - rng.uniform(0.35, 0.6) * h)
        draw.line((x + side * wide * 0.9, y - 0.76 * h, *hand), shade(coat, 0.8), max(int(0.06 * h), 1))
    (u, v), r = person.head, h * rng.uniform(0.07, 0.09)
    draw.ellipse((u - r, v - 1.2 * r, u + r, v + 1.2 * r), skin)
    cover = colour(rng, 0.2) if rng.random() < 0.2 else (int(rng.uniform(10, 190)),) * 3
    draw.pieslice((u - 1.1 * r, v - 1.35 * r, u + 1.1 * r, v + 1.1 * r), 180, 360, cover)


def draw_clutter(
    rng: np.random.Generator,
    draw: ImageDraw.ImageDraw,
    y: float,
    horizon: float,
    heads: list[tuple[float, float]],
) -> None:
    """Draw a tree, a post, a bin, a bench or a bollard, unless it would hide a head."""
    x, size = rng.uniform(0, SCENE), 0.45 * (y - horizon)
    kind = rng.integers(5)
    wide = size * (0.4, 0.06, 0.16, 0.5, 0.06)[kind]
    top = y - size * (1.9, 1.7, 0.45, 0.35, 0.5)[kind]
    if any(abs(u - x) < wide + 5 and top - 5 < v < y for u, v in heads):
        return
    what = colour(rng, 0.4)
    if kind == 0:
        draw.rectangle((x - 0.05 * size, top, x + 0.05 * size, y), (80, 60, 45))
        draw.ellipse((x - wide, top, x + wide, y - 0.8 * size), (40, int(rng.uniform(70, 140)), 40))
    elif kind == 1:
        draw.rectangle((x - wide / 2, top, x + wide / 2, y), what)
        draw.ellipse((x - 2 * wide, top - 2 * wide, x + 2 * wide, top + 2 * wide), (250, 240, 200))
    else:
        draw.rounded_rectangle((x - wide, top, x + wide, y), 3, what)


def photograph(rng: np.random.Generator, scene: Image.Image) -> Image.Image:
    """Return the scene under the light of some hour, not quite sharp, with noise."""
    if rng.random() < 0.3:
        scene = scene.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 0.7))))
    columns = np.linspace(-1, 1, SIDE)[:, np.newaxis]
    light = rng.uniform(0.6, 1.2) * (1 + rng.normal(0, 0.12) * columns) * rng.uniform(0.9, 1.1, 3)
    pixels = np.asarray(scene, np.float64) * light + rng.normal(0, rng.uniform(0, 7), (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def colour(rng: np.random.Generator, dull: float) -> Colour:
    """Return any colour; at dull = 1 it is a grey."""
    value = rng.uniform(20, 235, 3)
    red, green, blue = ((1 - dull) * value + dull * value.mean()).astype(int).tolist()
    return red, green, blue


def shade(of: Colour, light: float) -> Colour:
    """Return a colour darker, below 1, or lighter."""
    red, green, blue = (min(int(value * light), 255) for value in of)
    return red, green, blue


if __name__ == "__main__":
    main()
