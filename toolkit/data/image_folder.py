# SPDX-License-Identifier: Apache-2.0
"""Pictures: a folder a class, or a table that says what each stands for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.decode import decode_files, file_content
from toolkit.data.listing import FolderOptions, folder_files, list_files, portable_folder
from toolkit.data.picture import ENDINGS, Fit, PictureRules, decode_picture
from toolkit.data.rows import CachedRows, scaled
from toolkit.data.source import Source, SourceContext
from toolkit.extras import load_extra
from toolkit.project.code_graph import code_digest

_WHITE = 255.0


@dataclass(frozen=True)
class ImageFolderOptions(FolderOptions):
    """[data.options]: size is height and width; the rest is as in PictureRules."""

    size: tuple[int, ...] = (32, 32)
    color: Literal["grey", "rgb"] = "rgb"
    fit: Fit = "crop"
    background: int = 0
    max_pixels: int = 50_000_000

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.size) != 2 or not all(1 <= side <= 1024 for side in self.size):
            raise ValueError(f"size {list(self.size)} must be height and width, each from 1 to 1024.")
        if not 0 <= self.background <= 255:
            raise ValueError(f"background {self.background} must be from 0, black, to 255, white.")
        if not 1 <= self.max_pixels <= 1 << 30:
            raise ValueError(f"max_pixels {self.max_pixels} must be from 1 to {1 << 30}.")

    @property
    def rules(self) -> PictureRules:
        """How a picture becomes a sample."""
        channels = 3 if self.color == "rgb" else 1
        height, width = self.size
        return PictureRules(height, width, channels, self.fit, self.background, self.max_pixels)


def _read(options: ImageFolderOptions, context: SourceContext) -> Samples:
    listing, rules = list_files(options, context, ENDINGS), options.rules
    settings = f"{code_digest(__name__)} {rules} Pillow {load_extra('PIL').__version__}"
    decoded = decode_files(
        listing.paths, listing.names, lambda content: decode_picture(content, rules), settings, context
    )
    good = listing.only(decoded.kept)
    return Samples(
        task=good.task,
        x=CachedRows(
            context.cache, decoded.keys, (*options.size, rules.channels), np.dtype(np.uint8), _WHITE
        ),
        y=good.y,
        classes=good.classes,
        names=good.names,
        digests=decoded.digests,
        groups=good.groups,
        parts=good.parts,
        broken=(*listing.broken, *decoded.broken),
        files=len(listing.paths) + len(listing.broken),
        notes=good.notes,
    )


def _decode(options: ImageFolderOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    return scaled(decode_picture(file_content(path, ENDINGS), options.rules)[np.newaxis], _WHITE)


SOURCE = Source(
    name="image_folder",
    summary="pictures of any size, a folder a class or with a table; pixels from 0 to 1",
    options=ImageFolderOptions,
    read=_read,
    hint="Try: more pictures; each class needs three at least",
    files=folder_files,
    decode=_decode,
    portable=portable_folder,
)
