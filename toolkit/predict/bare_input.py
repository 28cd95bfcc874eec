# SPDX-License-Identifier: Apache-2.0
"""Files as the input of a model of which nobody said what it takes: as far as the input itself shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from toolkit.data import Takes, decode_taken
from toolkit.data.picture import ENDINGS as PICTURES
from toolkit.data.source import OnBroken
from toolkit.data.table import read_plain_table, without_options
from toolkit.errors import InputError
from toolkit.ir.graph import Tensor
from toolkit.predict.answer import Real

_TABLES = (".csv", ".tsv", ".txt")
_NEAR = 0.05
"""The part of a usual range by which a calibrated range may differ from it."""


@dataclass(frozen=True)
class BareInput:
    """The input of the model in a file. shape is that of one sample.

    pixels is the least and the greatest number that a pixel becomes, None where nothing shows it.
    """

    model: Path
    shape: tuple[int, ...]
    pixels: tuple[float, float] | None = None

    def decode(self, file: Path, on_broken: OnBroken | None = None) -> Real:
        """Return the samples in an .npy file, a picture or a table. Raises InputError for others."""
        ending = file.suffix.lower()
        if file.suffix == ".npy":
            return decode_taken(Takes("python", "regression"), file)
        if ending in PICTURES and len(self.shape) == 3 and self.shape[2] in (1, 3):
            return self._picture(file)
        if ending in _TABLES and len(self.shape) == 1:
            return _table(file, on_broken)
        raise self._unknown(file, f"how {file.suffix or 'such files'} becomes its input {self.shape}")

    def _picture(self, file: Path) -> Real:
        if self.pixels is None:
            raise self._unknown(file, "which numbers it takes for black and white")
        low, high = self.pixels
        height, width, channels = self.shape
        color = "rgb" if channels == 3 else "grey"
        options = {"folder": "", "size": [height, width], "color": color, "fit": "stretch"}
        x = decode_taken(Takes("image_folder", "regression", options=options), file)
        return np.asarray(low + x * np.float32(high - low), np.float32)

    def _unknown(self, file: Path, what: str) -> InputError:
        if self.model.suffix == ".keras":
            better = "model.keras as tinyml train wrote it says it"
        else:
            better = "quantization.json, kept beside it, would say it"
        hint = f"Try: an .npy file of samples instead of {file.name}; {better}"
        return InputError(f"{self.model} does not say {what}.", hint=hint)


def pixel_range(tensor: Tensor) -> tuple[float, float] | None:
    """Return the range of a pixel by that of an input's integers: 0 to 1, -1 to 1, or 0 to 255."""
    if tensor.dtype == "float32" or tensor.quantization is None:
        return None
    limits = np.iinfo(tensor.dtype)
    scale, zero_point = tensor.quantization.scale, tensor.quantization.zero_point
    found = scale * (limits.min - zero_point), scale * (limits.max - zero_point)
    for usual in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        span = usual[1] - usual[0]
        if all(abs(a - b) <= _NEAR * span for a, b in zip(found, usual, strict=True)):
            return usual
    return None


def _table(file: Path, on_broken: OnBroken | None) -> Real:
    """Return the rows of a table, all of whose columns are inputs."""
    try:
        table = read_plain_table(file)
        form = {key: value for key, value in asdict(table.form).items() if key not in ("header", "missing")}
        options = {"file": "", "target": ["-"], "columns": list(table.columns), **form}
        return decode_taken(Takes("csv", "regression", options=options), file, on_broken)
    except InputError as error:
        raise without_options(error) from error
