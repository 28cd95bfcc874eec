# SPDX-License-Identifier: Apache-2.0
"""A compiled model as a program on this computer: the generated C itself, its target's kernels in C."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import paths, process
from toolkit.codegen.kernels import kernel_files
from toolkit.compiler.compile import CompiledModel
from toolkit.errors import CompileError, DeviceError, TinymlError
from toolkit.firmware.toolchain import Toolchain, find_host_toolchain
from toolkit.ops.shared.ends import as_file_gives, as_graph_takes
from toolkit.verify.kept_objects import kept_objects
from toolkit.verify.large_tables import with_strings

_BUILD_TIMEOUT_S = 300.0
_SHOWN_ERRORS = 5
# zig adds traps for undefined behaviour of its own; the tests' sanitizers look for it.
_ZIG = ("cc", "-fno-sanitize=undefined")


@dataclass(frozen=True, eq=False)
class NativeRun:
    """What a run left: all outputs one after the other, and the tensors that were asked for."""

    outputs: NDArray[np.int8]
    tensors: dict[int, NDArray[np.int8]]


class NativeModel:
    """compiled as a program in folder. With dumps, a run tells each layer's outputs too.

    toolchain is a compiler for the core "native", default the one that is found; optimize is its
    option, such as "-O2". Raises ToolMissingError without a compiler, CompileError if it refuses.
    """

    def __init__(
        self,
        compiled: CompiledModel,
        folder: Path,
        toolchain: Toolchain | None = None,
        *,
        dumps: bool = False,
        optimize: str = "-O1",
        timeout_s: float = 600.0,
    ) -> None:
        self.program = folder / "model"
        self._timeout_s = timeout_s
        self._model = compiled
        self._dumped = layer_outputs(compiled) if dumps else []
        _build(self, compiled, folder, toolchain or find_host_toolchain(), optimize)

    def run(self, row: NDArray[np.int8]) -> NativeRun:
        """Return what the model makes of one sample, all inputs one after the other.

        Each run is a process of its own, so that none sees what another left behind. Raises
        DeviceError if it crashes or takes longer than timeout_s.
        """
        return self.run_sequence(row[np.newaxis])[0]

    def run_sequence(self, rows: NDArray[np.int8]) -> list[NativeRun]:
        """Return what the model makes of samples (n, input bytes), one after the other in one process.

        A model that remembers sees them as a sequence. Raises as run() does.
        """
        name = f"the C of {self._model.name}, run on this computer,"
        command = [str(self.program)]
        given = as_graph_takes(self._model.graph, rows)
        try:
            done = subprocess.run(
                command, input=given.tobytes(), capture_output=True, timeout=self._timeout_s, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise DeviceError(f"{name} did not end within {self._timeout_s:g} s.") from error
        if done.returncode != 0:
            raise DeviceError(f"{name} ended with {done.returncode}.")
        data, graph = np.frombuffer(done.stdout, np.int8), self._model.graph
        shown = [*(tensor for _, tensor in self._dumped), *graph.outputs]
        expected = len(rows) * sum(graph.tensors[i].bytes for i in shown)
        if len(data) != expected:
            raise TinymlError(f"{name} wrote {len(data):,} bytes, not {expected:,}.")
        return [self._split(run) for run in data.reshape(len(rows), -1)]

    def _split(self, data: NDArray[np.int8]) -> NativeRun:
        tensors, start = {}, 0
        for _, tensor_id in self._dumped:
            size = self._model.graph.tensors[tensor_id].bytes
            tensors[tensor_id] = data[start : start + size]
            start += size
        (outputs,) = as_file_gives(self._model.graph, data[np.newaxis, start:])
        return NativeRun(outputs, tensors)

    def dump_source(self) -> str:
        """Return tm_dumps.c: what of the arena is shown after which layer."""
        plan, tensors = self._model.plan, self._model.graph.tensors
        rows = [
            f"    {{{layer}u, {plan.offset_of(tensors[i])}u, {tensors[i].bytes}u}},"
            for layer, i in self._dumped
        ]
        first = tensors[self._model.graph.inputs[0]]
        lines = [
            '#include "tm_dumps.h"',
            "const tm_dump tm_dumps[] = {",
            *(rows or ["    {0u, 0u, 0u},"]),
            "};",
            f"const uint32_t tm_dump_count = {len(rows)}u;",
            f"const uint32_t tm_input_offset = {plan.offset_of(first)}u;",
        ]
        return "\n".join([*lines, ""])


def layer_outputs(compiled: CompiledModel) -> list[tuple[int, int]]:
    """Return (layer, tensor) in the order in which they are written."""
    operations = enumerate(compiled.graph.operations)
    return [(layer, tensor) for layer, operation in operations for tensor in operation.outputs]


def _build(
    native: NativeModel, compiled: CompiledModel, folder: Path, toolchain: Toolchain, optimize: str
) -> None:
    kernels = kernel_files(paths.templates("kernels"), compiled.target.isa, compiled.kernels, on_host=True)
    kernels = {Path(name).name: text for name, text in kernels.items()}
    files = kernels | compiled.sources
    files.pop(f"{compiled.name}_real.c", None)  # is around the model, and may need a stream's C
    files["tm_dumps.c"] = native.dump_source()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with (folder / name).open("w", encoding="utf-8") as file:
            file.writelines(with_strings(text) if name.endswith(".c") else [text])
    words = [toolchain.program, *(_ZIG if toolchain.kind == "zig" else ())]
    kept = kept_objects(kernels, folder, [*words, "-std=c99", optimize])
    sources = [kept.get(name, folder / name) for name in sorted(files) if name.endswith(".c")]
    includes = ["-I", folder, "-I", paths.templates("runtime"), "-I", paths.templates("native")]
    twins = f"-D{compiled.name.upper()}_TWINS"
    command = [*words, "-std=c99", twins, optimize, *includes, *sources, paths.templates("native", "main.c")]
    done = process.run([*command, "-lm", "-o", native.program], timeout_s=_BUILD_TIMEOUT_S)
    if done.exit_code != 0:
        errors = [line for line in done.output.splitlines() if "error" in line] or done.output.splitlines()
        shown = "\n".join(f"  {line}" for line in errors[:_SHOWN_ERRORS])
        raise CompileError(f"{compiled.name} does not compile on this computer:\n{shown}")
