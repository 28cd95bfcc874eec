# SPDX-License-Identifier: Apache-2.0
"""The Nano's firmware as a USB device: what it says it is, requests, and the protocol over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.firmware_image import build_image
from support.usb import BOARD, Desk, desk_of

from toolkit.emulator.error import EmulationError
from toolkit.emulator.peripherals.nrf52_power import PowerClock
from toolkit.emulator.peripherals.nrf52_usbd import Hand, Setup
from toolkit.emulator.usb_host import (
    CLEAR_FEATURE,
    CONFIGURATION,
    DEVICE,
    GET_DESCRIPTOR,
    GET_LINE_CODING,
    GET_STATUS,
    IN,
    SEND_BREAK,
    SET_CONFIGURATION,
    SET_CONTROL_LINE_STATE,
    SET_FEATURE,
    SET_INTERFACE,
    SET_LINE_CODING,
    STRING,
)
from toolkit.targets.board import load_board

NAME = b"m-name-dut-[nano33ble]\r\nm-ready\r\n"
BULK_IN, BULK_OUT, NOTES = 0x81, 0x01, 0x82


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(load_board(BOARD), "gcc", tmp_path_factory.mktemp("usb"))


@pytest.fixture
def desk(elf: Path) -> Desk:
    desk = desk_of(elf)
    desk.plug()
    return desk


@pytest.fixture(scope="module")
def plain(elf: Path) -> Desk:
    """One for requests that leave nothing behind."""
    desk = desk_of(elf)
    desk.plug()
    return desk


def descriptors(data: bytes) -> list[bytes]:
    """Cut a configuration into its descriptors, each of which begins with its length."""
    parts = []
    while data:
        assert 0 < data[0] <= len(data)
        parts.append(data[: data[0]])
        data = data[data[0] :]
    return parts


def test_the_device_is_a_serial_port_with_the_boards_ids(plain: Desk) -> None:
    line = load_board(BOARD).usb.lines[0]
    device = plain.host.device
    assert (device[0], device[1], len(device)) == (18, DEVICE, 18)
    assert device[2:4] == b"\x00\x02" and device[4:7] == b"\xef\x02\x01" and device[7] == 64
    assert (device[8:10], device[10:12]) == (
        line.vendor.to_bytes(2, "little"),
        line.product.to_bytes(2, "little"),
    )
    assert plain.host.strings == ["tinyml", "Arduino Nano 33 BLE", "000095F6FA0AE8A9"]

    parts = descriptors(plain.host.configuration)
    assert int.from_bytes(parts[0][2:4], "little") == len(plain.host.configuration)
    interfaces = [part for part in parts if part[1] == 4]
    assert [(part[2], part[5], part[4]) for part in interfaces] == [(0, 2, 1), (1, 10, 2)]
    endpoints = [(part[2], part[3], int.from_bytes(part[4:6], "little")) for part in parts if part[1] == 5]
    assert endpoints == [(NOTES, 3, 8), (BULK_OUT, 2, 64), (BULK_IN, 2, 64)]
    union = next(part for part in parts if part[1:3] == b"\x24\x06")
    assert union[3:] == b"\x00\x01"


def test_every_descriptor_is_cut_to_every_length_that_is_asked_for(plain: Desk) -> None:
    wanted = [(DEVICE, 0), (CONFIGURATION, 0), *((STRING, index) for index in range(4))]
    for kind, index in wanted:
        whole = plain.accepted(Setup(IN, GET_DESCRIPTOR, kind << 8 | index, 0, 255))
        lengths = (*range(len(whole) + 2), 64, 65, 127, 128, 255, 0xFFFF)
        asked = [plain.host.request(Setup(IN, GET_DESCRIPTOR, kind << 8 | index, 0, n)) for n in lengths]
        plain.run(lambda asked=asked: asked[-1].is_done)
        for transfer in asked:
            assert transfer.hand is Hand.ACK and transfer.came == whole[: transfer.setup.length], transfer


UNKNOWN = (
    Setup(IN, GET_DESCRIPTOR, DEVICE << 8 | 1, 0, 18),
    Setup(IN, GET_DESCRIPTOR, CONFIGURATION << 8 | 1, 0, 9),
    Setup(IN, GET_DESCRIPTOR, STRING << 8 | 4, 0x409, 255),
    Setup(IN, GET_DESCRIPTOR, 6 << 8, 0, 10),  # the qualifier of devices of two speeds
    Setup(IN, GET_DESCRIPTOR, 7 << 8, 0, 9),
    Setup(0x00, 7, DEVICE << 8, 0, 0),  # SET_DESCRIPTOR
    Setup(0x82, 12, 0, BULK_IN, 2),  # SYNCH_FRAME
    Setup(0x00, SET_CONFIGURATION, 2, 0, 0),
    Setup(0x00, SET_FEATURE, 1, 0, 0),  # remote wakeup
    Setup(0x01, SET_INTERFACE, 1, 0, 0),
    Setup(0x01, SET_INTERFACE, 0, 2, 0),
    Setup(0x81, GET_STATUS, 0, 2, 2),
    Setup(0x82, GET_STATUS, 0, 0x83, 2),
    Setup(0x82, GET_STATUS, 0, 0x02, 2),
    Setup(0x02, SET_FEATURE, 0, 0, 0),
    Setup(0x02, SET_FEATURE, 1, BULK_IN, 0),
    Setup(0x00, GET_STATUS, 0, 0, 0),
    Setup(0x80, SET_CONFIGURATION, 1, 0, 1),
    Setup(0xC0, 1, 0, 0, 4),  # a vendor's
    Setup(0x21, SET_LINE_CODING, 0, 0, 6),
    Setup(0x21, SET_LINE_CODING, 0, 1, 7),
    Setup(0x21, SET_CONTROL_LINE_STATE, 1, 0, 1),
    Setup(0x21, GET_LINE_CODING, 0, 0, 0),
    Setup(0xA1, SET_LINE_CODING, 0, 0, 7),
    Setup(0x21, 0x00, 0, 0, 0),  # SEND_ENCAPSULATED_COMMAND
)


def test_what_it_does_not_know_is_refused_and_the_next_request_answered(plain: Desk) -> None:
    for setup in UNKNOWN:
        data = bytes(setup.length) if setup.type < IN else b""
        assert plain.ask(setup, data).hand is Hand.STALL, setup
        assert plain.accepted(Setup(IN, 8, 0, 0, 1)) == b"\x01"  # GET_CONFIGURATION


def test_status_interface_and_configuration_are_told(plain: Desk) -> None:
    for setup in (Setup(0x80, GET_STATUS, 0, 0, 2), Setup(0x82, GET_STATUS, 0, 0x80, 2)):
        assert plain.accepted(setup) == b"\x00\x00"
    for interface in (0, 1):
        assert plain.accepted(Setup(0x81, GET_STATUS, 0, interface, 2)) == b"\x00\x00"
        assert plain.accepted(Setup(0x81, 10, 0, interface, 1)) == b"\x00"
    for endpoint in (BULK_IN, BULK_OUT, NOTES):
        assert plain.accepted(Setup(0x82, GET_STATUS, 0, endpoint, 2)) == b"\x00\x00"


def test_the_line_coding_is_kept_and_a_break_taken(plain: Desk) -> None:
    assert plain.accepted(Setup(0xA1, GET_LINE_CODING, 0, 0, 7)) == bytes.fromhex("00c20100000008")
    coding = bytes.fromhex("80250000020107")
    plain.accepted(Setup(0x21, SET_LINE_CODING, 0, 0, 7), coding)
    assert plain.accepted(Setup(0xA1, GET_LINE_CODING, 0, 0, 7)) == coding
    assert plain.accepted(Setup(0xA1, GET_LINE_CODING, 0, 0, 3)) == coding[:3]
    plain.accepted(Setup(0x21, SEND_BREAK, 0xFFFF, 0, 0))
    assert plain.say(b"%name%") == b"m-ready\r\n" + NAME


def test_without_a_configuration_there_is_neither_interface_nor_endpoint(desk: Desk) -> None:
    desk.accepted(Setup(0x00, SET_CONFIGURATION, 0, 0, 0))
    assert desk.accepted(Setup(IN, 8, 0, 0, 1)) == b"\x00"
    for setup in (
        Setup(0x81, GET_STATUS, 0, 0, 2),
        Setup(0x82, GET_STATUS, 0, BULK_IN, 2),
        Setup(0xA1, GET_LINE_CODING, 0, 0, 7),
    ):
        assert desk.ask(setup).hand is Hand.STALL
    desk.accepted(Setup(0x00, SET_CONFIGURATION, 1, 0, 0))
    desk.host.open()
    desk.settle()
    assert desk.say(b"name%") == NAME


def test_answers_go_where_the_question_came_from_and_start_goes_everywhere(elf: Path) -> None:
    desk = desk_of(elf)
    desk.run(lambda: b"m-ready" in desk.uart)
    desk.plug()
    assert desk.say(b"name%") == NAME
    assert bytes(desk.uart) == b"m-init-done\r\nm-ready\r\n"
    assert desk.say_by_uart(b"name%") == NAME
    assert desk.host.collect() == b""
    assert desk.say(b"name%") == NAME


def test_a_command_in_packets_of_any_size_is_the_same_command(desk: Desk) -> None:
    for size in (1, 2, 63, 64):
        desk.host.write(b"name%" * 40, size)
        desk.run(lambda: desk.host.received.count(b"m-ready\r\n") >= 40)
        assert desk.host.collect() == NAME * 40
    desk.host.write(b"na")
    desk.host.write(b"")
    assert desk.say(b"me%") == NAME


@pytest.mark.parametrize(("length", "rest"), [(22, [63]), (23, [64, 0]), (24, [64, 1]), (32, [64, 9])])
def test_a_full_packet_is_followed_by_another_one_an_empty_one_if_need_be(
    desk: Desk, length: int, rest: list[int]
) -> None:
    desk.host.packets.clear()
    desk.host.read(False)
    desk.host.write(b"x%" + b"y" * length + b"%")
    desk.pass_time(0.002)  # the first line is in USBD by now, and the rest waits together
    desk.host.read(True)
    desk.run(lambda: desk.host.received.count(b"m-ready\r\n") >= 2)
    desk.pass_time(0.0005)
    assert desk.host.packets == [len(b"e-[Unknown command: x]\r\n"), *rest]


def test_the_touch_at_1200_baud_resets_into_the_bootloader(desk: Desk) -> None:
    desk.accepted(Setup(0x21, SET_LINE_CODING, 0, 0, 7), (1200).to_bytes(4, "little") + bytes([0, 0, 8]))
    desk.accepted(Setup(0x21, SET_CONTROL_LINE_STATE, 1, 0, 0))
    assert desk.say(b"name%") == NAME
    transfer = desk.host.request(Setup(0x21, SET_CONTROL_LINE_STATE, 0, 0, 0))
    with pytest.raises(EmulationError, match="asked for a reset"):
        desk.run(lambda: False)
    assert transfer.hand is Hand.ACK, "the host had its answer before the reset"
    assert desk.machine.models.one(PowerClock).gpregret.value == 0xB0


def test_closing_at_another_baud_rate_resets_nothing(desk: Desk) -> None:
    desk.host.close()
    desk.pass_time(0.1)
    assert desk.machine.models.one(PowerClock).gpregret.value == 0
    desk.host.open()
    desk.settle()
    assert desk.say(b"name%") == NAME


def test_a_halted_endpoint_stalls_until_its_halt_is_cleared_and_nothing_is_lost(desk: Desk) -> None:
    for halted in (BULK_IN, BULK_OUT, BULK_IN, BULK_OUT):
        halt_and_clear(desk, halted)


def halt_and_clear(desk: Desk, endpoint: int) -> None:
    desk.accepted(Setup(0x02, SET_FEATURE, 0, endpoint, 0))
    assert desk.accepted(Setup(0x82, GET_STATUS, 0, endpoint, 2)) == b"\x01\x00"
    desk.host.write(b"name%")
    desk.run(lambda: endpoint & 0x8F in desk.host.stalled)
    assert desk.host.collect() == b""
    cleared = desk.host.clear_halt(endpoint)
    desk.run(lambda: cleared.is_done)
    assert cleared.setup.request == CLEAR_FEATURE
    assert desk.accepted(Setup(0x82, GET_STATUS, 0, endpoint, 2)) == b"\x00\x00"
    desk.run(lambda: desk.host.received.count(b"m-ready\r\n") >= 1)
    assert desk.host.collect() == NAME


@pytest.mark.parametrize("setup", [Setup(0, SET_CONFIGURATION, 1, 0, 0), Setup(1, SET_INTERFACE, 0, 1, 0)])
def test_a_configuration_or_interface_that_is_set_again_starts_its_endpoints_anew(desk: Desk, setup) -> None:
    for halted in (None, BULK_IN, BULK_OUT):
        assert desk.say(b"name%") == NAME  # one packet to the device: DATA1 would be its next
        desk.settle()
        if halted:
            desk.accepted(Setup(0x02, SET_FEATURE, 0, halted, 0))
        desk.accepted(setup)
        assert desk.say(b"name%") == NAME
        desk.settle()
