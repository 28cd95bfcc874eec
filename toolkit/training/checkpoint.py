# SPDX-License-Identifier: Apache-2.0
"""A training's state between two epochs as a file, so that an interrupted run goes on where it was."""

from __future__ import annotations

import io
import json
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.files import write_atomic
from toolkit.reading import parse_json

Arrays = list[NDArray[Any]]
_DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)
_SHARE = 50


@dataclass(frozen=True, eq=False)
class State:
    """All that the next epoch depends on: what is left to NumPy are the seeds, which follow from epoch.

    about is of JSON's types; variables are those of model and optimizer in their order, best is empty
    or the weights of the best epoch so far.
    """

    epoch: int
    about: dict[str, Any]
    variables: Arrays
    best: Arrays


@dataclass
class Checkpoint:
    """The file of one training. key says what the training is: a file with another one counts as none."""

    path: Path
    key: str
    clock: Callable[[], float] = time.monotonic
    _due_at: float = field(default=0.0, init=False)

    def part(self, name: str) -> Checkpoint:
        """Return the checkpoint of a part of this training."""
        path = self.path.with_name(f"{self.path.stem}-{name}{self.path.suffix}")
        return Checkpoint(path, f"{self.key} {name}", self.clock)

    def save(self, make: Callable[[], State], *, last: bool = False) -> None:
        """Write the state that make gives, unless it is the last and the epochs are so short that writing
        would take more than a fiftieth of the time: doing a few again is quicker then."""
        started = self.clock()
        if started < self._due_at and not last:
            return
        state = make()
        about = {"key": self.key, "epoch": state.epoch, "best": len(state.best), "about": state.about}
        numbered = enumerate([*state.variables, *state.best])
        arrays: dict[str, Any] = {f"{number:05d}": array for number, array in numbered}
        stream = io.BytesIO()
        np.savez(stream, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)
        write_atomic(self.path, stream.getvalue())
        now = self.clock()
        self._due_at = now + _SHARE * (now - started)

    def load(self) -> State | None:
        """Return the state in the file, None if there is none of this training."""
        try:
            with np.load(io.BytesIO(self.path.read_bytes()), allow_pickle=False) as arrays:
                about = parse_json(arrays["about"].tobytes())
                if about["key"] != self.key:
                    return None
                values = [arrays[name] for name in sorted(arrays.files) if name != "about"]
        except _DAMAGED:
            return None
        cut = len(values) - about["best"]
        return State(about["epoch"], about["about"], values[:cut], values[cut:])


def read_variables(variables: Sequence[Any]) -> Arrays:
    """Return copies of the values of Keras variables."""
    return [np.array(variable.numpy()) for variable in variables]


def write_variables(variables: Sequence[Any], values: Arrays) -> None:
    """Set Keras variables to values."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
