# SPDX-License-Identifier: Apache-2.0
"""Several models in one program: their C side by side, kernels shared, arenas separate or one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.codegen.emit import GLUE, SHARED_ARENA, emit_model
from toolkit.codegen.templates import render
from toolkit.compiler.compile import CompiledModel
from toolkit.errors import UnsupportedError, UsageError
from toolkit.ir.rules import describe


@dataclass(frozen=True, eq=False)
class Bundle:
    """Models whose C can be linked into one program.

    sources is C text by file name: <name>.c and <name>.h of each model, the shared arena, and the
    glue by which tm_model.h stands for the first model; glues are those of all models. kernels are those
    of all models, each once.
    arena_bytes is what all arenas take together.
    """

    models: tuple[CompiledModel, ...]
    sources: dict[str, str]
    kernels: tuple[str, ...]
    arena_bytes: int
    glues: tuple[dict[str, str], ...]

    def alone(self, place: int) -> CompiledModel:
        """Return a model with the bundle's sources, tm_model.h standing for it."""
        sources = self.sources | self.glues[place]
        return replace(self.models[place], sources=sources, kernels=self.kernels)


def bundle_models(models: Sequence[CompiledModel], *, shared_arena: bool = False) -> Bundle:
    """Return models as one bundle. With shared_arena they have one arena, as large as the largest.

    Then a model's inputs and outputs are gone when another one runs. Raises UsageError for two models
    of one name, UnsupportedError where a shared arena would lose what a model keeps between runs.
    """
    _check_names(models)
    if shared_arena:
        _check_stateless(models)
    each = [emit_model(m.program(m.name, has_shared_arena=shared_arena))[0] for m in models]
    _check_files(models, each)
    sources = {name: text for own in reversed(each) for name, text in own.items()}
    sizes = [model.arena_bytes for model in models]
    if shared_arena:
        context = {"symbol": SHARED_ARENA, "bytes": max(sizes)}
        sources |= {f"{SHARED_ARENA}.{end}": render(f"shared_arena.{end}.j2", context) for end in "ch"}
    return Bundle(
        models=tuple(models),
        sources=sources,
        kernels=tuple(sorted({kernel for model in models for kernel in model.kernels})),
        arena_bytes=max(sizes) if shared_arena else sum(sizes),
        glues=tuple({name: own[name] for name in GLUE} for own in each),
    )


def _check_names(models: Sequence[CompiledModel]) -> None:
    """Macros are in capitals, so that names may not differ in case alone."""
    seen: set[str] = set()
    for model in models:
        if model.name.upper() in seen:
            raise UsageError(
                f"two models are called {model.name} in C.", hint="Try: rename one of the .tflite files"
            )
        seen.add(model.name.upper())


def _check_files(models: Sequence[CompiledModel], each: Sequence[Mapping[str, str]]) -> None:
    """Raise UsageError where a model is called as a file of another one is (a and a_input)."""
    owner: dict[str, str] = {}
    for model, own in zip(models, each, strict=True):
        for name in own.keys() - set(GLUE):
            if owner.setdefault(name, model.name) != model.name:
                raise UsageError(
                    f"both {owner[name]} and {model.name} have a file {name}.",
                    hint="Try: rename one of the .tflite files",
                )


def _check_stateless(models: Sequence[CompiledModel]) -> None:
    for model in models:
        for operation in model.graph.operations:
            if {*operation.inputs}.intersection(model.graph.states):
                raise UnsupportedError(
                    f"{model.name} keeps values from one run to the next in {describe(operation)}: "
                    "another model in the same arena would overwrite them.",
                    hint="Try: without --shared-arena",
                )
