# SPDX-License-Identifier: Apache-2.0
"""Sounds: a folder a class, or a table that says what each stands for, as features or as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.listing import FolderOptions, folder_files, list_files, portable_folder
from toolkit.data.sound import ENDINGS
from toolkit.data.sounds import SoundFields, decode_file_of_sound, read_sounds
from toolkit.data.source import Source, SourceContext


@dataclass(frozen=True)
class AudioFolderOptions(SoundFields, FolderOptions):
    """[data.options]: those of a folder, and how sound becomes samples."""

    def __post_init__(self) -> None:
        FolderOptions.__post_init__(self)
        SoundFields.__post_init__(self)


def _read(options: AudioFolderOptions, context: SourceContext) -> Samples:
    return read_sounds(list_files(options, context, ENDINGS), options, context)


def _decode(options: AudioFolderOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    return decode_file_of_sound(options, path)


SOURCE = Source(
    name="audio_folder",
    summary="WAV and FLAC of any rate, a folder a class or with a table; log-mel, MFCC or raw",
    options=AudioFolderOptions,
    read=_read,
    hint="Try: more recordings, three of each class at least, or fewer seconds",
    files=folder_files,
    decode=_decode,
    portable=portable_folder,
)
