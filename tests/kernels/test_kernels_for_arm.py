# SPDX-License-Identifier: Apache-2.0
"""Every kernel compiles for the boards without a warning and needs nothing but memcpy and memset."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.kernel_runner import KERNELS, ROOT, WARNINGS
from support.variants_that_wait import waiting

from toolkit import process
from toolkit.targets.cores import CORES, Core

_ALLOWED = {"memcpy", "memset", "__aeabi_ldivmod", "__aeabi_uldivmod"}
# ARM IHI 0043, 4.2 and 4.3: division, long multiplication and floats, which ARMv6-M has no instructions for.
_OF_ARMV6M = re.compile(r"__aeabi_(u?idiv(mod)?|lmul|lls[lr]|lasr|u?lcmp|[fd]\w+|u?[il]2[fd])")
_KERNELS = sorted(KERNELS.glob("*.c"))
_OF_ONE_ISA = sorted(KERNELS.glob("*/*.c"))


BUILT = [core for core in CORES.values() if core.tools.gcc]
WAIT = [core for core in BUILT if core.name in ("cortex-m7f", "cortex-m55")]
"""The first has the instruction set of cortex-m4f; firmware and QEMU's tests build the second's kernels."""


@pytest.mark.parametrize("core", waiting(BUILT, WAIT), ids=lambda c: c.name)
def test_kernels_compile_for_arm_and_need_no_libc(tmp_path: Path, core: Core) -> None:
    compiler = shutil.which(core.tools.gcc)
    if compiler is None:
        pytest.skip(f"{core.tools.gcc} is missing: apt install {core.tools.apt}")
    assert _KERNELS
    flags = (*core.tools.gcc_flags, "-O2", "-ffreestanding")
    own = [path for path in _OF_ONE_ISA if path.parent.name == core.isa]
    objects = [tmp_path / f"{path.stem}.o" for path in (*_KERNELS, *own)]
    command = [compiler, *flags, *WARNINGS, "-I", KERNELS, "-c", *_KERNELS, *own]
    done = process.run([str(word) for word in command], cwd=tmp_path, timeout_s=200)
    assert (done.exit_code, done.output) == (0, "")
    done = process.run(["arm-none-eabi-nm", "--undefined-only", "--no-sort", *objects], timeout_s=60)
    needed = {line.split()[-1] for line in done.output.splitlines() if " U " in line}
    if core.isa == "armv6m":
        needed = {name for name in needed if not _OF_ARMV6M.fullmatch(name)}
    assert needed <= {*_ALLOWED, *(path.stem for path in own)}


@pytest.mark.parametrize("path", [*_KERNELS, *_OF_ONE_ISA], ids=lambda path: path.stem)
def test_kernel_is_one_function_named_as_its_file(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("/* SPDX-License-Identifier: Apache-2.0")
    lines = [line.removeprefix("TM_LITTLE ") for line in text.splitlines()]
    public = [found[1] for line in lines if (found := re.match(r"(?:void |const \w+ \*)(\w+)\(", line))]
    assert public == [path.stem]
    homes = (path.parent, KERNELS)
    assert any((home / f"{path.stem}.h").is_file() for home in homes)


def test_kernels_of_an_instruction_set_have_the_names_of_kernels_and_of_cores() -> None:
    """Any other file would be ignored without a word: one that no kernel includes and no operator calls."""
    folders = [path for path in KERNELS.iterdir() if path.is_dir()]
    assert {path.name for path in folders} <= {core.isa for core in CORES.values()}
    names = {path.stem for path in KERNELS.iterdir()}
    files = [path for folder in folders for path in folder.iterdir()]
    texts = [path.read_text() for path in (*files, *(ROOT / "toolkit" / "ops").rglob("*.py"))]
    for path in files:
        assert path.is_file() and path.suffix in (".c", ".h", ".S"), path
        used = any(f'"{path.stem}.h"' in text or f'"{path.stem}"' in text for text in texts)
        assert path.suffix == ".h" or path.stem in names or used, path
