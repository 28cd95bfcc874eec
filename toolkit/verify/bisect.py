# SPDX-License-Identifier: Apache-2.0
"""The first layer, sample and index in which any two engines differ."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import InputError, ToolMissingError
from toolkit.firmware.platformio import package_dirs
from toolkit.firmware.toolchain import find_toolchain
from toolkit.ir.graph import Graph, Kept, Operation, Tensor
from toolkit.ir.rules import kind_text
from toolkit.ops.shared.operator import Array
from toolkit.reference.oracle import Rows, may_stop_tflm, why_not_tflm
from toolkit.targets.board import Board
from toolkit.targets.target import target_of
from toolkit.ui import OnProgress
from toolkit.verify.any_model import naming_no_file_of
from toolkit.verify.engines import (
    EmulatedEngine,
    Engine,
    NativeEngine,
    NumpyEngine,
    TfliteEngine,
    TflmEngine,
    has_package,
)
from toolkit.verify.layers import first_unequal, index_in_file, of_kept

COMPILERS = ("gcc", "zig")
OPTIMIZE = ("-O1", "-O2")


@dataclass(frozen=True)
class Disagreement:
    """Where engines part first: values has what each that shows the tensor has at index."""

    operation: int
    kind: str
    tensor: str
    sample: int
    index: int
    values: dict[str, float]


@dataclass(frozen=True)
class Bisection:
    """What was compared: engines that ran, those that could not with the reason, and what came out.

    disagreement is between those that must be equal; aside is where any others part from them.
    """

    engines: tuple[str, ...]
    missing: tuple[str, ...]
    samples: int
    layers: int
    disagreement: Disagreement | None
    aside: Disagreement | None

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"equal": self.disagreement is None, **asdict(self)}


_Found = tuple[int, int, Disagreement]


def find_engines(
    model: bytes, graph: Graph, compiled: CompiledModel, board: Board, folder: Path
) -> tuple[list[Engine], list[str]]:
    """Return everything that can run the model here, and what cannot, with how to get it.

    graph is as the reader returns it. The generated C is built in folder, for this computer and,
    unless board is the host, for board's emulator, with each compiler that is there.
    """
    engines: list[Engine] = []
    missing: list[str] = []
    why_not = why_not_tflm(graph)
    if why_not:
        missing.append(why_not.replace("TFLM", "TFLM: it", 1))
    elif may_stop_tflm(graph):
        missing.append("TFLM: it stops at a SOFTMAX of so many classes when they are equal")
    elif has_package("tflite_micro"):
        engines.append(TflmEngine(model, graph))
    else:
        missing.append("TFLM: pip install 'tinyml-toolkit[tflm]'")
    if has_package("tensorflow"):
        engines.append(TfliteEngine(model, graph))
    else:
        missing.append("TFLite reference kernels: pip install 'tinyml-toolkit[train]'")
    engines.append(NumpyEngine(graph))
    for kind in COMPILERS:
        try:
            engines += _compiled_engines(compiled, board, folder / kind, kind)
        except ToolMissingError as error:
            missing.append(f"{kind}: {error.message}")
    return engines, missing


def _compiled_engines(compiled: CompiledModel, board: Board, folder: Path, kind: str) -> Iterator[Engine]:
    with suppress(ToolMissingError):
        toolchain = find_toolchain("native", kind)
        for optimize in OPTIMIZE:
            yield NativeEngine(compiled, folder / optimize[1:], toolchain, optimize)
    if not board.is_host:
        find_toolchain(board.core, kind, package_dirs())
        yield EmulatedEngine(compiled, folder / board.name, board, kind)


def try_everything(
    model: bytes, graph: Graph, board: Board, rows: Rows, on_progress: OnProgress | None = None
) -> Bisection:
    """Run every row on every engine that find_engines() finds; graph is what the reader makes of model."""
    compiled = compile_model(model, graph.name, target_of(board))
    with tempfile.TemporaryDirectory(prefix="tinyml-bisect-") as folder, naming_no_file_of(folder):
        engines, missing = find_engines(model, graph, compiled, board, Path(folder))
        engines, refused = willing_engines(engines, rows)
        kept = {tensor.id: tensor.kept for tensor in compiled.graph.tensors if tensor.kept}
        found = bisect(_naming_parts(graph, compiled.graph), engines, rows, on_progress, kept)
        return replace(found, missing=(*missing, *refused))


def _naming_parts(graph: Graph, compiled: Graph) -> Graph:
    """Return graph with the parts of what the compiled one merged: of the operation that ends it."""
    parts = {o.outputs: o.parts for o in compiled.operations}
    operations = (replace(o, parts=parts.get(o.outputs, ())) for o in graph.operations)
    return replace(graph, operations=tuple(operations))


def willing_engines(engines: Sequence[Engine], rows: Rows) -> tuple[list[Engine], list[str]]:
    """Return the engines that run the model, and why those do not that need not be able to (TFLite)."""
    willing: list[Engine] = []
    refused: list[str] = []
    for engine in engines:
        try:
            if not engine.is_truth:
                engine.tensors(rows[:1])
            willing.append(engine)
        except InputError as error:
            refused.append(f"{engine.name}: {error.message}")
    return willing, refused


def bisect(
    graph: Graph,
    engines: Sequence[Engine],
    rows: Rows,
    on_progress: OnProgress | None = None,
    kept: Mapping[int, Kept] | None = None,
) -> Bisection:
    """Run every row, (n, input bytes), on all engines and return where any two differ first.

    First is the earliest layer of all samples. A model that remembers gets rows as one sequence. kept says
    of which tensors an engine may show those channels only.
    """
    known = kept or {}
    truths = [engine.name for engine in engines if engine.is_truth]
    must: list[_Found] = []
    may: list[_Found] = []
    for sample in range(len(rows)):
        before = 0 if graph.states else sample
        values: dict[str, Mapping[int, Array]] = {}
        for number, engine in enumerate(engines):
            values[engine.name] = engine.tensors(rows[before : sample + 1])
            if on_progress is not None:
                on_progress(sample * len(engines) + number + 1, len(rows) * len(engines), engine.name)
        aside = {n: v for n, v in values.items() if n == truths[0] or n not in truths}
        must += _first(graph, {name: values[name] for name in truths}, sample, known)
        may += _first(graph, aside, sample, known)
    names = tuple(engine.name for engine in engines)
    return Bisection(names, (), len(rows), len(graph.operations), _earliest(must), _earliest(may))


def _earliest(found: list[_Found]) -> Disagreement | None:
    return min(found, key=lambda item: item[:2])[2] if found else None


def _first(
    graph: Graph, values: Mapping[str, Mapping[int, Array]], sample: int, kept: Mapping[int, Kept]
) -> list[_Found]:
    """Return the first disagreement of a sample with its layer and sample, or nothing."""
    for place, operation in enumerate(graph.operations):
        for tensor_id in operation.outputs:
            tensor = replace(graph.tensors[tensor_id], kept=kept.get(tensor_id))
            shown = {n: of_kept(all_[tensor_id], tensor) for n, all_ in values.items() if tensor_id in all_}
            index = first_unequal(list(shown.values()))
            if index >= 0:
                return [(place, sample, _disagreement(tensor, operation, sample, index, shown))]
    return []


def _disagreement(
    tensor: Tensor, operation: Operation, sample: int, index: int, shown: Mapping[str, Array]
) -> Disagreement:
    values = {name: float(array[index : index + 1].astype(np.float64)[0]) for name, array in shown.items()}
    place = index_in_file(tensor, index)
    return Disagreement(operation.index, kind_text(operation), tensor.name, sample, place, values)


def bisection_lines(found: Bisection) -> Iterator[str]:
    """Yield what a person reads: who ran, and where they part."""
    yield from (f"ran      {name}" for name in found.engines)
    yield from (f"not here {reason}" for reason in found.missing)
    if found.disagreement is None:
        yield f"all equal: {found.layers} layers, {found.samples} samples"
    else:
        yield from _place_lines("DIFFERENT", found.disagreement)
    if found.aside is not None:
        yield from _place_lines("aside: TFLite, which may differ, does", found.aside)


def _place_lines(what: str, place: Disagreement) -> Iterator[str]:
    yield (
        f"{what} at operation {place.operation} ({place.kind}), tensor {place.tensor!r}, "
        f"sample {place.sample}, index {place.index}:"
    )
    width = max(map(len, place.values))
    yield from (f"  {name:<{width}}  {value:g}" for name, value in place.values.items())
