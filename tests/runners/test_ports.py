# SPDX-License-Identifier: Apache-2.0
"""The board's port is found by what is plugged in on USB; what is not certain is asked."""

from __future__ import annotations

import pytest
from serial.tools.list_ports_common import ListPortInfo
from support.flashing import usb_port

from toolkit.errors import UsageError
from toolkit.runners import ports
from toolkit.runners.ports import AUTO, Wanted, found_ports, line_port
from toolkit.targets.board import board_names, load_board

BUILT_IN = ListPortInfo("/dev/ttyS0", skip_link_detection=True)
NANO = usb_port("/dev/ttyACM0", "2341:805a", "95F6FA0AE8A9", "Nano 33 BLE")
NANO_LOADER = usb_port("/dev/ttyACM0", "2341:005a", "000000000095F6FA0AE8A9", "Arduino Nano 33 BLE")
CH340 = usb_port("/dev/ttyUSB0", "1a86:7523", "", "USB Serial")
FTDI = usb_port("/dev/ttyUSB1", "0403:6001", "A50285BI", "FT232R USB UART")
DISCO = usb_port("/dev/ttyACM1", "0483:374b", "0667FF3833", "STM32 STLink")
DISCO_2 = usb_port("/dev/ttyACM2", "0483:374b", "0670FF5551", "STM32 STLink")


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch):
    """A function that plugs in what it is given, and unplugs the rest."""

    def plug(*found: ListPortInfo) -> None:
        monkeypatch.setattr(ports.list_ports, "comports", lambda: [BUILT_IN, *found])

    plug()
    return plug


def port_of(board: str, **wanted: str) -> str:
    return line_port(load_board(board), Wanted(**wanted))


def test_what_is_built_in_is_never_a_board(plugged) -> None:
    assert found_ports() == []
    for name in board_names():
        with pytest.raises(UsageError, match="there is no serial port on USB"):
            port_of(name)


def test_a_board_is_known_by_its_ids_whatever_else_is_there(plugged) -> None:
    plugged(NANO, CH340, FTDI, DISCO)
    assert port_of("stm32f746g_disco") == "/dev/ttyACM1"
    assert port_of("stm32f746g_disco", port=AUTO) == "/dev/ttyACM1"
    assert port_of("sparkfun_edge") == "/dev/ttyUSB0"


def test_a_nano_is_on_its_own_plug_else_on_the_only_adapter_and_its_bootloader_is_no_line(plugged) -> None:
    plugged(NANO, FTDI)
    assert port_of("nano33ble") == "/dev/ttyACM0"
    plugged(NANO_LOADER, CH340)
    assert port_of("nano33ble") == "/dev/ttyUSB0"
    plugged(NANO_LOADER)
    with pytest.raises(UsageError, match="no port is known as nano33ble's port") as caught:
        port_of("nano33ble")
    assert "/dev/ttyACM0 (Arduino Nano 33 BLE, 2341:005a, serial number 0000" in caught.value.message


def test_who_has_no_adapter_for_a_line_on_pins_is_told_so(plugged) -> None:
    for name, there, words in (
        ("nano33ble", (), "on its USB plug, and on its pins (P1.03 (D1) is TX, P1.10 (D0) is RX): there it"),
        (
            "nano33ble",
            (NANO_LOADER,),
            "on its USB plug, and on its pins (P1.03 (D1) is TX, P1.10 (D0) is RX): there it",
        ),
        ("sparkfun_edge", (NANO,), "on its pins (pad 48 is TX, pad 49 is RX), not on a USB plug: it"),
    ):
        plugged(*there)
        with pytest.raises(UsageError) as caught:
            port_of(name)
        said = f"The line of {name} is {words} needs a USB to serial adapter of 3.3 V."
        assert caught.value.message.endswith(said)
        assert "no board is plugged in" not in caught.value.message
    plugged()
    with pytest.raises(UsageError, match=r"some boards is on their pins, .*\(raspberry_.*, sparkfun_edge\)"):
        line_port(None, Wanted())
    with pytest.raises(UsageError, match=r"no board is plugged in: there is no serial port on USB\.$"):
        port_of("nucleo_f446re")


def test_an_edge_takes_any_adapter_if_it_is_the_only_one(plugged) -> None:
    plugged(FTDI)
    assert port_of("sparkfun_edge") == "/dev/ttyUSB1"


def test_another_boards_port_is_not_taken_for_one_with_a_plug_of_its_own(plugged) -> None:
    plugged(FTDI, CH340)
    with pytest.raises(UsageError, match="no port is known as stm32f746g_disco's port"):
        port_of("stm32f746g_disco")


def test_two_of_a_kind_are_told_apart_by_serial_number(plugged) -> None:
    plugged(DISCO, DISCO_2)
    with pytest.raises(UsageError, match=r"which stm32f746g_disco's port\? There are ") as caught:
        port_of("stm32f746g_disco")
    assert caught.value.hint == "Try: --port /dev/ttyACM1 or --serial-number 0667FF3833"
    assert "0670FF5551" in caught.value.message
    assert port_of("stm32f746g_disco", serial_number="0670FF5551") == "/dev/ttyACM2"
    with pytest.raises(UsageError, match="no port has the serial number 12"):
        port_of("stm32f746g_disco", serial_number="12")


def test_a_named_port_is_taken_as_it_is(plugged) -> None:
    plugged(DISCO)
    assert port_of("nano33ble", port="/dev/ttyS0") == "/dev/ttyS0"
    with pytest.raises(UsageError, match="both name the port"):
        Wanted("/dev/ttyS0", "12")


def test_without_a_board_it_is_the_only_port(plugged) -> None:
    plugged(NANO)
    assert line_port(None, Wanted()) == "/dev/ttyACM0"
    plugged(NANO, FTDI)
    with pytest.raises(UsageError, match=r"which serial port\?"):
        line_port(None, Wanted())
    assert line_port(None, Wanted(serial_number="A50285BI")) == "/dev/ttyUSB1"


def test_every_id_of_a_board_says_where_it_was_read() -> None:
    for name in board_names():
        for each in load_board(name).usb.ids:
            assert len(each.source) > 5 and 0 < each.vendor < 1 << 16 and 0 < each.product < 1 << 16
