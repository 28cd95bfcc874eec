# SPDX-License-Identifier: Apache-2.0
"""The engine tflm: the flatbuffer, TensorFlow Lite Micro's sources, and what connects the two.

Its sources are no part of the toolkit: a folder holds them, laid out as TFLM's own project generator
leaves them (tensorflow/, signal/, third_party/), in the cache (toolkit/engines/) or a person's own. Only the
files that a model needs are copied, so that the rendered project stands alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from toolkit.codegen import literals
from toolkit.codegen.model_data import model_data_sources
from toolkit.codegen.templates import render
from toolkit.compiler.compile import CompiledModel
from toolkit.engines.kept import used_engine
from toolkit.errors import InputError, ToolMissingError, UnsupportedError
from toolkit.firmware.tflm_optimized import optimized_sources
from toolkit.tflite.reader import read_graph

LIBRARY = "lib/tflite_micro"
"""Where the project keeps TFLM's sources; the platform builds C++ if this folder is there."""
VARIABLE = "TINYML_TFLM"
_MICRO = "tensorflow/lite/micro"
_RESOLVER = f"{_MICRO}/micro_mutable_op_resolver.h"
_CORE = ("micro_interpreter.h", "micro_resource_variable.h", "system_setup.h")
_INCLUDE_DIRS = (
    "",
    "third_party/flatbuffers/include",
    "third_party/gemmlowp",
    "third_party/ruy",
    "third_party/kissfft",
    "third_party/cmsis_nn",
    "third_party/cmsis_nn/Include",
)
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
_METHOD = re.compile(r"TfLiteStatus (Add\w+)\([^{;]*\{\s*return AddBuiltin\(\s*BuiltinOperator_(\w+)")
_CONTROL = {"VAR_HANDLE": 1}
_HINT = (
    f"Try: tinyml engine fetch tflm; or a folder that TFLM's tools/project_generation/create_tflm_tree.py "
    f"made, as tflm in the section [firmware] or as {VARIABLE}"
)

Files = dict[str, str | bytes]


@dataclass(frozen=True)
class Tflm:
    """The engine for one model: tree is the folder of TFLM's sources, arena_bytes what it may use.

    is_ample says that fewer may do, which the board's firmware shows in emulation.
    """

    tree: Path
    model: bytes
    arena_bytes: int
    is_ample: bool = False


@dataclass(frozen=True)
class _ModelHeader:
    """The context of tm_tflm_model.h.j2; values are C text."""

    info: str
    data: str
    arena_bytes: int
    methods: tuple[str, ...]
    layer_names: str
    inputs: int
    outputs: int
    layers: int
    variables: int


def find_tree(chosen: str, root: Path, environment: dict[str, str], kernels: str = "reference") -> Path:
    """Return the folder of TFLM's sources: chosen, relative to root, $TINYML_TFLM, or what was fetched.

    Of what was fetched, kernels says which: reference or cmsis_nn. Raises ToolMissingError if there is none,
    InputError if it holds something else.
    """
    named = chosen or environment.get(VARIABLE, "")
    fetched = None if named else used_engine()
    if fetched is not None:
        return fetched.tree(kernels)
    if not named:
        raise ToolMissingError("the engine tflm needs the sources of TensorFlow Lite Micro.", hint=_HINT)
    tree = (root / named).resolve()
    if not (tree / _RESOLVER).is_file():
        raise InputError(f"{tree} has no {_RESOLVER}.", hint=_HINT)
    return tree


def tflm_files(engine: Tflm, compiled: CompiledModel) -> Files:
    """Return the model's data and header, and the sources of TFLM that it needs, by their place.

    Raises UnsupportedError if this TFLM lacks an operator of the model, InputError if the tree
    lacks a file that the others ask for.
    """
    graph = read_graph(engine.model, compiled.name)
    kinds = sorted({operation.kind for operation in graph.operations})
    header = _ModelHeader(
        info=_info(engine, compiled, len(graph.operations)),
        data=compiled.name,
        arena_bytes=engine.arena_bytes,
        methods=tuple(_methods(engine.tree, kinds)),
        layer_names=literals.wrap(literals.string(operation.kind) for operation in graph.operations),
        inputs=len(graph.inputs),
        outputs=len(graph.outputs),
        layers=len(graph.operations),
        variables=sum(_CONTROL.get(operation.kind, 0) for operation in graph.operations),
    )
    files: Files = {"src/model/tm_tflm_model.h": render("tm_tflm_model.h.j2", vars(header))}
    for name, text in model_data_sources(engine.model, compiled.name, compiled.made_by).items():
        files[f"src/model/{name}"] = text
    for path in _sources(engine.tree, kinds):
        files[f"{LIBRARY}/{path.relative_to(engine.tree).as_posix()}"] = path.read_bytes()
    return files


def _info(engine: Tflm, compiled: CompiledModel, layers: int) -> str:
    graph = compiled.graph
    state_bytes = sum(graph.tensors[i].bytes for i in graph.states)
    ends = (len(graph.inputs), len(graph.outputs))
    numbers = (engine.arena_bytes, len(engine.model), layers, *ends, state_bytes)
    words = (literals.string(word) for word in (compiled.name, "tflm", compiled.sha256))
    return ", ".join([*words, *(f"{number}u" for number in numbers)])


def _methods(tree: Path, kinds: Iterable[str]) -> Iterator[str]:
    """The resolver's own method for each operator, read from its header."""
    text = (tree / _RESOLVER).read_text(encoding="utf-8")
    methods = {kind: method for method, kind in _METHOD.findall(text)}
    for kind in kinds:
        if kind not in methods:
            raise UnsupportedError(
                f"the TensorFlow Lite Micro in {tree} does not have the operator {kind}.",
                hint='Try: engine = "aot", or a newer TFLM',
            )
        yield methods[kind]


def _sources(tree: Path, kinds: Iterable[str]) -> list[Path]:
    """Return what a program with these operators is made of, sorted.

    A header brings the .cc of its name along, but for those that only the resolver includes: it
    names every operator, and a template that is not used asks for none of them.
    """
    deep: dict[Path, bool] = {}
    waiting = [(tree / _RESOLVER, False), *((tree / _MICRO / name, True) for name in _CORE)]
    waiting += [(path, True) for path in _operator_sources(tree, kinds)]
    while waiting:
        path, brings_sources = waiting.pop()
        if deep.get(path, False) >= brings_sources and path in deep:
            continue
        deep[path] = brings_sources
        names = _INCLUDE.findall(path.read_text(encoding="utf-8", errors="replace"))
        waiting += [(found, brings_sources) for name in names if (found := _resolve(tree, path, name))]
        if brings_sources and path.suffix == ".h":
            waiting += [(source, True) for source in _beside(path)]
    return sorted({*deep, *optimized_sources(tree, deep)})


def _operator_sources(tree: Path, kinds: Iterable[str]) -> Iterator[Path]:
    """The files that define Register_<KIND>(), with what is common to their variants."""
    wanted = re.compile(rf"\bRegister_({'|'.join(kinds)})\(\)\s*\{{")
    kernels = tree / _MICRO / "kernels"
    for path in sorted([*kernels.glob("*.cc"), *kernels.glob("cmsis_nn/*.cc")]):
        if not path.stem.endswith("_test") and wanted.search(path.read_text(encoding="utf-8")):
            yield from {path, *_beside(path.with_suffix(".h"))}


def _resolve(tree: Path, path: Path, name: str) -> Path | None:
    """Return the file that an include means; None for one of another platform, which is not there."""
    folders = [path.parent, *(tree / folder for folder in _INCLUDE_DIRS)]
    places = [Path(os.path.normpath(folder / name)) for folder in folders]
    return next((place for place in places if place.is_file() and place.is_relative_to(tree)), None)


def _beside(header: Path) -> list[Path]:
    stems = (header.stem, f"{header.stem}_common")
    return [path for stem in stems if (path := header.with_name(f"{stem}.cc")).is_file()]


def least_arena(runs: Callable[[int], bool], most_bytes: int) -> int:
    """Return the least arena with which runs(bytes) is true, to 256 bytes, at most most_bytes.

    runs asks TFLM on this computer, whose pointers are larger than the board's, so that what is
    enough here is enough there. Raises InputError if even most_bytes are not enough.
    """
    step = 256
    low, high = 0, -(-most_bytes // step)
    if not runs(high * step):
        raise InputError(f"TensorFlow Lite Micro does not run the model in {high * step:,} bytes of arena.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if runs(middle * step) else (middle, high)
    return high * step
