# SPDX-License-Identifier: Apache-2.0
"""ToyADMOS: sounds of toy machines, normal and broken; as published, or as DCASE and MLPerf Tiny have it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.published import (
    ANY,
    TEST,
    TRAIN,
    VALIDATION,
    Layout,
    UnpackedFolder,
    files_in,
    files_of,
    folders_in,
    listing_of,
    portable_published,
)
from toolkit.data.sound import ENDINGS
from toolkit.data.sounds import SoundFields, decode_file_of_sound, read_sounds
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError

_HINT = (
    "Try: the folder of a machine, such as ToyCar: it has train and test (DCASE, MLPerf Tiny), or "
    "case1, case2 ... with NormalSound_IND and AnomalousSound_IND (ToyADMOS)"
)
_NORMAL, _ANOMALY = "normal", "anomaly"
_OF_CASE = {_NORMAL: "NormalSound", _ANOMALY: "AnomalousSound"}
_WAYS = ("IND", "CNT")
_EACH = 5


@dataclass(frozen=True)
class ToyAdmosOptions(SoundFields, UnpackedFolder):
    """[data.options]: folder is that of a machine; the rest is as in audio_folder.

    way is IND, a file for each operation, or CNT, minutes on end; of ToyADMOS as published. Its channel is
    one of its four microphones, 1 to 4, 0 for all.
    """

    way: str = "IND"
    channel: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.way not in _WAYS or not 0 <= self.channel <= 4:
            raise ValueError(f"way must be {' or '.join(_WAYS)}, channel from 1 to 4, or 0 for all.")


def layout(options: ToyAdmosOptions, folder: Path) -> Layout:
    """Return train/normal_id_01_00000000.wav and test/anomaly_id_...; or case1/NormalSound_IND/*.wav.

    The test split of the former is published, and every fifth file of train is for validation, which so has
    normal sounds alone. Of the latter all recordings of one operation by several microphones stay in one
    split.
    """
    found = Layout()
    if (folder / "train").is_dir():
        for number, path in enumerate(files_in(folder / "train", ENDINGS), 1):
            found.add(path, _kind(path), VALIDATION if number % _EACH == 0 else TRAIN)
        for path in files_in(folder / "test", ENDINGS):
            found.add(path, _kind(path), TEST)
        return found
    for case in folders_in(folder):
        for label, start in _OF_CASE.items():
            for path in files_in(case / f"{start}_{options.way}", ENDINGS):
                operation, _, channel = path.stem.rpartition("_ch")
                if not options.channel or channel == str(options.channel):
                    found.add(path, label, ANY)
                    found.groups.append(f"{case.name} {operation or path.stem}")
    return found


def _kind(path: Path) -> str:
    kind = path.name.partition("_")[0]
    if kind not in _OF_CASE:
        raise InputError(f"{path} starts with neither {_NORMAL}_ nor {_ANOMALY}_.", hint=_HINT)
    return kind


def _read(options: ToyAdmosOptions, context: SourceContext) -> Samples:
    return read_sounds(listing_of(options, context, layout, _HINT, "anomaly", _NORMAL), options, context)


def _decode(options: ToyAdmosOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    return decode_file_of_sound(options, path)


SOURCE = Source(
    name="toy_admos",
    summary="ToyADMOS as published, or as DCASE and MLPerf Tiny have it: normal and anomalous sounds",
    options=ToyAdmosOptions,
    read=_read,
    hint=_HINT,
    files=files_of(layout),
    decode=_decode,
    portable=portable_published,
)
