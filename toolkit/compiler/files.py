# SPDX-License-Identifier: Apache-2.0
"""What is read and written where a model is compiled: the .tflite file, and the folder of its C."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import InputError
from toolkit.files import write_atomic
from toolkit.ir.dump import graph_text
from toolkit.memory.plan import plan_json
from toolkit.project.provenance import Provenance, provenance_beside
from toolkit.reading import MOST_MODEL_BYTES, read_file
from toolkit.tflite.flatfile import MAGIC


def read_model(path: Path) -> bytes:
    """Return a .tflite file's bytes. Raises InputError if it cannot be read, or is of another kind."""
    data = read_file(path, MOST_MODEL_BYTES)
    for is_kind, kind, hint in _OTHER_KINDS:
        if is_kind(data):
            raise InputError(f"{path} is {kind}, not a .tflite file.", hint=hint)
    if not data or data[4:8] != MAGIC:
        what = "is empty" if not data else f"is {_kind_of(data)}, not a .tflite file"
        hint = "Try: the file that the TFLite converter wrote, made or downloaded again, or tinyml quantize"
        if path.suffix.lower() in {".csv", ".tsv"}:
            hint = "Try: tinyml new NAME --data FILE, which makes a project that learns from a table"
        raise InputError(f"{path} {what}.", hint=hint)
    return data


def _kind_of(data: bytes) -> str:
    """Return what bytes are that begin as no kind of file that is known."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[:4096])
    except UnicodeDecodeError:
        return "something else"
    if b"\0" in data[:4096]:
        return "something else"
    is_page = data[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))
    return "a web page" if is_page else "text"


_FOR_PICTURES = "Try: tinyml predict MODEL PICTURE, which shows a picture to a model"
_OTHER_KINDS: tuple[tuple[Callable[[bytes], bool], str, str], ...] = (
    (
        lambda data: data.startswith(b"PK\x03\x04") and b"config.json" in data[:4096],
        "a Keras model",
        "Try: tinyml quantize MODEL.keras --data SAMPLES.npy, which makes a .tflite file of it;\n"
        "or tinyml predict MODEL.keras FILES",
    ),
    (
        lambda data: data.startswith(b"\x89HDF\r\n"),
        "an HDF5 file, such as an old Keras model",
        "Try: tinyml quantize MODEL.h5 --data SAMPLES.npy, which makes a .tflite file of it",
    ),
    (
        lambda data: data.startswith(b"\x93NUMPY"),
        "an .npy file of numbers",
        "Try: tinyml run MODEL.tflite --inputs FILE.npy, or tinyml predict MODEL.tflite FILE.npy",
    ),
    (lambda data: data.startswith(b"\x89PNG\r\n"), "a picture (PNG)", _FOR_PICTURES),
    (lambda data: data.startswith(b"\xff\xd8\xff"), "a picture (JPEG)", _FOR_PICTURES),
    (lambda data: data.startswith((b"GIF8", b"BM")), "a picture", _FOR_PICTURES),
    (
        lambda data: data.startswith(b"RIFF") and data[8:12] == b"WAVE",
        "a sound",
        "Try: tinyml predict MODEL SOUND, which lets a model hear it",
    ),
    (
        lambda data: data.startswith(b"\x7fELF"),
        "a firmware or program (ELF)",
        "Try: tinyml flash, or tinyml emulate, in its project",
    ),
    (
        lambda data: data.startswith(b"PK\x03\x04"),
        "a zip archive, such as .npz or .docx",
        "Try: the .tflite file that is in it",
    ),
)


def provenance_of_file(model: Path, data: bytes) -> Provenance:
    """Return what is known of a .tflite file with these bytes."""
    return provenance_beside(model, hashlib.sha256(data).hexdigest())


def write_compiled(compiled: CompiledModel, folder: Path) -> None:
    """Write the C sources, the graph and the memory plan of a compiled model."""
    for name, text in texts(compiled).items():
        write_atomic(folder / name, text)


def texts(compiled: CompiledModel) -> dict[str, str]:
    """Return the C sources, the graph and the memory plan of a compiled model, by the files' names."""
    return compiled.sources | form_texts(compiled)


def form_texts(compiled: CompiledModel) -> dict[str, str]:
    """Return the text of graph.txt, below what made the model, and plan.json of a compiled model."""
    patches = asdict(compiled.patching) if compiled.patching else None
    plan = plan_json(compiled.plan, patches, compiled.made_by.to_json(), compiled.ram_bytes)
    about = [f"# SHA-256 of the .tflite file: {compiled.sha256}", *_made_by_lines(compiled.made_by), ""]
    return {"graph.txt": "\n".join(about) + graph_text(compiled.graph), "plan.json": plan}


def _made_by_lines(about: Provenance) -> list[str]:
    return [f"# {'' if number else 'Made by: '}{line}" for number, line in enumerate(about.lines())]
