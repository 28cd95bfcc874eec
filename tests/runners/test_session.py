# SPDX-License-Identifier: Apache-2.0
"""A session finds the firmware in any state and stays in step, over links that misbehave."""

from __future__ import annotations

import zlib

import pytest
from support.unruly_link import DrippingLink, SilentLink, UnrulyLink

from toolkit.errors import DeviceError
from toolkit.runners import session as sessions
from toolkit.runners import waits
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.host import HostLink
from toolkit.runners.link import open_link
from toolkit.runners.session import Session, run_samples
from toolkit.runners.transcript import Inference
from toolkit.targets.board import load_board

SAMPLES = [bytes([i, 0, 255 - i, 3, 4, 5, 6]) for i in range(3)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is silence: no test waits for a whole second to be sure."""
    monkeypatch.setattr(sessions, "_HELLO_S", 2.0)
    monkeypatch.setattr(waits, "_FIRST_S", 0.2)


def _inferences(link) -> tuple[Inference, ...]:
    try:
        return run_samples(link, SAMPLES, timeout_s=5).inferences
    finally:
        link.close()


def test_host_and_emulator_give_the_same_outputs_and_the_emulator_the_same_transcript(
    host_elf, nano_elf
) -> None:
    board = load_board("nano33ble")
    seen = []
    first = run_samples(EmulatorLink(nano_elf, board), SAMPLES, on_progress=lambda *now: seen.append(now))
    again = run_samples(EmulatorLink(nano_elf, board), SAMPLES)
    assert first == again
    assert first.text() == again.text()
    assert seen == [(1, 3), (2, 3), (3, 3)]
    host = _inferences(HostLink(host_elf))
    assert [i.outputs for i in host] == [i.outputs for i in first.inferences]
    assert first.inferences[0].layer_names == ("CONV_2D", "SOFTMAX")
    assert first.inferences[1].layer_cycles == ()
    assert first.info.name == "nano33ble" and first.info.stack_used > 100
    assert first.text().startswith("> tm exact A1748B9A 1 tm info%\n< m-init-done\n")
    assert "\n< m-tm-line-[1,0,m-tm-info-[version=" in first.text()


def test_counting_in_python_gives_the_same_transcript(nano_elf) -> None:
    board = load_board("nano33ble")
    slow = run_samples(EmulatorLink(nano_elf, board, native_counter=False), SAMPLES[:1])
    assert slow == run_samples(EmulatorLink(nano_elf, board), SAMPLES[:1])


def test_the_application_mode_is_ended_first(host_sine_elf, host_elf) -> None:
    link = HostLink(host_sine_elf)
    assert b"," in _read_some(link)
    assert [i.outputs for i in _inferences(link)] == [i.outputs for i in _inferences(HostLink(host_elf))]


def _read_some(link: HostLink) -> bytes:
    data = b""
    while data.count(b"\n") < 4:
        data += link.read(2)
    return data


def test_a_half_sent_command_and_stale_bytes_do_no_harm(host_elf) -> None:
    link = HostLink(host_elf)
    link.write(b"db load 7%db 0102%infer 1")
    stale = b"\xff\xfe\x00 bootloader v1\r\nm-ready\r\nm-tm-raw-[0,"
    assert len(_inferences(UnrulyLink(link, lambda data: data, stale))) == 3


def test_an_echo_before_each_answer_is_no_answer(host_elf) -> None:
    echoing = HostLink(host_elf)
    waiting: list[bytes] = []
    write = echoing.write

    def remember(data: bytes) -> None:
        waiting.append(data)
        write(data)

    echoing.write = remember  # type: ignore[method-assign]
    link = UnrulyLink(echoing, lambda data: (waiting.pop(0) if data and waiting else b"") + data)
    assert len(_inferences(link)) == 3


def test_bytes_in_small_pieces_are_the_same_bytes(host_elf) -> None:
    assert len(_inferences(DrippingLink(HostLink(host_elf)))) == 3


def _damage_once(old: bytes, new: bytes):
    left = [1]

    def change(data: bytes) -> bytes:
        if left and old in data:
            left.pop()
            return data.replace(old, new, 1)
        return data

    return change


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"m-tm-raw-[0,0", b"m-tm-raw-[0,F"),
        (b"m-tm-raw-[64,", b"m-tm-raw-[6,"),
        (b"m-tm-crc-[", b"x"),
        (b"m-tm-run-[1,", b"m-tm-run-[1,9"),
        (b"m-tm-run-[", b""),
        (b",CONV_2D,", b",CONV_2D,1"),
        (b",end,", b",and,"),
        (b"sha256=0", b"sha256=1"),
        (b"stack_used=", b"stack_used=1"),
    ],
)
def test_an_answer_garbled_once_is_asked_again(host_elf, old, new) -> None:
    direct = HostLink(host_elf)
    clean = run_samples(direct, SAMPLES, timeout_s=5)
    direct.close()
    link = UnrulyLink(HostLink(host_elf), _damage_once(old, new))
    damaged = run_samples(link, SAMPLES, timeout_s=5)
    link.close()
    assert [i.outputs for i in damaged.inferences] == [i.outputs for i in clean.inferences]
    assert damaged.info.model_sha256 == clean.info.model_sha256
    assert damaged.inferences[0].layer_names == clean.inferences[0].layer_names
    assert damaged.info.stack_used < 1_000_000


@pytest.mark.parametrize("old", [b"m-tm-raw-[", b"m-tm-run-[", b",end,", b"m-tm-put-["])
def test_an_answer_garbled_each_time_is_an_error(host_elf, old) -> None:
    link = UnrulyLink(HostLink(host_elf), lambda data: data.replace(old, b"x"))
    with pytest.raises(DeviceError, match=r"did not finish its answer|nothing comes whole"):
        run_samples(link, SAMPLES, timeout_s=1)
    link.close()


def test_what_the_firmware_refuses_is_an_error_in_its_own_words(host_elf) -> None:
    link = HostLink(host_elf)
    session = Session(link, 5)
    session.hello()
    with pytest.raises(DeviceError, match="with an error: Input has another CRC-32"):
        session._asked("tm run 5 00000000")
    link.close()


def test_missing_output_bytes_are_noticed() -> None:
    for replies, words in (
        ([], "without a checksum"),
        ([sessions.Checksum(0)], "0 output bytes came; the model has 3"),
        ([sessions.Checksum(1)], "the outputs' CRC-32 is 00000000, the board says 00000001"),
        ([sessions.Raw(3, b"abc")], "output bytes 0 to 3 did not arrive"),
    ):
        with pytest.raises(DeviceError, match=words):
            sessions._outputs(replies, 3)


OLD_FIRMWARE = b"e-[Unknown 'tm' subcommand]\r\nm-ready\r\n"


def test_an_old_firmware_is_told() -> None:
    with pytest.raises(DeviceError, match="built by an older tinyml") as caught:
        Session(SilentLink(OLD_FIRMWARE, times=4)).hello()
    assert "tinyml flash" in (caught.value.hint or "")


class StreamLink:
    """A host build that loses its memory, as by a reset, before the command that contains words."""

    def __init__(self, program, words: bytes) -> None:
        self._program, self._words = program, words
        self._link = HostLink(program)

    def write(self, data: bytes) -> None:
        if self._words in data:
            self._words = b"never"
            self._link.close()
            self._link = HostLink(self._program)
        self._link.write(data)

    def read(self, timeout_s: float) -> bytes:
        return self._link.read(timeout_s)

    def close(self) -> None:
        self._link.close()


@pytest.mark.parametrize("words", [b"tm run 2", b"tm raw", b" layers", b"tm memory"])
def test_a_board_that_restarts_is_given_the_sample_again(host_elf, words) -> None:
    clean = _inferences(HostLink(host_elf))
    link = StreamLink(host_elf, words)
    assert [i.outputs for i in _inferences(link)] == [i.outputs for i in clean]


def test_a_board_that_restarts_within_a_stream_is_an_error(host_elf) -> None:
    link = StreamLink(host_elf, b"tm run 2")
    with pytest.raises(DeviceError, match="with an error: The last run was 0"):
        run_samples(link, SAMPLES, timeout_s=2, is_stream=True)
    link.close()


class LossyLink(StreamLink):
    """A host build whose first command loses bytes, as a board tells it: refused, and said why."""

    def __init__(self, program) -> None:
        super().__init__(program, b"never")
        self._told = b""
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)
        if b"tm info" in data and not self._told:
            self._told = b"e-[Lost 17 or more bytes: 12 buffer full, 5 overrun]\r\ne-[Command has bytes"
            self._told += b" that are not text, or were lost]\r\nm-ready\r\n"
            data = data[:8] + b"\0" + data[9:]
        super().write(data)

    def read(self, timeout_s: float) -> bytes:
        if self._told.endswith(b"\n"):
            told, self._told = self._told, b"told"
            return told
        return super().read(timeout_s)


def test_what_the_board_lost_is_told_and_the_command_is_sent_again(host_elf) -> None:
    words: list[str] = []
    link = LossyLink(host_elf)
    session = Session(link, on_word=words.append)
    assert session.hello().name == "host"
    link.close()
    assert words == ["the board says that bytes to it were lost: 17 or more bytes: 12 buffer full, 5 overrun"]
    assert link.written[0] == b"%%"
    assert sum(b"tm info" in data for data in link.written) == 2


def test_a_silent_board_says_what_to_check() -> None:
    with pytest.raises(DeviceError, match="the board is silent") as caught:
        Session(SilentLink()).hello()
    assert "TX and RX are crossed" in (caught.value.hint or "")


def test_another_firmware_is_shown() -> None:
    with pytest.raises(DeviceError, match='not our protocol: "hello, world"'):
        Session(SilentLink(b"hello, world\r\n", times=40)).hello()


def test_endless_chatter_is_told_within_a_minute_of_the_clock() -> None:
    clock = SlowClock(0.01)
    with pytest.raises(DeviceError, match="not our protocol"):
        Session(SilentLink(b"tick\r\n"), clock=clock.clock()).hello()
    assert clock.time < 60


class SlowClock:
    """Each look at it takes a while."""

    def __init__(self, step: float) -> None:
        self.time, self._step = 0.0, step

    def clock(self) -> sessions.Clock:
        return sessions.Clock(self._now)

    def _now(self) -> float:
        self.time += self._step
        return self.time


def test_an_info_that_lacks_something_is_an_error() -> None:
    with pytest.raises(DeviceError, match="lacks or garbles 'engine'"):
        sessions._device_info(sessions.Info({"board": "host"}))


def test_a_firmware_that_stops_in_the_middle_of_an_answer_is_silent(host_elf) -> None:
    link = UnrulyLink(HostLink(host_elf), lambda data: data.split(b"m-tm-run-")[0])
    session = Session(link, timeout_s=0.3)
    session.hello()
    with pytest.raises(DeviceError, match='did not finish its answer to "tm run 1 '):
        session.infer(SAMPLES[0])
    link.close()


def test_a_sample_of_the_wrong_size_is_not_sent(host_elf) -> None:
    link = HostLink(host_elf)
    with pytest.raises(DeviceError, match="a sample has 3 bytes, the firmware's model takes 7"):
        Session(link).infer(b"abc")
    with pytest.raises(DeviceError, match="hello"):
        Session(link).memory()
    link.close()


def test_a_fault_that_the_firmware_reports_ends_the_session(host_elf) -> None:
    text = b"e-[fault BusFault pc=0x00001234 lr=0 cfsr=0 addr=0"
    fault = text + b" crc=0x%08X]\r\n" % zlib.crc32(text)
    link = UnrulyLink(
        HostLink(host_elf), lambda data: data.replace(b"m-tm-line-[", fault) if b"tm-run" in data else data
    )
    session = Session(link, timeout_s=1)
    session.hello()
    with pytest.raises(DeviceError, match="the firmware faulted: fault BusFault pc=0x00001234"):
        session.infer(SAMPLES[0])
    link.close()


def test_open_link_chooses_by_board_and_runner(host_elf, nano_elf) -> None:
    host = open_link(host_elf, load_board("host"))
    assert isinstance(host, HostLink)
    host.close()
    emulated = open_link(nano_elf, load_board("nano33ble"))
    assert isinstance(emulated, EmulatorLink)
    emulated.close()
    for use in (lambda: emulated.read(0.1), lambda: emulated.write(b"x"), emulated.led_changes):
        with pytest.raises(DeviceError, match="emulator is closed"):
            use()
