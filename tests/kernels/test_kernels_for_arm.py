# SPDX-License-Identifier: Apache-2.0
"""Every kernel compiles for the boards without a warning and needs nothing but memcpy and memset."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.kernel_runner import KERNELS, WARNINGS

from toolkit import process
from toolkit.targets.cores import CORES, Core

_ALLOWED = {"memcpy", "memset", "__aeabi_ldivmod", "__aeabi_uldivmod"}
_KERNELS = sorted(KERNELS.glob("*.c"))


@pytest.mark.parametrize("core", [core for core in CORES.values() if core.tools.gcc], ids=lambda c: c.name)
def test_kernels_compile_for_arm_and_need_no_libc(tmp_path: Path, core: Core) -> None:
    compiler = shutil.which(core.tools.gcc)
    if compiler is None:
        pytest.skip(f"{core.tools.gcc} is missing: apt install {core.tools.apt}")
    assert _KERNELS
    flags = (*core.tools.gcc_flags, "-O2", "-ffreestanding")
    objects = [tmp_path / f"{path.stem}.o" for path in _KERNELS]
    done = process.run([compiler, *flags, *WARNINGS, "-c", *_KERNELS], cwd=tmp_path, timeout_s=200)
    assert (done.exit_code, done.output) == (0, "")
    done = process.run(["arm-none-eabi-nm", "--undefined-only", "--no-sort", *objects], timeout_s=60)
    needed = {line.split()[-1] for line in done.output.splitlines() if " U " in line}
    assert needed <= _ALLOWED


@pytest.mark.parametrize("path", _KERNELS, ids=lambda path: path.stem)
def test_kernel_is_one_function_named_as_its_file(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("/* SPDX-License-Identifier: Apache-2.0")
    public = [line for line in text.splitlines() if line.startswith("void ")]
    assert [line.split("(")[0] for line in public] == [f"void {path.stem}"]
    assert path.with_suffix(".h").is_file()


def test_kernels_of_an_instruction_set_have_the_names_of_kernels_and_of_cores() -> None:
    """Any other file would be ignored without a word."""
    folders = [path for path in KERNELS.iterdir() if path.is_dir()]
    assert {path.name for path in folders} <= {core.isa for core in CORES.values()}
    names = {path.stem for path in KERNELS.iterdir()}
    for path in (path for folder in folders for path in folder.iterdir()):
        assert path.is_file() and path.suffix in (".c", ".h", ".S"), path
        assert path.suffix == ".h" or path.stem in names, path
