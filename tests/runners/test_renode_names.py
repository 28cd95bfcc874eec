# SPDX-License-Identifier: Apache-2.0
"""Each name in our files for Renode is one that Renode has: 1.16.1, and its sources of August 2026."""

from __future__ import annotations

import io
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.renode_names import keywords_stub, names, read_platform, wrong_arguments, wrong_in_script

from toolkit.runners import renode
from toolkit.runners.renode_files import renode_files
from toolkit.targets.board import board_names, load_board

NO_ROBOT = "robotframework is not installed: pip install -e '.[test]'"
KNOWN = [name for name in board_names() if load_board(name).renode is not None]


@pytest.mark.parametrize("name", KNOWN)
def test_a_platform_has_only_types_and_properties_of_renodes(name: str) -> None:
    platform = read_platform(renode_files(load_board(name))[f"{name}.repl"])
    assert platform.wrong == []
    assert {"cpu", "nvic", "dwt"} <= set(platform.entries)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("Miscellaneous.DWT", "Miscellaneous.DTW", "type Miscellaneous.DTW"),
        ("frequency:", "frequence:", "dwt.frequence"),
        ("PerformanceInMips", "PerformanceInMIPS", "cpu.PerformanceInMIPS"),
        ("cpu:", "cpu0:", "entry cpu0"),
        ("-> led@0", "-> led0@0", "receiver led0"),
        ("boards/arduino", "board/arduino", "platform platforms/board/arduino_nano_33_ble.repl"),
        ("@ gpio0 13", "@ gpioA 13", "place gpioA"),
    ],
)
def test_a_wrong_name_in_a_platform_is_found(old: str, new: str, wrong: str) -> None:
    text = renode_files(load_board("nano33ble"))["nano33ble.repl"]
    assert wrong in read_platform(text.replace(old, new)).wrong


def test_a_wrong_name_in_a_python_peripheral_is_found() -> None:
    text = renode_files(load_board("sparkfun_edge"))["sparkfun_edge.repl"]
    assert "self.ErrLog" in read_platform(text.replace("self.ErrorLog", "self.ErrLog")).wrong
    assert "request.Adress" in read_platform(text.replace("request.Offset", "request.Adress")).wrong


@pytest.mark.parametrize("name", KNOWN)
def test_scripts_have_only_commands_of_renodes(name: str) -> None:
    files = renode_files(load_board(name))
    platform = read_platform(files[f"{name}.repl"])
    for script in (f"{name}.resc", f"{name}_watch.resc"):
        assert wrong_in_script(files[script], platform) == []
    assert wrong_in_script(files[f"{name}.resc"].replace("runMacro", "run"), platform) == ["run $reset"]
    assert wrong_in_script("cpu VectorTable 0x0", platform) == ["cpu VectorTable 0x0"]
    assert wrong_in_script("showAnalyzer sysbus.uart9", platform) == ["uart9"]


def test_the_runner_has_only_options_and_commands_of_renodes(tmp_path: Path) -> None:
    text = Path(renode.__file__).read_text(encoding="utf-8")
    command = re.search(r"command = \[(.+?)\]", text)
    assert command is not None
    options = re.findall(r'"(--?[a-z][a-z-]*)"', command[1])
    assert options and not set(options) - set(names()["options"])
    board, elf = load_board("nano33ble"), tmp_path / "firmware.elf"
    elf.write_bytes(b"")
    script = renode._write_files(tmp_path, elf, board, tmp_path / "line").read_text(encoding="utf-8")
    platform = read_platform(renode_files(board)["nano33ble.repl"])
    assert wrong_in_script(script, platform) == []


class Peripheral:
    """Runs a Python peripheral's script as Renode does: once for each access, in a scope that stays."""

    def __init__(self, script: str) -> None:
        self.errors: list[str] = []
        self._code, self._scope = compile(script, "peripheral", "exec"), {"self": self}
        self._run("IsInit", 0, 0)

    def ErrorLog(self, text: str) -> None:  # noqa: N802
        self.errors.append(text)

    def read(self, offset: int) -> int:
        return self._run("IsRead", offset, 0)

    def write(self, offset: int, value: int) -> None:
        self._run("IsWrite", offset, value)

    def _run(self, kind: str, offset: int, value: int) -> int:
        is_kind = {each: each == kind for each in ("IsInit", "IsRead", "IsWrite", "IsUser")}
        request = SimpleNamespace(Offset=offset, Value=value, **is_kind)
        exec(self._code, {**self._scope, "request": request}, self._scope)
        return request.Value


@pytest.fixture
def apollo3() -> dict[str, Peripheral]:
    """The Python peripherals of our platform for the Apollo3, by their names."""
    platform = read_platform(renode_files(load_board("sparkfun_edge"))["sparkfun_edge.repl"])
    return {name: Peripheral(script) for name, script in platform.scripts.items()}


def test_the_apollo3_powers_its_uart_and_its_cache_is_ready(apollo3: dict[str, Peripheral]) -> None:
    power = apollo3["pwrctrl"]
    assert power.read(0x18) == 0
    power.write(0x08, 0x80)
    assert (power.read(0x08), power.read(0x18)) == (0x80, 0x4)
    assert apollo3["cachectrl"].read(0x08) == 0x4
    apollo3["cachectrl"].write(0x00, 0x123)
    assert apollo3["cachectrl"].read(0x00) == 0x123


@pytest.mark.parametrize(
    ("name", "key", "value", "register"),
    [("clkgen_keyed", 0x14, 0x47, 0x18), ("gpio_keyed", 0x60, 0x73, 0x30)],
)
def test_the_apollo3_takes_what_needs_a_key_only_with_it(
    apollo3: dict[str, Peripheral], name: str, key: int, value: int, register: int
) -> None:
    peripheral = apollo3[name]
    peripheral.write(register, 5)
    assert peripheral.read(register) == 0 and len(peripheral.errors) == 1
    peripheral.write(key, value)
    peripheral.write(register, 5)
    assert peripheral.read(register) == 5 and len(peripheral.errors) == 1


def dry_run(text: str, folder: Path) -> tuple[int, str]:
    """Return how many test cases of a suite fail without being run, and what Robot Framework says."""
    robot = pytest.importorskip("robot.api", reason=NO_ROBOT)
    (folder / "stub.resource").write_text(keywords_stub(), encoding="utf-8")
    (folder / "suite.robot").write_text(text, encoding="utf-8")
    suite, said = robot.TestSuite.from_file_system(folder / "suite.robot"), io.StringIO()
    suite.resource.imports.create(type="Resource", name=str(folder / "stub.resource"))
    result = suite.run(dryrun=True, output=None, stdout=said, stderr=said)
    assert result.statistics.total.total > 0
    return result.statistics.total.failed, said.getvalue()


@pytest.mark.parametrize("name", KNOWN)
def test_a_suite_has_only_keywords_of_renodes(name: str, tmp_path: Path) -> None:
    text = renode_files(load_board(name))[f"{name}.robot"]
    assert dry_run(text, tmp_path)[0] == 0
    assert wrong_arguments(text) == []


def test_a_wrong_argument_of_a_keyword_is_found() -> None:
    pytest.importorskip("robot.api", reason=NO_ROBOT)
    text = renode_files(load_board("nano33ble"))["nano33ble.robot"]
    found = wrong_arguments(text.replace("treatAsRegex", "treatAsRegexp"))
    assert found == ["Wait For Line On Uart: treatAsRegexp"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Wait For Line On Uart", "Wait For Line On UART2", "No keyword with name 'Wait For Line On UART2'"),
        (
            "Create Terminal Tester   sysbus.uart0",
            "Create Terminal Tester",
            "missing value for argument",
        ),
    ],
)
def test_a_wrong_keyword_in_a_suite_is_found(old: str, new: str, words: str, tmp_path: Path) -> None:
    text = renode_files(load_board("nano33ble"))["nano33ble.robot"]
    failed, said = dry_run(text.replace(old, new), tmp_path)
    assert failed == 1 and words in said
