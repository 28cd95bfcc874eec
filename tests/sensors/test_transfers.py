# SPDX-License-Identifier: Apache-2.0
"""Transfers over I2C on both boards that have a bus: every byte, in its order, or a plain refusal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.i2c import I2cDevice
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals.apollo3_senses import Iom
from toolkit.emulator.peripherals.nrf52_twi import Twi
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.targets.board import load_board

ADDRESS = 0x40
DONE, _UNDER_WAY, REFUSED, _STUCK, IMPOSSIBLE = range(5)
# Bytes out and in: around what a FIFO holds, and what an offset of a command takes.
SIZES = [
    *((1, 1), (2, 3), (3, 4), (4, 1), (5, 40), (32, 0), (33, 0), (255, 0), (255, 33), (0, 1), (0, 40)),
    *((0, 0), (1, 4096), (2, 0), (1, 4095)),
]
SHORT = len(SIZES) - 1
APP = """
#include "app.h"
#include "tm_port_i2c.h"
#define MOST 16
int32_t states[MOST], before;
uint32_t told, ended;
uint8_t in[MOST][4096];
static uint8_t out[255];
static const uint16_t sizes[][2] = {%(sizes)s};
static void done(void) { told++; }
void app_start(void) {
    for (uint32_t i = 0; i < sizeof out; i++) {
        out[i] = (uint8_t)(i + 1u);
    }
    tm_i2c_transfer early = {.address = %(address)d, .out = out, .out_bytes = 1, .in = in[0]};
    tm_port_i2c_start(&early);
    before = (int32_t)tm_port_i2c_wait(&early);
    tm_port_i2c_on();
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tm_i2c_transfer one = {.address = %(address)d,
                               .out = out,
                               .out_bytes = (uint8_t)sizes[i][0],
                               .in = in[i],
                               .in_bytes = sizes[i][1],
                               .done = done};
        tm_port_i2c_start(&one);
        states[i] = (int32_t)tm_port_i2c_wait(&one);
        ended++;
    }
}
void app_step(void) {}
"""


class Listener(I2cDevice):
    """Keeps what is said to it; what it says counts on, from one more than the bytes it has heard."""

    def __init__(self, refuses: int = -1) -> None:
        super().__init__(ADDRESS)
        self.heard: list[str | int] = []
        self._refuses = refuses
        self._said = 0

    def start(self, *, is_read: bool) -> None:
        self.heard.append("read" if is_read else "write")
        self._said = 0

    def write(self, byte: int) -> bool:
        self.heard.append(byte)
        return byte != self._refuses

    def read(self) -> int:
        self._said += 1
        return self._said & 0xFF

    def stop(self) -> None:
        self.heard.append("stop")


@pytest.fixture(scope="module", params=["nano33ble", "sparkfun_edge"])
def elf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    sizes = ", ".join(f"{{{out}, {into}}}" for out, into in SIZES)
    code = APP % {"sizes": sizes, "address": ADDRESS}
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, build_own_image(load_board(request.param), "gcc", folder, code)


def run(name: str, elf: Path, listener: Listener, transfers: int) -> Machine:
    machine = Machine(elf, load_board(name))
    bus: type[Peripheral] = Twi if name == "nano33ble" else Iom
    machine.models.one(bus).devices[ADDRESS] = listener  # type: ignore[attr-defined]
    while words(machine, "ended", 1)[0] < transfers:
        assert machine.time < machine.board.clock.hz
        machine.run(machine.board.clock.hz // 200, timeout_s=60)
    return machine


def words(machine: Machine, name: str, count: int) -> list[int]:
    data = machine.read_memory(machine.image.symbols[name], 4 * count)
    return np.frombuffer(data, np.int32).tolist()


def is_possible(out: int, into: int) -> bool:
    return (out > 0 or into > 0) and into < 4096


def test_all_bytes_go_out_in_their_order_and_the_read_starts_again(elf: tuple[str, Path]) -> None:
    listener = Listener()

    machine = run(*elf, listener, len(SIZES))

    expected: list[str | int] = []
    for out, into in filter(lambda sizes: is_possible(*sizes), SIZES):
        expected += ["write", *(i + 1 for i in range(out))] if out else []
        expected += ["read"] if into else []
        expected += ["stop"]
    assert listener.heard == expected
    states = [DONE if is_possible(*sizes) else IMPOSSIBLE for sizes in SIZES]
    assert words(machine, "states", len(SIZES)) == states
    assert words(machine, "told", 1) == [states.count(DONE)]
    assert words(machine, "before", 1) == [IMPOSSIBLE]
    for i, (out, into) in enumerate(SIZES):
        got = machine.read_memory(machine.image.symbols["in"] + 4096 * i, 4096)
        said = bytes((k + 1) & 0xFF for k in range(into if is_possible(out, into) else 0))
        assert bytes(got) == said.ljust(4096, b"\0"), SIZES[i]


@pytest.mark.parametrize("refused", [3, 33])
def test_a_byte_that_is_refused_ends_its_transfer_and_nothing_follows_it(
    elf: tuple[str, Path], refused: int
) -> None:
    """The nRF52840's TWI may say of such a byte that it was sent too."""
    listener = Listener(refused)

    machine = run(*elf, listener, SHORT)

    states = [
        IMPOSSIBLE if not is_possible(out, into) else REFUSED if out >= refused else DONE
        for out, into in SIZES[:SHORT]
    ]
    assert words(machine, "states", SHORT) == states
    heard = listener.heard
    assert {heard[i + 1] for i, each in enumerate(heard) if each == refused} == {"stop"}
