# SPDX-License-Identifier: Apache-2.0
"""compile: model.c, model.h, graph.txt and plan.json for a board's core, verified on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.files import write_compiled
from toolkit.files import sha256_of
from toolkit.pipeline.step import Context, Step
from toolkit.project.stamps import digest_of
from toolkit.targets.target import target_of
from toolkit.verify.generated_c import verification_text, verifiers, verify_model

_FILES = ("model.c", "model.h", "tm_aot.c", "tm_aot.h", "graph.txt", "plan.json")


def compiled_folder(context: Context) -> Path:
    """Return where the C for the board's core goes."""
    return context.folder / "compiled" / target_of(context.board).name


def compiled_model(context: Context) -> CompiledModel:
    """Return the project's model, compiled for the board's core."""
    target = target_of(context.board)
    return context.keep(("compiled", target, context.made_by().model_sha256), lambda: _compile(context))


def say_notes(context: Context, compiled: CompiledModel) -> None:
    """Tell what a person should know of how the model was compiled."""
    for note in compiled.notes:
        context.say(note)


def say_verified(context: Context, compiled: CompiledModel) -> None:
    """Run the C on this computer and tell against what. Raises CheckFailedError if a byte is wrong."""
    context.say(verification_text(verify_model(compiled, context.model())))


def _compile(context: Context) -> CompiledModel:
    ram_bytes = context.project.firmware.ram_bytes or None
    target, about = target_of(context.board), context.made_by()
    return compile_model(context.model(), context.project.name, target, ram_bytes, about)


def _inputs(context: Context) -> Mapping[str, str]:
    return {
        "model": sha256_of(context.folder / "model.tflite"),
        "name": context.project.name,
        "target": digest_of(target_of(context.board)),
        "verify": str(verifiers() if context.verify else ()),
        "ram_bytes": str(context.project.firmware.ram_bytes),
        "made_by": digest_of(context.made_by()),
    }


def _outputs(context: Context) -> list[Path]:
    return [compiled_folder(context) / name for name in _FILES]


def _make(context: Context) -> None:
    compiled = compiled_model(context)
    say_notes(context, compiled)
    if context.verify:
        say_verified(context, compiled)
    write_compiled(compiled, compiled_folder(context))


def _place(context: Context) -> str:
    return target_of(context.board).name


STEP = Step("compile", _make, _inputs, _outputs, needs=("quantize",), place=_place)
