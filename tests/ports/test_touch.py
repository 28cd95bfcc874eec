# SPDX-License-Identifier: Apache-2.0
"""From one firmware of the Nano's to the next over one plug: touch, reset, bootloader, flash, start."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from support.firmware_image import build_own_image
from support.flashing import built_firmware, elf_with, usb_port
from support.samba_bootloader import SambaBootloader
from support.usb import BOARD, Desk, desk_of

from toolkit.emulator.error import EmulationError
from toolkit.emulator.peripherals.nrf52_power import PowerClock
from toolkit.emulator.peripherals.nrf52_usbd import Setup
from toolkit.emulator.usb_host import DEVICE, GET_DESCRIPTOR, IN, SET_CONTROL_LINE_STATE, SET_LINE_CODING
from toolkit.flash import Patience, bootloader, flash_firmware
from toolkit.flash.image import load_flash_image
from toolkit.runners import ports
from toolkit.targets.board import load_board

pytestmark = pytest.mark.xdist_group("flash")
NUMBER = "0000000095F6FA0A"
STAYS = 0xB0
OLD = '#include "app.h"\nvoid app_start(void) {}\nvoid app_step(void) { tm_port_write("old\\r\\n", 5); }\n'


def ids_of(desk: Desk) -> str:
    """Ask the device who it is."""
    descriptor = desk.accepted(Setup(IN, GET_DESCRIPTOR, DEVICE << 8, 0, 18))
    return "{:04x}:{:04x}".format(*struct.unpack_from("<HH", descriptor, 8))


def close_at_1200_baud(desk: Desk) -> int:
    """Do what a program does that opens the port at 1200 baud and closes it; return what the reset leaves."""
    coding = (1200).to_bytes(4, "little") + bytes([0, 0, 8])
    desk.accepted(Setup(0x21, SET_LINE_CODING, 0, 0, 7), coding)
    desk.accepted(Setup(0x21, SET_CONTROL_LINE_STATE, 1, 0, 0))
    desk.host.request(Setup(0x21, SET_CONTROL_LINE_STATE, 0, 0, 0))
    with pytest.raises(EmulationError, match="asked for a reset"):
        desk.run(lambda: False)
    return desk.machine.models.one(PowerClock).gpregret.value


def test_a_running_firmware_is_replaced_over_its_own_plug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bootloader's port comes only if the old firmware asked for it; its ids are the device's own."""
    plugged: list[object] = []
    monkeypatch.setattr(ports.list_ports, "comports", lambda: list(plugged))
    (tmp_path / "new").mkdir()
    new = built_firmware(tmp_path / "new", BOARD)
    old = desk_of(build_own_image(load_board(BOARD), "gcc", tmp_path, OLD))
    old.plug()
    old.run(lambda: b"old" in old.host.received)
    plugged[:] = [usb_port("/dev/ttyNANO", ids_of(old), NUMBER)]

    with SambaBootloader() as boot:

        def touch(name: str) -> None:
            assert name == "/dev/ttyNANO"
            if close_at_1200_baud(old) == STAYS:
                plugged[:] = [usb_port(boot.port, "2341:005a", NUMBER)]

        monkeypatch.setattr(bootloader, "_touch", touch)
        flash_firmware(new, method="samba", patience=Patience(touch_s=1, reset_s=5))
        boot.wait_for_reset()
        image = load_flash_image(new.elf).data
        assert bytes(boot.flash[: len(image)]) == image

        started = desk_of(elf_with(new, bytes(boot.flash), tmp_path / "flashed.elf"))
    started.plug()
    assert started.say(b"name%") == b"m-name-dut-[nano33ble]\r\nm-ready\r\n"
    assert b"old" not in started.host.received
