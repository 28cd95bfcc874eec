# SPDX-License-Identifier: Apache-2.0
"""Many boards at once: models of the bootloader are flashed; each runs what it received in an emulator."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.flashing import built_firmware, elf_with, usb_port
from support.samba_bootloader import Faults, SambaBootloader

from toolkit.cli.main import run
from toolkit.errors import DeviceError, InputError, TinymlError
from toolkit.firmware import Firmware
from toolkit.flash import samba
from toolkit.fleet import run as running
from toolkit.fleet.listing import load_fleet, require_certain_plugs
from toolkit.runners import ports
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.pty import serve_pty

pytestmark = pytest.mark.xdist_group("fleet")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """The firmware with the fake model for the Nano 33 BLE."""
    return built_firmware(tmp_path_factory.mktemp("built"), "nano33ble")


class EmulatedNano:
    """A Nano on two plugs: its bootloader on USB, and, once that resets it, its line on an adapter."""

    def __init__(self, built: Firmware, folder: Path, number: int, faults: Faults | None = None) -> None:
        self._built, self._folder = built, folder
        self.name, self.number = f"nano{number}", f"00{number}"
        self.line = folder / f"ttyLine{number}"
        self.model = SambaBootloader(faults=faults, on_reset=self._start)
        self.open = ExitStack()

    def _start(self, model: SambaBootloader) -> None:
        elf = elf_with(self._built, bytes(model.flash), self._folder / f"{self.name}.elf")
        server = self.open.enter_context(serve_pty(EmulatorLink(elf, self._built.board)))
        self.line.symlink_to(server.name)

    def close(self) -> None:
        """Unplug both."""
        self.model.close()
        self.open.close()

    def entry(self) -> str:
        """Return its part of the file."""
        return entry(self.name, self.line, self.number, self._built.folder)


def entry(name: str, line: Path | str, number: str, firmware: Path | str) -> str:
    words = {"board": "nano33ble", "name": name, "port": str(line), "flash_serial_number": number}
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in {**words, "firmware": str(firmware)}.items()]
    return "[[board]]\n" + "".join(lines)


@pytest.fixture
def nanos(built: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EmulatedNano]]:
    """Four boards of which the last one's flash is worn out."""
    monkeypatch.setattr(running, "_PORT_S", 10.0)
    monkeypatch.setattr(samba, "_ANSWER_S", 5.0)
    boards = [EmulatedNano(built, tmp_path, n, Faults(flip_pages=999 * (n == 4))) for n in range(1, 5)]
    usb = [usb_port(board.model.port, "2341:005a", board.number) for board in boards]
    monkeypatch.setattr(ports.list_ports, "comports", lambda: list(usb))
    yield boards
    for board in boards:
        board.close()


def test_boards_are_flashed_and_checked_at_once_and_failures_are_told_for_each(
    nanos: list[EmulatedNano], built: Firmware, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = entry("absent", "/dev/ttyNOWHERE", "99", built.folder)
    file = tmp_path / "boards.toml"
    file.write_text("".join(board.entry() for board in nanos) + absent)
    assert run(["fleet", str(file), "--wait", "1"]) == 5
    said = capsys.readouterr()
    rows = {line.split()[0]: line for line in said.out.splitlines() if line.startswith(("nano", "absent"))}
    for board in nanos[:3]:
        assert rows[board.name].endswith("is the one that was built")
        assert "by samba" in rows[board.name] and str(board.line) in rows[board.name]
        assert f"{board.name}: flashing by samba" in said.err
    assert "its flash is not what was sent" in rows["nano4"]
    assert "2 of 5 boards failed: nano4, absent" in said.err


def test_all_boards_are_worked_on_at_the_same_time(
    nanos: list[EmulatedNano], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits, before it is flashed, until the others are there too."""
    together = threading.Barrier(3, timeout=30)
    real = running.flash_firmware

    def flash(*arguments: object, **options: object) -> None:
        together.wait()
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "flash_firmware", flash)
    file = tmp_path / "boards.toml"
    file.write_text("".join(board.entry() for board in nanos[:3]))
    assert run(["fleet", str(file), "--json"]) == 0


def test_without_flashing_a_board_is_only_asked(
    built: Firmware, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "boards.toml"
    with serve_pty(EmulatorLink(built.elf, built.board)) as server:
        file.write_text(entry("one", server.name, "1", built.folder))
        assert run(["fleet", str(file), "--no-flash", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["one"]
    checked = "is the one that was built"
    assert found == {
        "board": "nano33ble",
        "port": server.name,
        "flashed": "",
        "checked": checked,
        "error": "",
    }


def two(key: str, one: str, other: str) -> str:
    board = '[[board]]\nboard = "nano33ble"\nproject = "a"\n'
    return "".join(f"{board}{key} = {json.dumps(value)}\n" for value in (one, other))


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "board is missing"),
        ('[[board]]\nboard = "nano33ble"\n', "either project or firmware"),
        ('[[board]]\nboard = "nano33ble"\nproject = "a"\nfirmware = "b"\n', "either project or firmware"),
        ('[[board]]\nboard = "nano33"\nproject = "a"\n', "Did you mean nano33ble"),
        ('[[board]]\nboard = "nano33ble"\nprojekt = "a"\n', "Did you mean project"),
        ('[[board]]\nboard = "nano33ble"\nproject = "a"\nport = "x"\nserial_number = "1"\n', "both name the"),
        (2 * '[[board]]\nboard = "nano33ble"\nproject = "a"\nport = "x"\n', "the port x stands twice"),
        (2 * '[[board]]\nboard = "nano33ble"\nproject = "a"\nname = "x"\n', "the name x stands twice"),
        (
            2 * '[[board]]\nboard = "nano33ble"\nproject = "a"\nname = "x\\ny"\n',
            r"the name x\\ny stands twice",
        ),
        (two("port", "/dev/ptmx", "/dev/../dev/ptmx"), "/dev/../dev/ptmx stands twice, once as /dev/ptmx"),
        (two("flash_port", "/dev/./ptmx", "/dev/ptmx"), "the flash_port /dev/ptmx stands twice, once as"),
        (two("port", "COM3", "com3"), "the port com3 stands twice, once as COM3"),
        (two("serial_number", "00A1", "a1"), "the serial_number a1 stands twice, once as 00A1"),
        (two("flash_serial_number", "A1", "00A1"), "the flash_serial_number 00A1 stands twice"),
    ],
)
def test_a_file_that_is_wrong_says_what_is(tmp_path: Path, text: str, fact: str) -> None:
    (tmp_path / "boards.toml").write_text(text)
    with pytest.raises(InputError, match=fact):
        load_fleet(tmp_path / "boards.toml")


def test_two_boards_that_wait_for_a_bootloader_must_say_which_is_whose(tmp_path: Path) -> None:
    file = tmp_path / "boards.toml"
    file.write_text('[[board]]\nboard = "nano33ble"\nproject = "a"\n' * 2)
    with pytest.raises(
        InputError, match=r"which bootloader is whose\? Not said for nano33ble-1, nano33ble-2"
    ):
        require_certain_plugs(load_fleet(file))
    file.write_text('[[board]]\nboard = "nano33ble"\nproject = "a"\n')
    require_certain_plugs(load_fleet(file))


def test_a_project_that_cannot_be_built_fails_its_boards_alone(
    built: Firmware, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "boards.toml"
    with serve_pty(EmulatorLink(built.elf, built.board)) as server:
        good = entry("good", server.name, "1", built.folder)
        file.write_text(f'{good}[[board]]\nname = "bad"\nboard = "nano33ble"\nproject = "not there"\n')
        assert run(["fleet", str(file), "--no-flash"]) == 5
    said = capsys.readouterr()
    assert "1 of 2 boards failed: bad" in said.err
    assert "is the one that was built" in said.out


def test_another_board_on_the_line_is_told_by_name(built: Firmware, tmp_path: Path) -> None:
    file = tmp_path / "boards.toml"
    with serve_pty(EmulatorLink(built.elf, built.board)) as server:
        text = entry("one", server.name, "1", built.folder).replace("nano33ble", "sparkfun_edge", 1)
        file.write_text(text)
        fleet = running.Fleet(lambda _: pytest.fail("no project"), lambda _: None, flashes=False)
        outcome = fleet.run(load_fleet(file))[0]
    assert isinstance(outcome.error, DeviceError)
    assert outcome.error.message == "the board on this line is nano33ble; sparkfun_edge was to be checked."
    with pytest.raises(TinymlError, match="1 of 1 boards failed: one"):
        running.require_fleet([outcome])


def test_a_name_with_a_line_end_cannot_look_like_another_line(
    tmp_path: Path, built: Firmware, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is at the port: it is named all the same, where flashing fails too."""
    file = tmp_path / "boards.toml"
    file.write_text(entry("one\nError: two", "/dev/ttyNOWHERE", "1", built.folder))
    assert run(["fleet", str(file), "--wait", "0.1"]) == 5
    said = capsys.readouterr()
    assert not re.search(r"^Error: two", said.err + said.out, re.M)
    assert r"1 of 1 boards failed: one\nError: two" in said.err
    assert re.search(r"nano33ble +/dev/ttyNOWHERE ", said.out)
