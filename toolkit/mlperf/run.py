# SPDX-License-Identifier: Apache-2.0
"""One benchmark on one firmware, and what there is to say of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.errors import DeviceError
from toolkit.files import write_atomic
from toolkit.mlperf.files import LabelledFile
from toolkit.mlperf.measure import (
    LEAST_S,
    WINDOWS,
    Performance,
    Quality,
    measure_performance,
    measure_quality,
)
from toolkit.mlperf.talk import Talk
from toolkit.project.benchmarks import Benchmark
from toolkit.runners.link import Link
from toolkit.runners.transcript import Line
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core
from toolkit.timing.model import cost_of
from toolkit.ui import OnProgress

RULE = "-" * 57


@dataclass(frozen=True)
class Plan:
    """What to run: windows of so many seconds each, and the labelled files, none for performance alone."""

    benchmark: Benchmark
    files: Sequence[LabelledFile] = ()
    seconds: float = LEAST_S
    windows: int = WINDOWS
    timeout_s: float = 600.0


@dataclass(frozen=True)
class Outcome:
    """What came of a plan on a board. clock says whose time it is; lines is what was said."""

    benchmark: Benchmark
    board: str
    clock: str
    performance: Performance
    quality: Quality | None
    lines: tuple[Line, ...]

    @property
    def passed(self) -> bool | None:
        """Whether the quality target is met; None where it was not measured."""
        return None if self.quality is None else self.quality.value >= self.benchmark.target

    def to_json(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "benchmark": self.benchmark.name,
            "model": self.benchmark.model_id,
            "board": self.board,
            "clock": self.clock,
            "windows": [asdict(each) for each in self.performance.windows],
            "inferences_per_second": self.performance.throughput,
            "is_valid": self.performance.is_valid,
            "metric": self.benchmark.metric,
            "target": self.benchmark.target,
            "quality": self.quality and self.quality.value,
            "files": self.quality and self.quality.files,
            "passed": self.passed,
        }


def clock_of(board: Board) -> str:
    """Return whose time a firmware's clock has that runs here, in the emulator or as a program."""
    if board.is_host:
        return "by this computer's clock"
    core = find_core(board.core)
    at = f"at {board.clock.hz / 1e6:g} MHz"
    if cost_of(core.timing) is None:
        return f"EMULATED: an instruction counts as a cycle {at}; this is no time of a board"
    return f"EMULATED: modelled cycles of the core {at}, without waits for flash; this is no time of a board"


def run_plan(link: Link, plan: Plan, clock: str, on_progress: OnProgress | None = None) -> Outcome:
    """Run performance, then accuracy, on the firmware behind link.

    Raises DeviceError if it is none for the benchmark.
    """
    talk = Talk(link, plan.timeout_s)
    talk.hello()
    if talk.model != plan.benchmark.model_id:
        raise DeviceError(
            f"the firmware of {talk.board} says that its model is {talk.model}; "
            f"the benchmark {plan.benchmark.name} is of {plan.benchmark.model_id}.",
            hint=f"Try: tinyml build --benchmark {plan.benchmark.name}, and flash that",
        )
    inputs = [next(each.inputs()) for each in plan.files[: plan.windows]] or [_random_input(talk)]
    performance = measure_performance(talk, inputs, plan.seconds, plan.windows, on_progress)
    quality = measure_quality(talk, plan.files, plan.benchmark, on_progress) if plan.files else None
    return Outcome(plan.benchmark, talk.board, clock, performance, quality, tuple(talk.lines))


def _random_input(talk: Talk) -> bytes:
    """Return an input of the size that the firmware takes, which it says when it is asked for too much."""
    bytes_needed = talk.most_bytes()
    values = np.random.default_rng(1).integers(0, 256, bytes_needed, np.uint8)
    if talk.model == "ad01":  # float32: any bytes could be no numbers
        return np.random.default_rng(1).normal(size=bytes_needed // 4).astype("<f4").tobytes()
    return values.tobytes()


def performance_lines(outcome: Outcome) -> list[str]:
    """Return what runner/main.py writes to results.txt of a performance run, after whose time it is."""
    lines = [f"{outcome.board}, {outcome.clock}"]
    for number, window in enumerate(outcome.performance.windows, 1):
        lines += [
            f"Performance results for window {number}",
            f"    # Inferences : {window.inferences}",
            f"    Runtime: {window.seconds} sec.",
            f"    Throughput: {window.throughput} inf./sec.",
        ]
        if window.seconds >= LEAST_S:
            lines.append("    Runtime requirements have been met.")
    if not outcome.performance.is_valid:
        lines.append(f"not valid for a submission: {WINDOWS} windows of {LEAST_S:g} s and more are due.")
    rate = f"ulp-mlperf: Median throughput is {outcome.performance.throughput:>10.3f} inf./sec."
    return [*lines, f"ulp-mlperf: {RULE}", rate, f"ulp-mlperf: {RULE}"]


def quality_lines(outcome: Outcome) -> list[str]:
    """Return what it writes of an accuracy run, and the target; or why there is none."""
    quality, benchmark = outcome.quality, outcome.benchmark
    if benchmark.metric == "detections":
        return ["detections: not measured; these were single windows, without the features of the sound"]
    if quality is None:
        return ["accuracy: not measured; it needs the benchmark's files (--data FOLDER)"]
    is_auc = benchmark.metric == "auc"
    value = f"AUC = {quality.value:.3f}" if is_auc else f"Top 1% = {100 * quality.value:2.1f}"
    wanted = f"{benchmark.target:.2f}" if is_auc else f"{100 * benchmark.target:.0f} %"
    word = "met" if outcome.passed else "MISSED"
    of = f"{quality.files:,} files, {quality.inferences:,} inferences"
    return [f"ulp-mlperf: {value}", f"quality target {wanted} {word}: {of}"]


def write_outcome(outcome: Outcome, folder: Path) -> None:
    """Write what a submission has of a benchmark: results and log of each mode, and results.json."""
    write_atomic(folder / "performance" / "results.txt", _text(performance_lines(outcome)))
    if outcome.quality is not None:
        write_atomic(folder / "accuracy" / "results.txt", _text(quality_lines(outcome)))
    spoken = [f"{'>' if line.to_device else '<'} {line.text}" for line in outcome.lines]
    write_atomic(folder / "log.txt", _text(spoken))
    write_atomic(folder / "results.json", json.dumps(outcome.to_json(), indent=1) + "\n")


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
