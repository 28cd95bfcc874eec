# SPDX-License-Identifier: Apache-2.0
"""What is read and written where a model is compiled: the .tflite file, and the folder of its C."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import InputError
from toolkit.files import write_atomic
from toolkit.ir.dump import graph_text
from toolkit.memory.plan import plan_json
from toolkit.project.provenance import Provenance, provenance_beside


def read_model(path: Path) -> bytes:
    """Return a model file's bytes. Raises InputError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.") from error


def provenance_of_file(model: Path, data: bytes) -> Provenance:
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
