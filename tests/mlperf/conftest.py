# SPDX-License-Identifier: Apache-2.0
"""Firmware of small models for each benchmark, built once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from support.benchmark_models import small, write_benchmark

from toolkit.firmware import Firmware
from toolkit.firmware.loose import build_loose
from toolkit.project.benchmarks import Benchmark
from toolkit.targets.board import load_board


@dataclass(frozen=True)
class Made:
    """A benchmark's firmware, its data's folder, and the results that each window is to have."""

    benchmark: Benchmark
    model: Path
    data: Path
    results: list[list[float]]
    firmware: Firmware


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Made]:
    """Return what makes a benchmark's firmware for a board."""

    @cache
    def make(name: str, board: str = "host") -> Made:
        folder, benchmark = tmp_path_factory.mktemp(f"{name} {board}"), small(name)
        model, results = write_benchmark(folder, benchmark)
        built = build_loose(model, load_board(board), folder / "out", benchmark)
        return Made(benchmark, model, folder / "data", results, built.firmware)

    return make
