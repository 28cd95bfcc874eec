# SPDX-License-Identifier: Apache-2.0
"""Whether a compiled model computes what its .tflite says: checked before the C is handed out.

The generated C, with every multiplier, folded bias, table and address in it, runs on this computer
over random inputs. The file's own graph, which no pass has seen, is evaluated in NumPy by the
operators' references; the outputs of every layer must be equal, as a later layer can hide what went
wrong in an earlier one. A model that remembers gets the inputs as one sequence. The model's outputs
are compared with TensorFlow Lite Micro's too where that is installed and has all of the operators.
"""

from __future__ import annotations

import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import CheckFailedError, ToolMissingError
from toolkit.firmware.toolchain import find_host_toolchain
from toolkit.ir.graph import Graph, Tensor
from toolkit.ops.shared.evaluate import evaluate_tensors
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.state import start_states
from toolkit.reference.oracle import (
    Expected,
    Rows,
    expected_outputs,
    may_stop_tflm,
    split_inputs,
    why_not_tflm,
)
from toolkit.reference.tflm_worker import join_outputs
from toolkit.tflite.reader import read_graph
from toolkit.verify.layers import first_layer_difference
from toolkit.verify.native import NativeModel
from toolkit.verify.streamed import verify_stream
from toolkit.verify.verdict import compare

SAMPLES = 4
_NEAR = 12
_MOST = int(np.iinfo(np.int64).max)
_REFERENCE = "NumPy reference"
_CHOOSING = ("GATHER", "GATHER_ND", "EMBEDDING_LOOKUP")
_INDICES = ("int32", "int64")


@dataclass(frozen=True)
class Verification:
    """What was compared: samples, or windows of a stream, and with what. skipped is why nothing was, "" if it
    was.
    """

    samples: int
    against: tuple[str, ...]
    skipped: str = ""
    is_stream: bool = False


def verifiers() -> tuple[str, ...]:
    """Return with what verify_model would verify here and now: a C compiler and TFLM; () if it would not."""
    try:
        compiler = find_host_toolchain().kind
    except ToolMissingError:
        return ()
    return (compiler, *(["TFLM"] if importlib.util.find_spec("tflite_micro") else []))


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
        if compiled.graph.stream is not None:
            found = verify_stream(compiled, native, model, graph, rows)
            if found.where is not None:
                raise _wrong(compiled, found.oracle, found.where)
            return Verification(found.windows, found.against, is_stream=True)
        is_stream = bool(graph.states)
        runs = native.run_sequence(rows) if is_stream else [native.run(row) for row in rows]
    states = start_states(graph)
    truths = []
    for sample, (row, run) in enumerate(zip(rows, runs, strict=True)):
        truth = evaluate_tensors(graph, split_inputs(graph, row), states)
        layer = first_layer_difference(compiled.graph, truth, run.tensors, sample)
        if layer is not None:
            raise _wrong(compiled, _REFERENCE, layer)
        truths.append(join_outputs([truth[i] for i in graph.outputs]))
    outputs = np.stack(truths)
    why_not = why_not_tflm(graph)
    oracles = [Expected(outputs, _REFERENCE + (f" ({why_not})" if why_not else ""))]
    if importlib.util.find_spec("tflite_micro") and not why_not and not may_stop_tflm(graph):
        oracles.append(expected_outputs(model, graph, rows, is_stream=is_stream))
    for expected in oracles:
        got = [run.outputs.tobytes() for run in runs]
        _, difference = compare(compiled.graph, expected, got)
        if difference is not None:
            raise _wrong(compiled, expected.oracle, difference)
    return Verification(len(rows), tuple(expected.oracle for expected in oracles))


def _wrong(compiled: CompiledModel, oracle: str, where: object) -> CheckFailedError:
    return CheckFailedError(
        f"the C of {compiled.name} is not what the model says, by the {oracle}: {where}.",
        hint="This is a bug of the toolkit. Try: tinyml bisect MODEL.tflite, and report what it says",
    )


def verification_text(verification: Verification) -> str:
    """Return what was verified as a line."""
    if verification.skipped:
        return f"verify: NOT DONE: {verification.skipped}"
    what = "windows of a random stream" if verification.is_stream else "random inputs"
    return f"verify: {verification.samples} {what} equal to {' and '.join(verification.against)}"


def random_rows(graph: Graph, samples: int) -> Rows:
    """Return inputs for graph, int8 (samples, input bytes): all lowest, all highest, then random.

    Every other random sample stays near the zero points, where fewer sums saturate. Inputs of a model
    that chooses by index are places that there are: TFLM does not look whether they are.
    """
    rng = np.random.default_rng(20)
    tensors = [graph.tensors[i] for i in graph.inputs]
    limits = [_limits(graph, tensor) for tensor in tensors]
    rows = [
        b"".join(_random_value(*pair, rng, sample) for pair in zip(tensors, limits, strict=True))
        for sample in range(samples)
    ]
    return np.frombuffer(b"".join(rows), np.int8).reshape(samples, -1)


def _limits(graph: Graph, tensor: Tensor) -> tuple[int, int]:
    """Return the least and greatest value of an integer input, (0, 1) for the others."""
    if tensor.dtype in ("float32", "bool"):
        return 0, 1
    sizes = [
        size
        for operation in graph.operations
        if operation.kind in _CHOOSING
        for source in graph.input_tensors(operation)
        if source is not None and tensor.dtype in _INDICES
        for size in source.shape
    ]
    if sizes:
        return 0, max(min(sizes) - 1, 0)
    return int(np.iinfo(tensor.dtype).min), min(int(np.iinfo(tensor.dtype).max), _MOST)


def _random_value(tensor: Tensor, limits: tuple[int, int], rng: np.random.Generator, sample: int) -> bytes:
    return bytes(_random_array(tensor, limits, rng, sample).astype(tensor.dtype).tobytes())


def _random_array(tensor: Tensor, limits: tuple[int, int], rng: np.random.Generator, sample: int) -> Array:
    if tensor.dtype == "float32":
        return np.asarray(rng.standard_normal(tensor.shape) * 10.0 ** rng.uniform(-1, 2))
    if sample < 2:
        return np.full(tensor.shape, limits[sample])
    if sample % 2 == 0 or tensor.quantization is None:
        return rng.integers(*limits, tensor.shape, np.int64, endpoint=True)
    zero = tensor.quantization.zero_point
    return np.clip(zero + rng.integers(-_NEAR, _NEAR, tensor.shape), *limits)
