# SPDX-License-Identifier: Apache-2.0
"""The rendered project holds what it needs, and nothing that does not belong to it."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.firmware import small_model
from support.permission import as_nobody

from toolkit import paths
from toolkit.errors import InputError, TinymlError
from toolkit.firmware import Application, render_project
from toolkit.targets.board import board_names, load_board
from toolkit.targets.target import target_of

LABELS = ('a "quoted" one', "back\\slash", "trigraph ??/", "größer", "%d\n")


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".build.lock"
    }


def samples(count: int = 3) -> np.ndarray:
    return np.arange(count * 32, dtype=np.int64).astype(np.int8).reshape(count, 32)


@pytest.mark.parametrize("name", board_names())
def test_every_board_renders_without_paths_of_this_machine(name: str, tmp_path: Path) -> None:
    render_project(small_model(), load_board(name), Application(), tmp_path / "one")
    render_project(small_model(), load_board(name), Application(), tmp_path / "two")
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert one == two
    here = (str(tmp_path).encode(), str(paths.data_dir("boards").parent).encode())
    assert not any(place in content for content in one.values() for place in here)


def test_rendering_again_touches_no_file(tmp_path: Path) -> None:
    application = Application("samples", LABELS, samples(), (0, 1, -1))
    render_project(small_model(), load_board("nano33ble"), application, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    render_project(small_model(), load_board("nano33ble"), application, tmp_path)
    del before[tmp_path / ".build.lock"]
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_sources_of_an_earlier_model_are_removed(tmp_path: Path) -> None:
    model = small_model()
    render_project(model, load_board("host"), Application(), tmp_path)
    kernel = tmp_path / "src" / "kernels" / "tm_fully_connected_s8.c"
    assert kernel.is_file()
    render_project(dataclasses.replace(model, kernels=()), load_board("host"), Application(), tmp_path)
    assert not kernel.exists()


def test_the_limits_of_the_board_stand_in_the_linker_script(tmp_path: Path) -> None:
    board = load_board("nano33ble")
    render_project(small_model(), board, Application(), tmp_path)
    text = (tmp_path / "memory.ld").read_text()
    assert board.memory is not None
    assert f"ORIGIN = 0x{board.memory.flash.origin:08X}" in text
    assert f"tm_flash_bytes = {board.memory.flash.bytes};" in text
    assert f"tm_ram_bytes = {board.memory.ram.bytes};" in text


def test_defines_of_the_board_become_macros(tmp_path: Path) -> None:
    nano = load_board("nano33ble")
    board = dataclasses.replace(nano, defines={**nano.defines, "led_port": -4})
    render_project(small_model(), board, Application(), tmp_path)
    text = (tmp_path / "include" / "board_config.h").read_text()
    assert "#define TM_LED_PIN 13u\n" in text
    assert "#define TM_LED_PORT (-4)\n" in text
    assert "#define TM_INPUT_BYTES 32u\n" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"hsee_mhz": 16},
            "boards/nucleo_f446re.toml: the port stm32/f446 has no use for defines.hsee_mhz. "
            "Did you mean hse_mhz?",
        ),
        ({"clock_hz": 1}, "has no use for defines.clock_hz"),
        (
            {"hse_mhz": None, "uart_af": None},
            r"\[defines\] lacks hse_mhz, uart_af, which the port stm32/f446",
        ),
    ],
)
def test_defines_that_the_port_does_not_read_or_lacks_are_named(
    change: dict[str, int | None], words: str, tmp_path: Path
) -> None:
    board = load_board("nucleo_f446re")
    defines = {name: value for name, value in {**board.defines, **change}.items() if value is not None}
    with pytest.raises(InputError, match=words):
        render_project(
            small_model(), dataclasses.replace(board, defines=defines), Application(), tmp_path / "firmware"
        )


def test_labels_come_out_of_c_as_they_went_in(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    application = Application("samples", LABELS, samples(), (4, -1, 0))
    render_project(small_model(), load_board("host"), application, tmp_path)
    program = (
        '#include <stdio.h>\n#include "app_data.h"\nint main(void) {\n'
        "  for (unsigned i = 0; i < tm_app.labels; i++) { fputs(tm_app.label[i], stdout); putchar(0); }\n"
        "  fwrite(tm_app.sample, 1, tm_app.samples * tm_app.sample_bytes, stdout);\n"
        "  fwrite(tm_app.expected, 2, tm_app.samples, stdout);\n  return 0;\n}\n"
    )
    (tmp_path / "show.c").write_text(program)
    runtime = tmp_path / "src" / "runtime"
    words = [compiler, "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{runtime}"]
    words += ["-o", str(tmp_path / "show"), str(tmp_path / "show.c"), str(runtime / "app_data.c")]
    subprocess.run(words, check=True, timeout=60)
    said = subprocess.run([str(tmp_path / "show")], capture_output=True, check=True, timeout=60).stdout
    names = b"".join(label.encode() + b"\0" for label in LABELS)
    assert said == names + samples().tobytes() + np.array([4, -1, 0], np.int16).tobytes()


def test_a_kernel_for_the_models_target_goes_before_the_portable_one(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(paths.templates(), templates)
    board = load_board("nano33ble")
    fast = templates / "kernels" / target_of(board).isa
    fast.mkdir(exist_ok=True)
    (fast / "tm_fully_connected_s8.c").write_text(
        '#include "tm_fully_connected_s8.h"\n#include "tm_extra.h"\n'
    )
    (fast / "tm_extra.h").write_text("/* extra */\n")
    (fast / "tm_extra.c").write_text("/* extra code */\n")
    targeted = dataclasses.replace(small_model(), target=target_of(board))
    render_project(targeted, board, Application(), tmp_path / "arm", templates)
    render_project(small_model(), board, Application(), tmp_path / "portable", templates)
    arm, portable = (files_of(tmp_path / name / "src" / "kernels") for name in ("arm", "portable"))
    kernels = paths.templates("kernels")
    assert b"tm_extra.h" in arm["tm_fully_connected_s8.c"]
    assert {"tm_extra.h", "tm_extra.c"} <= set(arm)
    assert arm["tm_fully_connected_s8.h"].endswith((kernels / "tm_fully_connected_s8.h").read_bytes())
    assert portable["tm_fully_connected_s8.c"].endswith((kernels / "tm_fully_connected_s8.c").read_bytes())
    assert "tm_extra.c" not in portable


@pytest.mark.parametrize("port", ["nrf5284", "", "../../toolkit"])
def test_a_port_that_is_not_there_is_named(port: str, tmp_path: Path) -> None:
    board = dataclasses.replace(load_board("nano33ble"), port=port)
    with pytest.raises(InputError, match=r"nano33ble: there is no port '.*'\. (Did|Known)"):
        render_project(small_model(), board, Application(), tmp_path)


def test_a_board_without_memory_is_refused(tmp_path: Path) -> None:
    board = dataclasses.replace(load_board("nano33ble"), memory=None)
    with pytest.raises(InputError, match=r"nano33ble\.toml has no \[memory\], which a cortex-m4f needs"):
        render_project(small_model(), board, Application(), tmp_path)


def test_a_model_for_another_core_is_refused(tmp_path: Path) -> None:
    model = dataclasses.replace(small_model(), target=target_of(load_board("stm32f746g_disco")))
    with pytest.raises(TinymlError, match="compiled for cortex-m7f; nano33ble has a cortex-m4f"):
        render_project(model, load_board("nano33ble"), Application(), tmp_path)


def test_a_kernel_that_is_missing_is_named(tmp_path: Path) -> None:
    model = dataclasses.replace(small_model(), kernels=("tm_no_such_kernel",))
    with pytest.raises(TinymlError, match="the kernel tm_no_such_kernel is missing"):
        render_project(model, load_board("host"), Application(), tmp_path)


def test_a_folder_that_may_not_be_written_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot write .*file.*: a file stands where a folder is needed"):
        render_project(small_model(), load_board("host"), Application(), tmp_path / "file" / "firmware")


def test_a_folder_without_permission_is_an_error_with_its_name(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    model, board = small_model(), load_board("host")
    with as_nobody(), pytest.raises(InputError, match=r"cannot write .*: no permission"):
        render_project(model, board, Application(), tmp_path / "firmware")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"samples": np.zeros((2, 3), np.uint8)}, r"must be int8 \(n, bytes\), not uint8"),
        ({"samples": np.zeros(3, np.int8)}, r"must be int8 \(n, bytes\), not int8 \(3,\)"),
        ({"samples": np.zeros((2, 3), np.int8), "expected": (1,)}, "has 2 samples and 1 expected labels"),
    ],
)
def test_an_application_that_does_not_add_up_is_refused(wrong: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Application(**wrong)  # type: ignore[arg-type]


def render(folder: Path, heard: list[str] | None = None, **changes: object) -> None:
    model = dataclasses.replace(small_model(), **changes)
    on_word = None if heard is None else heard.append
    render_project(model, load_board("host"), Application(), folder, on_word=on_word)


def test_generated_files_are_marked_in_their_first_lines(tmp_path: Path) -> None:
    render(tmp_path)
    code = [path for path in tmp_path.rglob("*") if path.suffix in (".c", ".h", ".py", ".ini", ".ld")]
    assert len(code) > 40
    for path in code:
        assert "Generated by tinyml" in "\n".join(path.read_text().splitlines()[:4]), path


def test_a_persons_own_files_are_left_there(tmp_path: Path) -> None:
    render(tmp_path)
    own = [tmp_path / "src" / "my_sensor.c", tmp_path / "include" / "my.h", tmp_path / "lib" / "a" / "a.c"]
    for path in own:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("/* mine */\n")
    heard: list[str] = []
    render(tmp_path, heard, kernels=())
    assert [path.read_text() for path in own] == ["/* mine */\n"] * 3
    assert heard == []


def test_an_edited_file_is_told_and_kept_before_it_is_generated_again(tmp_path: Path) -> None:
    render(tmp_path)
    main, kernel = (
        tmp_path / "src" / "runtime" / "main.c",
        next((tmp_path / "src" / "kernels").glob("*_s8.c")),
    )
    generated = main.read_bytes()
    main.write_bytes(generated + b"/* my edit */\n")
    kernel.write_text("/* my kernel */\n")
    heard: list[str] = []
    render(tmp_path, heard, kernels=())
    assert main.read_bytes() == generated
    assert (main.parent / "main.c.edited").read_bytes() == generated + b"/* my edit */\n"
    assert not kernel.exists()
    assert (kernel.parent / f"{kernel.name}.edited").read_text() == "/* my kernel */\n"
    assert len(heard) == 2
    assert any(f"{main} was edited" in word and "main.c.edited" in word for word in heard)
    heard.clear()
    render(tmp_path, heard, kernels=())
    assert heard == []
    assert (main.parent / "main.c.edited").exists()


def test_edits_that_were_kept_are_never_overwritten_nor_removed(tmp_path: Path) -> None:
    render(tmp_path)
    main = tmp_path / "src" / "runtime" / "main.c"
    generated, heard = main.read_bytes(), list[str]()
    versions = [generated + b"/* %d */\n" % number for number in range(3)]
    for version in versions:
        main.write_bytes(version)
        render(tmp_path, heard)
    render(tmp_path, heard)
    kept = [main.with_name(f"main.c.edited{end}") for end in ("", ".1", ".2")]
    assert [path.read_bytes() for path in kept] == versions
    assert [word.endswith(path.name) for word, path in zip(heard, kept, strict=True)] == [True] * 3


def test_a_project_of_an_older_tinyml_loses_its_old_sources(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "kernels"
    folder.mkdir(parents=True)
    (folder / "tm_old_s8.c").write_text("/* SPDX-License-Identifier: Apache-2.0 */\n")
    (folder / "mine.c").write_text("/* mine */\n")
    render(tmp_path)
    assert not (folder / "tm_old_s8.c").exists()
    assert (folder / "mine.c").exists()


def test_a_record_never_reaches_outside_of_its_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside.c"
    outside.write_text("x")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".generated.json").write_text(f'{{"../outside.c": "0", "{outside}": "0"}}')
    render(folder)
    assert outside.read_text() == "x"
