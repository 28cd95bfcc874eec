# SPDX-License-Identifier: Apache-2.0
"""Instructions that a core lacks are found in its firmware, for all that gcc can assemble."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.boards import own_boards
from support.firmware import skip_without, small_model
from support.variants_that_wait import all_but

from toolkit.errors import CompileError
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.stack.extensions import extension_of, foreign_instructions
from toolkit.targets.board import load_board
from toolkit.targets.cores import CORES, find_core

pytestmark = pytest.mark.xdist_group("stack")


def words(text: str) -> list[str]:
    return text.split()


DSP = words("""
sadd8 sadd16 sasx ssax ssub8 ssub16 qadd8 qadd16 qasx qsax qsub8 qsub16 shadd8 shadd16 shasx shsax shsub8
shsub16 uadd8 uadd16 uasx usax usub8 usub16 uqadd8 uqadd16 uqasx uqsax uqsub8 uqsub16 uhadd8 uhadd16 uhasx
uhsax uhsub8 uhsub16 qadd qdadd qsub qdsub sel smulbb smulbt smultb smultt smulwb smulwt smuad smuadx smusd
smusdx smmul smmulr usad8 sxtab sxtab16 sxtah uxtab uxtab16 uxtah pkhbt
""")
DSP_OF_FOUR = words("""
smlabb smlabt smlatb smlatt smlad smladx smlawb smlawt smlsd smlsdx smmla smmlar smmls smmlsr usada8 smlalbb
smlalbt smlaltb smlaltt smlald smlaldx smlsld smlsldx umaal
""")
OTHER_DSP = [
    "ssat16 r0, #5, r1",
    "usat16 r0, #5, r1",
    "sxtb16 r0, r1",
    "uxtb16 r0, r1",
    "pkhtb r0, r1, r2, asr #3",
]
DOUBLE = [
    *(f"{name}.f64 d0, d1, d2" for name in words("vadd vsub vmul vdiv vmla vmls vnmul vfma vfms vnmla")),
    "vabs.f64 d0, d1",
    "vneg.f64 d0, d1",
    "vsqrt.f64 d0, d1",
    "vmov.f64 d0, d1",
    "vmov.f64 d0, #1.0",
    "vcmp.f64 d0, d1",
    "vcmp.f64 d0, #0",
    "vcvt.f64.f32 d0, s1",
    "vcvt.f32.f64 s0, d1",
    "vcvt.s32.f64 s0, d1",
    "vcvt.f64.u32 d0, s1",
    "vselge.f64 d0, d1, d2",
    "vrinta.f64 d0, d1",
]
FPV5 = [
    "vselge.f32 s0, s1, s2",
    "vmaxnm.f32 s0, s1, s2",
    "vminnm.f32 s0, s1, s2",
    "vrinta.f32 s0, s1",
    "vrintm.f32 s0, s1",
    "vrintr.f32 s0, s1",
    "vrintz.f32 s0, s1",
    "vrintx.f32 s0, s1",
    "vcvta.s32.f32 s0, s1",
]
SINGLE = [
    "vadd.f32 s0, s1, s2",
    "vfma.f32 s0, s1, s2",
    "vmov r0, s1",
    "vmov r0, r1, d2",
    "vmov.f32 s0, #1.0",
    "vldr d0, [r0]",
    "vstmia r0!, {d0-d3}",
    "vpush {d8-d9}",
    "vcmp.f32 s0, #0.0",
    "vcvt.s32.f32 s0, s1",
    "vcvtb.f32.f16 s0, s1",
    "vmrs r0, fpscr",
]
BASE = """
mul.w r8, r9, r10
mla r0, r1, r2, r3
mls r0, r1, r2, r3
umull r0, r1, r2, r3
smull r0, r1, r2, r3
smlal r0, r1, r2, r3
umlal r0, r1, r2, r3
sdiv r0, r1, r2
udiv r0, r1, r2
clz r0, r1
rbit r0, r1
rev.w r8, r9
rev16.w r8, r9
revsh.w r8, r9
sxth.w r8, r9
uxth.w r8, r9, ror #8
sxtb.w r8, r9
uxtb.w r8, r9
ssat r0, #5, r1
ssat r0, #5, r1, asr #3
usat r0, #5, r1, lsl #2
bfi r0, r1, #2, #3
ubfx r0, r1, #2, #3
sbfx r0, r1, #0, #3
lsl.w r8, r9, r10
ror.w r8, r9, r10
orr.w r8, r9, r10, lsl #4
ldrd r0, r1, [r2]
strexb r0, r1, [r2]
tbb [r0, r1]
dmb
pld [r0]
""".strip().splitlines()


@pytest.fixture(scope="module")
def compiler() -> str:
    gcc = shutil.which("arm-none-eabi-gcc")
    if gcc is None:
        pytest.skip("needs arm-none-eabi-gcc: apt-get install gcc-arm-none-eabi")
    return gcc


def assembled(
    compiler: str, lines: list[str], folder: Path, core: str = "-mcpu=cortex-m7 -mfpu=fpv5-d16"
) -> Path:
    """Link a function of these instructions, with a table of the same bytes behind it, which is no code."""
    source, elf = folder / "main.S", folder / "main.elf"
    body = "\n".join(lines)
    source.write_text(
        ".syntax unified\n.thumb\n.global planted\n.type planted, %function\nplanted:\n"
        f"{body}\nbx lr\n.word 0xfb21f322, 0x3b02ee31\n.size planted, . - planted\n"
    )
    words = [compiler, *core.split(), "-mthumb", "-mfloat-abi=hard", "-nostdlib"]
    subprocess.run([*words, "-Wl,--entry=planted", source, "-o", elf], check=True, timeout=60)
    return elf


def needs(compiler: str, lines: list[str], folder: Path, *features: str) -> list[str]:
    return [each.needs for each in foreign_instructions(assembled(compiler, lines, folder), features)]


def test_every_dsp_instruction_is_known(compiler: str, tmp_path: Path) -> None:
    lines = [f"{name} r0, r1, r2" for name in DSP] + [f"{name} r0, r1, r2, r3" for name in DSP_OF_FOUR]
    lines += OTHER_DSP
    elf = assembled(compiler, lines, tmp_path)
    found = foreign_instructions(elf, ())
    assert [each.needs for each in found] == ["the DSP extension"] * len(lines)
    assert {each.function for each in found} == {"planted"}
    assert not foreign_instructions(elf, ("dsp",))


def test_doubles_and_the_newer_unit_are_told_from_single_precision(compiler: str, tmp_path: Path) -> None:
    double = "a floating-point unit with double precision"
    assert needs(compiler, DOUBLE, tmp_path, "fpv4-sp") == [double] * len(DOUBLE)
    assert needs(compiler, DOUBLE, tmp_path, "fpv5-sp") == [double] * len(DOUBLE)
    assert not needs(compiler, DOUBLE, tmp_path, "fpv5-dp")
    newer = "a floating-point unit of version 5"
    assert needs(compiler, FPV5, tmp_path, "fpv4-sp") == [newer] * len(FPV5)
    assert not needs(compiler, FPV5, tmp_path, "fpv5-sp")
    assert not needs(compiler, SINGLE, tmp_path, "fpv4-sp")
    assert needs(compiler, SINGLE, tmp_path) == ["a floating-point unit"] * len(SINGLE)


def test_what_every_core_has_is_let_through(compiler: str, tmp_path: Path) -> None:
    assert not needs(compiler, BASE, tmp_path)


@pytest.mark.parametrize(
    ("first", "second", "extension"),
    [(0xEF01, 0x0142, "vectors"), (0xFF01, 0x0D52, "vectors"), (0xF921, 0x070F, "neon")],
)
def test_neon_runs_on_no_core_but_in_the_emulator(first: int, second: int, extension: str) -> None:
    assert extension_of(first, second)[1] == extension


MVE = """
vldrb.s8 q0, [r1]
vldrw.u32 q3, [r1, #-32]!
vmladava.s8 r0, q0, q1
vmlaldav.s16 r0, r1, q1, q2
vmul.i32 q0, q1, q2
vqrdmulh.s32 q0, q1, q2
vld40.8 {q0, q1, q2, q3}, [r1]
vst20.8 {q0, q1}, [r1]
vmov q0[2], q0[0], r1, r2
vmov r1, r2, q0[2], q0[0]
vaddv.s32 r0, q1
vrshl.s32 q0, q1, q2
vmovlb.s8 q0, q1
vadd.f32 q0, q1, q2
""".strip().splitlines()
LOOPS = ["wls lr, r3, 1f\nnop\n1:", "2: le lr, 2b", "3: letp lr, 3b", "dlstp.32 lr, r5", "vctp.8 r3", "lctp"]


def test_vectors_and_loops_run_on_a_core_with_mve_only(compiler: str, tmp_path: Path) -> None:
    elf = assembled(compiler, [*MVE, *LOOPS], tmp_path, "-mcpu=cortex-m55")
    found = [each.needs for each in foreign_instructions(elf, ("dsp", "fpv5-dp"))]
    assert found == ["MVE (or Neon, which no Cortex-M has)"] * len(MVE) + ["ARMv8.1-M"] * len(LOOPS)
    assert not foreign_instructions(elf, find_core("cortex-m55").features)


def test_every_core_says_features_that_are_known() -> None:
    for core in CORES.values():
        assert set(core.features) <= {"dsp", "fpv4-sp", "fpv5-sp", "fpv5-dp", "mve"}


OF_ARMV6M = """
bl planted
dsb
dmb
isb
mrs r0, primask
msr control, r1
udf.w #7
adds r0, r1
cmp r0, r1
bx r3
blx r3
push {r4, lr}
cpsid i
nop
wfi
wfe
sev
bkpt #0
svc #0
rev r0, r1
sxtb r0, r1
add sp, r4
mov pc, r3
ldm r0!, {r1, r2}
""".strip().splitlines()
NOT_OF_ARMV6M = [line for line in BASE if line not in OF_ARMV6M]
NARROW = [
    "cbz r0, 1f\nnop\n1:",
    "cbnz r1, 2f\nnop\n2:",
    "it eq\nmoveq r0, r1",
    "ite ne\nmovne r0, r1\nmoveq r0, r2",
]


def test_what_only_armv7m_has_is_foreign_to_armv6m(compiler: str, tmp_path: Path) -> None:
    lines = [*NOT_OF_ARMV6M, *NARROW]
    elf = assembled(compiler, lines, tmp_path)
    found = foreign_instructions(elf, (), "armv6m")
    assert [each.needs for each in found] == ["ARMv7-M"] * len(lines)
    assert not foreign_instructions(elf, ())
    assert not foreign_instructions(assembled(compiler, OF_ARMV6M, tmp_path), (), "armv6m")


@pytest.mark.parametrize("board", all_but(own_boards(), ["nano33ble", "raspberry_pi_pico"]))
def test_a_planted_instruction_ends_the_build_with_its_function(board: str, tmp_path: Path) -> None:
    skip_without(board, "gcc")
    project = render_project(small_model(), load_board(board), Application(), tmp_path / "firmware")
    body = '{ __asm volatile(".inst.w 0xee300b01"); }  /* vadd.f64 d0, d0, d1 */'
    kept = '__attribute__((used, section(".isr_vector"))) static void (*const kept)(void) = own;'
    (project.folder / "src" / "own.c").write_text(f"void own(void);\nvoid own(void) {body}\n{kept}\n")
    core = find_core(load_board(board).core).name
    with pytest.raises(CompileError, match=f"own has an FPU instruction on doubles at 0x.*{core} of {board}"):
        build_firmware(project, toolchain="gcc")
    assert not (tmp_path / "firmware.elf").exists()
