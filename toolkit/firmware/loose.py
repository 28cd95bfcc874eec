# SPDX-License-Identifier: Apache-2.0
"""Firmware for any quantized .tflite file, with no project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import optimization_for
from toolkit.compiler.files import read_model
from toolkit.firmware.application import Application
from toolkit.firmware.build import Firmware, OnLine
from toolkit.firmware.engine import AHEAD_OF_TIME, EngineChoice
from toolkit.firmware.fitting import build_to_fit
from toolkit.project.benchmarks import Benchmark
from toolkit.targets.board import Board
from toolkit.targets.target import target_of


@dataclass(frozen=True)
class LooseFirmware:
    """A firmware, and the model that it runs as it was compiled for the board."""

    compiled: CompiledModel
    firmware: Firmware


def build_loose(
    model: Path,
    board: Board,
    folder: Path,
    benchmark: Benchmark | None = None,
    *,
    engine: EngineChoice = AHEAD_OF_TIME,
    on_line: OnLine | None = None,
    on_word: OnLine | None = None,
) -> LooseFirmware:
    """Build firmware for the .tflite file model: its project in folder/firmware, the images in folder.

    With benchmark it answers that benchmark's runner. Raises InputError for a model that cannot be built or
    is none of the benchmark's, and as build_to_fit() does.
    """
    data, target = read_model(model), target_of(board)
    optimization = optimization_for(model, data, target, "balanced")
    compiled = compile_model(data, model.stem, target, optimization=optimization)
    built, firmware = build_to_fit(
        compiled,
        data,
        board,
        Application(benchmark=benchmark),
        folder / "firmware",
        on_line=on_line,
        on_word=on_word,
        tflm=engine.for_model(compiled, data),
    )
    return LooseFirmware(built, firmware)
