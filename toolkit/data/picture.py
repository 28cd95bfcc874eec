# SPDX-License-Identifier: Apache-2.0
"""A picture's file as pixels of one size. Needs Pillow, of the extra `train`."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.data.decode import BrokenFileError
from toolkit.extras import load_extra

# What Pillow may open; its EPS reader would start a program.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".pbm", ".pgm", ".ppm", ".tif", ".tiff", ".webp")

DEEP = (0, 0xFFFF)
"""The values of 16 bits."""

Fit = Literal["stretch", "crop", "pad"]


@dataclass(frozen=True)
class PictureRules:
    """How any picture becomes (height, width, channels): channels is 1 or 3.

    fit: stretch it, crop what is too much of its middle, or pad it with background, 0 (black) to 255.
    background also shows through what is transparent. A picture of more than max_pixels is refused
    by its header, before it is decoded. deep_range are the values of 16-bit pixels that become black and
    white; what is beyond them becomes that too.
    """

    height: int
    width: int
    channels: int
    fit: Fit
    background: int
    max_pixels: int
    deep_range: tuple[int, ...] = DEEP


@dataclass(frozen=True)
class PictureFields:
    """Of [data.options]: size is height and width; the rest is as in PictureRules."""

    size: tuple[int, ...] = (32, 32)
    color: Literal["grey", "rgb"] = "rgb"
    fit: Fit = "crop"
    background: int = 0
    max_pixels: int = 50_000_000
    deep_range: tuple[int, ...] = DEEP

    def __post_init__(self) -> None:
        if len(self.size) != 2 or not all(1 <= side <= 1024 for side in self.size):
            raise ValueError(f"size {list(self.size)} must be height and width, each from 1 to 1024.")
        if not 0 <= self.background <= 255:
            raise ValueError(f"background {self.background} must be from 0, black, to 255, white.")
        if not 1 <= self.max_pixels <= 1 << 30:
            raise ValueError(f"max_pixels {self.max_pixels} must be from 1 to {1 << 30}.")

        if len(self.deep_range) != 2 or not 0 <= self.deep_range[0] < self.deep_range[1] <= DEEP[1]:
            raise ValueError(
                f"deep_range {list(self.deep_range)} must be what is black and what is white in pixels of "
                f"16 bits, such as [0, 4095], from 0 to {DEEP[1]}."
            )

    @property
    def rules(self) -> PictureRules:
        """How a picture becomes a sample."""
        channels = 3 if self.color == "rgb" else 1
        height, width = self.size
        return PictureRules(
            height, width, channels, self.fit, self.background, self.max_pixels, self.deep_range
        )


def decode_picture(content: bytes, rules: PictureRules) -> NDArray[np.uint8]:
    """Return the first picture in content as uint8. Raises BrokenFileError if there is none."""
    image_module = load_extra("PIL.Image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; here the limit decides
            with image_module.open(io.BytesIO(content), formats=FORMATS) as image:
                _require_size(image.size, rules.max_pixels)
                image.load()
                upright = load_extra("PIL.ImageOps").exif_transpose(image)
                return _fitted(_plain(upright, rules), rules)
    except BrokenFileError:
        raise
    except image_module.DecompressionBombError as error:
        raise BrokenFileError(f"has more than the {rules.max_pixels:,} pixels of max_pixels") from error
    except image_module.UnidentifiedImageError as error:
        raise BrokenFileError(f"is no picture of the formats {', '.join(FORMATS)}") from error
    except Exception as error:  # the decoders raise nearly anything for a damaged file
        raise BrokenFileError(f"is damaged: {error}") from error


def _require_size(size: tuple[int, int], most: int) -> None:
    width, height = size
    if width * height > most:
        raise BrokenFileError(f"is {width}x{height}, more than the {most:,} pixels of max_pixels")


def _plain(image: Any, rules: PictureRules) -> Any:
    """Return image as 8 bits of grey or colour, without transparency."""
    if image.mode.startswith(("I", "F")):
        image = _from_deep(image, rules.deep_range)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        over = image.convert("RGBA")
        image = load_extra("PIL.Image").new("RGBA", over.size, (rules.background,) * 3 + (255,))
        image.alpha_composite(over)
    if rules.channels == 1:
        return image.convert("L") if image.mode in ("1", "L") else image.convert("RGB").convert("L")
    return image.convert("RGB")


def _from_deep(image: Any, deep_range: tuple[int, ...]) -> Any:
    """Return a picture of 16 bits a pixel as one of 8; Pillow itself would cut off at 255."""
    values = deep_values(image)
    if values is None:
        raise BrokenFileError(f"has pixels of the kind {image.mode}, which are not 8 or 16 bits")
    low, high = deep_range
    scaled = (np.clip(values, low, high).astype(np.int64) - low) * 256 // (high - low + 1)
    return load_extra("PIL.Image").fromarray(scaled.astype(np.uint8))


def deep_values(image: Any) -> NDArray[np.integer[Any]] | None:
    """Return the pixels (height, width) of a picture of 16 bits a pixel, None if it is none."""
    if not image.mode.startswith("I"):
        return None
    values = np.asarray(image)
    if not np.issubdtype(values.dtype, np.integer) or values.min() < 0 or values.max() > DEEP[1]:
        return None
    return values


def likely_range(low: int, high: int) -> tuple[int, int]:
    """Return a deep_range for 16-bit pixels from low to high: of as few bits as hold them, or just these."""
    return (0, (1 << max(high.bit_length(), 1)) - 1) if low <= high // 2 else (low, high)


def _fitted(image: Any, rules: PictureRules) -> NDArray[np.uint8]:
    size = (rules.width, rules.height)
    how = load_extra("PIL.Image").Resampling.BILINEAR
    operations = load_extra("PIL.ImageOps")
    if rules.fit == "stretch":
        image = image.resize(size, how)
    elif rules.fit == "crop":
        image = operations.fit(image, size, how)
    else:
        image = operations.pad(image, size, how, color=(rules.background,) * len(image.getbands()))
    return np.asarray(image, np.uint8).reshape(rules.height, rules.width, rules.channels)
