# SPDX-License-Identifier: Apache-2.0
"""Runs a core's kernels on an emulated core, each buffer between pages that must not be touched.

    check_on_core([Case("3x3", graph), ...], tmp_path, Build(core), seed=1, samples=4)

compiles one image for all cases and compares every byte with the NumPy reference.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from elftools.elf.elffile import ELFFile
from support.kernel_runner import (
    ROOT,
    WARNINGS,
    Case,
    Run,
    assert_equal,
    includes,
    kernel_names,
    kernel_sources,
    lowered,
    run_reference,
    shim_text,
)
from support.objects import object_of
from unicorn import arm_const as arm
from unicorn import unicorn_const as uc

from toolkit import process
from toolkit.emulator.counter import Counter
from toolkit.emulator.unicorn_engine import new_engine
from toolkit.firmware.toolchain import find_toolchain
from toolkit.ops.shared.operator import Array, ConstantArgument, NullArgument, ScratchArgument, TensorArgument
from toolkit.ops.shared.state import start_states
from toolkit.targets.cores import Core
from toolkit.targets.target import Target, target_of_core
from toolkit.timing.model import cost_of

_PAGE = 0x1000
_CODE, _CODE_BYTES, _RAM, _RAM_BYTES, _BUFFERS = 0x10000, 0x100000, 0x20000000, 0x10000, 0x30000000
_FILLER = 0xA5
_CPUS = {
    "A": (uc.UC_MODE_THUMB, arm.UC_CPU_ARM_MAX),
    "M": (uc.UC_MODE_THUMB | uc.UC_MODE_MCLASS, arm.UC_CPU_ARM_CORTEX_M4),
    "v6-M": (uc.UC_MODE_THUMB, arm.UC_CPU_ARM_CORTEX_M0),
}
_LINKER_SCRIPT = """
SECTIONS {
    . = 0x10000;
    .text : { *(.text*) *(.rodata*) *(.data*) }
    /DISCARD/ : { *(.ARM.exidx*) *(.ARM.attributes) *(.comment) }
}
"""


@dataclass(frozen=True)
class Build:
    """For which core, by which compiler, how optimized. at_end: buffers end where a page ends, else they
    start where one starts.
    """

    core: Core
    toolchain: str = "gcc"
    optimize: str = "-O2"
    at_end: bool = True

    def __str__(self) -> str:
        place = "at_end" if self.at_end else "at_start"
        return f"{self.core.name}-{self.toolchain}{self.optimize}-{place}"


def check_on_core(cases: Sequence[Case], folder: Path, build: Build, *, seed: int, samples: int) -> None:
    """Assert that the core's kernels give what the references say, and touch nothing but their buffers."""
    runs = lowered(cases, np.random.default_rng(seed), samples, target_of_core(build.core))
    machine = _Machine(_image(runs, folder, build), build)
    for place, run in enumerate(runs):
        machine.take(run)
        states = start_states(run.case.graph)
        for number, sample in enumerate(run.samples):
            name = f"{run.case.name}, sample {number}, {build}"
            expected = run_reference(run.case.graph, sample, states)
            assert_equal(name, expected, machine.run(place, run, sample, name))


def cost_on_core(case: Case, folder: Path, core: Core, target: Target) -> tuple[int, int]:
    """Return the instructions and modelled cycles of a layer on a core, with what a target has for it."""
    runs = lowered([case], np.random.default_rng(1), 4, target)
    machine = _Machine(_image(runs, folder, Build(core), target), Build(core))
    return machine.cost(runs[0])


def _image(runs: Sequence[Run], folder: Path, build: Build, target: Target | None = None) -> Path:
    target, tools = target or target_of_core(build.core), build.core.tools
    program = str(find_toolchain(build.core.name, build.toolchain).program)
    flags = tools.gcc_flags if build.toolchain == "gcc" else ("cc", *tools.zig_flags)
    (folder / "cases.c").write_text(shim_text(runs))
    (folder / "cases.ld").write_text(_LINKER_SCRIPT)
    command = [program, *flags, "-ffreestanding", build.optimize, *includes(target)]
    memory = ROOT / "firmware_templates" / "ports" / "cortex_m" / "memory.c"
    objects = [
        object_of(source, [*command, *(("-x", "assembler-with-cpp") if source.suffix == ".S" else WARNINGS)])
        for source in [memory, *kernel_sources(kernel_names(runs), target)]
    ]
    script = ["-nostdlib", "-Wl,--entry=tm_cases", "-Wl,--no-gc-sections", "-T", folder / "cases.ld"]
    linking = [*script, "-o", folder / "cases.elf"]
    libraries = ["-lgcc"] if build.toolchain == "gcc" else []
    words = [*command, *WARNINGS, folder / "cases.c", *objects, *linking, *libraries]
    done = process.run([str(word) for word in words], timeout_s=120)
    assert done.exit_code == 0, done.output
    return folder / "cases.elf"


class _Machine:
    """A core with code and stack, and the buffers of the run that it has taken."""

    def __init__(self, image: Path, build: Build) -> None:
        assert build.core.emulated is not None
        self.at_end = build.at_end
        self.timing = build.core.timing
        self.uc = new_engine(uc.UC_ARCH_ARM, *_CPUS[build.core.emulated.profile])
        if build.core.emulated.profile == "A":
            self.uc.reg_write(arm.UC_ARM_REG_C1_C0_2, 0xF << 20)
            self.uc.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
        with image.open("rb") as stream:
            elf = ELFFile(stream)
            code = elf.get_section_by_name(".text")
            self.uc.mem_map(_CODE, _CODE_BYTES, uc.UC_PROT_READ | uc.UC_PROT_EXEC)
            self.code = code.data()
            self.uc.mem_write(code["sh_addr"], self.code)
            self.table = int(elf.header["e_entry"]) & ~1
        self.uc.mem_map(_RAM, _RAM_BYTES)
        self.mapped: list[tuple[int, int]] = []
        self.places: list[tuple[int, int]] = []

    def take(self, run: Run) -> None:
        """Map the buffers of a run, constants to be read only, with nothing between them."""
        for start, size in self.mapped:
            self.uc.mem_unmap(start, size)
        self.mapped, self.places, start = [], [], _BUFFERS
        for argument in run.arguments:
            data, size = _constant(run, argument), _size(run, argument)
            pages = max(-(-size // _PAGE), 1) * _PAGE
            self.uc.mem_map(start, pages)
            place = start + pages - size if self.at_end else start
            self.uc.mem_write(start, bytes([_FILLER]) * pages)
            state = _start(run, argument)
            if state is not None:
                self.uc.mem_write(place, state)
            if data is not None:
                self.uc.mem_write(place, data)
                self.uc.mem_protect(start, pages, uc.UC_PROT_READ)
            self.mapped.append((start, pages))
            self.places.append((0 if isinstance(argument, NullArgument) else place, size))
            start += pages + 4 * _PAGE

    def run(self, number: int, run: Run, sample: Sequence[Array], name: str) -> list[Array]:
        """Return what a call makes of a sample; asserts that nothing beside the buffers changes."""
        graph = run.case.graph
        kinds = [a.tensor if isinstance(a, TensorArgument) else -1 for a in run.arguments]
        before = [bytes(self.uc.mem_read(*pages)) for pages in self.mapped]
        for tensor, (place, _) in zip(kinds, self.places, strict=True):
            if tensor in graph.inputs:
                self.uc.mem_write(place, np.ascontiguousarray(sample[graph.inputs.index(tensor)]).tobytes())
        self._call(number, name)
        for pages, old, (place, size) in zip(self.mapped, before, self.places, strict=True):
            now = bytes(self.uc.mem_read(*pages))
            start = max(place - pages[0], 0)
            beside = now[:start] + now[start + size :], old[:start] + old[start + size :]
            assert beside[0] == beside[1], f"{name}: it writes beside a buffer"
        results = []
        for tensor in graph.outputs:
            data = bytes(self.uc.mem_read(*self.places[kinds.index(tensor)]))
            shape = graph.tensors[tensor].shape
            results.append(np.frombuffer(data, graph.tensors[tensor].dtype).reshape(shape))
        return results

    def cost(self, run: Run) -> tuple[int, int]:
        """Return the instructions and modelled cycles of the image's first run on its last sample."""
        flash = (ctypes.c_uint8 * len(self.code)).from_buffer_copy(self.code)
        counter = Counter(self.uc, flash, _CODE, None, cost_of(self.timing))
        counter.fields.fpu_is_off = 0
        self.take(run)
        self.run(0, run, run.samples[-1], run.case.name)
        return int(counter.fields.instructions), int(counter.fields.cycles)

    def _call(self, number: int, name: str) -> None:
        (function,) = struct.unpack("<I", self.uc.mem_read(self.table + 4 * number, 4))
        places = [place for place, _ in self.places]
        self.uc.mem_write(_RAM, struct.pack(f"<{len(places)}I", *places))
        self.uc.reg_write(arm.UC_ARM_REG_R0, _RAM)
        self.uc.reg_write(arm.UC_ARM_REG_SP, _RAM + _RAM_BYTES)
        self.uc.reg_write(arm.UC_ARM_REG_LR, _RAM + 0x8001)
        try:
            self.uc.emu_start(function | 1, _RAM + 0x8000)
        except Exception as error:
            pc = self.uc.reg_read(arm.UC_ARM_REG_PC)
            raise AssertionError(f"{name}: {error} at {pc:#x}") from error


def _size(run: Run, argument: object) -> int:
    if isinstance(argument, TensorArgument):
        return run.case.graph.tensors[argument.tensor].bytes
    if isinstance(argument, ConstantArgument):
        return argument.data.nbytes
    return argument.bytes if isinstance(argument, ScratchArgument) else 0


def _start(run: Run, argument: object) -> bytes | None:
    """Return what a state is before the first sample."""
    tensor = run.case.graph.tensors[argument.tensor] if isinstance(argument, TensorArgument) else None
    return None if tensor is None or tensor.state is None else tensor.state.tobytes()


def _constant(run: Run, argument: object) -> bytes | None:
    if isinstance(argument, ConstantArgument):
        return np.ascontiguousarray(argument.data).tobytes()
    if isinstance(argument, TensorArgument) and run.case.graph.tensors[argument.tensor].is_constant:
        return np.ascontiguousarray(run.case.graph.tensors[argument.tensor].data).tobytes()
    return None
