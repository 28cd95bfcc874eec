# SPDX-License-Identifier: Apache-2.0
"""compile: model.c, its header, graph.txt and plan.json for a board's core, verified on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.codegen.about import About
from toolkit.codegen.model_stream import hop_of as hop_for
from toolkit.codegen.names import c_identifier
from toolkit.compiler.choice import Optimization
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import optimization_for
from toolkit.compiler.files import write_compiled
from toolkit.compiler.purpose import purpose_of
from toolkit.decision.rule import require_classes
from toolkit.files import sha256_of
from toolkit.pipeline.step import Context, Step
from toolkit.project.goals import Goal
from toolkit.project.stamps import digest_of
from toolkit.targets.target import Target, target_of
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import verification_text, verifiers, verify_model

_FILES = ("model.c", "tm_aot.c", "tm_aot.h", "graph.txt", "plan.json")
_PUBLIC = (".h", "_real.c", "_input.h")


def compiled_folder(context: Context) -> Path:
    """Return where the C for the board's core goes."""
    return context.folder / "compiled" / target_of(context.board).name


def compiled_model(context: Context) -> CompiledModel:
    """Return the project's model, compiled for the board's core."""
    target = target_of(context.board)
    return context.keep(("compiled", target, context.made_by().model_sha256), lambda: _compile(context))


def say_notes(context: Context, compiled: CompiledModel) -> None:
    """Tell what a person should know of how the model was compiled."""
    for note in compiled.notes if context.tells_notes else ():
        context.say(note)


def about_of(context: Context) -> About:
    """Return what made the project's model, and what it is for."""
    takes = context.read_json("quantization.json")["takes"]
    columns = tuple(channel.name for channel in context.dataset().channels)
    return About(context.made_by(), purpose_of(takes, columns, context.threshold()))


def hop_of(context: Context) -> int | None:
    """Return the new rows of a run, where the model is to take a window hop by hop; None for whole windows.

    Raises InputError as feed_of does.
    """
    if not context.project.firmware.stream:
        return None
    graph, purpose = read_graph(context.model(), context.project.name), about_of(context).purpose
    return hop_for(graph, purpose, context.project.firmware.decision.hop)


def say_verified(context: Context, compiled: CompiledModel) -> None:
    """Run the C on this computer and tell against what. Raises CheckFailedError if a byte is wrong."""
    context.say(verification_text(verify_model(compiled, context.model())))


def _compile(context: Context) -> CompiledModel:
    ram_bytes = context.project.firmware.ram_bytes or None
    target, about = target_of(context.board), about_of(context)
    return compile_model(
        context.model(),
        context.project.name,
        target,
        ram_bytes,
        about,
        optimization=optimization_of(context, target),
        hop=hop_of(context),
    )


def optimization_of(context: Context, target: Target, goal: Goal | None = None) -> Optimization:
    """Return what the project's kernels are chosen for, and by which costs; goal goes before its own."""
    file, chosen = context.folder / "model.tflite", goal or context.project.firmware.optimize
    return optimization_for(file, context.model(), target, chosen)


def _inputs(context: Context) -> Mapping[str, str]:
    about = about_of(context)
    if about.purpose and about.purpose.labels:
        require_classes(context.project.firmware.decision, about.purpose.labels)
    return {
        "model": sha256_of(context.folder / "model.tflite"),
        "name": context.project.name,
        "target": digest_of(target_of(context.board)),
        "verify": str(verifiers() if context.verify else ()),
        "ram_bytes": str(context.project.firmware.ram_bytes),
        "about": digest_of(about),
        "optimize": digest_of(optimization_of(context, target_of(context.board))),
        "hop": str(hop_of(context)),
    }


def _outputs(context: Context) -> list[Path]:
    name = c_identifier(context.project.name)
    files = (*_FILES, *(f"{name}{end}" for end in _PUBLIC))
    return [compiled_folder(context) / file for file in files]


def _make(context: Context) -> None:
    compiled = compiled_model(context)
    say_notes(context, compiled)
    if context.verify:
        say_verified(context, compiled)
    write_compiled(compiled, compiled_folder(context))


def _place(context: Context) -> str:
    return target_of(context.board).name


STEP = Step("compile", _make, _inputs, _outputs, needs=("quantize",), place=_place)
