# SPDX-License-Identifier: Apache-2.0
"""Models to export, and what an exported folder is compiled with."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.data import Takes

STRICT = ("-O1", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror")


def export(model: Path, folder: Path, *words: str) -> Path:
    """Export a .tflite file by the command, and return what it wrote."""
    assert run(["export", str(model), "--output", str(folder), *words]) == 0
    return folder


def write_model(folder: Path, name: str, data: bytes, takes: Takes | None = None, **about: object) -> Path:
    """Write a .tflite file, with the quantization.json that says what it takes, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    if takes is not None:
        found = {"made_by": {"model_sha256": hashlib.sha256(data).hexdigest()}, "takes": takes.to_json()}
        beside = {**found, "int8": {"detection": about or None}}
        (folder / "quantization.json").write_text(json.dumps(beside))
    (folder / f"{name}.tflite").write_bytes(data)
    return folder / f"{name}.tflite"


def dense_model(
    inputs: tuple[int, ...],
    outputs: int,
    *,
    scale: float = 0.02,
    softmax: bool = True,
    output_scale: float = 0.1,
) -> bytes:
    """Return a model of one FULLY_CONNECTED layer, and a SOFTMAX, for an input of any shape."""
    rng, width = np.random.default_rng(4), int(np.prod(inputs))
    b = GraphBuilder("dense")
    x = b.tensor((1, *inputs), scale=scale, zero_point=-3)
    flat = b.tensor((1, width), scale=scale, zero_point=-3)
    shape = b.tensor((2,), "int32", data=[1, width])
    weights = b.tensor((outputs, width), scale=0.01, data=rng.integers(-127, 128, (outputs, width)))
    bias = b.tensor((outputs,), "int32", scale=0.01 * scale, data=rng.integers(-500, 500, outputs))
    y = b.tensor((1, outputs), scale=output_scale, zero_point=5)
    b.operation("RESHAPE", [x, shape], [flat], new_shape=(1, width))
    b.operation("FULLY_CONNECTED", [flat, weights, bias], [y], fused_activation_function="NONE")
    if not softmax:
        return write_tflite(b.graph([x], [y]))
    probable = b.tensor((1, outputs), scale=1 / 256, zero_point=-128)
    b.operation("SOFTMAX", [y], [probable], beta=1.0)
    return write_tflite(b.graph([x], [probable]))


def compiled(command: Sequence[str], folders: Sequence[Path], program: Path, *main: Path) -> Path:
    """Compile the sources of exported folders and main, by default the folder's own example, to a program.

    Of the folders nothing is known but that sources are in src/ and headers in include/.
    """
    sources = [file for folder in folders for file in sorted((folder / "src").glob("*.c"))]
    includes = [word for folder in folders for word in ("-I", folder / "include")]
    mains = main or (folders[0] / "example" / "main.c",)
    libraries = [] if "-nostdlib" in command else ["-lm"]
    words = [*command, *STRICT, *includes, *sources, *mains, *libraries, "-o", program]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return program


def needs(program: str, package: str) -> str:
    """Return a program's path, or skip the test."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: apt-get install {package}")
    return found
