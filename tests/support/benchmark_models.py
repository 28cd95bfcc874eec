# SPDX-License-Identifier: Apache-2.0
"""Models of one layer that take what MLPerf Tiny's do, and data for them as its runner has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.ir.graph import Graph
from toolkit.project.benchmarks import BENCHMARKS, Benchmark
from toolkit.reference.oracle import expected_outputs
from toolkit.tflite.reader import read_graph

FEATURES = 40
_SMALL = {"kws": (24, 3), "vww": (24, 3), "ad": (FEATURES, FEATURES)}


def small(name: str) -> Benchmark:
    """Return a benchmark whose model is small, so that it is soon built; ic has its own size."""
    inputs, outputs = _SMALL.get(name, (BENCHMARKS[name].inputs, BENCHMARKS[name].outputs))
    return replace(BENCHMARKS[name], inputs=inputs, outputs=outputs)


def classifier(inputs: int, classes: int, zero_point: int = -128, dtype: str = "int8") -> Graph:
    """Return FULLY_CONNECTED -> SOFTMAX: so many numbers in, so many classes out."""
    rng = np.random.default_rng(3)
    b = GraphBuilder("classifier")
    x = b.tensor((1, inputs), dtype, scale=1.0 if zero_point == -128 else 0.5, zero_point=zero_point)
    weights = b.tensor((classes, inputs), scale=0.02, data=rng.integers(-127, 128, (classes, inputs)))
    bias = b.tensor((classes,), "int32", scale=0.02, data=[0] * classes)
    dense = b.tensor((1, classes), scale=1.0, zero_point=0)
    result = b.tensor((1, classes), scale=1 / 256, zero_point=-128)
    b.operation("FULLY_CONNECTED", [x, weights, bias], [dense], fused_activation_function="NONE")
    b.operation("SOFTMAX", [dense], [result], beta=1.0)
    return b.graph([x], [result])


def autoencoder() -> Graph:
    """Return FULLY_CONNECTED that gives back about half of what it gets: 40 numbers in and out."""
    b = GraphBuilder("autoencoder")
    x = b.tensor((1, FEATURES), scale=0.4, zero_point=89)
    weights = b.tensor((FEATURES, FEATURES), scale=0.01, data=50 * np.eye(FEATURES, dtype=np.int64))
    bias = b.tensor((FEATURES,), "int32", scale=0.004, data=[0] * FEATURES)
    result = b.tensor((1, FEATURES), scale=0.35, zero_point=96)
    b.operation("FULLY_CONNECTED", [x, weights, bias], [result], fused_activation_function="NONE")
    return b.graph([x], [result])


def graph_for(benchmark: Benchmark) -> Graph:
    """Return the small model of a benchmark."""
    if benchmark.coding == "features":
        return autoencoder()
    zero_point = -128 if benchmark.coding == "pixels" else 3
    return classifier(benchmark.inputs, benchmark.outputs, zero_point)


def expected_results(data: bytes, inputs: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return what the reference gives to rows of the model's input, as real numbers."""
    graph = read_graph(data, "model")
    output = graph.tensors[graph.outputs[0]]
    assert output.quantization is not None
    found = expected_outputs(data, graph, inputs).outputs.astype(np.float32)
    zero, scale = output.quantization.zero_point, np.float32(output.quantization.scale)
    return np.asarray((found.reshape(len(inputs), -1) - zero) * scale)


def as_input(benchmark: Benchmark, data: bytes) -> NDArray[np.int8]:
    """Return what the model is to get of a file's bytes: the other way round than the firmware's C."""
    if benchmark.coding == "pixels":
        return (np.frombuffer(data, np.uint8).astype(np.int16) - 128).astype(np.int8)
    if benchmark.coding == "features":
        steps = np.frombuffer(data, "<f4") / np.float32(0.4)
        rounded = np.sign(steps + 89) * np.floor(np.abs(steps + 89) + 0.5)
        return np.clip(rounded, -128, 127).astype(np.int8)
    return np.frombuffer(data, np.int8)


def write_benchmark(folder: Path, benchmark: Benchmark) -> tuple[Path, list[list[float]]]:
    """Write model.tflite, and data/ as the runner has it; return the model and each window's results.

    The labels are such that a share of the files is right, and all classes are there.
    """
    model = folder / f"{benchmark.name}.tflite"
    model.write_bytes(write_tflite(graph_for(benchmark)))
    place = folder / "data" / benchmark.model_id
    place.mkdir(parents=True)
    writer: Callable[..., list[list[float]]] = (
        _write_features if benchmark.coding == "features" else _write_classes
    )
    return model, writer(place, benchmark, model.read_bytes())


def _write_classes(place: Path, benchmark: Benchmark, model: bytes) -> list[list[float]]:
    rng, lines, results = np.random.default_rng(5), [], []
    for number in range(6):
        data = rng.integers(0, 256, benchmark.inputs, np.uint8).tobytes()
        (place / f"file {number}.bin").write_bytes(data)
        (row,) = expected_results(model, as_input(benchmark, data)[np.newaxis])
        label = int(np.argmax(row)) if number >= 3 else number
        lines.append(f"file {number}.bin, {benchmark.outputs}, {label}")
        results.append(row.tolist())
    (place / "y_labels.csv").write_text("\n".join(lines).replace(", ", ",") + "\n")
    return results


def _write_features(place: Path, benchmark: Benchmark, model: bytes) -> list[list[float]]:
    rng, lines, results = np.random.default_rng(5), [], []
    for number in range(6):
        values = rng.normal(0, 1 + 20 * (number % 2), FEATURES + 16).astype("<f4")
        values[3] = (
            1e4 if number == 1 else values[3]
        )  # beyond what int8 holds: the error is of the number itself
        (place / f"file {number}.bin").write_bytes(values.tobytes())
        for start in (0, 8, 16):
            window = values[start : start + FEATURES]
            (row,) = expected_results(model, as_input(benchmark, window.tobytes())[np.newaxis])
            results.append([float(np.mean((window - row) ** 2))])
        lines.append(f"file {number}.bin,2,{number % 2},{4 * FEATURES},32")
    (place / "y_labels.csv").write_text("\n".join(lines) + "\n")
    return results
