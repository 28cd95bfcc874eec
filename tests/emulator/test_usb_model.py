# SPDX-License-Identifier: Apache-2.0
"""The model of USBD: what a driver gets wrong is an error; a packet that comes twice is seen."""

from __future__ import annotations

import pytest
from support.bench import RAM, Bench

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.nrf52_power import PowerClock
from toolkit.emulator.peripherals.nrf52_usbd import Hand, Packet, Setup, Usbd

POWER, USBD, FLASH = 0x40000000, 0x40027000, 0x10000
LOCK, ERRATUM_171, ERRATUM_187, ERRATUM_199 = 0x4006EC00, 0x4006EC14, 0x4006ED14, USBD + 0xC1C
ENABLE, PULL_UP, CAUSE = USBD + 0x500, USBD + 0x504, USBD + 0x400
EP0_STATUS, STARTEPIN1, STARTEPOUT1, SIZE1 = USBD + 0x050, USBD + 0x008, USBD + 0x02C, USBD + 0x4A4
READ_DEVICE = Setup(0x80, 6, 0x100, 0, 18)


class Device(Bench):
    """USBD's registers and its bus, without a core."""

    def __init__(self) -> None:
        super().__init__("nano33ble")
        self.usbd = self.models.one(Usbd)

    def enable(self) -> None:
        for value in (0x9375, 0xC0, 3, 0x9375):
            self.write({0x9375: LOCK, 0xC0: ERRATUM_171, 3: ERRATUM_187}[value], value)
        self.write(ENABLE, 1)
        self.let(10_000)

    def let(self, cycles: int) -> None:
        """Let time pass."""
        self.time += cycles
        self.system.events.run_until(self.time)

    def attach(self) -> Device:
        self.models.one(PowerClock).plug()
        self.let(100_000)
        self.write(POWER, 1)
        for _ in range(4):
            self.read(POWER + 0x40C)
        self.enable()
        self.write(ENABLE, 0)
        self.enable()
        self.write(PULL_UP, 1)
        self.usbd.reset()
        self.write(USBD + 0x510, 3)
        self.write(USBD + 0x514, 3)
        self.write(SIZE1, 0)
        self.write(ERRATUM_199, 0x82)
        return self

    def buffer(self, pointer: int = RAM, length: int = 4) -> None:
        for base in (0x614, 0x714):
            self.write(USBD + base, pointer)
            self.write(USBD + base + 4, length)


@pytest.fixture
def device() -> Device:
    return Device().attach()


def test_usbd_asks_for_its_errata_its_supply_and_its_crystal() -> None:
    bare = Device()
    with pytest.raises(WrongUseError, match="while its lock is closed"):
        bare.write(ERRATUM_171, 0xC0)
    with pytest.raises(WrongUseError, match="errata 171 and 187"):
        bare.write(ENABLE, 1)
    with pytest.raises(WrongUseError, match="before EVENTCAUSE says READY"):
        bare.write(PULL_UP, 1)
    bare.enable()
    assert bare.read(CAUSE) == 1 << 11
    with pytest.raises(WrongUseError, match="erratum 223"):
        bare.write(PULL_UP, 1)
    bare.write(ENABLE, 0)
    bare.enable()
    with pytest.raises(WrongUseError, match="crystal does not run"):
        bare.write(PULL_UP, 1)
    bare.write(POWER, 1)
    for _ in range(4):
        bare.read(POWER + 0x40C)
    with pytest.raises(WrongUseError, match="supply is ready"):
        bare.write(PULL_UP, 1)


@pytest.mark.parametrize(
    ("pointer", "length", "words"),
    [
        (FLASH, 4, "reaches RAM only"),
        (RAM + 0x3FFFC, 8, "reaches RAM only"),
        (RAM + 2, 4, "not aligned"),
        (RAM, 65, "64 bytes at most"),
    ],
)
def test_easydma_moves_whole_packets_in_ram_alone(device, pointer, length, words) -> None:
    device.buffer(pointer, length)
    with pytest.raises(WrongUseError, match=words):
        device.write(STARTEPIN1, 1)


def test_easydma_moves_one_packet_at_a_time_and_with_its_erratum(device: Device) -> None:
    device.buffer()
    device.write(ERRATUM_199, 0)
    with pytest.raises(WrongUseError, match="erratum 199"):
        device.write(STARTEPIN1, 1)
    device.write(ERRATUM_199, 0x82)
    device.write(STARTEPIN1, 1)
    for address in (STARTEPIN1, EP0_STATUS):
        with pytest.raises(WrongUseError, match="while EasyDMA runs"):
            device.write(address, 1)
    with pytest.raises(WrongUseError, match="EPOUT is read while"):
        device.read(SIZE1)
    device.let(1000)
    assert device.read(USBD + 0x10C) == 1
    with pytest.raises(WrongUseError, match="was not fetched"):
        device.write(STARTEPIN1, 1)


def test_endpoint_0_answers_what_was_asked_and_in_its_order(device: Device) -> None:
    with pytest.raises(WrongUseError, match="asked for nothing"):
        device.write(EP0_STATUS, 1)
    device.usbd.setup(0, READ_DEVICE)
    with pytest.raises(WrongUseError, match="no data come from the host"):
        device.write(USBD + 0x04C, 1)
    device.write(USBD + 0x600, RAM)
    device.write(USBD + 0x604, 18)
    device.write(USBD + 0x004, 1)
    device.let(1000)
    with pytest.raises(WrongUseError, match="while data for the host wait"):
        device.write(EP0_STATUS, 1)
    device.usbd.setup(0, Setup(0, 5, 9, 0, 0))
    with pytest.raises(WrongUseError, match="answers by itself"):
        device.write(EP0_STATUS, 1)
    with pytest.raises(WrongUseError, match="asked for no data"):
        device.write(USBD + 0x004, 1)
    assert device.usbd.token_in(0, 0) == Packet(1, b"")
    device.usbd.ack(0)
    assert (device.read(USBD + 0x470), device.usbd.token_in(0, 0)) == (9, None)


def test_a_packet_that_comes_again_is_acknowledged_and_forgotten(device: Device) -> None:
    usbd = device.usbd
    device.buffer(RAM, 64)
    assert usbd.token_out(0, 1, Packet(0, b"one")) is Hand.ACK
    assert usbd.token_out(0, 1, Packet(1, b"two")) is Hand.NAK
    with pytest.raises(WrongUseError, match="it would be lost"):
        device.write(SIZE1, 0)
    assert usbd.token_out(0, 1, Packet(0, b"one")) is Hand.ACK
    device.write(STARTEPOUT1, 1)
    device.let(1000)
    assert bytes(device.memory[:3]) == b"one"
    with pytest.raises(WrongUseError, match="while no packet waits"):
        device.write(STARTEPOUT1, 1)
    assert usbd.token_out(0, 1, Packet(0, b"one")) is Hand.ACK
    assert device.read(SIZE1) == 0
    assert usbd.token_out(0, 1, Packet(1, b"two")) is Hand.ACK
    assert device.read(SIZE1) == 3


def test_what_was_not_acknowledged_is_sent_again_with_the_same_toggle(device: Device) -> None:
    usbd = device.usbd
    device.memory[:4] = b"data"
    device.buffer()
    device.write(STARTEPIN1, 1)
    device.let(1000)
    assert usbd.token_in(0, 1) == usbd.token_in(0, 1) == Packet(0, b"data")
    usbd.ack(1)
    assert (usbd.token_in(0, 1), device.read(USBD + 0x46C)) == (Hand.NAK, 2)
    device.write(STARTEPIN1, 1)
    device.let(1000)
    assert usbd.token_in(0, 1) == Packet(1, b"data")
    device.write(USBD + 0x50C, 0x181)  # DTOGGLE: DATA0, IN, endpoint 1
    assert usbd.token_in(0, 1) == Packet(0, b"data")


def test_who_is_not_meant_or_switched_off_does_not_answer_and_who_is_halted_stalls(device: Device) -> None:
    usbd = device.usbd
    assert usbd.token_in(5, 1) is None and usbd.setup(5, READ_DEVICE) is None
    assert usbd.token_in(0, 2) is None and usbd.token_out(0, 2, Packet(0, b"")) is None
    device.write(USBD + 0x518, 0x181)  # EPSTALL: stall, IN, endpoint 1
    assert (usbd.token_in(0, 1), device.read(USBD + 0x424)) == (Hand.STALL, 1)
    usbd.reset()
    assert (usbd.token_in(0, 1), device.read(USBD + 0x424)) == (None, 0)
