# SPDX-License-Identifier: Apache-2.0
"""What the pixels of pictures are like: how much of their range they use, and pictures of one colour."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from toolkit.data.listing import Listing
from toolkit.data.picture import DEEP, FORMATS, PictureRules, deep_values, likely_range
from toolkit.extras import load_extra

_NARROW = 32
"""Of 256 levels: a sensor of 12 bits in pixels of 16 gives 16 of them at most."""


@dataclass
class Look:
    """The darkest and lightest pixel of decoded pictures (height, width, channels), and which are plain."""

    low: int = 255
    high: int = 0
    plain: list[bool] = field(default_factory=list)

    def take(self, picture: NDArray[Any]) -> None:
        """Look at one more picture."""
        low, high = picture.min(axis=(0, 1)), picture.max(axis=(0, 1))
        self.low, self.high = min(self.low, int(low.min())), max(self.high, int(high.max()))
        self.plain.append(bool((low == high).all()))


def picture_notes(look: Look, listing: Listing, rules: PictureRules) -> list[str]:
    """Return what is to be said of the pictures of a listing that were looked at, a line each."""
    if not look.plain:
        return []
    plain = [name for name, is_plain in zip(listing.names, look.plain, strict=True) if is_plain]
    notes = []
    if plain:
        many = f"{len(plain):,} of {len(look.plain):,} pictures"
        notes.append(
            f"{many} are of one colour throughout, such as {plain[0]}: nothing is to be seen in them"
        )
    if look.high - look.low < _NARROW:
        deep = deep_extrema(listing.paths)
        notes.append(_deep_note(*deep, rules) if deep else _narrow_note(look))
    return notes


def _narrow_note(look: Look) -> str:
    return (
        f"the pixels of all pictures are between {look.low} and {look.high} of 255: "
        f"{100 * (look.high - look.low + 1) / 256:.2g} % of their range, so hardly anything is to be seen"
    )


def _deep_note(low: int, high: int, rules: PictureRules) -> str:
    black, white = rules.deep_range
    share = 100 * (high - low + 1) / (white - black + 1)
    return (
        f"the 16-bit pixels are between {low:,} and {high:,}, {share:.2g} % of the range from {black:,} to "
        f"{white:,} (deep_range), so that hardly anything is to be seen: deep_range = "
        f"{list(likely_range(low, high))} in the section [data.options] would use all of it"
    )


def deep_extrema(paths: Sequence[Path]) -> tuple[int, int] | None:
    """Return the lowest and highest value of the 16-bit pictures among these files, None if there is none."""
    image = load_extra("PIL.Image")
    low, high = DEEP[1], -1
    for path in paths:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with image.open(path, formats=FORMATS) as picture:
                    values = deep_values(picture) if picture.mode.startswith("I") else None
        except (OSError, ValueError, SyntaxError, image.DecompressionBombError):
            continue
        if values is not None:
            low, high = min(low, int(values.min())), max(high, int(values.max()))
    return (low, high) if high >= 0 else None
