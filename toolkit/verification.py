# SPDX-License-Identifier: Apache-2.0
"""Whether a compiled model computes what its .tflite says: checked before the C is handed out.

The generated C, with every multiplier, folded bias, table and address in it, runs on this computer
over random inputs. The file's own graph, which no pass has seen, is evaluated in NumPy by the
operators' references; the outputs of every layer must be equal, as a later layer can hide what went
wrong in an earlier one. The model's outputs are compared with TensorFlow Lite Micro's too where that
is installed.
"""

from __future__ import annotations

import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.comparison import first_layer_difference
from toolkit.compiler import CompiledModel
from toolkit.errors import CheckFailedError, ToolMissingError
from toolkit.ir.graph import Graph, Tensor
from toolkit.native import NativeModel
from toolkit.ops.evaluate import evaluate_tensors
from toolkit.ops.operator import Array
from toolkit.oracle import Expected, Rows, expected_outputs, split_inputs
from toolkit.tflite.reader import read_graph
from toolkit.tflm_worker import join_outputs
from toolkit.verdict import compare

SAMPLES = 4
_NEAR = 12
_REFERENCE = "NumPy reference"


@dataclass(frozen=True)
class Verification:
    """What was compared: samples, and with what. skipped is why nothing was, "" if it was."""

    samples: int
    against: tuple[str, ...]
    skipped: str = ""


def verify_model(compiled: CompiledModel, model: bytes, samples: int = SAMPLES) -> Verification:
    """Check compiled, made from the .tflite bytes model, on random inputs, the same every time.

    Raises CheckFailedError with the first index that differs. Without a C compiler for this
    computer nothing is checked, and the result says so.
    """
    graph = read_graph(model, compiled.name)
    rows = random_rows(graph, samples)
    with tempfile.TemporaryDirectory(prefix="tinyml-verify-") as folder:
        try:
            native = NativeModel(compiled, Path(folder), dumps=True)
        except ToolMissingError as error:
            return Verification(0, (), f"{error.message.rstrip('.')}, so the C was not run")
        runs = [native.run(row) for row in rows]
    truths = [evaluate_tensors(graph, split_inputs(graph, row)) for row in rows]
    for sample, (truth, run) in enumerate(zip(truths, runs, strict=True)):
        layer = first_layer_difference(compiled.graph, truth, run.tensors, sample)
        if layer is not None:
            raise _wrong(compiled, _REFERENCE, layer)
    outputs = np.stack([join_outputs([truth[i] for i in graph.outputs]) for truth in truths])
    oracles = [Expected(outputs, _REFERENCE)]
    if importlib.util.find_spec("tflite_micro"):
        found = [expected_outputs(model, graph, row[None]) for row in rows]
        oracles.append(Expected(np.concatenate([each.outputs for each in found]), found[0].oracle))
    got = [run.outputs.tobytes() for run in runs]
    for expected in oracles:
        _, difference = compare(compiled.graph, expected, got)
        if difference is not None:
            raise _wrong(compiled, expected.oracle, difference)
    return Verification(len(rows), tuple(expected.oracle for expected in oracles))


def _wrong(compiled: CompiledModel, oracle: str, where: object) -> CheckFailedError:
    return CheckFailedError(
        f"the C of {compiled.name} is not what the model says, by the {oracle}: {where}.",
        hint="This is a bug of the toolkit. Try: tinyml bisect, and report what it says",
    )


def verification_text(verification: Verification) -> str:
    """Return what was verified as a line."""
    if verification.skipped:
        return f"verify: NOT DONE: {verification.skipped}"
    return f"verify: {verification.samples} random inputs equal to {' and '.join(verification.against)}"


def random_rows(graph: Graph, samples: int) -> Rows:
    """Return inputs for graph, int8 (samples, input bytes): all lowest, all highest, then random.

    Every other random sample stays near the zero points, where fewer sums saturate.
    """
    rng = np.random.default_rng(20)
    tensors = [graph.tensors[i] for i in graph.inputs]
    rows = [b"".join(_random_value(t, rng, sample) for t in tensors) for sample in range(samples)]
    return np.frombuffer(b"".join(rows), np.int8).reshape(samples, -1)


def _random_value(tensor: Tensor, rng: np.random.Generator, sample: int) -> bytes:
    return bytes(_random_array(tensor, rng, sample).astype(tensor.dtype).tobytes())


def _random_array(tensor: Tensor, rng: np.random.Generator, sample: int) -> Array:
    if tensor.dtype == "float32":
        return np.asarray(rng.standard_normal(tensor.shape) * 10.0 ** rng.uniform(-1, 2))
    if tensor.dtype == "bool":
        return rng.integers(0, 2, tensor.shape)
    limits = np.iinfo(tensor.dtype)
    if sample < 2:
        return np.full(tensor.shape, (limits.min, limits.max)[sample])
    if sample % 2 == 0:
        return rng.integers(limits.min, limits.max, tensor.shape, np.int64, endpoint=True)
    zero = tensor.quantization.zero_point if tensor.quantization else 0
    return np.clip(zero + rng.integers(-_NEAR, _NEAR, tensor.shape), limits.min, limits.max)
