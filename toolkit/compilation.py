# SPDX-License-Identifier: Apache-2.0
"""Compiling .tflite files into a folder, with no project."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from toolkit.bundle import Bundle, bundle_models
from toolkit.compiler import CompiledModel, compile_model
from toolkit.errors import InputError, UsageError
from toolkit.files import write_atomic
from toolkit.ir.dump import graph_text
from toolkit.memory.plan import plan_json
from toolkit.provenance import Provenance, provenance_beside
from toolkit.verification import Verification, verify_model


def compile_file(
    model: Path, folder: Path, *, verify: bool = True, ram_bytes: int | None = None
) -> tuple[CompiledModel, Verification | None]:
    """Compile a .tflite file, verify it, and write its C, graph.txt and plan.json to folder.

    ram_bytes is the most that its arena may take.
    """
    data = read_model(model)
    compiled = compile_model(data, model.stem, ram_bytes=ram_bytes, made_by=made_by(model, data))
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
        compile_model(each, path.stem, ram_bytes=ram_bytes, made_by=made_by(path, each))
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


def read_model(path: Path) -> bytes:
    """Return a model file's bytes. Raises InputError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.") from error


def made_by(model: Path, data: bytes) -> Provenance:
    """Return what is known of a .tflite file with these bytes."""
    return provenance_beside(model, hashlib.sha256(data).hexdigest())


def write_compiled(compiled: CompiledModel, folder: Path) -> None:
    """Write the C sources, the graph and the memory plan of a compiled model."""
    for name, text in (compiled.sources | form_texts(compiled)).items():
        write_atomic(folder / name, text)


def form_texts(compiled: CompiledModel) -> dict[str, str]:
    """Return the text of graph.txt, below what made the model, and plan.json of a compiled model."""
    patches = asdict(compiled.patching) if compiled.patching else None
    plan = plan_json(compiled.plan, patches, compiled.made_by.to_json())
    about = [f"# SHA-256 of the .tflite file: {compiled.sha256}", *_made_by_lines(compiled.made_by), ""]
    return {"graph.txt": "\n".join(about) + graph_text(compiled.graph), "plan.json": plan}


def _made_by_lines(about: Provenance) -> list[str]:
    return [f"# {'' if number else 'Made by: '}{line}" for number, line in enumerate(about.lines())]
