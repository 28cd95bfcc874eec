# SPDX-License-Identifier: Apache-2.0
"""Draw hands that sign the digits 0 to 9 into data/0 to data/9. The data are synthetic.

python make_data.py --each 160
"""

from __future__ import annotations

import argparse
import math
import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

DATA = Path(__file__).parent / "data"
SIDE = 32  # of a picture that is kept
SCENE = 160  # of the drawing, which is made smaller afterwards

Point = tuple[float, float]

# The American signs: which fingers are stretched, from the thumb on, and which meet the thumb's tip.
STRETCHED = ("", "i", "im", "tim", "imrl", "timrl", "imr", "iml", "irl", "mrl")
MEETING = ("imrl", "", "", "", "", "", "l", "r", "m", "i")
# A finger's name: where it starts, its direction in degrees from upwards, its length and its half width.
FINGERS: dict[str, tuple[Point, float, float, float]] = {
    "i": ((-18, -24), -13, 50, 6.0),
    "m": ((-6, -28), -3, 56, 6.2),
    "r": ((7, -26), 7, 51, 6.0),
    "l": ((19, -20), 18, 40, 5.2),
}
THUMB = (-22, 10)


def main() -> None:
    """Draw the data anew."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=160, help="pictures a digit")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    shutil.rmtree(DATA, ignore_errors=True)
    for digit in range(10):
        (DATA / str(digit)).mkdir(parents=True)
        for i in range(arguments.each):
            rng = np.random.default_rng((arguments.seed, digit, i))
            draw_picture(rng, digit).save(DATA / str(digit) / f"{i:04}.png")
    print(f"{arguments.each} hands each that sign 0 to 9 in {DATA.name}/, drawn by this script.")


def draw_picture(rng: np.random.Generator, digit: int) -> Image.Image:
    """Return a hand before a dark curtain, SIDE x SIDE pixels, grey."""
    hand = Hand(rng)
    hand.draw_sign(digit)
    size = int(SCENE * rng.uniform(0.84, 1.16))
    layer = hand.layer.rotate(float(rng.normal(0, 8)), Image.Resampling.BILINEAR, center=(80, 100))
    layer = layer.resize((size, size), Image.Resampling.BILINEAR)
    scene = draw_curtain(rng)
    x, y = (int((SCENE - size) / 2 + rng.normal(0, 6)) for _ in range(2))
    shadow = Image.new("L", layer.size, 0)
    scene.paste(shadow, (x + 5, y + 4), layer.getchannel("A").point(lambda value: value * 0.35))
    scene.paste(layer.getchannel("L"), (x, y), layer.getchannel("A"))
    return photograph(rng, scene.resize((SIDE, SIDE), Image.Resampling.BOX))


def draw_curtain(rng: np.random.Generator) -> Image.Image:
    """Return a curtain, sometimes with the edge of something before it."""
    scene = Image.new("L", (SCENE, SCENE), int(rng.uniform(5, 55)))
    if rng.random() < 0.3:
        x, y = rng.uniform(-80, SCENE, 2)
        box = (x, y, x + rng.uniform(20, 120), y + rng.uniform(20, 120))
        ImageDraw.Draw(scene).rectangle(box, int(rng.uniform(5, 75)))
    return scene.filter(ImageFilter.GaussianBlur(2))


class Hand:
    """A hand on a layer of its own, grey with transparency: palm and fingers are capsules.

    Places are pixels from the middle of the palm, x to the little finger, y downwards.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.layer = Image.new("LA", (SCENE, SCENE))
        self.draw = ImageDraw.Draw(self.layer)
        self.skin = rng.uniform(90, 225)
        self.long, self.wide = rng.uniform(0.85, 1.12), rng.uniform(0.85, 1.15)
        self.spread = rng.uniform(0.75, 1.7)

    def draw_sign(self, digit: int) -> None:
        """Draw arm and palm, then the fingers: bent ones lie before the palm."""
        stretched, meeting = STRETCHED[digit], MEETING[digit]
        self.capsule((0, 25), (0, 90), 19 * self.wide, 0.94)
        self.capsule((-10, -8), (-8, 18), 17 * self.wide, 1.0)
        self.capsule((9, -6), (7, 18), 17 * self.wide, 1.0)
        for name in stretched.replace("t", ""):
            self.capsule(*self.stretched(name), FINGERS[name][3] * self.wide, 1.0)
        for name in set(FINGERS) - set(stretched) - set(meeting):
            self.draw_bent(name)
        self.draw_thumb("t" in stretched, meeting)

    def stretched(self, name: str) -> tuple[Point, Point]:
        """Return where a stretched finger starts and ends."""
        (x, y), direction, length, _ = FINGERS[name]
        angle = math.radians(direction * self.spread + self.rng.normal(0, 2.5))
        reach = length * self.long * self.rng.uniform(0.93, 1.05)
        return (x, y), (x + reach * math.sin(angle), y - reach * math.cos(angle))

    def draw_bent(self, name: str) -> None:
        """Draw a finger that is folded onto the palm: its knuckle stands out a little."""
        (x, y), _, _, wide = FINGERS[name]
        self.capsule((x, y - 4), (x * 0.9, y + 13), wide * self.wide * 1.1, 0.88)

    def draw_thumb(self, is_stretched: bool, meeting: str) -> None:
        """Draw the thumb: away from the hand, over the palm, or to the fingers that it meets."""
        wide = 7 * self.wide
        if is_stretched:
            angle = math.radians(-58 + self.rng.normal(0, 8))
            reach = 40 * self.long
            self.capsule(
                THUMB, (THUMB[0] + reach * math.sin(angle), THUMB[1] - reach * math.cos(angle)), wide, 1.0
            )
            return
        if not meeting:
            self.capsule(THUMB, (4 + self.rng.normal(0, 3), -6 + self.rng.normal(0, 2)), wide, 1.08)
            return
        starts = [FINGERS[name][0] for name in meeting]
        tip = (sum(x for x, _ in starts) / len(starts) * 0.8 - 10, -24 + self.rng.normal(0, 2))
        if len(meeting) > 1:  # zero: a ring of all fingers, away from the palm
            tip = (-40.0, -34 + self.rng.normal(0, 2))
        for name in sorted(meeting, key="lrmi".index):
            (x, y), *_, half = FINGERS[name]
            knuckle = ((x + tip[0]) / 2 + 4, min(y, tip[1]) - 15 * self.long)
            self.capsule((x, y), knuckle, half * self.wide, 0.95)
            self.capsule(knuckle, tip, half * self.wide, 0.95)
        self.capsule(THUMB, tip, wide, 1.08)

    def capsule(self, start: Point, end: Point, half: float, light: float) -> None:
        """Draw a line with round ends, half its width to each side, with a darker rim."""
        for grow, shade in ((1.3, 0.68), (0.0, 1.0)):
            value, r = int(min(self.skin * light * shade, 255)), half + grow
            line = [(80 + x, 100 + y) for x, y in (start, end)]
            self.draw.line(line, (value, 255), round(2 * r))
            for x, y in line:
                self.draw.ellipse((x - r, y - r, x + r, y + r), (value, 255))


def photograph(rng: np.random.Generator, scene: Image.Image) -> Image.Image:
    """Return the scene under light from one side, not quite sharp, with noise."""
    if rng.random() < 0.5:
        scene = scene.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 0.8))))
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    light = rng.uniform(0.65, 1.1) * (1 + rng.normal(0, 0.12) * columns + rng.normal(0, 0.12) * rows)
    pixels = np.asarray(scene, np.float64) * light + rng.normal(0, rng.uniform(1, 7), (SIDE, SIDE))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
