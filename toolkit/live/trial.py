# SPDX-License-Identifier: Apache-2.0
"""One model, and what its three columns say of a sample: float, int8, the firmware."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.compiler.files import read_model
from toolkit.data.dataset import Dataset
from toolkit.data.takes import Takes
from toolkit.errors import InputError, TinymlError
from toolkit.ir.graph import Graph
from toolkit.ir.real_numbers import dequantize_outputs
from toolkit.live.board_column import BoardColumn, OnWord
from toolkit.live.helpers import Helper, ask_float, run_apart
from toolkit.predict.answer import Real, Where, label_outputs
from toolkit.predict.look import Look, look
from toolkit.predict.model_file import ModelFile, open_model
from toolkit.predict.outputs import quantize_inputs
from toolkit.predict.predictor import decode_samples
from toolkit.reference.oracle import Expected, Rows, expected_outputs
from toolkit.targets.board import Board, load_board
from toolkit.tflite.reader import read_graph

_MOST_VALUES = 12
_FLOATS = ("model.keras", "model_float.tflite")
"""Beside a model.tflite, the first that is there; tinyml quantize writes them."""


@dataclass(frozen=True)
class Setting:
    """Which model, and where its firmware runs. made is the folder of a project's own firmware."""

    model: Path
    board: Board
    port: str | None = None
    made: Path | None = None


@dataclass(frozen=True, eq=False)
class Decoded:
    """The samples of a file as the model takes them, (n, *shape); names are theirs, broken what is wrong."""

    names: list[str]
    real: Real
    broken: list[InputError]


class Trial:
    """A model that can be asked in three places. Each is slow the first time: it is opened then."""

    def __init__(self, setting: Setting, floats: Helper, tflm: Helper, on_word: OnWord) -> None:
        self.file: ModelFile = open_model(setting.model)
        self.setting, self._floats, self._tflm = setting, floats, tflm
        self.is_integer = "int8" in self.file.places
        self.board: BoardColumn | None = None
        self._oracle_lock = threading.Lock()
        self._is_warm = False
        if self.is_integer:
            self._data = read_model(setting.model)
            self._graph: Graph = read_graph(self._data, setting.model.stem)
            self.board = BoardColumn(setting.model, setting.board, setting.port, setting.made, on_word)

    def warm(self) -> None:
        """Open the columns that are still closed, each in a thread: the first sample waits less."""
        if not self._is_warm:
            self._is_warm = True
            for on in self.places:
                threading.Thread(target=self._warm, args=(on,), daemon=True).start()

    def _warm(self, on: Where) -> None:
        with suppress(TinymlError):  # said again when somebody asks
            self.ask(np.zeros((1, *self.file.shape), np.float32), on)

    def close(self) -> None:
        """End the firmware."""
        if self.board is not None:
            self.board.close()

    @property
    def data(self) -> bytes:
        """The bytes of the .tflite file. For a model of integers."""
        return self._data

    @property
    def float_model(self) -> Path | None:
        """The float model's file: the model itself, or one beside it."""
        model = self.setting.model
        if not self.is_integer:
            return model
        return next((model.with_name(n) for n in _FLOATS if model.with_name(n).is_file()), None)

    @property
    def places(self) -> tuple[Where, ...]:
        """The columns that there are."""
        return ("float", "int8", "board") if self.is_integer else ("float",)

    def decode(self, file: Path) -> Decoded:
        """Return the samples in a file. Raises InputError if it is none that the model takes."""
        return Decoded(*decode_samples(self.file, [file]))

    def seen(self, real: Real) -> Real:
        """Return real (n, *shape) as the model gets it, after its rounding to integers."""
        rounded = self.file.as_seen(real, "int8") if self.is_integer else real
        return np.asarray(rounded, np.float32).reshape(len(real), *self.file.shape)

    def expected(self, real: Real) -> Expected:
        """Return what the int8 model must give for real (n, *shape), to the byte."""
        with self._oracle_lock:
            rows = quantize_inputs(real, self._graph)
            try:
                return expected_outputs(self._data, self._graph, rows, executor=self._tflm.pool)
            except InputError:
                self._tflm.drop()
                raise

    def meaning(self, outputs: int) -> Dataset | Takes:
        """Return what says the task and the classes."""
        return self.file.meaning(outputs)

    @property
    def output_names(self) -> frozenset[str]:
        """The outputs' names in the file."""
        return frozenset(self._graph.tensors[i].name for i in self._graph.outputs)

    def look(self, real: Real, on: Where) -> Look:
        """Return what each layer makes of one sample, real (1, *shape), with what on adds to the integers.

        Raises InputError for a float model, and if the process of TensorFlow does not survive.
        """
        if not self.is_integer:
            raise InputError(f"{self.setting.model.name} is a float model.", hint="Try: tinyml quantize")
        beside = self.setting.model.with_name(_FLOATS[-1])
        wholes = beside.read_bytes() if on == "float" and beside.is_file() else None
        board = self.setting.board if on == "board" else load_board("host")
        words = (self._data, self.setting.model.stem, wholes, real[0], board)
        return look(*words) if wholes is None else run_apart(self._floats, look, *words)

    def ask(self, real: Real, on: Where) -> dict[str, Any]:
        """Return what the model says of one sample, real (1, *shape), in a place, as JSON.

        Raises TinymlError for a place that cannot be asked, with what to do.
        """
        begun = time.monotonic()
        if on == "float":
            said = self._of_float(real)
        else:
            said = self._of_integers(real) if on == "int8" else self._of_board(real)
        return {"on": on, "host_ms": round(1000 * (time.monotonic() - begun), 2), **said}

    def real_outputs(self, rows: Rows) -> Real:
        """Return outputs (n, bytes) as real numbers (n, elements)."""
        return dequantize_outputs(rows, self._graph.tensors[self._graph.outputs[0]])

    def _of_float(self, real: Real) -> dict[str, Any]:
        path = self.float_model
        if path is None:
            raise InputError(
                f"there is no float model beside {self.setting.model.name}.",
                hint=f"Try: tinyml quantize, which writes {' and '.join(_FLOATS)}",
            )
        outputs, by = ask_float(self._floats, path, real)
        return self._said(real, outputs, by)

    def _of_integers(self, real: Real) -> dict[str, Any]:
        expected = self.expected(real)
        return self._said(self.seen(real), self.real_outputs(expected.outputs), expected.oracle)

    def _of_board(self, real: Real) -> dict[str, Any]:
        assert self.board is not None
        given = self.board.ask(quantize_inputs(real, self._graph))
        wrong = np.flatnonzero((given.outputs != self.expected(real).outputs)[0])
        parts = {"equal": not len(wrong), "first_difference": int(wrong[0]) if len(wrong) else None}
        said = self._said(self.seen(real), self.real_outputs(given.outputs), self.board.by)
        return {**said, **parts, "time": given.time.to_json()}

    def _said(self, seen: Real, outputs: Real, by: str) -> dict[str, Any]:
        outputs = np.asarray(outputs).reshape(len(seen), -1)
        meaning, threshold = self.meaning(outputs.shape[1]), self.file.threshold("int8")
        (values,) = label_outputs(meaning, seen, outputs, _MOST_VALUES, threshold)
        named = [{"label": label, "value": value} for label, value in values[:_MOST_VALUES]]
        return {"by": by, "task": meaning.task, "values": named, "threshold": threshold}
