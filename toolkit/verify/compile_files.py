# SPDX-License-Identifier: Apache-2.0
"""Compiling .tflite files into a folder, with no project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.codegen.about import About
from toolkit.compiler.bundle import Bundle, bundle_models
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import optimization_for
from toolkit.compiler.files import form_texts, provenance_of_file, read_model, texts
from toolkit.errors import InputError, UsageError
from toolkit.firmware.generated import GeneratedFiles
from toolkit.project.goals import Goal
from toolkit.targets.target import PORTABLE, Target
from toolkit.verify.generated_c import Verification, verify_model


@dataclass(frozen=True)
class CompileOptions:
    """ram_bytes is the most that an arena may take, goal what kernels are chosen for; hop is that of a window
    which slides, None for whole windows. verify runs the C on this computer.
    """

    target: Target = PORTABLE
    ram_bytes: int | None = None
    verify: bool = True
    hop: int | None = None
    goal: Goal = "balanced"


DEFAULTS = CompileOptions()


def compile_file(
    model: Path,
    folder: Path,
    options: CompileOptions = DEFAULTS,
    on_word: Callable[[str], None] | None = None,
) -> tuple[CompiledModel, Verification | None]:
    """Compile a .tflite file, verify it, and write its C, graph.txt and plan.json to folder.

    What was compiled into folder before and is no longer is removed; on_word hears of edited files.
    Raises InputError where a file of another origin would be written over.
    """
    data = read_model(model)
    compiled = _compile(model, data, options)
    verification = verify_model(compiled, data) if options.verify else None
    _write(texts(compiled), folder, on_word)
    return compiled, verification


def compile_files(
    models: Sequence[Path],
    folder: Path,
    options: CompileOptions = DEFAULTS,
    on_word: Callable[[str], None] | None = None,
    *,
    shared_arena: bool = False,
) -> tuple[Bundle, list[Verification]]:
    """Compile .tflite files for one program, verify each, and write their C to folder as compile_file does.

    Raises UsageError for ram_bytes without a shared arena.
    """
    if options.ram_bytes is not None and not shared_arena:
        raise UsageError(
            f"--ram says how much one arena may take; these {len(models)} models have one each.",
            hint="Try: --shared-arena with it, or the models one by one",
        )
    data = [read_model(path) for path in models]
    compiled = [_compile(path, each, options) for each, path in zip(data, models, strict=True)]
    bundle = bundle_models(compiled, shared_arena=shared_arena)
    verified = [verify_model(bundle.alone(i), each) for i, each in enumerate(data)] if options.verify else []
    forms = {f"{m.name}_{name}": text for m in compiled for name, text in form_texts(m).items()}
    _write(bundle.sources | forms, folder, on_word)
    return bundle, verified


def _write(files: Mapping[str, str], folder: Path, on_word: Callable[[str], None] | None) -> None:
    generated = GeneratedFiles(folder, on_word, note="")
    foreign = generated.foreign(files)
    if foreign:
        raise InputError(
            f"{folder / foreign[0]} is there, and no tinyml compile is known to have made it.",
            hint="Try: --output NAME, of a folder that is not there yet",
        )
    generated.replace_with(files, ())


def _compile(path: Path, data: bytes, options: CompileOptions) -> CompiledModel:
    about = About(provenance_of_file(path, data))
    optimization = optimization_for(path, data, options.target, options.goal)
    return compile_model(
        data,
        path.stem,
        options.target,
        options.ram_bytes,
        about,
        hop=options.hop,
        optimization=optimization,
    )
