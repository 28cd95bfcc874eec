# SPDX-License-Identifier: Apache-2.0
"""The models of peripherals by the names that boards/<board>.toml calls them by."""

from __future__ import annotations

from toolkit.emulator.peripherals.apollo3 import APOLLO3_MODELS
from toolkit.emulator.peripherals.nrf52 import NRF52_MODELS
from toolkit.emulator.peripherals.peripheral import Peripheral, System
from toolkit.emulator.peripherals.stm32f7 import STM32F7_MODELS
from toolkit.errors import InputError
from toolkit.suggest import did_you_mean
from toolkit.targets import board as boards

_MODELS: dict[str, type[Peripheral]] = {**NRF52_MODELS, **APOLLO3_MODELS, **STM32F7_MODELS}


def make_peripheral(system: System, spec: boards.Peripheral) -> Peripheral:
    """Return the model that spec names. Raises InputError with the nearest names if there is none."""
    model = _MODELS.get(spec.model)
    if model is None:
        near = did_you_mean(spec.model, _MODELS)
        raise InputError(f"{system.board.name}: there is no emulator model {spec.model!r}. {near}")
    return model(system, spec)
