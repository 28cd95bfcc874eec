# SPDX-License-Identifier: Apache-2.0
"""Find the models of peripherals: a module here gives its own as MODELS, by their names in boards/*.toml."""

from __future__ import annotations

from functools import cache

from toolkit.emulator.peripherals.peripheral import Peripheral, System
from toolkit.errors import InputError
from toolkit.plugins import load_plugins
from toolkit.suggest import did_you_mean
from toolkit.targets import board as boards


@cache
def _models() -> dict[str, type[Peripheral]]:
    tables = load_plugins("toolkit.emulator.peripherals", "MODELS")
    models = {name: model for table in tables for name, model in table.items()}
    if len(models) < sum(map(len, tables)):
        raise InputError("two files in toolkit/emulator/peripherals/ have a model of the same name.")
    return models


def make_peripheral(system: System, spec: boards.Peripheral) -> Peripheral:
    """Return the model that spec names. Raises InputError with the nearest names if there is none."""
    model = _models().get(spec.model)
    if model is None:
        near = did_you_mean(spec.model, _models())
        raise InputError(f"{system.board.name}: there is no emulator model {spec.model!r}. {near}")
    return model(system, spec)
