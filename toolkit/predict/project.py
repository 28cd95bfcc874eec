# SPDX-License-Identifier: Apache-2.0
"""The model of a project, asked about files that are none of its data."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from toolkit.data import Dataset, decode_file
from toolkit.data.source import OnBroken
from toolkit.data.standard import Standard
from toolkit.pipeline.pipeline import Pipeline
from toolkit.predict.answer import Real, Where
from toolkit.predict.outputs import (
    Computed,
    outputs_of_firmware,
    outputs_of_oracle,
    outputs_of_tflite,
    quantize_inputs,
    round_inputs,
)
from toolkit.reading import MOST_MODEL_BYTES, read_file
from toolkit.targets.board import Board, load_board
from toolkit.verify.on_device import Place, Samples, check_firmware


class ProjectModel:
    """A Predictor: files are decoded as the project's source does, the model is made if it is out of date.

    On float it is the float .tflite, on int8 the integer model by the oracle of a check, on board the
    firmware in emulation.
    """

    name = "the model"
    home: Where = "int8"

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    @cached_property
    def _dataset(self) -> Dataset:
        return self._pipeline.dataset()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self._dataset.input_shape

    @property
    def standard(self) -> Standard | None:
        """What was done to the columns of the data."""
        return self._dataset.standard

    def decode(self, file: Path, on_broken: OnBroken | None = None) -> Real:
        """Return the samples in a file as the project's source reads them."""
        return decode_file(self._pipeline.project, file, on_broken)

    def run(self, real: Real, on: Where, board: str) -> Computed:
        """Return the outputs of the model on this place, and who computed them."""
        model = self._pipeline.quantize()
        if on == "float":
            return outputs_of_tflite(read_file(model.with_name("model_float.tflite"), MOST_MODEL_BYTES), real)
        if on == "board":
            return self._run_on(load_board(board), read_file(model, MOST_MODEL_BYTES), real)
        compiled = self._pipeline.compile()
        return outputs_of_oracle(
            read_file(model, MOST_MODEL_BYTES), compiled, quantize_inputs(real, compiled.graph)
        )

    def _run_on(self, board: Board, model: bytes, real: Real) -> Computed:
        firmware, compiled = self._pipeline.build(board), self._pipeline.built_model(board)
        samples = Samples(quantize_inputs(real, compiled.graph))
        with self._pipeline.progress(f"predict: {len(real)} samples on {board.name}") as on_progress:
            checked = check_firmware(firmware, compiled, model, samples, Place(), on_progress)
        return outputs_of_firmware(checked, compiled)

    def as_seen(self, real: Real, on: Where) -> Real:
        """Return real as the float or the integer model has it."""
        return real if on == "float" else round_inputs(real, self._pipeline.compile().graph)

    def meaning(self, outputs: int) -> Dataset:
        """Return the project's data, which say the task and the classes."""
        return self._dataset

    def threshold(self, on: Where) -> float | None:
        """Return the threshold of the float or the integer model's errors."""
        return self._pipeline.threshold("float32" if on == "float" else "int8")
