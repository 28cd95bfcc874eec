# SPDX-License-Identifier: Apache-2.0
"""Runs kernels for MVE on QEMU's Cortex-M55, each buffer alone in a region of the MPU (qemu_driver.c).

    check_in_qemu([Case("3x3", graph), ...], tmp_path, Build(core), seed=1, samples=4)

compiles one image for all cases and compares every byte with the NumPy reference.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.arm_runner import Build
from support.kernel_runner import (
    ROOT,
    WARNINGS,
    Case,
    Run,
    assert_equal,
    feed_of,
    includes,
    kernel_names,
    kernel_sources,
    lowered,
    run_reference,
    shim_text,
)
from support.objects import object_of

from toolkit import process
from toolkit.firmware.toolchain import find_toolchain
from toolkit.ops.shared.operator import Array, TensorArgument
from toolkit.runners.qemu import PROGRAM
from toolkit.targets.target import Target, target_of_core

_FEED = 0x60000000
_TICKS = 0.256  # of an instruction, as qemu_driver.c counts them
_LINKER_SCRIPT = """
SECTIONS {
    .text 0 : { KEEP(*(.vectors)) *(.text*) *(.rodata*) }
    .data 0x20000000 : { *(.data*) *(.bss*) *(COMMON) }
    tm_stack_top = 0x20080000;
    /DISCARD/ : { *(.ARM.exidx*) *(.ARM.attributes) *(.comment) }
}
"""
_MACHINE = "-M mps3-an547 -icount shift=3 -display none -monitor none -serial none -semihosting"


def skip_without_qemu() -> None:
    """Skip the test where QEMU is not installed."""
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed: apt-get install qemu-system-arm")


def check_in_qemu(cases: Sequence[Case], folder: Path, build: Build, *, seed: int, samples: int) -> None:
    """Assert that the core's kernels give what the references say, and touch nothing but their buffers.

    Every other sample has its buffers at the ends of their regions, the others at the starts.
    """
    target = target_of_core(build.core)
    runs = lowered(cases, np.random.default_rng(seed), samples, target)
    for run, results in zip(runs, _computed(runs, folder, build, target), strict=True):
        for number, (sample, (_, outputs)) in enumerate(zip(run.samples, results, strict=True)):
            name = f"{run.case.name}, sample {number}, {build}"
            assert_equal(name, run_reference(run.case.graph, sample), outputs)


def instructions_in_qemu(cases: Sequence[Case], folder: Path, build: Build, target: Target) -> list[int]:
    """Return the instructions of each case's call on a random sample, with what a target has for it.

    Up to 65 million, within four; a few too many, as the call by pointer and reading the clock count.
    """
    runs = lowered(cases, np.random.default_rng(1), 4, target)
    return [round(results[-1][0] / _TICKS) for results in _computed(runs, folder, build, target)]


def _computed(
    runs: Sequence[Run], folder: Path, build: Build, target: Target
) -> list[list[tuple[int, list[Array]]]]:
    """Return ticks and outputs of every sample of every run."""
    image = _image(runs, folder, build, target)
    (folder / "feed.bin").write_bytes(b"".join(map(feed_of, runs)))
    loader = f"loader,file=feed.bin,addr={_FEED:#x},force-raw=on"
    command = [PROGRAM, *_MACHINE.split(), "-device", loader, "-kernel", image.name]
    done = process.run(command, cwd=folder, timeout_s=120)
    said = done.output
    if done.exit_code != 0 and "case" in said:
        place = int(said.split("case")[1].split()[0], 16)
        said = f"{runs[place].case.name}: {said}"
    assert done.exit_code == 0, f"{build}: {said}"
    return _split(runs, (folder / "outputs.bin").read_bytes())


def _image(runs: Sequence[Run], folder: Path, build: Build, target: Target) -> Path:
    tools = build.core.tools
    program = str(find_toolchain(build.core.name, build.toolchain).program)
    flags = tools.gcc_flags if build.toolchain == "gcc" else ("cc", *tools.zig_flags)
    (folder / "cases.c").write_text(shim_text(runs))
    (folder / "cases.ld").write_text(_LINKER_SCRIPT)
    command = [program, *flags, "-ffreestanding", build.optimize, *includes(target)]
    own = (ROOT / "firmware_templates/ports/cortex_m/memory.c", Path(__file__).with_name("qemu_driver.c"))
    sources = [*own, *kernel_sources(kernel_names(runs), target)]
    objects = [object_of(source, [*command, *WARNINGS]) for source in sources]
    script = ["-nostdlib", "-Wl,--entry=tm_reset", "-T", folder / "cases.ld", "-o", folder / "cases.elf"]
    libraries = ["-lgcc"] if build.toolchain == "gcc" else []
    words = [*command, *WARNINGS, folder / "cases.c", *objects, *script, *libraries]
    done = process.run([str(word) for word in words], timeout_s=120)
    assert done.exit_code == 0, done.output
    return folder / "cases.elf"


def _split(runs: Sequence[Run], data: bytes) -> list[list[tuple[int, list[Array]]]]:
    results, at = [], 0
    for run in runs:
        tensors = [a.tensor for a in run.arguments if isinstance(a, TensorArgument)]
        (output,) = (run.case.graph.tensors[i] for i in tensors if i in run.case.graph.outputs)
        rows = []
        for _ in run.samples:
            ticks = int.from_bytes(data[at : at + 4], "little")
            flat = np.frombuffer(data, output.dtype, output.elements, at + 4)
            rows.append((ticks, [flat.reshape(output.shape)]))
            at += 4 + output.bytes
        results.append(rows)
    assert at == len(data)
    return results
