# SPDX-License-Identifier: Apache-2.0
"""What a model's outputs must be, to the bit, and who says so."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import process
from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.state import start_states
from toolkit.reference.tflm_worker import REFUSED, RefusedError, Request, join_outputs, run_request
from toolkit.tflite.sizes import FOUND

Rows = NDArray[np.int8]

_CLASSES_TFLM_SUMS = 512

_TIMEOUT_S = 600.0

ROUNDED_OTHERWISE = ("FULLY_CONNECTED", "RELU6", "SUM")
"""Operators that TFLite's reference kernels do not compute to the bit as TFLM does; a test looks."""


@dataclass(frozen=True, eq=False)
class Expected:
    """outputs: (samples, output bytes) int8, all outputs of a sample one after the other."""

    outputs: Rows
    oracle: str


def expected_outputs(
    model: bytes,
    graph: Graph,
    samples: Rows,
    *,
    is_stream: bool = False,
    executor: Executor | None = None,
) -> Expected:
    """Return what every sample must give; samples is (n, input bytes), inputs one after the other.

    A model that remembers is at its start before each sample; with is_stream before the first only.
    It is started anew for that, as TFLM's reset() sets variables to 0 instead of their first values.
    The oracle is the TensorFlow Lite Micro interpreter. Where that is not installed, does not have
    one of the operators, or leaves a part of an output undefined, it is TFLite's reference kernels, if
    these run the model and round all of its operators as TFLM does; else the toolkit's own NumPy
    reference. Expected.oracle names the one that was used, and why. Raises InputError if TFLM refuses
    the model.
    executor is one of processes, in which TFLM stays loaded; without it each call starts a process.
    """
    restarts = bool(graph.states) and not is_stream
    why_not = why_not_tflm(graph)
    if why_not:
        return _without_tflm(model, graph, samples, restarts, why_not)
    if importlib.util.find_spec("tflite_micro"):
        if executor is not None and len(samples):
            outputs = _ask_tflm(executor, model, graph, samples, restarts)
        else:
            outputs = _run_tflm(model, graph, samples, restarts)
        return Expected(outputs, f"TFLM interpreter {version('tflite-micro')}")
    return _without_tflm(model, graph, samples, restarts, "no tflite-micro")


def lacking_in_tflm(graph: Graph) -> tuple[str, ...]:
    """Return the operators of graph that TFLM does not have, or not for the types that are compiled."""
    known = operators()
    kinds = {operation.kind for operation in graph.operations}
    return tuple(sorted(k for k in kinds if k in known and known[k].oracle != "TFLM"))


def why_not_tflm(graph: Graph) -> str:
    """Return why TFLM cannot say what graph's outputs must be, "" if it can."""
    lacking = lacking_in_tflm(graph)
    if lacking:
        return f"TFLM has no {', '.join(lacking)}"
    if any(FOUND in operation.options for operation in graph.operations):
        return "TFLM does not find the sizes of a file that left the batch size free"
    known = operators()
    found = [o for o in graph.operations if o.kind in known]
    undefined = sorted({o.kind for o in found if known[o.kind].is_undefined_in_tflm(graph, o)})
    if undefined:
        return f"TFLM leaves a part of {', '.join(undefined)} undefined"
    return ""


def may_stop_tflm(graph: Graph) -> bool:
    """Return whether some input ends the process in which TFLM runs: it stops at a SOFTMAX of many equal
    classes, whose sum it does not hold.
    """
    return any(
        operation.kind == "SOFTMAX"
        and graph.tensors[operation.outputs[0]].shape[-1:] >= (_CLASSES_TFLM_SUMS,)
        for operation in graph.operations
    )


def split_inputs(graph: Graph, row: Rows) -> list[NDArray[Any]]:
    """Return one sample's bytes as the graph's input arrays."""
    tensors = [graph.tensors[i] for i in graph.inputs]
    ends = np.cumsum([t.bytes for t in tensors])
    parts = np.split(row, ends[:-1])
    return [
        part.view(tensor.dtype).reshape(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)
    ]


def tflm_runs_in(model: bytes, graph: Graph, arena_bytes: int) -> bool:
    """Return whether the TFLM interpreter of this computer runs model with this arena."""
    zeros = np.zeros((1, sum(graph.tensors[i].bytes for i in graph.inputs)), np.int8)
    try:
        _run_tflm(model, graph, zeros, False, arena_bytes)
    except InputError:
        return False
    return True


def ample_arena(model: bytes, graph: Graph) -> int:
    """Return the bytes of an arena in which TFLM has all the room it could want."""
    return 2 * sum(t.bytes for t in graph.tensors) + len(model) + (1 << 20)


def _run_tflm(
    model: bytes, graph: Graph, samples: Rows, restarts: bool, arena_bytes: int | None = None
) -> Rows:
    if not len(samples):
        return _stack([], graph)
    request = _request(model, graph, restarts, arena_bytes)
    with tempfile.TemporaryDirectory(prefix="tinyml-tflm-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(model)
        (folder / "request.json").write_text(request.to_json(), encoding="utf-8")
        np.save(folder / "samples.npy", samples, allow_pickle=False)
        worker: list[str | Path] = [sys.executable, "-m", "toolkit.reference.tflm_worker", folder]
        done = process.run(worker, timeout_s=_TIMEOUT_S, env=_environment())
        if done.exit_code == REFUSED:
            raise _refused(graph, done.output.strip().splitlines()[-1])
        if done.exit_code != 0:
            raise _not_survived(graph, f"exit code {done.exit_code}")
        rows: Rows = np.load(folder / "outputs.npy", allow_pickle=False)
        return rows


def _ask_tflm(executor: Executor, model: bytes, graph: Graph, samples: Rows, restarts: bool) -> Rows:
    request = _request(model, graph, restarts, None)
    try:
        return executor.submit(run_request, model, request, samples).result(_TIMEOUT_S)
    except RefusedError as error:
        raise _refused(graph, str(error)) from error
    except BrokenExecutor as error:
        raise _not_survived(graph, "its process ended") from error


def _request(model: bytes, graph: Graph, restarts: bool, arena_bytes: int | None) -> Request:
    inputs = [(list(t.shape), t.dtype) for t in (graph.tensors[i] for i in graph.inputs)]
    return Request(inputs, len(graph.outputs), arena_bytes or ample_arena(model, graph), restarts)


def _refused(graph: Graph, reason: str) -> InputError:
    return InputError(f"TensorFlow Lite Micro refuses {graph.name}: {reason}")


def _not_survived(graph: Graph, how: str) -> InputError:
    return InputError(
        f"TensorFlow Lite Micro does not survive {graph.name} ({how}).",
        hint="The model is damaged, or TFLM has a bug; its outputs cannot be compared",
    )


def _without_tflm(model: bytes, graph: Graph, samples: Rows, restarts: bool, why: str) -> Expected:
    rounded = sorted({o.kind for o in graph.operations} & set(ROUNDED_OTHERWISE))
    if not importlib.util.find_spec("tensorflow"):
        why += ", no tensorflow"
    elif rounded:
        why += f"; TFLite computes {', '.join(rounded)} in another way than TFLM"
    else:
        from toolkit.reference.tflite import run_tflite_reference

        try:
            outputs = run_tflite_reference(model, samples, restarts=restarts)
            return Expected(outputs, f"TFLite reference kernels ({why})")
        except InputError:
            why += ", and TFLite refuses the model"
    return Expected(_run_numpy(graph, samples, restarts), f"NumPy reference ({why})")


def _environment() -> dict[str, str]:
    """The worker finds the toolkit where this process did."""
    here = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))}


def _run_numpy(graph: Graph, samples: Rows, restarts: bool) -> Rows:
    states = start_states(graph)
    return _stack(
        [
            join_outputs(evaluate(graph, split_inputs(graph, row), None if restarts else states))
            for row in samples
        ],
        graph,
    )


def _stack(rows: list[Rows], graph: Graph) -> Rows:
    width = sum(graph.tensors[i].bytes for i in graph.outputs)
    return np.stack(rows) if rows else np.zeros((0, width), np.int8)
