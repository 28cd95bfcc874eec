# SPDX-License-Identifier: Apache-2.0
"""Files of pictures as samples, whatever says which files and what they stand for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.decode import decode_files, file_content
from toolkit.data.listing import Listing
from toolkit.data.picture import ENDINGS, PictureFields, decode_picture
from toolkit.data.picture_notes import Look, picture_notes
from toolkit.data.rows import CachedRows, scaled
from toolkit.data.source import SourceContext
from toolkit.extras import load_extra
from toolkit.project.code_graph import code_digest

_WHITE = 255.0


def read_pictures(listing: Listing, options: PictureFields, context: SourceContext) -> Samples:
    """Return the pictures of a listing, decoded once, with pixels from 0 to 1."""
    rules = options.rules
    settings = f"{code_digest(__name__)} {rules} Pillow {load_extra('PIL').__version__}"
    look = Look()
    decoded = decode_files(
        listing.paths,
        listing.names,
        lambda content: decode_picture(content, rules),
        settings,
        context,
        look.take,
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
        notes=(*good.notes, *picture_notes(look, good, rules)),
    )


def decode_file_of_picture(options: PictureFields, path: Path) -> NDArray[np.float32]:
    """Return the sample (1, height, width, channels) in a file. Raises BrokenFileError if it is none."""
    return scaled(decode_picture(file_content(path, ENDINGS), options.rules)[np.newaxis], _WHITE)
