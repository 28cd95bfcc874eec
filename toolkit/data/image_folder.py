# SPDX-License-Identifier: Apache-2.0
"""Pictures: a folder a class, or a table that says what each stands for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.listing import FolderOptions, folder_files, list_files, portable_folder
from toolkit.data.picture import ENDINGS, PictureFields
from toolkit.data.pictures import decode_file_of_picture, read_pictures
from toolkit.data.source import Source, SourceContext


@dataclass(frozen=True)
class ImageFolderOptions(PictureFields, FolderOptions):
    """[data.options]: those of a folder, and how a picture becomes a sample."""

    def __post_init__(self) -> None:
        FolderOptions.__post_init__(self)
        PictureFields.__post_init__(self)


def _read(options: ImageFolderOptions, context: SourceContext) -> Samples:
    return read_pictures(list_files(options, context, ENDINGS), options, context)


def _decode(options: ImageFolderOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    return decode_file_of_picture(options, path)


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
