# SPDX-License-Identifier: Apache-2.0
"""Find the models of a board's sensors: a module here is called as the driver in boards/*.toml."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from toolkit.emulator.i2c import I2cDevice
from toolkit.emulator.peripherals.peripheral import System
from toolkit.errors import InputError
from toolkit.plugins import load_plugins
from toolkit.suggest import did_you_mean

MakeChip = Callable[[System, int], I2cDevice]


@cache
def _models() -> dict[str, MakeChip]:
    return {
        name: m for table in load_plugins("toolkit.emulator.sensors", "CHIPS") for name, m in table.items()
    }


def devices_on_bus(system: System) -> dict[int, I2cDevice]:
    """Return the chips on the board's I2C bus by their address.

    Raises InputError for a driver that has no model.
    """
    found: dict[int, I2cDevice] = {}
    for sensor in system.board.sensors:
        if sensor.address and sensor.address not in found:
            model = _models().get(sensor.driver)
            if model is None:
                near = did_you_mean(sensor.driver, _models())
                raise InputError(f"{system.board.name}: the emulator has no sensor {sensor.driver!r}. {near}")
            found[sensor.address] = model(system, sensor.address)
    return found
