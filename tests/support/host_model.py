# SPDX-License-Identifier: Apache-2.0
"""Runs a compiled model on the host, with its kernels, under sanitizers.

host = HostModel(compile_model(data, "kws"), tmp_path)
outputs = host.run(samples)

It is a program of its own, not a shared library: so the address sanitizer can be on, and a crash is
an assertion with the sanitizer's report instead of the end of pytest.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from support.objects import host_compiler, object_of

from toolkit.compiler.compile import CompiledModel
from toolkit.ops.shared.ends import as_file_gives, as_graph_takes
from toolkit.ops.shared.operator import Array

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "firmware_templates"
KERNELS = TEMPLATES / "kernels"
INCLUDES = ("-I", KERNELS, "-I", TEMPLATES / "runtime")
FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O1")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


class HostModel:
    """A compiled model as a program in folder; asserts that the compiler has no complaint."""

    def __init__(self, model: CompiledModel, folder: Path, kernels: Path = KERNELS) -> None:
        self.model = model
        self.program = folder / "model"
        for name, text in model.sources.items():
            (folder / name).write_text(text, encoding="utf-8")
        sources = [folder / name for name in model.sources if name.endswith(".c")]
        driver = Path(__file__).parent / "model_driver.c"
        sources_of_all = (driver, *(kernels / f"{name}.c" for name in model.kernels))
        objects = [object_of(source, _command()) for source in sources_of_all]
        _compile("-I", folder, "-I", kernels, *sources, *objects, "-lm", "-o", self.program)

    def run(self, samples: Sequence[Sequence[Array]]) -> list[list[Array]]:
        """Return the outputs of each sample; a sample has one array for each input of the model.

        Both are as the .tflite file has them.
        """
        graph = self.model.graph
        joined = b"".join(np.ascontiguousarray(value).tobytes() for sample in samples for value in sample)
        width = sum(graph.tensors[i].bytes for i in graph.given)
        feed = as_graph_takes(graph, np.frombuffer(joined, np.int8).reshape(len(samples), width))
        data = self._call(feed.tobytes())
        row = sum(graph.tensors[i].bytes for i in graph.outputs)
        assert len(data) == row * len(samples)
        data = as_file_gives(graph, np.frombuffer(data, np.int8).reshape(len(samples), row)).tobytes()
        results, offset = [], 0
        for _ in samples:
            outputs: list[Array] = []
            for tensor in (graph.tensors[i] for i in graph.asked):
                flat = np.frombuffer(data, np.dtype(tensor.dtype), tensor.elements, offset)
                outputs.append(flat.reshape(tensor.shape))
                offset += tensor.bytes
            results.append(outputs)
        return results

    def layers(self) -> list[str]:
        """Return the names of the layers as the model tells them."""
        return self._call(b"", "layers").decode().split()

    def _call(self, feed: bytes, *arguments: str) -> bytes:
        command = [str(self.program), *arguments]
        done = subprocess.run(command, input=feed, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr.decode()[-4000:]}"
        return done.stdout


def _command() -> list[str | Path]:
    return [host_compiler(), *FLAGS, *SANITIZERS, *INCLUDES]


def _compile(*arguments: str | Path) -> None:
    command = [*_command(), *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
