# SPDX-License-Identifier: Apache-2.0
"""Draw faces with and without a mask into data/mask and data/no_mask. Synthetic: no person is shown.

python make_data.py --each 2000
"""

from __future__ import annotations

import argparse
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

DATA = Path(__file__).parent / "data"
CLASSES = ("mask", "no_mask")
SIDE = 96  # of a picture that is kept
LAYER = 224  # of a face while it is drawn: what is made smaller afterwards gets smooth edges

Colour = tuple[int, int, int]
Point = tuple[float, float]

GREY: Colour = (128, 128, 128)
SKINS: list[Colour] = [(250, 221, 196), (231, 187, 152), (199, 145, 106), (146, 97, 66), (84, 55, 40)]
HAIRS: list[Colour] = [
    (24, 20, 18),
    (61, 40, 28),
    (120, 78, 45),
    (196, 155, 92),
    (150, 60, 30),
    (165, 165, 165),
]
MASKS: list[Colour] = [(150, 195, 225), (240, 240, 240), (30, 30, 34), (160, 205, 175), (235, 170, 185)]


def main() -> None:
    """Draw the data anew."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--each", type=int, default=2000, help="pictures a class")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    shutil.rmtree(DATA, ignore_errors=True)
    for number, name in enumerate(CLASSES):
        (DATA / name).mkdir(parents=True)
        for i in range(arguments.each):
            rng = np.random.default_rng((arguments.seed, number, i))
            picture = draw_picture(rng, masked=name == "mask")
            picture.save(DATA / name / f"{i:05}.jpg", quality=int(rng.integers(70, 96)))
    print(f"{arguments.each} faces each with and without a mask in {DATA.name}/, drawn by this script.")


def draw_picture(rng: np.random.Generator, *, masked: bool) -> Image.Image:
    """Return a face before a background, as a camera might have seen it, SIDE x SIDE pixels."""
    scene = draw_background(rng)
    face = Face.at_random(rng)
    face.draw_all(masked)
    layer = face.layer.rotate(float(rng.normal(0, 11)), Image.Resampling.BILINEAR, center=(112, 130))
    size = int(SIDE * rng.uniform(0.9, 1.3))
    layer = layer.resize((size, size), Image.Resampling.BILINEAR)
    scene.paste(layer, [int((SIDE - size) / 2 + rng.normal(0, 4)) for _ in range(2)], layer)
    return photograph(rng, scene)


def draw_background(rng: np.random.Generator) -> Image.Image:
    """Return a wall, or shapes out of focus."""
    dull = rng.uniform(0.2, 1)  # most walls are not as bright as clothes
    scene = Image.new("RGB", (SIDE, SIDE), mix(any_colour(rng), GREY, dull))
    draw = ImageDraw.Draw(scene)
    for _ in range(int(rng.integers(0, 9))):
        x, y = rng.uniform(-25, SIDE, 2)
        box = (x, y, x + rng.uniform(6, 60), y + rng.uniform(6, 60))
        (draw.ellipse if rng.random() < 0.4 else draw.rectangle)(box, fill=mix(any_colour(rng), GREY, dull))
    return scene.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 4))))


def photograph(rng: np.random.Generator, scene: Image.Image) -> Image.Image:
    """Return the scene under a light from one side, with a tint, out of focus, with noise."""
    if rng.random() < 0.4:
        scene = scene.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.3))))
    angle = rng.uniform(0, 2 * math.pi)
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    side_light = 1 + rng.uniform(0, 0.4) * (columns * math.cos(angle) + rows * math.sin(angle))
    light = rng.uniform(0.5, 1.25) * side_light[..., np.newaxis] * rng.uniform(0.88, 1.12, 3)
    pixels = np.asarray(scene, np.float64) * light + rng.normal(0, rng.uniform(0, 9), (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@dataclass
class Face:
    """A face on a layer of its own. Its parts stand on a cylinder, so that it can be turned.

    A place is (u, v): u from -1, the right ear, to 1, the left; v from -1, the top of the skull, to 1,
    the chin. yaw turns by radians, nod moves the parts up or down.
    """

    rng: np.random.Generator
    width: float
    height: float
    yaw: float
    nod: float
    skin: Colour
    hair: Colour
    layer: Image.Image = field(init=False)
    draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        self.layer = Image.new("RGBA", (LAYER, LAYER))
        self.draw = ImageDraw.Draw(self.layer)

    @classmethod
    def at_random(cls, rng: np.random.Generator) -> Face:
        """Return one face of many; nothing is drawn yet."""
        width = rng.uniform(44, 54)
        return cls(
            rng=rng,
            width=width,
            height=width * rng.uniform(1.2, 1.42),
            yaw=float(np.clip(rng.normal(0, 0.3), -0.7, 0.7)),
            nod=rng.normal(0, 0.05),
            skin=between(rng, SKINS),
            hair=vary(rng, HAIRS[rng.integers(len(HAIRS))], 14),
        )

    def at(self, u: float, v: float) -> Point:
        """Return the pixel of a place on the turned face."""
        angle = float(np.clip(u * 1.35 + self.yaw, -math.pi / 2, math.pi / 2))
        reach = max(1 - abs(v) ** 2.6, 0.0) ** (1 / 2.6)
        return 112 + self.width * reach * math.sin(angle), 112 + self.height * (v + self.nod * (1 - abs(v)))

    def outline(self, *places: Point) -> list[Point]:
        """Return the pixels of a polygon, given its places on the turned face."""
        return [self.at(u, v) for u, v in places]

    def draw_all(self, masked: bool) -> None:
        """Draw the whole head, from the back to the front."""
        rng = self.rng
        long_hair, is_bald = rng.random() < 0.4, rng.random() < 0.12
        if long_hair and not is_bald:
            self.draw_hair_behind()
        self.draw_body()
        self.draw_head()
        if rng.random() < 0.22:
            self.draw_beard()
        self.draw_mouth()
        self.draw_nose()
        self.draw_eyes()
        if not is_bald:
            self.draw_fringe()
        if masked:
            self.draw_mask()
        elif rng.random() < 0.25:
            self.draw_mask_under_chin()
        if rng.random() < 0.3:
            self.draw_glasses()
        if rng.random() < 0.2:
            self.draw_hat()
        if not masked and rng.random() < 0.06:
            self.draw_hand()

    def draw_hair_behind(self) -> None:
        """Draw hair that falls behind the head, to the shoulders or less."""
        w, h, end = self.width * self.rng.uniform(1.1, 1.35), self.height, self.rng.uniform(0.7, 1.5)
        box = (112 - w, 112 - h * 1.12, 112 + w, 112 + h * end)
        self.draw.rounded_rectangle(box, w, fill=self.hair)

    def draw_body(self) -> None:
        """Draw neck, shoulders and clothes; the collar may be a scarf."""
        rng, w, h = self.rng, self.width, self.height
        clothes = any_colour(rng)
        wide = w * rng.uniform(1.7, 2.4)
        top = 112 + h * rng.uniform(1.12, 1.25)
        self.draw.rounded_rectangle((112 - wide, top, 112 + wide, LAYER + 80), 40, fill=clothes)
        neck = w * rng.uniform(0.5, 0.68)
        self.draw.rectangle((112 - neck, 112 + h * 0.6, 112 + neck, top + 8), fill=shade(self.skin, 0.82))
        self.draw.ellipse((112 - neck, top - 6, 112 + neck, top + 20), fill=shade(self.skin, 0.82))
        if rng.random() < 0.15:
            scarf = (112 - neck * 1.4, top - 16, 112 + neck * 1.4, top + 24)
            self.draw.rounded_rectangle(scarf, 14, fill=any_colour(rng))

    def draw_head(self) -> None:
        """Draw ears and skull; one half of it lies in a little shadow."""
        w, h = self.width, self.height
        for side in (-1, 1):
            if side * self.yaw < 0.45:
                x, y = 112 + side * w * 0.97, 112 + self.rng.uniform(-2, 4)
                self.draw.ellipse((x - 8, y - 15, x + 8, y + 15), fill=shade(self.skin, 0.88))
        rim = np.linspace(-1, 1, 25)
        left = [(112 - w * (1 - abs(v) ** 2.6) ** (1 / 2.6), 112 + h * v) for v in rim]
        right = [(224 - x, y) for x, y in reversed(left)]
        self.draw.polygon(left + right, fill=self.skin)
        half = self.outline(*((-0.25, v) for v in rim))
        if self.rng.random() < 0.6:
            self.draw.polygon(
                half + (left[::-1] if self.rng.random() < 0.5 else right), fill=shade(self.skin, 0.92)
            )

    def draw_beard(self) -> None:
        """Draw a beard, which hides what a mask hides."""
        top = self.rng.uniform(0.3, 0.5)
        low = [(u, 1.0) for u in (0.6, 0.2, -0.2, -0.6)]
        places = [
            (-0.95, top - 0.2),
            (-0.45, top + 0.1),
            (0, top + 0.05),
            (0.45, top + 0.1),
            (0.95, top - 0.2),
        ]
        self.draw.polygon(
            self.outline(*places, (0.85, 0.75), *low, (-0.85, 0.75)), fill=shade(self.hair, 0.9)
        )

    def draw_mouth(self) -> None:
        """Draw lips, and teeth where it laughs."""
        rng = self.rng
        wide, bend, open_ = rng.uniform(0.2, 0.36), rng.uniform(-0.03, 0.09), rng.uniform(0, 0.1)
        lip = mix(self.skin, (170, 50, 60), rng.uniform(0.35, 0.9))
        upper = [(-wide, 0.55 - bend), (-0.1, 0.51), (0, 0.53), (0.1, 0.51), (wide, 0.55 - bend)]
        lower = [(wide * 0.5, 0.62 + open_), (0, 0.64 + open_), (-wide * 0.5, 0.62 + open_)]
        self.draw.polygon(self.outline(*upper, *lower), fill=lip)
        if open_ > 0.04:
            inside = [
                (-wide * 0.7, 0.56),
                (wide * 0.7, 0.56),
                (wide * 0.3, 0.58 + open_),
                (-wide * 0.3, 0.58 + open_),
            ]
            self.draw.polygon(
                self.outline(*inside), fill=(235, 230, 225) if rng.random() < 0.6 else (70, 20, 25)
            )

    def draw_nose(self) -> None:
        """Draw the ridge, the shadow beside it, and nostrils."""
        wide, tip = self.rng.uniform(0.11, 0.18), self.rng.uniform(0.28, 0.37)
        side = math.copysign(1, self.yaw) * wide
        dark = shade(self.skin, 0.78)
        self.draw.polygon(self.outline((0, -0.08), (side, tip), (0, tip + 0.04)), fill=shade(self.skin, 0.86))
        self.draw.line(
            self.outline((-wide, tip), (-0.04, tip + 0.05), (0.04, tip + 0.05), (wide, tip)), dark, 3
        )

    def draw_eyes(self) -> None:
        """Draw eyes, sometimes shut, and brows."""
        rng = self.rng
        open_, brow = rng.uniform(0.02, 0.06), rng.uniform(0.17, 0.23)
        iris: Colour = [(60, 40, 25), (70, 100, 130), (80, 95, 60), (30, 25, 20)][rng.integers(4)]
        thick = int(rng.integers(3, 7))
        for side in (-1, 1):
            u, v = side * 0.4, -0.1
            corners = self.outline((u - 0.15, v), (u, v - open_), (u + 0.15, v), (u, v + open_))
            self.draw.polygon(corners, fill=(240, 238, 235))
            x, y = self.at(u, v)
            r = open_ * self.height * 0.95
            self.draw.ellipse((x - r, y - r, x + r, y + r), fill=iris)
            self.draw.line(
                self.outline((u - 0.16, v), (u, v - open_), (u + 0.16, v)), shade(self.skin, 0.4), 2
            )
            line = self.outline((u - 0.18, v - brow), (u, v - brow - 0.04), (u + 0.18, v - brow))
            self.draw.line(line, shade(self.hair, 0.8), thick, joint="curve")

    def draw_fringe(self) -> None:
        """Draw the hair over the forehead, to one side or the other."""
        part, low = self.rng.uniform(-0.5, 0.5), self.rng.uniform(-0.62, -0.42)
        rim = [(u, -1.0) for u in (-1, 1)]
        w, h = self.width * 1.04, self.height
        dome = [
            (112 + w * math.cos(a), 112 - h * 0.25 - h * 0.85 * math.sin(a))
            for a in np.linspace(0, math.pi, 15)
        ]
        hairline = self.outline((-1, -0.2), (-0.8, low), (part, low - 0.15), (0.8, low), (1, -0.2))
        self.draw.polygon(
            [*dome, *hairline, *self.outline(*rim)][: len(dome) + len(hairline)], fill=self.hair
        )

    def draw_mask(self) -> None:
        """Draw a surgical mask, one of cloth, or one with a ridge, over nose and mouth."""
        rng, kind = self.rng, self.rng.integers(3)
        top, side = rng.uniform(0.0, 0.16), rng.uniform(0.66, 0.9)
        places = [
            (-side, top + 0.12),
            (-0.3, top + 0.03),
            (0, top),
            (0.3, top + 0.03),
            (side, top + 0.12),
            (side * 0.95, 0.62),
            (0.42, 0.9),
            (0, 0.97),
            (-0.42, 0.9),
            (-side * 0.95, 0.62),
        ]
        colour = mask_colour(rng)
        for end in (-1, 1):
            for v in (top + 0.13, 0.6):
                self.draw.line(self.outline((end * side, v), (end * 1.1, 0.1)), shade(colour, 0.85), 2)
        self.draw.polygon(self.outline(*places), fill=colour)
        if kind == 0:
            for v in (0.35, 0.5, 0.65):
                self.draw.line(self.outline((-side, v), (0, v + 0.05), (side, v)), shade(colour, 0.85), 2)
        elif kind == 1:
            self.draw_pattern(top, side, colour)
        else:
            self.draw.polygon(
                self.outline((0, top), (side, top + 0.12), (side, 0.62), (0, 0.97)), shade(colour, 0.88)
            )
        self.draw.line(self.outline(*places[:5]), shade(colour, 0.7), 2)

    def draw_pattern(self, top: float, side: float, colour: Colour) -> None:
        """Draw dots or a stripe on a mask of cloth; plain ones are left as they are."""
        second = shade(any_colour(self.rng), 1.0) if self.rng.random() < 0.5 else shade(colour, 0.75)
        if self.rng.random() < 0.4:
            for u in np.linspace(-side * 0.7, side * 0.7, 5):
                for v in np.linspace(top + 0.2, 0.75, 4):
                    x, y = self.at(float(u), float(v))
                    self.draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=second)
        elif self.rng.random() < 0.4:
            self.draw.line(self.outline((-side, 0.4), (0, 0.45), (side, 0.4)), second, 9)

    def draw_mask_under_chin(self) -> None:
        """Draw a mask that was pulled down: nose and mouth are free, so this is no mask."""
        rng, w, h = self.rng, self.width, self.height
        colour, top = mask_colour(rng), rng.uniform(0.76, 0.86)
        shift = w * 0.4 * math.sin(self.yaw)
        upper = self.outline(
            (-0.75, top - 0.12), (-0.3, top + 0.06), (0, top + 0.1), (0.3, top + 0.06), (0.75, top - 0.12)
        )
        lower = [
            (112 + shift + w * x, 112 + h * y)
            for x, y in ((0.6, 1.02), (0.3, 1.14), (-0.3, 1.14), (-0.6, 1.02))
        ]
        for end in (-1, 1):
            self.draw.line(self.outline((end * 0.75, top - 0.12), (end * 1.1, 0.1)), shade(colour, 0.85), 2)
        self.draw.polygon(upper + lower, fill=colour)
        self.draw.line(upper, shade(colour, 0.75), 2)
        self.draw.line([(x, y - 6) for x, y in lower], shade(colour, 0.85), 2)

    def draw_glasses(self) -> None:
        """Draw a frame, round or not, dark in the sun."""
        rng = self.rng
        frame = [(30, 30, 30), (120, 70, 40), (190, 190, 195), (150, 30, 40)][rng.integers(4)]
        is_dark, is_round = rng.random() < 0.35, rng.random() < 0.5
        for side in (-1, 1):
            (x0, y0), (x1, y1) = self.at(side * 0.4 - 0.25, -0.25), self.at(side * 0.4 + 0.25, 0.06)
            shape = self.draw.ellipse if is_round else self.draw.rectangle
            if x1 - x0 > 4:
                shape((x0, y0, x1, y1), fill=(25, 25, 30) if is_dark else None, outline=frame, width=3)
        self.draw.line(self.outline((-0.15, -0.1), (0.15, -0.1)), frame, 3)
        self.draw.line(self.outline((0.65, -0.12), (1.1, -0.05)), frame, 3)
        self.draw.line(self.outline((-0.65, -0.12), (-1.1, -0.05)), frame, 3)

    def draw_hat(self) -> None:
        """Draw a cap or a woollen hat."""
        rng, w, h = self.rng, self.width * 1.1, self.height
        colour, brim = any_colour(rng), 112 - h * rng.uniform(0.45, 0.6)
        self.draw.pieslice(
            (112 - w, 112 - h * 1.25, 112 + w, 2 * brim - 112 + h * 1.25), 180, 360, fill=colour
        )
        wide = w * (1.2 if rng.random() < 0.5 else 1.0)
        self.draw.rounded_rectangle((112 - wide, brim - 6, 112 + wide, brim + 8), 6, fill=shade(colour, 0.8))

    def draw_hand(self) -> None:
        """Draw a hand before the mouth: skin, and no mask."""
        rng, (x, y) = self.rng, self.at(self.rng.uniform(-0.2, 0.2), 0.7)
        side = rng.choice((-1, 1))
        for finger in range(4):
            start = (x + side * 34, y + 26 - finger * 9)
            self.draw.line(
                [start, (x - side * 18, y + 14 - finger * 12)],
                shade(self.skin, 0.9 + 0.04 * (finger % 2)),
                12,
            )
        self.draw.ellipse(
            (x + side * 34 - 22, y - 14, x + side * 34 + 22, y + 40), fill=shade(self.skin, 0.93)
        )


def mask_colour(rng: np.random.Generator) -> Colour:
    """Return one of the usual colours, or any."""
    return vary(rng, MASKS[rng.integers(len(MASKS))], 12) if rng.random() < 0.75 else any_colour(rng)


def any_colour(rng: np.random.Generator) -> Colour:
    """Return any colour."""
    return rgb(rng.uniform(15, 245, 3))


def between(rng: np.random.Generator, colours: Sequence[Colour]) -> Colour:
    """Return a colour between two neighbours of the list."""
    i = int(rng.integers(len(colours) - 1))
    return vary(rng, mix(colours[i], colours[i + 1], rng.random()), 6)


def vary(rng: np.random.Generator, colour: Colour, by: float) -> Colour:
    """Return a colour near the given one."""
    return rgb(np.array(colour) + rng.uniform(-by, by, 3))


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return one with this share of the other."""
    return rgb((1 - share) * np.array(one) + share * np.array(other))


def shade(colour: Colour, light: float) -> Colour:
    """Return a colour darker, below 1, or lighter."""
    return rgb(np.array(colour) * light)


def rgb(values: np.ndarray) -> Colour:
    """Return three numbers as a colour."""
    red, green, blue = np.clip(values, 0, 255).astype(int).tolist()
    return red, green, blue


if __name__ == "__main__":
    main()
