# SPDX-License-Identifier: Apache-2.0
"""Compiling .tflite files into a folder, with no project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.compiler.bundle import Bundle, bundle_models
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.files import form_texts, provenance_of_file, read_model, write_compiled
from toolkit.errors import UsageError
from toolkit.files import write_atomic
from toolkit.verify.generated_c import Verification, verify_model


def compile_file(
    model: Path, folder: Path, *, verify: bool = True, ram_bytes: int | None = None
) -> tuple[CompiledModel, Verification | None]:
    """Compile a .tflite file, verify it, and write its C, graph.txt and plan.json to folder.

    ram_bytes is the most that its arena may take.
    """
    data = read_model(model)
    compiled = compile_model(data, model.stem, ram_bytes=ram_bytes, made_by=provenance_of_file(model, data))
    verification = verify_model(compiled, data) if verify else None
    write_compiled(compiled, folder)
    return compiled, verification


def compile_files(
    models: Sequence[Path],
    folder: Path,
    *,
    shared_arena: bool = False,
    verify: bool = True,
    ram_bytes: int | None = None,
) -> tuple[Bundle, list[Verification]]:
    """Compile .tflite files for one program, verify each, and write their C to folder.

    ram_bytes is the most that the shared arena may take. Raises UsageError for it without one.
    """
    if ram_bytes is not None and not shared_arena:
        raise UsageError(
            f"--ram says how much one arena may take; these {len(models)} models have one each.",
            hint="Try: --shared-arena with it, or the models one by one",
        )
    data = [read_model(path) for path in models]
    compiled = [
        compile_model(each, path.stem, ram_bytes=ram_bytes, made_by=provenance_of_file(path, each))
        for each, path in zip(data, models, strict=True)
    ]
    bundle = bundle_models(compiled, shared_arena=shared_arena)
    verified = [verify_model(bundle.alone(i), each) for i, each in enumerate(data)] if verify else []
    for name, text in bundle.sources.items():
        write_atomic(folder / name, text)
    for model in compiled:
        for name, text in form_texts(model).items():
            write_atomic(folder / f"{model.name}_{name}", text)
    return bundle, verified
