# SPDX-License-Identifier: Apache-2.0
"""Real pyserial over a pseudo terminal: the emulator as a port, ports that fail, and the monitor."""

from __future__ import annotations

import os
import pty
import signal
import threading
import time
import tty
from pathlib import Path

import pytest
import serial

from toolkit.errors import DeviceError, InputError
from toolkit.runners import emulator, monitor
from toolkit.runners import pty as ptys
from toolkit.runners import serial as ports
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.host import HostLink
from toolkit.runners.link import open_link
from toolkit.runners.serial import SerialLink, open_port
from toolkit.runners.session import run_samples
from toolkit.targets.board import load_board

SAMPLES = [bytes(range(7)), bytes(7)]


class FakeBoard:
    """The board's end of a serial cable: a pseudo terminal with a name that stays."""

    def __init__(self, folder: Path) -> None:
        self.name = folder / "ttyBoard"
        self.plug_in()

    def plug_in(self) -> None:
        """Appear under the name."""
        self.end, far = pty.openpty()
        tty.setraw(far)
        self.name.unlink(missing_ok=True)
        self.name.symlink_to(os.ttyname(far))
        os.close(far)

    def unplug(self) -> None:
        """Vanish."""
        self.name.unlink()
        os.close(self.end)

    def say(self, data: bytes) -> None:
        """Send bytes to the computer."""
        os.write(self.end, data)


@pytest.fixture
def board(tmp_path):
    """A fake board, unplugged at the end."""
    board = FakeBoard(tmp_path)
    yield board
    if board.name.is_symlink():
        board.unplug()


def test_pyserial_talks_to_the_emulator_over_a_pty(nano_elf) -> None:
    with ptys.serve_pty(EmulatorLink(nano_elf, load_board("nano33ble"))) as server:
        with serial.Serial(server.name, 115200, timeout=10) as port:
            port.write(b"%name%")
            heard = b""
            while b"m-name-dut-[nano33ble]\r\nm-ready" not in heard:
                piece = port.read(1)
                assert piece, heard
                heard += piece
        server.check()


def test_a_check_over_the_pty_gives_the_same_as_without(host_elf, nano_elf) -> None:
    board = load_board("nano33ble")
    direct = run_samples(EmulatorLink(nano_elf, board), SAMPLES)
    with ptys.serve_pty(EmulatorLink(nano_elf, board)) as server:
        link = open_link(nano_elf, board, port=server.name)
        assert isinstance(link, SerialLink)
        over_pty = run_samples(link, SAMPLES, timeout_s=10)
        link.close()
    assert [i.outputs for i in over_pty.inferences] == [i.outputs for i in direct.inferences]
    with ptys.serve_pty(HostLink(host_elf)) as server:
        link = open_port_link(server.name)
        host = run_samples(link, SAMPLES, timeout_s=10)
        link.close()
    assert [i.outputs for i in host.inferences] == [i.outputs for i in direct.inferences]


def test_an_answer_longer_than_the_patience_of_a_check_is_given_over_a_pty(nano_elf, monkeypatch) -> None:
    monkeypatch.setattr(emulator, "_LEAST_PATIENCE_S", 0.01)
    link = EmulatorLink(nano_elf, load_board("nano33ble"))
    link.patience_s = 0.01
    link.write(b"%infer 100000 0%")
    with pytest.raises(DeviceError, match="still busy after the time limit"):
        for _ in range(1000):
            link.read(0.01)
    link.close()
    link = EmulatorLink(nano_elf, load_board("nano33ble"))
    link.patience_s = 0.01
    with ptys.serve_pty(link) as server:
        with serial.Serial(server.name, 115200, timeout=60) as port:
            port.write(b"%infer 100000 0%")
            assert b"m-infer-done" in port.read_until(b"m-infer-done\r\n")
        server.check()


def open_port_link(name: str) -> SerialLink:
    return SerialLink(name, 115200)


def test_an_unread_pty_does_not_stop_the_firmware(nano_sine_elf) -> None:
    link = EmulatorLink(nano_sine_elf, load_board("nano33ble"))
    machine = link.machine
    assert machine is not None
    with ptys.serve_pty(link) as server:
        time.sleep(0.3)
        server.check()
        assert machine.instructions > 10_000


def test_serving_ends_by_the_clock_or_with_the_firmware(host_elf) -> None:
    names: list[str] = []
    ptys.serve_until(HostLink(host_elf), 0.1, on_open=names.append)
    assert names[0].startswith("/dev/")
    link = HostLink(host_elf)
    link._process.kill()
    with pytest.raises(DeviceError, match="signal 9"):
        ptys.serve_until(link, 10, on_open=names.append)


def test_a_missing_port_lists_what_there_is(tmp_path, monkeypatch) -> None:
    with pytest.raises(DeviceError, match="there is no port /dev/ttyNone"):
        open_port("/dev/ttyNone", 115200)
    monkeypatch.setattr(ports, "port_names", lambda: ["/dev/ttyACM0", "/dev/ttyUSB0"])
    with pytest.raises(DeviceError, match="Did you mean /dev/ttyACM0"):
        open_port("/dev/ttyACM1", 115200)
    with pytest.raises(DeviceError, match="Known: /dev/ttyACM0, /dev/ttyUSB0"):
        SerialLink("")


def test_a_port_in_use_is_named(board) -> None:
    first = open_port(str(board.name), 115200)
    with pytest.raises(DeviceError, match="is in use by another program") as caught:
        open_port(str(board.name), 115200)
    assert "fuser" in (caught.value.hint or "")
    first.close()


def test_a_port_without_permission_says_what_to_do() -> None:
    refused = ports._cannot_open("/dev/ttyUSB0", PermissionError(13, "Permission denied"))
    assert "no permission" in refused.message
    assert "dialout" in (refused.hint or "")


def test_a_file_is_no_port(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match="is no serial port"):
        open_port(str(tmp_path / "file"), 115200)


def test_a_port_that_goes_away_is_a_device_error(board) -> None:
    link = SerialLink(str(board.name))
    board.say(b"hello")
    assert link.read(5).startswith(b"h")
    while link.read(0.05):
        pass
    board.unplug()
    with pytest.raises(DeviceError, match="is gone"):
        link.read(1)
    with pytest.raises(DeviceError, match="is gone"):
        for _ in range(100):
            link.write(b"x" * 100)
    link.close()


class Watcher:
    """monitor.watch in a thread, with what it said."""

    def __init__(self, name: Path, log: Path | None = None) -> None:
        self.lines: list[monitor.Watched] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=monitor.watch,
            args=(str(name), self.lines.append),
            kwargs={"log": log, "stop": self.stop},
        )
        self.thread.start()
        self.wait_for("Ctrl-C ends")

    def wait_for(self, text: str) -> None:
        """Wait until a line with text was heard."""
        deadline = time.monotonic() + 10
        while not any(text in line.text for line in list(self.lines)):
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.01)

    def end(self) -> None:
        """Stop watching."""
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()


def test_the_monitor_shows_lines_with_the_time_through_unplugging(board, tmp_path) -> None:
    log = tmp_path / "logs" / "board.log"
    watcher = Watcher(board.name, log)
    board.say(b"1.5708, 0.9962\r\n\xff\x00junk\r\nno end")
    watcher.wait_for("no end")
    board.unplug()
    watcher.wait_for("is gone")
    board.plug_in()
    watcher.wait_for("is back")
    board.say(b"again\r\n")
    watcher.wait_for("again")
    watcher.end()
    texts = [line.text for line in watcher.lines if not line.is_note]
    assert texts == ["1.5708, 0.9962", "\\xff\\x00junk", "no end", "again"]
    logged = log.read_text().splitlines()
    assert logged == [line.formatted() for line in watcher.lines]
    assert logged[1][2] == ":" and logged[1][8] == "." and logged[1].endswith("  1.5708, 0.9962")
    assert "-- " in logged[0]


def test_the_monitor_stops_while_the_port_is_away(board) -> None:
    watcher = Watcher(board.name)
    board.unplug()
    watcher.wait_for("is gone")
    watcher.end()
    assert watcher.lines[-1].text == "end"


def test_the_monitor_ends_quietly_on_ctrl_c(board) -> None:
    lines: list[monitor.Watched] = []
    watching = threading.Event()

    def press_ctrl_c() -> None:
        assert watching.wait(10)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press_ctrl_c)
    presser.start()
    monitor.watch(str(board.name), lambda line: (lines.append(line), watching.set()))
    presser.join()
    assert lines[-1].text == "end"
    open_port(str(board.name), 115200).close()


def test_the_monitor_ends_after_the_time_that_was_asked_for(board) -> None:
    lines: list[monitor.Watched] = []
    monitor.watch(str(board.name), lines.append, stop=monitor.stop_after(0.2))
    assert [line.is_note for line in lines] == [True, True]
    assert not monitor.stop_after(None).is_set()


def test_a_line_is_in_the_log_also_if_it_cannot_be_shown(board, tmp_path) -> None:
    def show(line: monitor.Watched) -> None:
        if not line.is_note:
            raise ZeroDivisionError
        board.say(b"1e400, 3\r\n")  # the port is open

    with pytest.raises(ZeroDivisionError):
        monitor.watch(str(board.name), show, log=tmp_path / "log", stop=monitor.stop_after(10))
    assert (tmp_path / "log").read_text().splitlines()[1].endswith("1e400, 3")


def test_a_log_that_cannot_be_written_is_an_input_error(board, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        monitor.watch(str(board.name), lambda _line: None, log=tmp_path / "file" / "log")
    with pytest.raises(InputError, match="disk is full"):
        monitor.watch(str(board.name), lambda _line: None, log=Path("/dev/full"))
