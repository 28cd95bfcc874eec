# SPDX-License-Identifier: Apache-2.0
"""The worst stack, proved from machine code, against gcc's own figures.

Against the painted stack, for every board and compiler: tests/firmware/test_firmware_on_boards.py.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.firmware import digits_like, skip_without

from toolkit import paths
from toolkit.errors import DoesNotFitError, InputError, TinymlError
from toolkit.firmware import Application, Firmware, build_firmware, render_project
from toolkit.stack import bound
from toolkit.stack.bound import StackBound, prove_stack
from toolkit.stack.image import read_code
from toolkit.stack.thumb import Effect, effects
from toolkit.targets.board import load_board
from toolkit.targets.cores import find_core
from toolkit.verify.on_device import Place, Samples, check_firmware

pytestmark = pytest.mark.xdist_group("stack")

CORE = ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")
START = "void use(volatile int *p); int main(int n);\nvoid Reset_Handler(void) { main(3); }\n"
USE = "__attribute__((noinline)) void use(volatile int *p) { p[0]++; }\n"


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """The firmware of digits_like for the nano33ble, by gcc; its project stands beside it."""
    skip_without("nano33ble", "gcc")
    _, model = digits_like()
    application = Application("samples", tuple("0123456789"), np.zeros((2, 64), np.int8))
    folder = tmp_path_factory.mktemp("nano") / "firmware"
    project = render_project(model, load_board("nano33ble"), application, folder)
    return build_firmware(project, toolchain="gcc")


def linked(source: str, folder: Path, *flags: str) -> Path:
    """Compile and link a firmware of nothing but this C."""
    gcc = shutil.which("arm-none-eabi-gcc")
    if gcc is None:
        pytest.skip("needs arm-none-eabi-gcc: apt-get install gcc-arm-none-eabi")
    file, elf = folder / "main.c", folder / "main.elf"
    file.write_text(START + USE + source, encoding="utf-8")
    words = [gcc, *CORE, "-O2", "-ffreestanding", *flags, "-nostdlib", "-Wl,--entry=Reset_Handler"]
    command = [*words, file, "-lgcc", "-o", elf]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return elf


def bound_of(source: str, folder: Path, *flags: str) -> StackBound:
    return prove_stack(linked(source, folder, *flags))


def test_more_painted_stack_than_proved_is_our_bug(nano: Firmware, monkeypatch: pytest.MonkeyPatch) -> None:
    data, model = digits_like()
    monkeypatch.setattr("toolkit.verify.on_device.worst_stack", lambda _: StackBound(100, (("main", 100),)))

    with pytest.raises(TinymlError, match="bytes of stack; 100 were proved to be the most") as caught:
        check_firmware(nano, model, data, Samples(np.zeros((1, 64), np.int8)), Place())

    assert caught.value.exit_code == 70


def test_no_function_takes_less_than_gcc_says(nano: Firmware, tmp_path: Path) -> None:
    """-fstack-usage of the same sources with the same flags; what both know is compared."""
    sources = nano.folder / "firmware"
    folders = sorted({path.parent for path in (sources / "src").rglob("*.h")})
    includes = [word for folder in (sources / "include", *folders) for word in ("-I", str(folder))]
    files = sorted(map(str, (sources / "src").rglob("*.c")))
    flags = [*CORE, "-ffreestanding", "-fno-common", "-fno-stack-protector", "-std=c99", "-O2"]
    flags += ["-ffunction-sections", "-fdata-sections"]
    command = ["arm-none-eabi-gcc", *flags, "-fstack-usage", *includes, "-c", *files]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120, capture_output=True)

    said = {}
    for file in tmp_path.glob("*.su"):
        for name, size, kind in re.findall(r":(\w+)\t(\d+)\t(\w+)", file.read_text(encoding="utf-8")):
            assert kind == "static", name
            said[name] = min(int(size), said.get(name, int(size)))
    functions = read_code(nano.elf).functions
    both = set(said) & set(functions)

    assert len(both) > 60
    assert [name for name in sorted(both) if functions[name].stack_bytes < said[name]] == []
    assert sum(functions[name].stack_bytes == said[name] for name in both) > 0.9 * len(both)


def test_a_firmware_that_can_overrun_its_stack_is_refused(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    _, model = digits_like()
    call = "{ return tm_aot_invoke(hook, context); }"
    greedy = "{ volatile char big[6000]; big[5999] = 0; return tm_aot_invoke(hook, context) + big[5999]; }"
    assert call in model.sources["tm_aot.c"]
    sources = {**model.sources, "tm_aot.c": model.sources["tm_aot.c"].replace(call, greedy)}
    changed = dataclasses.replace(model, sources=sources)
    project = render_project(changed, load_board("nano33ble"), Application(), tmp_path / "firmware")

    with pytest.raises(
        DoesNotFitError, match=r"7,\d{3} bytes of stack on nano33ble, which has 4,096: Reset_Ha"
    ):
        build_firmware(project)

    assert not (tmp_path / "firmware.elf").exists()


def test_a_command_that_nobody_seems_to_call_has_no_bound(monkeypatch, tmp_path: Path) -> None:
    """The names of who calls by pointer are written down; a wrong one must not make the bound too small."""
    skip_without("nano33ble", "gcc")
    project = render_project(digits_like()[1], load_board("nano33ble"), Application(), tmp_path / "firmware")
    firmware = build_firmware(project)
    assert prove_stack(firmware.elf).bytes > 0
    monkeypatch.setattr(bound, "_DISPATCH", re.compile("nobody"))
    assert "is called by a pointer, and nobody is known who does" in prove_stack(firmware.elf).why_unknown


def test_large_frames_pushes_and_the_fpu_are_counted(tmp_path: Path) -> None:
    source = (
        "__attribute__((noinline)) float deep(float a, float b) { volatile float v[5]; v[0] = a;"
        " use((int *)v); return v[0] * b + a; }\n"
        "int main(int n) { volatile int big[1500]; use(big);"
        " return (int)deep(1.0f * (float)n, 2.0f) + big[1]; }\n"
    )

    bound = bound_of(source, tmp_path)

    sizes = dict(bound.chain)
    assert 6000 <= sizes["main"] <= 6016
    assert 28 <= sizes["deep"] <= 56
    assert [name for name, _ in bound.chain] == ["Reset_Handler", "main", "deep", "use"]


MAIN = "int main(int n) { volatile int few[4]; use(few); return n + few[0]; }\n"


def with_handler(floats: int) -> str:
    """A main, and an interrupt whose handler has so many floats on its stack."""
    return (
        "__attribute__((noinline)) void deep(void) {"
        f" volatile float v[{floats}]; v[0] = 1; use((int *)v); }}\n"
        "void tm_interrupt_2(void); void tm_interrupt_2(void) { deep(); }\n"
        "void tm_fault_entry(void); void tm_fault_entry(void) { for (;;) { } }\n"
        "typedef void (*vector)(void);\n"
        '__attribute__((section(".isr_vector"), used)) const vector tm_vectors[19] = {'
        "[11] = tm_fault_entry, [15] = tm_fault_entry, [16] = tm_fault_entry, [18] = tm_interrupt_2};\n"
        f"{MAIN}"
    )


def test_interrupts_come_on_top_of_the_deepest_chain(tmp_path: Path) -> None:
    alone = bound_of(MAIN, tmp_path)
    small, large = (bound_of(with_handler(floats), tmp_path) for floats in (4, 204))

    assert [name for name, _ in small.chain] == [
        *("Reset_Handler", "main", "use", "an interrupt", "tm_interrupt_2", "deep", "use"),
    ]
    assert small.bytes >= alone.bytes + 26 * 4 + 4 + 16
    assert large.bytes == small.bytes + 800


def test_a_handler_whose_stack_has_no_bound_leaves_the_firmware_without_one(tmp_path: Path) -> None:
    source = with_handler(4).replace("{ deep(); }", "{ deep(); tm_interrupt_2(); deep(); }")
    assert "tm_interrupt_2 -> tm_interrupt_2 is a recursion" in bound_of(source, tmp_path).why_unknown


VECTORS = """
__attribute__((noinline)) int sum(const int *p, int n) {
    int s = 0;
    for (int i = 0; i < n; i++) s += p[i];
    return s;
}
int main(int n) {
    volatile int a[64];
    a[0] = n;
    use(a);
    return sum((const int *)a, n);
}
"""


@pytest.mark.parametrize("optimize", ["-Os", "-O2", "-O3"])
def test_loops_of_armv81m_and_vectors_do_not_hide_the_frame(tmp_path: Path, optimize: str) -> None:
    flags = (*find_core("cortex-m55").tools.gcc_flags, "-mfpu=auto", optimize, "-fstack-usage")
    found = bound_of(VECTORS, tmp_path, *flags)
    assert not found.why_unknown
    code = read_code(tmp_path / "main.elf")
    said = dict(
        (name.rpartition(":")[2], int(size))
        for file in tmp_path.glob("*.su")
        for name, size, _ in (line.split("\t") for line in file.read_text().splitlines())
    )
    assert said["main"] >= 256
    assert all(code.functions[name].stack_bytes >= size for name, size in said.items())
    assert found.bytes >= said["main"]


def test_the_compilers_library_is_counted_too(tmp_path: Path) -> None:
    source = "volatile unsigned long long a = 1, b = 3;\nint main(int n) { a = a / b; return n + (int)a; }\n"

    names = [name for name, _ in bound_of(source, tmp_path).chain]

    assert names[:3] == ["Reset_Handler", "main", "__aeabi_uldivmod"]
    assert names[3] == "__udivmoddi4"


def test_a_call_by_pointer_counts_the_deepest_function_that_a_pointer_can_be_to(tmp_path: Path) -> None:
    source = (
        "static int small(int n) { return n + 1; }\n"
        "static int large(int n) { volatile int v[100]; v[n] = n; use(v); return v[1]; }\n"
        "int (*volatile chosen)(int) = small;\n"
        "int main(int n) { if (n > 5) { chosen = large; } return chosen(n) + 1; }\n"
    )

    for flags in ((), ("-mslow-flash-data",)):  # pointers in a table, and in MOVW and MOVT
        assert "large" in dict(bound_of(source, tmp_path, *flags).chain)


def test_a_number_that_equals_an_address_which_nobody_takes_is_a_number(
    tmp_path: Path,
) -> None:
    source = (
        "void flush(volatile int *p);\n"
        "void (*volatile write)(volatile int *) = use;\n"
        "void *volatile by_chance = (void *)flush;\n"
        "__attribute__((noinline)) void flush(volatile int *p) { p[1]++; write(p); p[2]++; }\n"
        "int main(int n) { volatile int a[3]; a[0] = n; flush(a); return by_chance != 0; }\n"
    )
    found = bound_of(source, tmp_path)

    assert found.why_unknown == ""
    assert [name for name, _ in found.chain] == ["Reset_Handler", "main", "flush", "use"]
    renamed = bound_of(source.replace("flush", "drain"), tmp_path)
    assert renamed.why_unknown


def test_no_template_takes_the_address_of_what_is_never_pointed_at() -> None:
    names, comments = re.compile(bound.NEVER_POINTED_AT), r"/\*.*?\*/|//[^\n]*|\"[^\"\n]*\""
    files = [path for end in ("c", "h", "cc", "j2") for path in paths.templates().rglob(f"*.{end}")]
    assert len(files) > 200
    for path in files:
        text = re.sub(comments, "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found = [word for word in re.findall(r"\b\w+\b(?!\s*\()", text) if names.fullmatch(word)]
        assert not found, path


def test_an_invoke_without_a_hook_of_the_known_name_may_call_all_that_a_pointer_can_be_to(
    tmp_path: Path,
) -> None:
    source = (
        "static int renamed(int n) { volatile int v[100]; v[n] = n; use(v); return v[1]; }\n"
        "int (*volatile chosen)(int) = renamed;\n"
        "__attribute__((noinline)) int other(int n) { return chosen(n) + 1; }\n"
        "__attribute__((noinline)) int kws_invoke(int n) {"
        " volatile int v[50]; v[n] = n; use(v); return chosen(n) + v[1]; }\n"
        "int main(int n) { return other(n) + kws_invoke(n); }\n"
    )

    names = [name for name, _ in bound_of(source, tmp_path).chain]

    assert names == ["Reset_Handler", "main", "kws_invoke", "renamed", "use"]


@pytest.mark.parametrize("name", ["command_help", "tm_command_db", "say_layer", "tm_fault_mine"])
def test_a_pointer_in_the_users_own_code_is_followed_whatever_its_target_is_called(
    name: str, tmp_path: Path
) -> None:
    """The names of who calls whom are those of the toolkit's functions, and mean nothing in app/."""
    source = (
        f"void {name}(void) {{ volatile int v[100]; v[1] = 1; use(v); }}\n"
        f"void (*volatile chosen)(void) = {name};\nint main(int n) {{ chosen(); return n; }}\n"
    )
    own = "-Wl,--defsym=tm_own_start=0x8000,--defsym=tm_own_end=0x80000000"

    assert name in dict(bound_of(source, tmp_path, own).chain)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            "__attribute__((noinline)) int down(int n) {"
            " volatile int v[4]; v[0] = n; use(v); return n ? down(n - 1) + v[0] : 1; }\n"
            "int main(int n) { return down(n); }\n",
            "is a recursion",
        ),
        (
            "int main(int); static int (*volatile again)(int) = main;\n"
            "int main(int n) { volatile int v[4]; use(v); return n ? again(n - 1) + v[0] : 1; }\n",
            "main calls by a pointer, perhaps main, and so could call itself: main -> main",
        ),
        (
            "int main(int n) { volatile int v[n]; v[0] = 1; use(v); return v[0]; }\n",
            "main moves the stack pointer by an amount that is computed",
        ),
    ],
)
def test_what_has_no_bound_is_said(tmp_path: Path, source: str, why: str) -> None:
    bound = bound_of(source, tmp_path)

    assert bound.bytes == 0
    assert why in bound.why_unknown


def test_code_that_is_not_there_and_files_that_are_no_elf_are_said(tmp_path: Path) -> None:
    source = '__attribute__((naked)) int main(int n) { __asm volatile("bl 0x2000000"); }\n'
    elf = linked(source, tmp_path)

    assert "has no code" in prove_stack(elf).why_unknown
    (tmp_path / "none.elf").write_bytes(b"\x7fELF")
    with pytest.raises(InputError, match="is not an ELF file"):
        prove_stack(tmp_path / "none.elf")
    with pytest.raises(InputError, match="cannot read"):
        prove_stack(tmp_path / "missing.elf")


@pytest.mark.parametrize(
    ("words", "effect"),
    [
        ((0xB5F0,), Effect(20)),  # push {r4-r7, lr}
        ((0xB083,), Effect(12)),  # sub sp, #12
        ((0xE92D, 0x4FF0), Effect(36)),  # push.w {r4-r11, lr}
        ((0xF84D, 0x4D04), Effect(4)),  # str r4, [sp, #-4]!
        ((0xE96D, 0xCE04), Effect(16)),  # strd ip, lr, [sp, #-16]!
        ((0xED2D, 0x8B04), Effect(16)),  # vpush {d8-d9}
        ((0xED2D, 0x8A01), Effect(4)),  # vpush {s16}
        ((0xF5AD, 0x5D80), Effect(4096)),  # sub.w sp, sp, #4096
        ((0xF2AD, 0x4D04), Effect(1028)),  # subw sp, sp, #1028
        ((0xF1AD, 0x1D01), Effect(0x10001)),  # sub.w sp, sp, #0x00010001
        ((0xEBAD, 0x0D03), Effect(is_unbounded=True)),  # sub.w sp, sp, r3
        ((0x469D,), Effect(is_unbounded=True)),  # mov sp, r3
        ((0x4798,), Effect(is_indirect=True)),  # blx r3
        ((0x4718,), Effect(is_indirect=True)),  # bx r3
        ((0x4770,), Effect()),  # bx lr
        ((0xF7FF, 0xFFFE), Effect(target=0x1000)),  # bl to itself
        ((0xF000, 0xB800), Effect(target=0x1004)),  # b.w to the next
        ((0xF43F, 0xAFFE), Effect(target=0x1000)),  # beq.w to itself
        ((0xE7FE,), Effect(target=0x1000)),  # b to itself
        ((0xD0FE,), Effect(target=0x1000)),  # beq to itself
        ((0xF000, 0xE804), Effect(target=0x100C)),  # blx
        ((0xF3BF, 0x8F4F), Effect()),  # dsb
        ((0xBF00,), Effect()),  # nop
        ((0xED2D, 0x8B10), Effect(64)),  # vpush {d8-d15}, which is {q4-q7}
        ((0xED2D, 0x1F04), Effect(16)),  # vstrw.32 q0, [sp, #-16]!
        ((0xEC2D, 0xFF7F), Effect(508)),  # vstrw.32 q7, [sp], #-508
        ((0xED3D, 0x7F08), Effect(32)),  # vldrw.u32 q3, [sp, #-32]!
        ((0xED2D, 0x3E88), Effect(16)),  # vstrh.16 q1, [sp, #-16]!
        ((0xED2D, 0x3E03), Effect(3)),  # vstrb.8 q1, [sp, #-3]!
        ((0xEDAD, 0x1F04), Effect()),  # vstrw.32 q0, [sp, #16]!
        ((0xED0D, 0x1F04), Effect()),  # vstrw.32 q0, [sp, #-16]
        ((0xED21, 0x1F04), Effect()),  # vstrw.32 q0, [r1, #-16]!
        ((0xF043, 0xC003), Effect()),  # wls lr, r3, label
        ((0xF00F, 0xC003), Effect()),  # le lr, label
        ((0xF02F, 0xC00B), Effect()),  # le label
        ((0xF003, 0xC003), Effect()),  # wlstp.8 lr, r3, label
        ((0xF01F, 0xC003), Effect()),  # letp lr, label
        ((0xF045, 0xE001), Effect()),  # dls lr, r5
        ((0xF00F, 0xE001), Effect()),  # lctp
        ((0xF003, 0xE801), Effect()),  # vctp.8 r3
        ((0xF0C0, 0xE001), Effect(is_indirect=True)),  # bf: a branch to come
        ((0xF080, 0xC001), Effect(is_indirect=True)),  # bfl: a call to come
    ],
)
def test_an_instruction_is_decoded(words: tuple[int, ...], effect: Effect) -> None:
    code = b"".join(word.to_bytes(2, "little") for word in words)

    assert list(effects(code, 0x1000, lambda _: None)) == [effect]


@pytest.mark.parametrize(
    ("words", "effect"),
    [
        ((0x4C01, 0x44A5), Effect(516)),  # ldr r4, [pc, #4]; add sp, r4
        ((0x4C01, 0x2100, 0x44A5), Effect(516)),  # movs r1, #0 between them
        ((0x4C02, 0x2400, 0x44A5), Effect(is_unbounded=True)),  # movs r4, #0 between them
        ((0x4C02, 0xF000, 0xF800, 0x44A5), Effect(is_unbounded=True)),  # a call between them
        ((0x4C00, 0x44A5), Effect()),  # ldr r4, [pc, #0]: takes the frame away
        ((0x44A5,), Effect(is_unbounded=True)),
    ],
)
def test_a_large_frame_of_armv6m_is_a_constant_beside_the_code(
    words: tuple[int, ...], effect: Effect
) -> None:
    code = b"".join(word.to_bytes(2, "little") for word in words)
    constants = {0x1004: 516, 0x1008: 2**32 - 516, 0x100C: 2**32 - 516}
    assert list(effects(code, 0x1000, constants.get))[-1] == effect
