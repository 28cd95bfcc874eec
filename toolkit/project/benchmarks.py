# SPDX-License-Identifier: Apache-2.0
"""The benchmarks of MLPerf Tiny: how its runner names their models, codes their data, and what is good.

Sources, of mlcommons/tiny: benchmark/MLPerfTiny_Rules.adoc, the table of quality targets; benchmark/
evaluation/datasets/README.md, the files' coding; benchmark/runner/tests_performance.yaml, the models' names;
benchmark/training, the models and so their sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

BenchmarkName = Literal["kws", "ic", "vww", "ad", "sww"]
Coding = Literal["int8", "pixels", "features"]


@dataclass(frozen=True)
class Benchmark:
    """One benchmark. model_id is what its runner knows the model by, and the name of the data's folder.

    coding is what a file's bytes are: the model's int8 input; pixels, uint8, of which the model takes each
    less 128; or features, float32, which the firmware quantizes, and of which the result is the mean squared
    error. metric is "accuracy" (the share of files whose class is right), "auc", or "detections" (of a
    stream); target is the least that the closed division asks for, of "detections" the most errors of each
    kind. inputs and outputs are how many numbers its model takes and gives, whatever their shape.
    """

    name: BenchmarkName
    model_id: str
    title: str
    coding: Coding
    metric: Literal["accuracy", "auc", "detections"]
    target: float
    inputs: int
    outputs: int


_ALL = (
    Benchmark("kws", "kws01", "keyword spotting", "int8", "accuracy", 0.90, 490, 12),
    Benchmark("ic", "ic01", "image classification", "pixels", "accuracy", 0.85, 3072, 10),
    Benchmark("vww", "vww01", "visual wake words", "pixels", "accuracy", 0.80, 27648, 2),
    Benchmark("ad", "ad01", "anomaly detection", "features", "auc", 0.85, 640, 640),
    Benchmark("sww", "sww01", "streaming wake word", "int8", "detections", 8, 1200, 3),
)
BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType({each.name: each for each in _ALL})
