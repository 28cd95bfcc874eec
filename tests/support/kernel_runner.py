# SPDX-License-Identifier: Apache-2.0
"""Runs kernels on the host under sanitizers, and compares them with TFLM and with the NumPy reference.

    check_cases([Case("3x3", graph), ...], tmp_path, seed=1)

compiles one program for all cases (one operation each) and says the first byte that differs.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from support.effort import is_broad
from support.objects import host_compiler, kept_folder, object_of
from support.tflm import Sample, run_graph

from toolkit import process
from toolkit.codegen import literals
from toolkit.codegen.kernels import kernel_files
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.operator import (
    Argument,
    Array,
    ConstantArgument,
    KernelCall,
    NullArgument,
    ParamValue,
    ScratchArgument,
    TensorArgument,
    kernel_calls,
)
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.state import States, start_states
from toolkit.targets.target import PORTABLE, Target

ROOT = Path(__file__).parents[2]
KERNELS = ROOT / "firmware_templates" / "kernels"
_IF_THERE = re.compile(r'__has_include\("(\w+)\.h"\)')
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
Truth = Callable[[Graph, Sequence[Sample]], list[list[Array]]]
SAMPLES = 200 if is_broad() else 60
"""Of each case, unless a test says otherwise."""
_CONSTANT, _INPUT, _OUTPUT, _SCRATCH, _NOTHING, _STATE = range(6)


@dataclass(frozen=True, eq=False)
class Case:
    """A graph of one operation, and what to feed it: samples, or None for random ones.

    They are one sequence for an operation with a state.
    """

    name: str
    graph: Graph
    samples: Sequence[Sample] | None = None


@dataclass(frozen=True, eq=False)
class Run:
    """A case with its kernel calls, and what they are fed."""

    case: Case
    calls: tuple[KernelCall, ...]
    samples: Sequence[Sample]

    @property
    def arguments(self) -> list[Argument]:
        """The arguments of all calls; a tensor that several calls use is one."""
        given = [(*call.arguments, *call.tables) for call in self.calls]
        return list(dict.fromkeys(argument for arguments in given for argument in arguments))


def random_samples(graph: Graph, rng: np.random.Generator, count: int) -> list[list[Array]]:
    """Return count samples for the graph's inputs: all lowest, all highest, all zero, then random."""
    samples = []
    for index in range(count):
        samples.append([_random_value(graph.tensors[i].shape, graph, i, rng, index) for i in graph.inputs])
    return samples


def check_cases(
    cases: Sequence[Case],
    folder: Path,
    *,
    seed: int,
    samples: int = SAMPLES,
    references: int = 8,
    truth: Truth = run_graph,
    target: Target = PORTABLE,
) -> None:
    """Assert that kernel and truth agree on every sample, and the reference on the first few and last.

    Every case is one operation that the toolkit must be able to compile; truth says what it gives.
    """
    runs = lowered(cases, np.random.default_rng(seed), samples, target)
    computed = _run_calls(runs, folder, target)
    for run, results in zip(runs, computed, strict=True):
        truths = truth(run.case.graph, run.samples)
        for index, (right, result) in enumerate(zip(truths, results, strict=True)):
            assert_equal(f"{run.case.name}: kernel, sample {index}", right, result)
        chosen = {*range(min(references, len(truths))), len(truths) - 1}
        states = start_states(run.case.graph)
        for index in range(len(truths)) if states else sorted(chosen):
            assert_equal(
                f"{run.case.name}: reference, sample {index}",
                truths[index],
                run_reference(run.case.graph, run.samples[index], states),
            )


def check_kernels(
    cases: Sequence[Case], folder: Path, *, seed: int, samples: int, target: Target = PORTABLE
) -> None:
    """Assert that kernel and reference agree, for layers that TFLM is better not asked about."""
    runs = lowered(cases, np.random.default_rng(seed), samples, target)
    for run, results in zip(runs, _run_calls(runs, folder, target), strict=True):
        states = start_states(run.case.graph)
        for sample, result in zip(run.samples, results, strict=True):
            assert_equal(f"{run.case.name}: reference", run_reference(run.case.graph, sample, states), result)


def lowered(
    cases: Sequence[Case], rng: np.random.Generator, count: int, target: Target = PORTABLE
) -> list[Run]:
    """Return the kernel call of each case, which has no problems, and its samples."""
    runs = []
    for case in cases:
        (operation,) = case.graph.operations
        operator = operators()[operation.kind]
        problems = operator.problems(case.graph, operation)
        assert problems == [], f"{case.name}: {problems}"
        chosen = case.samples if case.samples is not None else random_samples(case.graph, rng, count)
        runs.append(Run(case, kernel_calls(operator.lower(case.graph, operation, target)), chosen))
    return runs


def run_reference(graph: Graph, sample: Sample, states: States | None = None) -> list[Array]:
    """Return a graph's outputs by the NumPy references, operation by operation, and change states."""
    results = evaluate(graph, sample, states)
    for i, value in zip(graph.outputs, results, strict=True):
        assert (value.shape, value.dtype) == (graph.tensors[i].shape, np.dtype(graph.tensors[i].dtype))
    return results


def _random_value(
    shape: tuple[int, ...], graph: Graph, tensor: int, rng: np.random.Generator, index: int
) -> Array:
    dtype = np.dtype(graph.tensors[tensor].dtype)
    if dtype == np.float32:
        spread = 10.0 ** rng.uniform(-2, 3)
        return (rng.standard_normal(shape) * spread).astype(np.float32)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(np.bool_)
    limits = np.iinfo(dtype)
    corners = (limits.min, limits.max, 0)
    if index < len(corners):
        return np.full(shape, corners[index], dtype)
    if index % 8 == 7:
        return rng.choice(np.array([limits.min, limits.max], dtype), shape)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def assert_equal(what: str, truth: Sequence[Array], got: Sequence[Array]) -> None:
    """Assert that outputs have the same bytes."""
    for number, (expected, value) in enumerate(zip(truth, got, strict=True)):
        left, right = np.ravel(expected), np.ravel(value)
        assert left.tobytes() == right.tobytes(), (
            f"{what}, output {number}: {np.sum(left != right)} of {left.size} differ, "
            f"first at {np.argmax(left != right)}: expected {left[np.argmax(left != right)]}, "
            f"got {right[np.argmax(left != right)]}"
        )


def _run_calls(runs: Sequence[Run], folder: Path, target: Target) -> list[list[list[Array]]]:
    """Return the outputs of every sample of every call, computed by the compiled kernels."""
    shim, program = folder / "cases.c", folder / "cases"
    shim.write_text(shim_text(runs))
    command = [host_compiler(), *WARNINGS, "-O1", *SANITIZERS, *includes(target)]
    driver = Path(__file__).parent / "kernel_driver.c"
    sources = [driver, *kernel_sources(kernel_names(runs), target, on_host=True)]
    objects = [object_of(source, command) for source in sources]
    done = process.run([str(word) for word in (*command, shim, *objects, "-o", program)], timeout_s=120)
    assert done.exit_code == 0, done.output
    source, sink = folder / "samples.bin", folder / "outputs.bin"
    with source.open("wb") as stream:
        for run in runs:
            stream.write(feed_of(run))
    done = process.run([program, source, sink], timeout_s=120, env={"ASAN_OPTIONS": "detect_leaks=0"})
    if done.exit_code != 0:
        last = re.findall(r"^case (\d+)$", done.output, re.MULTILINE)[-1]
        raise AssertionError(f"{runs[int(last)].case.name}: {runs[int(last)].calls}\n{done.output[-4000:]}")
    return _split(runs, sink.read_bytes())


def includes(target: Target) -> list[str | Path]:
    """Return the compiler's options for the kernels' headers."""
    return ["-I", _side_by_side(target.isa)]


def kernel_sources(kernels: Sequence[str], target: Target, *, on_host: bool = False) -> list[Path]:
    """Return the files of kernels, as a target has them or as this computer runs them."""
    found = kernel_files(KERNELS, target.isa, kernels, on_host=on_host)
    optional = [name for text in found.values() for name in _IF_THERE.findall(text)]
    if optional:  # all headers are in the folder
        found |= kernel_files(KERNELS, target.isa, optional, on_host=on_host)
    names = sorted(Path(name).name for name in found if not name.endswith(".h"))
    return [_side_by_side(target.isa) / name for name in names]


@cache
def _side_by_side(isa: str) -> Path:
    """Return a folder with the kernels of an instruction set in the places of portable ones, as firmware has
    them: a header there finds the one that stands for another.
    """
    paths = [*sorted(KERNELS.glob("*.*")), *sorted((KERNELS / isa).glob("*.*"))]
    files = {path.name: path.read_text("utf-8") for path in paths}
    return kept_folder("kernels", files)


def kernel_names(runs: Sequence[Run]) -> list[str]:
    """Return the kernels that runs call."""
    return sorted({call.kernel for run in runs for call in run.calls})


def shim_text(runs: Sequence[Run]) -> str:
    """Return C with tm_cases, a function for each run that takes its arguments' addresses."""
    lines = [f'#include "{kernel}.h"' for kernel in kernel_names(runs)]
    lines.append("typedef void (*tm_case)(void *const *arguments);")
    for index, run in enumerate(runs):
        lines.append(f"static void case_{index}(void *const *a) {{")
        for number, call in enumerate(run.calls):
            words = [f"a[{run.arguments.index(argument)}]" for argument in call.arguments]
            if call.params:
                places = {table: f"a[{run.arguments.index(table)}]" for table in call.tables}
                fields = ", ".join(
                    f".{name} = {literal(value, places)}" for name, value in call.params.items()
                )
                kept = "" if any(table in places for table in call.params.values()) else "static "
                lines.append(f"{kept}const {call.kernel}_params params_{number} = {{{fields}}};")
                words.insert(0, f"&params_{number}")
            lines.append(f"{call.kernel}({', '.join(words)});")
        lines.append("}")
    names = ", ".join(f"case_{index}" for index in range(len(runs)))
    lines.append("extern const tm_case tm_cases[]; extern const unsigned tm_case_count;")
    lines.append(f"const tm_case tm_cases[] = {{{names}}};")
    lines.append(f"const unsigned tm_case_count = {len(runs)};")
    return "\n".join(lines) + "\n"


def literal(value: ParamValue, places: Mapping[ConstantArgument, str]) -> str:
    """Return a parameter in C; places says where the tables are."""
    if isinstance(value, ConstantArgument):
        kind = literals.C_TYPES[value.data.dtype.name]
        return f"(const {kind} *){places[value]} + {value.first}" if value.first else places[value]
    if isinstance(value, tuple):
        return "{" + ", ".join(literal(item, places) for item in value) + "}"
    if isinstance(value, float):
        return f"{value.hex()}f"
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


def _argument(run: Run, argument: Argument) -> tuple[int, int]:
    graph = run.case.graph
    if isinstance(argument, TensorArgument):
        tensor = graph.tensors[argument.tensor]
        if tensor.is_constant:
            return _CONSTANT, tensor.bytes
        if tensor.is_state:
            return _STATE, tensor.bytes
        return (_OUTPUT if tensor.id in graph.outputs else _INPUT), tensor.bytes
    if isinstance(argument, ConstantArgument):
        return _CONSTANT, argument.data.nbytes
    if isinstance(argument, ScratchArgument):
        return _SCRATCH, argument.bytes
    assert isinstance(argument, NullArgument)
    return _NOTHING, 0


def feed_of(run: Run) -> bytes:
    """Return what the drivers in C read of a run: its arguments with constants, then its samples."""
    graph, arguments = run.case.graph, run.arguments
    kinds = [_argument(run, argument) for argument in arguments]
    parts = [struct.pack("=II", len(run.samples), len(arguments))]
    for argument, kind in zip(arguments, kinds, strict=True):
        parts.append(struct.pack("=II", *kind))
        if isinstance(argument, ConstantArgument):
            parts.append(np.ascontiguousarray(argument.data).tobytes())
        elif isinstance(argument, TensorArgument) and kind[0] in (_CONSTANT, _STATE):
            tensor = graph.tensors[argument.tensor]
            data = tensor.data if tensor.state is None else tensor.state
            assert data is not None
            parts.append(np.ascontiguousarray(data).tobytes())
    fed = [
        graph.inputs.index(argument.tensor)
        for argument, kind in zip(arguments, kinds, strict=True)
        if isinstance(argument, TensorArgument) and kind[0] == _INPUT
    ]
    for sample in run.samples:
        parts.extend(np.ascontiguousarray(sample[place]).tobytes() for place in fed)
    return b"".join(parts)


def _split(runs: Sequence[Run], data: bytes) -> list[list[list[Array]]]:
    results, offset = [], 0
    for run in runs:
        graph = run.case.graph
        written = [a.tensor for a in run.arguments if isinstance(a, TensorArgument)]
        written = [i for i in written if i in graph.outputs]
        rows = []
        for _ in run.samples:
            values: dict[int, Array] = {}
            for i in written:
                tensor = graph.tensors[i]
                flat = np.frombuffer(data, np.dtype(tensor.dtype), tensor.elements, offset)
                values[i] = flat.reshape(tensor.shape)
                offset += tensor.bytes
            rows.append([values[i] for i in graph.outputs])
        results.append(rows)
    assert offset == len(data)
    return results
