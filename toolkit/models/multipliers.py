# SPDX-License-Identifier: Apache-2.0
"""What the options of many families share: the multipliers of width and resolution, and dropout."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST = 4.0
LOWEST_RESOLUTION = 0.05


@dataclass(frozen=True)
class WidthOptions:
    """width multiplies every layer's channels; dropout stands before the output."""

    width: float = 1.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require("width", self.width, 0.01, WIDEST)
        require_dropout(self.dropout)


@dataclass(frozen=True)
class PictureOptions(WidthOptions):
    """resolution multiplies the height and width of the picture, which the first layers make smaller."""

    resolution: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require("resolution", self.resolution, LOWEST_RESOLUTION, 1.0)


_MOST_NUMBERS = 64


def channels(count: int, width: float, multiple: int = 8) -> int:
    """Return count * width as a multiple of multiple, never less than nine tenths of it, and one at least.

    With width 1 it is count, and below one multiple the nearest whole number. Source: the rounding in
    the code of the MobileNet papers.
    """
    if width == 1:
        return count
    wanted = count * width
    if wanted < multiple:
        return max(1, round(wanted))
    rounded = int(wanted + multiple / 2) // multiple * multiple
    return rounded if rounded >= 0.9 * wanted else rounded + multiple


def require(name: str, value: float, least: float, most: float) -> None:
    """Raise ValueError if an option is not from least to most."""
    if not least <= value <= most:
        raise ValueError(f"{name} {value:g} must be from {least:g} to {most:g}.")


def require_all(name: str, values: tuple[int, ...], least: int, most: int, *, empty: bool = False) -> None:
    """Raise ValueError if one of an option's numbers is not from least to most, or there is none."""
    if (not values and not empty) or any(not least <= value <= most for value in values):
        count = "" if empty else "one or more "
        raise ValueError(f"{name} {list(values)} must be {count}numbers from {least} to {most}.")
    if len(values) > _MOST_NUMBERS:
        raise ValueError(f"{name} has {len(values)} numbers; at most {_MOST_NUMBERS} can be.")


def require_dropout(dropout: float) -> None:
    """Raise ValueError if a share to drop is not at least 0 and less than 1."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout {dropout:g} must be at least 0 and less than 1.")


def sizes_text(options: WidthOptions) -> str:
    """Return the multipliers that are not 1, for a label: " x0.5 at 0.75"."""
    width = f" x{options.width:g}" if options.width != 1 else ""
    resolution = getattr(options, "resolution", 1.0)
    return width + (f" at {resolution:g}" if resolution != 1 else "")
