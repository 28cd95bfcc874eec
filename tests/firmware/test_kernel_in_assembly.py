# SPDX-License-Identifier: Apache-2.0
"""A kernel for a core may be assembly: the board runs that, this computer verifies its twin in C."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.firmware import skip_without
from support.tflite_writer import GraphBuilder, write_tflite
from support.variants_that_wait import waiting

from toolkit import paths
from toolkit.codegen.kernels import kernel_files
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import CheckFailedError, InputError
from toolkit.targets.board import load_board
from toolkit.targets.target import PORTABLE, target_of
from toolkit.verify.any_model import try_samples
from toolkit.verify.generated_c import verify_model
from toolkit.verify.on_device import Place, Samples

pytestmark = pytest.mark.xdist_group("firmware")

# The portable kernel's work, and 1 in r12 beyond it where WRONG is defined.
ASSEMBLY = """
    .syntax unified
    .thumb
    .section .text.tm_lookup_s8, "ax", %progbits
    .global tm_lookup_s8
    .type tm_lookup_s8, %function
tm_lookup_s8:
    ldr r0, [r0]
    cbz r0, 2f
    add r0, r1, r0
1:  ldrb r12, [r1], #1
    ldrsb r12, [r2, r12]
#ifdef WRONG
    add r12, r12, #1
#endif
    strb r12, [r3], #1
    cmp r1, r0
    bne 1b
2:  bx lr
    .size tm_lookup_s8, . - tm_lookup_s8
"""
NANO = load_board("nano33ble")


def tanh_model() -> tuple[bytes, CompiledModel]:
    builder = GraphBuilder("tanh")
    x = builder.tensor((1, 40), scale=0.03, zero_point=3)
    y = builder.tensor((1, 40), scale=1 / 128, zero_point=0)
    builder.operation("TANH", [x], [y])
    data = write_tflite(builder.graph([x], [y]))
    return data, compile_model(data, "tanh", target_of(NANO))


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Templates in which armv7em has tm_lookup_s8 in assembly, with its twin; the folder of the two."""
    templates = tmp_path / "templates"
    shutil.copytree(paths.templates(), templates)
    folder = templates / "kernels" / "armv7em"
    folder.mkdir(exist_ok=True)
    (folder / "tm_lookup_s8.S").write_text(ASSEMBLY)
    shutil.copy(templates / "kernels" / "tm_lookup_s8.c", folder)
    monkeypatch.setattr(paths, "templates", lambda *parts: templates.joinpath(*parts))
    return folder


def check(data: bytes, compiled: CompiledModel) -> bool:
    rows = np.random.default_rng(1).integers(-128, 128, (3, 40)).astype(np.int8)
    return try_samples(compiled, data, Samples(rows), NANO, Place()).checked.verdict.passed


@pytest.mark.parametrize("toolchain", waiting(["gcc", "zig"], ["zig"]))
def test_the_board_runs_the_assembly(toolchain: str, kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without("nano33ble", toolchain)
    monkeypatch.setenv("TINYML_TOOLCHAIN", toolchain)
    data, compiled = tanh_model()
    assert check(data, compiled)
    (kernels / "tm_lookup_s8.S").write_text("#define WRONG\n" + ASSEMBLY)
    assert not check(data, compiled)


def test_this_computer_verifies_the_twin_in_c(kernels: Path) -> None:
    data, compiled = tanh_model()
    assert verify_model(compiled, data).samples
    twin = kernels / "tm_lookup_s8.c"
    twin.write_text(twin.read_text().replace("table[*source++]", "(int8_t)(table[*source++] ^ 1)"))
    with pytest.raises(CheckFailedError, match="TANH"):
        verify_model(compiled, data)


def test_assembly_without_a_twin_is_refused(kernels: Path) -> None:
    (kernels / "tm_lookup_s8.c").unlink()
    data, compiled = tanh_model()
    with pytest.raises(InputError, match=r"tm_lookup_s8\.S has no tm_lookup_s8\.c beside it"):
        verify_model(compiled, data)


def test_a_portable_model_takes_no_kernel_of_a_core(kernels: Path) -> None:
    names = set(kernel_files(kernels.parent, PORTABLE.isa, ["tm_lookup_s8"]))
    assert names == {"src/kernels/tm_lookup_s8.c", "src/kernels/tm_lookup_s8.h"}
    names = set(kernel_files(kernels.parent, target_of(NANO).isa, ["tm_lookup_s8"]))
    assert names == {"src/kernels/tm_lookup_s8.S", "src/kernels/tm_lookup_s8.h"}
