# SPDX-License-Identifier: Apache-2.0
"""A rendered project becomes firmware, with gcc and with zig, wherever it lies."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.firmware import digits_like, skip_without, small_model
from support.variants_that_wait import waiting

from toolkit.errors import CompileError, DoesNotFitError, InputError, ToolMissingError
from toolkit.firmware import Application, build_firmware, load_firmware, platformio, render_project
from toolkit.firmware.sizes import symbol_values
from toolkit.targets.board import Board, load_board

pytestmark = pytest.mark.xdist_group("firmware")

ARM_BOARDS = ("nano33ble", "sparkfun_edge", "stm32f746g_disco")
MATRIX = waiting(
    [(board, toolchain) for board in (*ARM_BOARDS, "host") for toolchain in ("gcc", "zig")],
    [(board, "zig") for board in ("sparkfun_edge", "stm32f746g_disco", "host")],
)


def small_board(name: str, flash: int, ram: int) -> Board:
    board = load_board(name)
    assert board.memory is not None
    memory = dataclasses.replace(
        board.memory,
        flash=dataclasses.replace(board.memory.flash, bytes=flash),
        ram=dataclasses.replace(board.memory.ram, bytes=ram),
    )
    return dataclasses.replace(board, memory=memory)


@pytest.mark.parametrize(("board", "toolchain"), MATRIX)
def test_every_board_builds_with_gcc_and_with_zig(built, board: str, toolchain: str) -> None:
    firmware = built(board, toolchain)
    assert firmware.compiler.startswith(toolchain)
    assert firmware.elf.read_bytes().startswith(b"\x7fELF")
    assert firmware.sizes.flash_bytes > 0
    if board == "host":
        return
    assert (firmware.folder / "firmware.bin").stat().st_size == firmware.sizes.flash_bytes
    assert firmware.board.memory is not None
    assert firmware.sizes.ram_bytes > firmware.board.memory.stack_bytes
    weights = digits_like()[1].weights_bytes
    assert weights <= firmware.sizes.weights_bytes < weights + 64
    assert firmware.sizes.weights_bytes < firmware.sizes.model_flash_bytes < firmware.sizes.flash_bytes


@pytest.mark.parametrize("board", ARM_BOARDS)
def test_the_image_starts_with_the_stack_and_the_reset_handler(built, board: str) -> None:
    firmware = built(board, "gcc")
    symbols = symbol_values(firmware.elf)
    start = (firmware.folder / "firmware.bin").read_bytes()[:8]
    assert int.from_bytes(start[:4], "little") == symbols["tm_stack_top"]
    assert int.from_bytes(start[4:], "little") == symbols["Reset_Handler"]


@pytest.mark.parametrize("toolchain", waiting(["gcc", "zig"], ["zig"]))
def test_floats_are_computed_by_the_fpu_in_single_precision(built, toolchain: str) -> None:
    if shutil.which("arm-none-eabi-readelf") is None:
        pytest.skip("needs arm-none-eabi-readelf: apt-get install binutils-arm-none-eabi")
    for board in ("nano33ble", "stm32f746g_disco"):
        words = ["arm-none-eabi-readelf", "--arch-specific", str(built(board, toolchain).elf)]
        said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
        assert "Tag_ABI_VFP_args: VFP registers" in said
        assert "Tag_ABI_HardFP_use: SP only" in said


def test_objects_that_are_kept_are_compiled_once_and_make_the_same_firmware(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = load_board("nano33ble")
    skip_without("nano33ble", "gcc")
    monkeypatch.setenv("TINYML_TOOLCHAIN", "gcc")
    monkeypatch.setenv("TINYML_BUILD_CACHE", str(tmp_path / "objects"))
    said: dict[str, list[str]] = {"first": [], "second": [], "changed": []}
    images: dict[str, bytes] = {}
    for name, lines in said.items():
        project = render_project(small_model(), board, Application(), tmp_path / name / "firmware")
        if name == "changed":
            crc = project.folder / "src" / "runtime" / "tm_crc32.c"
            crc.write_text(crc.read_text().replace("0xEDB88320", "0xEDB88321"))
        images[name] = build_firmware(project, on_line=lines.append).elf.read_bytes()
    compiled = {
        name: [line.split()[1] for line in lines if "Compiling" in line] for name, lines in said.items()
    }
    assert len(compiled["first"]) > 20 and compiled["second"] == []
    assert compiled["changed"] == ["src/runtime/tm_crc32.o"]
    assert images["first"] == images["second"] != images["changed"]


@pytest.mark.parametrize("toolchain", waiting(["gcc", "zig"], ["zig"]))
def test_the_folder_does_not_show_in_the_firmware(
    toolchain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without("nano33ble", toolchain)
    monkeypatch.setenv("TINYML_TOOLCHAIN", toolchain)
    built = []
    for name in ("short", "a folder with spaces, ü and 'quotes'"):
        folder = tmp_path / name / "firmware"
        built.append(
            build_firmware(render_project(small_model(), load_board("nano33ble"), Application(), folder))
        )
        monkeypatch.delenv("TINYML_BUILD_CACHE", raising=False)  # what was kept is of other folders
    first, second = built
    for ending in ("elf", "bin", "hex", "json"):
        assert (first.folder / f"firmware.{ending}").read_bytes() == (
            second.folder / f"firmware.{ending}"
        ).read_bytes()


def test_a_project_that_was_moved_builds_with_plain_platformio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "first" / "firmware"
    project = render_project(small_model(), load_board("host"), Application(), first)
    build_firmware(project)
    moved = tmp_path / "second place"
    first.rename(moved)
    shutil.rmtree(moved / ".pio")
    words = [sys.executable, "-m", "platformio", "run"]
    done = subprocess.run(
        words,
        cwd=moved,
        env=platformio.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (moved / ".pio" / "build" / "host" / "firmware.elf").is_file()
    made = {".pio", "__pycache__"}
    texts = [path.read_bytes() for path in moved.rglob("*") if path.is_file() and not made & set(path.parts)]
    assert not any(str(tmp_path).encode() in text for text in texts)


def test_a_second_build_compiles_nothing(tmp_path: Path) -> None:
    project = render_project(small_model(), load_board("host"), Application(), tmp_path / "firmware")
    heard: list[str] = []
    first = build_firmware(project, on_line=heard.append)
    assert heard[-2:] == ["Linking firmware.elf", "Writing firmware.json"]
    heard.clear()
    before = first.elf.stat().st_mtime_ns
    render_project(small_model(), load_board("host"), Application(), tmp_path / "firmware")
    second = build_firmware(project, on_line=heard.append)
    assert heard == []
    assert second == first
    assert second.elf.stat().st_mtime_ns == before


def test_a_compile_error_is_the_compilers_own_line(tmp_path: Path) -> None:
    model = small_model()
    sources = {**model.sources, "model.c": model.sources["model.c"] + "\nint broken(void) { return x; }\n"}
    bad = dataclasses.replace(model, sources=sources)
    project = render_project(bad, load_board("host"), Application(), tmp_path / "firmware")
    rendered = (project.folder / "src" / "model" / "model.c").read_text(encoding="utf-8")
    line = rendered.count("\n")
    with pytest.raises(CompileError, match=rf"src/model/model\.c:{line}:\d+: error: .*x") as caught:
        build_firmware(project)
    assert "SCons" not in caught.value.message
    assert "Took" not in caught.value.message


def test_a_function_that_is_missing_is_named_by_the_linker(tmp_path: Path) -> None:
    model = small_model()
    code = "int nowhere(void); int caller(void); int caller(void) { return nowhere(); }"
    text = f"{model.sources['model.c']}\n{code}\n"
    bad = dataclasses.replace(model, sources={**model.sources, "model.c": text})
    project = render_project(bad, load_board("host"), Application(), tmp_path / "firmware")
    with pytest.raises(CompileError, match=r"undefined reference to .nowhere"):
        build_firmware(project)


def test_firmware_too_large_names_both_numbers_for_flash_and_ram(tmp_path: Path) -> None:
    board = small_board("nano33ble", flash=1000, ram=4097)
    project = render_project(small_model(), board, Application(), tmp_path / "firmware")
    with pytest.raises(DoesNotFitError) as caught:
        build_firmware(project)
    assert re.match(r"small needs [\d,]+ bytes of RAM and [\d,]+ bytes of flash;", caught.value.message)
    assert "nano33ble has 4,097 bytes of RAM and 1,000 bytes of flash" in caught.value.message
    assert re.search(r"tinyml boards --min-ram \d+k --min-flash \d+k$", str(caught.value.hint))


def test_firmware_that_no_longer_fits_leaves_none_to_flash(tmp_path: Path) -> None:
    folder = tmp_path / "firmware"
    build_firmware(render_project(small_model(), load_board("nano33ble"), Application(), folder))
    assert (tmp_path / "firmware.bin").is_file()
    board = small_board("nano33ble", flash=1 << 20, ram=4096)
    with pytest.raises(DoesNotFitError):
        build_firmware(render_project(small_model(), board, Application(), folder))
    assert not (tmp_path / "firmware.bin").exists()
    with pytest.raises(InputError, match=r"cannot read .*firmware\.json") as caught:
        load_firmware(board, tmp_path)
    assert caught.value.hint == "Try: tinyml build"


def test_two_builds_at_once_make_one_scons_package_and_both_end_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from support.firmware import small_model\n"
        "from toolkit.targets.board import load_board\n"
        "from toolkit.firmware import *\n"
        "project = render_project(small_model(), load_board('host'), Application(), Path(sys.argv[1]))\n"
        "print(build_firmware(project).sizes)\n"
    )
    tests = str(Path(__file__).parent.parent)
    env = {**os.environ, "TINYML_CACHE_DIR": str(tmp_path / "new cache"), "PYTHONPATH": tests}
    folders = (tmp_path / "one" / "firmware", tmp_path / "one" / "firmware", tmp_path / "two" / "firmware")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for folder in folders
    ]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert len(set(said)) == 1
    packages = tmp_path / "new cache" / "platformio" / "packages"
    assert [path.name.split("@")[0] for path in packages.iterdir()] == ["tool-scons"]


def test_zig_builds_where_there_is_no_gcc_and_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without("nano33ble", "zig")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", "/nonexistent")
    project = render_project(small_model(), load_board("nano33ble"), Application(), tmp_path / "firmware")
    assert build_firmware(project).compiler.startswith("zig ")
    assert not Path("/nonexistent").exists()


def test_without_any_compiler_the_command_that_gets_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TINYML_TOOLCHAIN", "gcc")
    project = render_project(small_model(), load_board("nano33ble"), Application(), tmp_path / "firmware")
    with pytest.raises(ToolMissingError, match="no C compiler for cortex-m4f") as caught:
        build_firmware(project)
    assert caught.value.hint == "Try: apt-get install gcc-arm-none-eabi"


def test_a_project_alone_says_when_there_is_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = render_project(small_model(), load_board("nano33ble"), Application(), tmp_path / "firmware")
    monkeypatch.setenv("PATH", str(tmp_path))
    done = platformio.run_pio(project.folder, env={"TINYML_TOOLCHAIN": "gcc"})
    assert done.exit_code != 0
    assert "error: no compiler: there is no C compiler for cortex-m4f" in done.output
