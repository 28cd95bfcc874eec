# SPDX-License-Identifier: Apache-2.0
"""A session finds the firmware in any state and stays in step, over links that misbehave."""

from __future__ import annotations

import pytest
from support.unruly_link import DrippingLink, SilentLink, UnrulyLink

from toolkit.errors import DeviceError
from toolkit.runners import session as sessions
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.host import HostLink
from toolkit.runners.link import open_link
from toolkit.runners.protocol import ProtocolError
from toolkit.runners.session import Session, run_samples
from toolkit.runners.transcript import Inference
from toolkit.targets.board import load_board

SAMPLES = [bytes([i, 0, 255 - i, 3, 4, 5, 6]) for i in range(3)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is silence: no test waits for a whole second to be sure."""
    monkeypatch.setattr(sessions, "_HELLO_TIMEOUT_S", 0.5)
    monkeypatch.setattr(sessions, "_QUIET_S", 0.05)


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
    assert first.text().startswith("> tm info%\n< m-tm-info-[version=")


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
        (b"m-tm-cycles-[", b"m-tm-cycles-[x"),
        (b"m-tm-cycles-[", b""),
        (b"m-load-done", b"e-[Invalid hex digit 'x']"),
    ],
)
def test_an_answer_garbled_once_is_asked_again(host_elf, old, new) -> None:
    clean = _inferences(HostLink(host_elf))
    damaged = _inferences(UnrulyLink(HostLink(host_elf), _damage_once(old, new)))
    assert [i.outputs for i in damaged] == [i.outputs for i in clean]


def test_an_answer_garbled_each_time_is_an_error(host_elf) -> None:
    for old, new, words in (
        (b"m-tm-raw-[0,0", b"m-tm-raw-[0,F", "CRC-32"),
        (b"m-tm-raw-[64,", b"m-tm-raw-[,", "m-tm-raw-"),
        (b"m-infer-done", b"e-[The model did not run]", "did not run"),
    ):
        link = UnrulyLink(HostLink(host_elf), lambda data, old=old, new=new: data.replace(old, new))
        with pytest.raises(DeviceError, match=words):
            _inferences(link)


def test_missing_output_bytes_are_noticed(host_elf) -> None:
    link = HostLink(host_elf)
    session = Session(link, 5)
    session.hello()
    with pytest.raises(DeviceError, match="without a checksum"):
        session._outputs([], 3)
    with pytest.raises(DeviceError, match="0 output bytes came; the model has 3"):
        session._outputs([sessions.Checksum(0)], 3)
    link.close()


def test_a_silent_board_says_what_to_check() -> None:
    with pytest.raises(DeviceError, match="the board is silent") as caught:
        Session(SilentLink()).hello()
    assert "TX and RX are crossed" in (caught.value.hint or "")


def test_another_firmware_is_shown() -> None:
    with pytest.raises(DeviceError, match='not our protocol: "hello, world"'):
        Session(SilentLink(b"hello, world\r\n", times=40)).hello()


def test_endless_chatter_is_no_firmware_of_ours(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "_MOST_CHATTER_BYTES", 1000)
    monkeypatch.setattr(sessions, "_HELLO_TIMEOUT_S", 0.02)
    with pytest.raises(DeviceError, match="not our protocol"):
        Session(SilentLink(b"tick\r\n")).hello()


def test_an_info_that_lacks_something_is_an_error(host_elf) -> None:
    link = UnrulyLink(HostLink(host_elf), lambda data: data.replace(b",engine=aot", b""))
    with pytest.raises(DeviceError, match="lacks or garbles 'engine'"):
        Session(link).hello()
    link.close()


def test_a_firmware_that_stops_in_the_middle_of_an_answer_is_silent(host_elf) -> None:
    link = UnrulyLink(HostLink(host_elf), lambda data: data.replace(b"m-infer-done", b"").split(b"m-lap")[0])
    session = Session(link, timeout_s=0.3)
    session.hello()
    with pytest.raises(DeviceError, match='did not finish its answer to "infer 1 0"'):
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
    fault = b"e-[fault BusFault pc=0x00001234 lr=0 cfsr=0 addr=0]\r\n"
    link = UnrulyLink(HostLink(host_elf), lambda data: data.replace(b"m-infer-done\r\n", fault))
    session = Session(link, timeout_s=1)
    session.hello()
    with pytest.raises(DeviceError, match="the firmware faulted: fault BusFault pc=0x00001234"):
        session.infer(SAMPLES[0])
    link.close()


def test_a_protocol_error_while_saying_hello_is_tried_again(host_elf) -> None:
    link = UnrulyLink(HostLink(host_elf), _damage_once(b"m-tm-info-[version", b"m-tm-info-[=version"))
    assert Session(link).hello().input_bytes == 7
    link.close()
    assert issubclass(ProtocolError, DeviceError)


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
