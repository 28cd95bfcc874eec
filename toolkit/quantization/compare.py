# SPDX-License-Identifier: Apache-2.0
"""Ways to make integers of one model, side by side: what each leaves of its outputs and of its score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from toolkit import metrics
from toolkit.data.dataset import Dataset, Split
from toolkit.errors import InputError
from toolkit.project.config import Project
from toolkit.project.quantization import Calibrating, QuantizationConfig
from toolkit.quantization.artifacts import best_quantized
from toolkit.quantization.explain import judged_split
from toolkit.quantization.pairs import sqnr_db
from toolkit.quantization.report import int8_outputs
from toolkit.reference.tflite import run_tflite_float
from toolkit.tflite.reader import read_graph

ADJUSTMENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("equalize = true", {"equalize": True}),
    ("correct_bias = true", {"correct_bias": True}),
    ('rounding = "adaptive"', {"rounding": "adaptive"}),
    ("all three", {"equalize": True, "correct_bias": True, "rounding": "adaptive"}),
)


@dataclass(frozen=True)
class Compared:
    """A way to quantize by its lines of [quantization], and what it leaves of the outputs and of the score.

    score is None where the task has none.
    """

    method: str
    sqnr_db: float
    score: float | None


@dataclass(frozen=True)
class Comparison:
    """The ways in the order in which they were tried, and the score of float32 on the same samples."""

    metric: str
    samples: int
    real: float | None
    ways: tuple[Compared, ...]


def compare_methods(
    project: Project,
    dataset: Dataset,
    model: Any,
    float32: bytes,
    on_progress: Callable[[int, int], None] = lambda *_: None,
    split: Split | None = None,
) -> Comparison:
    """Convert a Keras model by each calibration, then with each adjustment of the weights.

    float32 is its float .tflite. Each is judged as the .tflite that it gives, on split: without one on 1,000
    validation samples at most, or training samples where there are none. Raises InputError for int16.
    """
    if project.quantization.integers != "int8":
        raise InputError(
            'the ways to calibrate are for activations = "int8" in the section [quantization].',
            hint="Try: tinyml quantize --layers",
        )
    split = split or judged_split(dataset)
    real = run_tflite_float(float32, split.x)
    found: list[Compared] = []
    ways = list(methods(project.quantization))
    for number, (name, config) in enumerate(ways):
        content, _ = best_quantized(project.with_quantization(config), dataset, model, float32)
        outputs = int8_outputs(content, read_graph(content, project.name), split.x)
        score = metrics.score(dataset.task, split.y, outputs, split.x)
        found.append(Compared(name, sqnr_db(real, outputs), score))
        on_progress(number + 1, len(ways))
    score = metrics.score(dataset.task, split.y, np.asarray(real), split.x)
    return Comparison(metrics.metric_name(dataset.task), len(split), score, tuple(found))


def methods(config: QuantizationConfig) -> Iterator[tuple[str, QuantizationConfig]]:
    """Give each way with its name: all calibrations, then the adjustments, each by itself and all."""
    plain = QuantizationConfig(samples=config.samples, false_alarms=config.false_alarms)
    for name in get_args(Calibrating):
        yield f'calibration = "{name}"', replace(plain, calibration=name)
    for text, changed in ADJUSTMENTS:
        yield text, replace(plain, **changed)
    yield 'all three, calibration = "mse"', replace(plain, calibration="mse", **ADJUSTMENTS[-1][1])


def comparison_lines(found: Comparison) -> list[str]:
    """Return the comparison as a table."""
    width = max(len(way.method) for way in found.ways)
    score = metrics.score_text(found.metric, found.real)
    return [
        f"validation {found.metric}, {found.samples} samples: float32 {score}",
        *(
            f"{way.method:{width}}  {way.sqnr_db:5.1f} dB  {metrics.score_text(found.metric, way.score):>9}"
            for way in found.ways
        ),
    ]
