# SPDX-License-Identifier: Apache-2.0
"""Holds an operator's walks against what its compiled kernel does to memory, access by access."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.kernel_runner import includes, kernel_sources, literal

from toolkit import process
from toolkit.codegen import literals
from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import (
    ConstantArgument,
    KernelCall,
    NullArgument,
    ScratchArgument,
    TensorArgument,
    Walk,
)
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import PORTABLE, Target

Times = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Traced:
    """A graph of one operation, its call told to go a walk, and that walk."""

    name: str
    graph: Graph
    call: KernelCall
    walk: Walk

    @property
    def tensors(self) -> list[int]:
        """The tensors that are watched: all that the call has in the arena, each once."""
        ids = dict.fromkeys(a.tensor for a in self.call.arguments if isinstance(a, TensorArgument))
        return [i for i in ids if not self.graph.tensors[i].is_constant]


def traced_walks(name: str, graph: Graph, target: Target = PORTABLE) -> list[Traced]:
    """Return every walk of a graph's operation; the operator must have one at least."""
    (operation,) = graph.operations
    operator = operators()[operation.kind]
    assert operator.problems(graph, operation) == []
    call = operator.lower(graph, operation, target)
    assert isinstance(call, KernelCall)
    walks = operator.walks(graph, operation, target)
    assert walks, f"{name}: {operation.kind} has no walks"
    return [Traced(f"{name}, walk {i}", graph, _told(call, walk), walk) for i, walk in enumerate(walks)]


def assert_walks_hold(traced: Sequence[Traced], folder: Path, target: Target = PORTABLE) -> None:
    """Assert that wherever a walk lets a byte be overwritten, the kernel has read it by then."""
    for one, times in zip(traced, _run(traced, folder, target), strict=True):
        for source, steps in one.walk.last_reads.items():
            last_read, overwritten = times[source]
            assert not overwritten.any(), f"{one.name}: it writes its input {source}"
            assert not last_read[steps < 0].any(), f"{one.name}: it reads what it is said not to"
            for result, writes in one.walk.first_writes.items():
                _, first_write = times[result]
                assert first_write.all(), f"{one.name}: it leaves bytes of output {result} unwritten"
                _assert_order(one.name, (steps, last_read), (writes, first_write))


def _assert_order(
    name: str, reads: tuple[NDArray[np.int64], Times], writes: tuple[NDArray[np.int64], Times]
) -> None:
    """Assert that no write of a step comes before a read of the same step or an earlier one."""
    for step in np.unique(writes[0]):
        read = reads[1][reads[0] <= step].max(initial=0)
        written = writes[1][writes[0] >= step].min()
        assert read < written, f"{name}: step {step} reads at {read} what is written at {written}"


def _told(call: KernelCall, walk: Walk) -> KernelCall:
    return KernelCall(call.kernel, {**call.params, **walk.params}, call.arguments)


def _run(traced: Sequence[Traced], folder: Path, target: Target) -> list[dict[int, tuple[Times, Times]]]:
    """Return for each watched tensor when each byte was last read and first written."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing: apt install gcc")
    (folder / "trace.c").write_text(_program(traced))
    kernels = sorted({one.call.kernel for one in traced})
    common = ["gcc", "-std=c11", "-O1", *includes(target)]
    renamed = ["-Dmemcpy=tm_traced_memcpy", "-Dmemset=tm_traced_memset"]
    sources = kernel_sources(kernels, target, on_host=True)
    objects = [folder / f"{source.stem}.o" for source in sources]
    for source, target in zip(sources, objects, strict=True):
        _call([*common, "-fsanitize=thread", *renamed, "-c", source, "-o", target])
    support = Path(__file__).parent / "access_trace.c"
    _call([*common, folder / "trace.c", support, *objects, "-o", folder / "trace"])
    _call([folder / "trace", folder / "times.bin"])
    return _split(traced, np.fromfile(folder / "times.bin", np.uint32))


def _call(command: Sequence[str | Path]) -> None:
    done = process.run([str(word) for word in command], timeout_s=120)
    assert done.exit_code == 0, done.output


def _split(traced: Sequence[Traced], times: Times) -> list[dict[int, tuple[Times, Times]]]:
    parts, place = [], 0
    for one in traced:
        part = {}
        for tensor in one.tensors:
            size = one.graph.tensors[tensor].bytes
            part[tensor] = times[place : place + size], times[place + size : place + 2 * size]
            place += 2 * size
        parts.append(part)
    assert place == len(times)
    return parts


def _program(traced: Sequence[Traced]) -> str:
    """Return a C program with a block for each call: watch its tensors, call it, write the times."""
    lines = ["#include <stdint.h>", "#include <stdio.h>"]
    lines += [f'#include "{kernel}.h"' for kernel in sorted({one.call.kernel for one in traced})]
    lines += ["void tm_trace_range(void *start, uint32_t bytes);", "void tm_trace_end(void);"]
    lines += ["int main(int count, char **names) {"]
    lines += ['if (count != 2 || freopen(names[1], "wb", stdout) == NULL) return 2;']
    for one in traced:
        lines += ["{", *_block(one), "}"]
    return "\n".join([*lines, "return 0;", "}"]) + "\n"


def _block(one: Traced) -> list[str]:
    lines, words = [], []
    for i in one.tensors:
        lines.append(f"static _Alignas(16) uint8_t t{i}[{one.graph.tensors[i].bytes}];")
        lines.append(f"tm_trace_range(t{i}, sizeof t{i});")
    own = [value for value in one.call.params.values() if isinstance(value, ConstantArgument)]
    for place, argument in enumerate((*one.call.arguments, *own)):
        name = f"a{place}"
        if isinstance(argument, TensorArgument):
            data = one.graph.tensors[argument.tensor].data
            name = f"t{argument.tensor}" if data is None else name
        else:
            data = argument.data if isinstance(argument, ConstantArgument) else None
        if data is not None:
            flat = np.ascontiguousarray(data)
            kind = literals.C_TYPES[flat.dtype.name]
            lines.append(f"static const {kind} {name}[] = {{{literals.initializer(flat)}}};")
        if isinstance(argument, ScratchArgument):
            lines.append(f"static _Alignas(16) uint8_t {name}[{argument.bytes}];")
        words.append("NULL" if isinstance(argument, NullArgument) else f"(void *){name}")
    places = {table: f"a{len(one.call.arguments) + i}" for i, table in enumerate(own)}
    words = words[: len(one.call.arguments)]
    if one.call.params:
        fields = ", ".join(f".{name} = {literal(value, places)}" for name, value in one.call.params.items())
        lines.append(f"static const {one.call.kernel}_params p = {{{fields}}};")
        words.insert(0, "&p")
    return [*lines, f"{one.call.kernel}({', '.join(words)});", "tm_trace_end();"]
