# SPDX-License-Identifier: Apache-2.0
"""Compare what a device answered with what it had to answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.errors import CheckFailedError
from toolkit.ir.graph import Graph
from toolkit.ir.real_numbers import dequantize_outputs
from toolkit.ir.rules import kind_text
from toolkit.metrics import Detection, Task
from toolkit.reference.oracle import Expected, Rows

_KEPT = "See verdict.json and transcript.txt in the board's build folder"


@dataclass(frozen=True)
class Difference:
    """The first output element that differs: which sample, the layer that wrote it, and where."""

    sample: int
    output: int
    layer: str
    index: int
    expected: float
    got: float

    def __str__(self) -> str:
        return (
            f"sample {self.sample}, output {self.output} (written by {self.layer}), index {self.index}: "
            f"expected {self.expected:g}, got {self.got:g}"
        )


@dataclass(frozen=True)
class Score:
    """How good the outputs are against the labels: metric is metrics.metric_name of the task.

    detection is what an anomaly detector's threshold is worth on the device.
    """

    metric: str
    device: float | None
    host: float | None
    detection: Detection | None = None


@dataclass(frozen=True)
class Layer:
    """What one layer costs. instructions are counted in emulation, cycles on a device; in emulation cycles
    are modelled, and flash_wait_cycles come on top of them. None is what nobody knows."""

    index: int
    name: str
    cycles: int | None
    instructions: int | None = None
    flash_wait_cycles: int | None = None


@dataclass(frozen=True)
class Verdict:
    """The result of a check; sizes in bytes.

    instructions is None where nothing counts them. cycles are counted on a device; in emulation a model of
    the core gives those of the first sample (docs/cycle-model.md), None where there is no model, and
    flash_wait_cycles is what the core waits for flash on top of them. latency_ms is all cycles by the board's
    clock, latency_error how far that may be off, as a share of it: None if nobody knows. model_flash_bytes
    (the model's and its kernels' code, tables and weights) is None on the host. made_by is the model's
    provenance in JSON's types, firmware_sha256 the ELF's. of_windows: samples counts windows, those too that
    begin in one sample and end in the next. remark says what the runner's name does not.
    """

    board: str
    runner: str
    oracle: str
    model_sha256: str
    samples: int
    equal: int
    first_difference: Difference | None
    score: Score | None
    instructions: int | None
    cycles: int | None
    layers: tuple[Layer, ...]
    arena_bytes: int
    stack_bytes: int
    flash_bytes: int
    model_flash_bytes: int | None
    weights_bytes: int
    ram_bytes: int
    made_by: Mapping[str, Any] = field(default_factory=dict)
    firmware_sha256: str = ""
    latency_ms: float | None = None
    latency_is_modelled: bool = False
    flash_wait_cycles: int | None = None
    latency_error: float | None = None
    of_windows: bool = False
    remark: str = ""

    @property
    def compared(self) -> str:
        """What samples and equal count."""
        return "windows" if self.of_windows else "samples"

    @property
    def passed(self) -> bool:
        """Whether every byte of every sample was right, and there was at least one sample."""
        return self.samples > 0 and self.equal == self.samples

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain values for verdict.json and --json."""
        return {"passed": self.passed, **asdict(self)}

    def reason(self) -> str:
        """Return why the check did not pass, as a sentence."""
        if self.first_difference is None:
            return f"no sample was compared on {self.board}."
        wrong = self.samples - self.equal
        return (
            f"{wrong} of {self.samples} {self.compared} differ from the {self.oracle} on {self.board}. "
            f"First: {self.first_difference}."
        )


def require_all(verdicts: Sequence[Verdict], facts: Mapping[str, object], hint: str = _KEPT) -> None:
    """Raise CheckFailedError with each reason unless every check passed; facts are for --json."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        raise CheckFailedError("\n".join(v.reason() for v in failed), hint=hint, facts=facts)


def compare(graph: Graph, expected: Expected, got: Sequence[bytes]) -> tuple[int, Difference | None]:
    """Return how many samples are equal to the byte, and the first difference."""
    equal, first = 0, None
    for sample, (want, have) in enumerate(zip(expected.outputs, got, strict=True)):
        if want.tobytes() == have:
            equal += 1
        elif first is None:
            first = _first_difference(graph, sample, want, np.frombuffer(have, np.int8))
    return equal, first


def score(
    graph: Graph,
    task: Task,
    labels: NDArray[Any],
    expected: Expected,
    got: Sequence[bytes],
    inputs: Rows | None = None,
    threshold: float | None = None,
) -> Score:
    """Return what the outputs are worth by the task's metric: labels as in a Split's y.

    inputs (n, input bytes) are needed for anomalies, where they are what the outputs are compared with;
    threshold is that of their errors.
    """
    tensor, source = graph.tensors[graph.asked[0]], graph.tensors[graph.given[0]]
    given = dequantize_outputs(inputs, source) if inputs is not None and task == "anomaly" else None

    def real(rows: Rows) -> NDArray[np.float32]:
        return dequantize_outputs(rows[:, : tensor.bytes], tensor)

    device, host = real(np.frombuffer(b"".join(got), np.int8).reshape(len(got), -1)), real(expected.outputs)
    detection = None
    if given is not None and threshold is not None:
        detection = metrics.detect(labels, metrics.reconstruction_errors(given, device), threshold)
    return Score(
        metrics.metric_name(task),
        metrics.score(task, labels, device, given),
        metrics.score(task, labels, host, given),
        detection,
    )


def _first_difference(graph: Graph, sample: int, want: Rows, have: Rows) -> Difference:
    start = 0
    for output, tensor_id in enumerate(graph.asked):
        tensor = graph.tensors[tensor_id]
        part = slice(start, start + tensor.bytes)
        a, b = want[part].view(tensor.dtype), have[part].view(tensor.dtype)
        unequal = np.nonzero(want[part] != have[part])[0]
        if unequal.size:
            index = int(unequal[0]) // a.itemsize
            layer = _writer(graph, graph.outputs[output])
            return Difference(sample, output, layer, index, float(a[index]), float(b[index]))
        start += tensor.bytes
    raise AssertionError("called on equal rows")


def _writer(graph: Graph, tensor_id: int) -> str:
    storage = graph.tensors[tensor_id].storage
    for operation in graph.operations:
        if storage in {graph.tensors[i].storage for i in operation.outputs}:
            return f"{kind_text(operation)} #{operation.index}"
    return "the input"
