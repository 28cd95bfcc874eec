# SPDX-License-Identifier: Apache-2.0
"""The user's own application in app/: built as it is, and its mistakes said in the user's words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without, small_model
from support.variants_that_wait import all_but, waiting

from toolkit.errors import CompileError, DeviceError, DoesNotFitError, InputError
from toolkit.firmware import Application, Firmware, build_firmware, render_project, worst_stack
from toolkit.firmware.own import own_mistake, unreachable_handlers
from toolkit.project.owncode import OwnCode, own_application, own_names
from toolkit.runners.application import Spoken, watch_application
from toolkit.runners.link import open_link
from toolkit.targets.board import load_board
from toolkit.verify.on_device import Place, Samples, check_firmware

pytestmark = pytest.mark.xdist_group("firmware")

STEP = """\
#include "app.h"
#include "tm_model.h"
#include "sensor.h"

static uint64_t next;
static uint32_t count;

void app_start(void) {
    next = 0;
    count = 0;
}

void app_step(void) {
    if (tm_clock_microseconds() < next) {
        return;
    }
    next = tm_clock_microseconds() + 20000u;
    tm_port_led(count % 2u != 0 ? 255 : 0);
    char line[40];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, tm_model.name);
    tm_text_string(&text, " ");
    tm_text_unsigned(&text, count++);
    tm_text_string(&text, " ");
    tm_text_signed(&text, sensor_read());
    tm_app_say(&text);
}
"""
SENSOR = """\
#ifdef __cplusplus
extern "C"
#endif
int sensor_read(void);
"""
# A constructor that runs before main, a virtual function, a library, and a static in a function.
SENSOR_CPP = """\
#include "sensor.h"
#include <Gain.h>

struct Sensor {
    explicit Sensor(int start) : value(start) {}
    virtual ~Sensor() {}
    virtual int read() { return value; }
    int value;
};
struct Louder : Sensor {
    using Sensor::Sensor;
    int read() override { static Gain more(2); return gain.of(more.of(value)); }
    Gain gain{3};
};
static int twenty() { volatile int n = 20; return n; }
static Louder louder(twenty());
static Sensor *volatile chosen = &louder;

int sensor_read(void) { return chosen->read(); }
"""
GAIN_H = """\
#pragma once
class Gain {
  public:
    explicit Gain(int times);
    int of(int value) const;

  private:
    int times_;
};
"""
GAIN_CPP = """\
#include "Gain.h"
Gain::Gain(int times) : times_(times) { int not_used; }
int Gain::of(int value) const { return times_ * value; }
"""
FILES = {
    "my_app.c": STEP,
    "sensor.h": SENSOR,
    "sensors/sensor.cpp": SENSOR_CPP,
    "lib/Gain/library.properties": "name=Gain\nversion=1.0.0\narchitectures=*\n",
    "lib/Gain/src/Gain.h": GAIN_H,
    "lib/Gain/src/Gain.cpp": GAIN_CPP,
}
EMPTY = "void app_start(void) {}\nvoid app_step(void) {}\n"


def own(root: Path, files: dict[str, str | bytes]) -> OwnCode:
    """Return the own application of a project in root with these files in app/."""
    for name, content in files.items():
        path = root / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = own_application(root, "")
    assert found is not None
    return found


def built(
    root: Path, files: dict[str, str | bytes], board: str = "host", toolchain: str = "gcc", **more: object
) -> Firmware:
    skip_without(board, toolchain)
    words: list[str] = more.pop("words", [])  # type: ignore[assignment]
    application = Application(own=own(root, files), **more)  # type: ignore[arg-type]
    folder = root / "build" / board / "firmware"
    project = render_project(digits_like()[1], load_board(board), application, folder)
    return build_firmware(project, toolchain=toolchain, on_word=words.append)


def said(firmware: Firmware, seconds: float = 0.1) -> list[Spoken]:
    spoken: list[Spoken] = []
    link = open_link(firmware.elf, firmware.board)
    watch_application(link, spoken.append, seconds=seconds)
    link.close()
    return spoken


@pytest.mark.parametrize(
    ("board", "toolchain"),
    all_but(
        [
            ("host", "gcc"),
            ("nano33ble", "gcc"),
            ("nano33ble", "zig"),
            ("sparkfun_edge", "gcc"),
            ("stm32f746g_disco", "gcc"),
        ],
        [("host", "gcc"), ("nano33ble", "gcc")],
    ),
)
def test_c_and_cpp_and_a_library_run_and_the_check_still_works(
    board: str, toolchain: str, tmp_path: Path
) -> None:
    """A global object has its value, so its constructor ran; what the stack took was proved."""
    firmware = built(tmp_path, dict(FILES), board, toolchain)

    spoken = said(firmware)
    data, model = digits_like()
    checked = check_firmware(firmware, model, data, Samples(SAMPLES), Place())

    assert [line.text for line in spoken[:3]] == [f"digits_like {i} 120" for i in range(3)]
    if board != "host":
        assert [round(line.led or 0.0) for line in spoken[:4]] == [0, 1, 0, 1]
        bound = worst_stack(firmware)
        assert bound is not None
        assert bound.bytes > 0, bound.why_unknown
    assert checked.verdict.passed
    assert json.loads((firmware.folder / "firmware.json").read_text())["app_sha256"]


def test_what_is_built_in_is_the_same_bytes_wherever_the_project_is(tmp_path: Path) -> None:
    one = built(tmp_path / "one", dict(FILES), "nano33ble")
    two = built(tmp_path / "x;y" / "$(two) 'of them'", dict(FILES), "nano33ble")

    assert one.elf.read_bytes() == two.elf.read_bytes()


def test_errors_and_warnings_name_the_users_own_file_and_line(tmp_path: Path) -> None:
    folder = tmp_path / "a;b" / "it's $HOME"
    broken = {**FILES, "sensors/sensor.cpp": SENSOR_CPP + "int broken = nothing;\n"}

    with pytest.raises(CompileError, match=r"(?m)^  app/sensors/sensor.cpp:20:14: error: .nothing") as caught:
        built(folder, broken)
    assert "firmware/" not in f"{caught.value.message}{caught.value.hint}"

    words: list[str] = []
    files = {**FILES, "my_app.c": STEP.replace("static uint32_t count;", "static uint32_t count, spare;")}
    built(folder, files, words=words)
    assert len(words) == 1, "a library's warnings are not for who uses it"
    assert words[0].startswith("app/my_app.c:6:24: warning: ")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"my_app.c": "void app_start(void) {}\n"}, r"no file in app/ defines the function app_step\(void\)"),
        (
            {"a.c": "void app_start(void) {}\n", "b.cpp": "void app_step() {}\n"},
            r"app/b.cpp defines app_step\(\) as C\+\+, and the firmware calls it as C",
        ),
        ({"a.c": EMPTY, "b.c": EMPTY}, r"app_s\w+ is defined more than once in app/"),
        (
            {**FILES, "lib/Gain/src/Gain.h": "#include <Arduino.h>\n" + GAIN_H},
            r"app/lib/Gain/src/Gain.h includes Arduino.h: the firmware has no Arduino core",
        ),
        (
            {"a.cpp": f'extern "C" {{\n{EMPTY.replace("{}", "{ int *volatile p = new int; }")}}}\n'},
            "app/ needs .*: there is no heap on a board",
        ),
        (
            {"a.c": "void other(void);\nvoid app_start(void) {}\nvoid app_step(void) { other(); }\n"},
            "app/ needs other: no file defines it",
        ),
    ],
)
def test_what_is_missing_is_said_in_the_users_words(
    files: dict[str, str | bytes], words: str, tmp_path: Path
) -> None:
    with pytest.raises(CompileError, match=words) as caught:
        built(tmp_path, files)
    assert caught.value.hint


LINKED = [
    ({"a.c": "void app_start(void) {}\n"}, r"no file in app/ defines the function app_step\(void\)"),
    ({"a.c": EMPTY, "b.c": EMPTY}, r"app_s\w+ is defined more than once in app/"),
    (
        {"a.c": EMPTY + "int tm_model_invoke(void) { return 0; }\n"},
        "app/a.c defines tm_model_invoke, which is the name of something of the firmware's",
    ),
    (
        {"a.c": EMPTY + "int seven = 7;\n", "b.c": "int seven = 8;\n"},
        "seven is defined more than once in app/: app/a.c and app/b.c",
    ),
]


@pytest.mark.parametrize("toolchain", waiting(["gcc", "zig"], ["zig"]))
@pytest.mark.parametrize(("files", "words"), waiting(LINKED, LINKED[1:2]))
def test_the_boards_linkers_say_it_in_other_words(
    files: dict[str, str | bytes], words: str, toolchain: str, tmp_path: Path
) -> None:
    with pytest.raises(CompileError, match=words):
        built(tmp_path, files, "nano33ble", toolchain)


def test_a_recording_comes_in_by_assembly_and_a_new_one_is_seen(tmp_path: Path) -> None:
    assembly = '.section .rodata\n.global recording\nrecording: .incbin "recording.bin"\n'
    code = (
        '#include "app.h"\nextern const char recording[];\nvoid app_start(void) {\n'
        "    tm_text text = {(char *)recording, 5, 5};\n    tm_app_say(&text);\n}\nvoid app_step(void) {}\n"
    )
    for content in (b"first", b"other"):
        files: dict[str, str | bytes] = {"a.c": code, "recording.S": assembly, "recording.bin": content}
        firmware = built(tmp_path, files, "nano33ble")
        assert said(firmware, 0.02)[0].text == content.decode()


def test_without_the_protocol_the_application_runs_in_less_flash(tmp_path: Path) -> None:
    code = STEP.replace("sensor_read()", "7 + tm_model_invoke(0, 0)")
    files: dict[str, str | bytes] = {"my_app.c": code, "sensor.h": SENSOR}
    with_it = built(tmp_path / "with", files, "nano33ble")
    without = built(tmp_path / "without", files, "nano33ble", protocol=False)

    assert said(without)[1].text == "digits_like 1 7"
    assert without.sizes.weights_bytes == with_it.sizes.weights_bytes > 0
    assert with_it.sizes.flash_bytes - without.sizes.flash_bytes > 5000
    assert with_it.sizes.ram_bytes - without.sizes.ram_bytes > 400


def test_a_check_names_an_application_that_does_not_return(tmp_path: Path) -> None:
    """Its commands come before the first step, so that the samples alone would not show it."""
    data, model = digits_like()
    words = {"step": "answers no more once your application runs", "start": "starts, but answers nothing"}
    for function, said_so in words.items():
        code = EMPTY.replace(f"{function}(void) {{}}", f"{function}(void) {{ for (;;) tm_port_led_step(); }}")
        firmware = built(tmp_path, {"a.c": f'#include "app.h"\n{code}'}, "nano33ble")
        with pytest.raises(DeviceError, match=said_so) as caught:
            check_firmware(firmware, model, data, Samples(SAMPLES[:1]), Place(timeout_s=2))
        assert f"app_{function}()" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("code", "words", "hint"),
    [
        (
            "static volatile float rows[4000000];\nvoid app_start(void) {}\n"
            "void app_step(void) { rows[3] = 1; }\n",
            r"Your code takes 16,000,000 bytes of the RAM: rows in app/a\.c 16,000,000\.$",
            "Try: a smaller rows in app/a.c, or a larger board",
        ),
        (
            "void app_start(void) {}\nvoid app_step(void) {\n    volatile char v[200000];\n"
            "    for (int i = 0; i < 200000; i++) { v[i] = 0; }\n}\n",
            "can need 200,.* bytes of stack",
            "Try: smaller arrays in app_step(), which takes 200,0",
        ),
    ],
)
def test_what_does_not_fit_of_the_users_code_is_named(
    code: str, words: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(DoesNotFitError, match=words) as caught:
        built(tmp_path, {"a.c": code}, "nano33ble")
    assert str(caught.value.hint).startswith(hint)


def test_a_stack_that_has_no_bound_is_said(tmp_path: Path) -> None:
    code = (
        '#include "app.h"\nvoid app_start(void) {}\n'
        "void app_step(void) { volatile char v[tm_clock_microseconds() + 1]; v[0] = 0; }\n"
    )
    bound = worst_stack(built(tmp_path, {"a.c": code}, "nano33ble"))
    assert bound is not None
    assert bound.why_unknown == "app_step moves the stack pointer by an amount that is computed"


def test_the_rendered_copies_are_told_from_the_users_files(tmp_path: Path) -> None:
    application = Application(own=own(tmp_path, {"my_app.c": EMPTY, "notes.txt": "mine"}))
    folder = tmp_path / "build" / "firmware"
    render_project(small_model(), load_board("host"), application, folder)
    assert (
        (folder / "src/app/my_app.c").read_text().startswith('#line 1 "app/my_app.c" /* Generated by tinyml')
    )
    assert (tmp_path / "app/my_app.c").read_text() == EMPTY

    render_project(small_model(), load_board("host"), Application(), folder)
    assert not (folder / "src/app/my_app.c").exists()


def test_names_of_own_applications(tmp_path: Path) -> None:
    assert own_names(tmp_path) == []
    assert own_application(tmp_path, "") is None
    own(tmp_path, {"main.c": EMPTY, "sensor.cpp": "", "lib/Gain/src/a.c": "", ".hidden.c": "", "b.c~": ""})
    assert own_names(tmp_path) == ["app", "main", "sensor"]
    found = own_application(tmp_path, "main")
    assert found is not None
    assert [place for place, _ in found.files] == ["app/lib/Gain/src/a.c", "app/main.c", "app/sensor.cpp"]
    assert own_application(tmp_path, "other") is None


def test_each_folder_is_an_application_where_no_code_is_beside_them(tmp_path: Path) -> None:
    own(tmp_path, {"blink/a.c": EMPTY})
    own(tmp_path, {"lib/Gain/src/a.c": "", "blink/notes.txt": ""})
    (tmp_path / "app/hear").mkdir()
    (tmp_path / "app/hear/b.c").write_text(EMPTY)
    assert own_names(tmp_path) == ["blink", "hear"]
    found = own_application(tmp_path, "hear")
    assert found is not None
    assert [place for place, _ in found.files] == ["app/hear/b.c", "app/lib/Gain/src/a.c"]
    with pytest.raises(InputError, match=r"app/ has several applications: blink, hear\."):
        own_application(tmp_path, "")


INTERRUPT = """\
#include "app.h"
#include "tm_cortex_m.h"

static volatile uint32_t ticks;
static uint32_t sent;

void TM_INTERRUPT(9)(void);
void TM_INTERRUPT(9)(void) { ticks = ticks + 1; }

void app_start(void) { tm_interrupt_on(9); }

void app_step(void) {
    if (sent == ticks && ticks < 3) {
        TM_REG(0xE000E200) = 1u << 9; /* NVIC_ISPR0 */
        tm_barrier();
        char line[40];
        tm_text text = tm_text_over(line, sizeof line);
        tm_text_string(&text, "ticks ");
        tm_text_unsigned(&text, ticks);
        sent = sent + 1;
        tm_app_say(&text);
    }
}
"""


@pytest.mark.parametrize("board", waiting(["nano33ble", "stm32f746g_disco"], ["stm32f746g_disco"]))
def test_an_interrupt_of_the_users_has_its_handler_and_its_stack(board: str, tmp_path: Path) -> None:
    firmware = built(tmp_path, {"my_app.c": INTERRUPT}, board)

    assert [line.text for line in said(firmware)[:3]] == ["ticks 1", "ticks 2", "ticks 3"]
    bound = worst_stack(firmware)
    assert bound is not None
    assert ("an interrupt", 108) in bound.chain, bound.why_unknown
    assert "tm_interrupt_9" in dict(bound.chain)


def test_a_handler_of_an_interrupt_is_told_that_nothing_calls_it(tmp_path: Path) -> None:
    code = "void TIMER1_IRQHandler(void);\nvoid UARTE0_UART0_IRQHandler(void)\n{\n}\n"
    cpp = 'extern "C" void SysTick_Handler() { }\nvoid f() { SysTick_Handler(); }\n'
    code += "// void TIMER2_IRQHandler(void) {}\nint x; void HardFault_Handler(void) {}\n"
    found = unreachable_handlers(own(tmp_path, {"a.c": EMPTY + code, "b.cpp": cpp}))
    assert [line.split("(")[0] for line in found] == [
        "app/a.c defines UARTE0_UART0_IRQHandler",
        "app/a.c defines HardFault_Handler",
        "app/b.cpp defines SysTick_Handler",
    ]


def test_a_handler_is_named_if_the_microcontroller_has_no_such_interrupt(tmp_path: Path) -> None:
    handler = '#include "tm_cortex_m.h"\nvoid TM_INTERRUPT({0})(void);\nvoid TM_INTERRUPT({0})(void) {{}}\n'
    more = "".join(f"void TM_INTERRUPT({n})(void);\nvoid TM_INTERRUPT({n})(void) {{}}\n" for n in (96, 97))
    files: dict[str, str | bytes] = {
        "a.c": EMPTY + handler.format(154) + more,
        "b.cpp": '#include "tm_cortex_m.h"\nvoid TM_INTERRUPT(8)() {}\n',
    }
    words: list[str] = []
    built(tmp_path, files, "nucleo_f446re", words=words)
    assert [word.partition(". See")[0] for word in words] == [
        f"app/a.c defines TM_INTERRUPT({number}), which no interrupt calls: "
        "the STM32F446RE has the interrupts 0 to 96"
        for number in (154, 97)
    ] + ['app/b.cpp defines TM_INTERRUPT(8), which no interrupt calls: it needs extern "C" before it']


@pytest.mark.parametrize("name", ["app.h", "sensors/tm_text.h", "digits_like.h", "board_config.h"])
def test_a_header_that_is_called_as_the_toolkit_s_is_refused(name: str, tmp_path: Path) -> None:
    code = own(tmp_path, {"a.c": EMPTY, name: ""})
    application = Application(own=code)
    with pytest.raises(InputError, match=f"app/{name} has the name of a header that is the toolkit's or the"):
        render_project(digits_like()[1], load_board("host"), application, tmp_path / "firmware")


def test_the_advice_names_the_users_file_and_no_library_s(tmp_path: Path) -> None:
    code = own(tmp_path, {"my_app.c": "void app_start(void) {}\n", "lib/Gain/src/Gain.cpp": GAIN_CPP})
    mistake = own_mistake(code, "undefined reference to `app_step'")
    assert mistake is not None
    assert "in app/my_app.c" in mistake.hint


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("a.h", "../../secret.txt", "app/a.h is outside the project, or is a link to .*secret.txt, which is"),
        ("more", "../../elsewhere", "app/more is outside the project"),
        ("more", "../notes", "app/more is a link to a folder"),
        ("a.h", "a.h", "app/a.h is outside the project"),
        ("a.h", "nothing.h", "cannot read .*a.h: No such file or directory"),
        ("a.h", "../pipe", "a.h is no regular file but a pipe"),
    ],
)
def test_a_link_that_leads_out_of_the_project_or_nowhere_is_refused(
    name: str, target: str, words: str, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    own(root, {"my_app.c": EMPTY})
    (tmp_path / "secret.txt").write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (root / "notes").mkdir()
    os.mkfifo(root / "pipe")
    (root / "app" / name).symlink_to(target)
    with pytest.raises(InputError, match=words):
        own_application(root, "")


def test_a_link_within_the_project_is_read(tmp_path: Path) -> None:
    own(tmp_path, {"my_app.c": EMPTY})
    (tmp_path / "shared.h").write_text("int shared;\n")
    (tmp_path / "app" / "shared.h").symlink_to("../shared.h")
    found = own_application(tmp_path, "")
    assert found is not None
    assert dict(found.files)["app/shared.h"] == b"int shared;\n"


@pytest.mark.parametrize("name", ["x;touch PWNED;y.c", "${1}.c", 'a"b.h', "a`b`.txt", "back\\slash.c"])
def test_a_file_whose_name_is_a_command_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has characters that a shell reads as commands"):
        own(tmp_path, {"a.c": EMPTY, name: ""})


def test_the_same_files_have_the_same_hash_and_others_another(tmp_path: Path) -> None:
    one = own(tmp_path / "1", {"a.c": EMPTY})
    assert one.sha256 == own(tmp_path / "2", {"a.c": EMPTY}).sha256
    assert one.sha256 != own(tmp_path / "3", {"b.c": EMPTY}).sha256
    assert one.sha256 != own(tmp_path / "4", {"a.c": EMPTY + "\n"}).sha256


def test_own_code_that_includes_them_gets_the_samples(tmp_path: Path) -> None:
    code = '#include "tm_app_samples.h"\n' + EMPTY.replace(
        "step(void) {}", "step(void) { tm_app_run_sample(0); }"
    )
    files: dict[str, str | bytes] = {"a.c": code}
    few, more = (
        built(tmp_path, files, "nano33ble", samples=np.zeros((n, 64), np.int8)).sizes.flash_bytes
        for n in (1, 9)
    )
    assert more - few == 8 * 64
