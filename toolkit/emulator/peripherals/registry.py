# SPDX-License-Identifier: Apache-2.0
"""Find the models of peripherals: a module here gives its own as MODELS, by their names in boards/*.toml."""

from __future__ import annotations

from collections.abc import Mapping
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
    """Return the model that spec names. Raises InputError for a name or settings that do not fit."""
    model = _models().get(spec.model)
    if model is None:
        near = did_you_mean(spec.model, _models())
        raise InputError(f"{system.board.name}: there is no emulator model {spec.model!r}. {near}")
    problem = _settings_problem(model, spec.settings)
    if problem:
        raise InputError(f"boards/{system.board.name}.toml: settings of {spec.model}: {problem}.")
    return model(system, spec)


def _settings_problem(model: type[Peripheral], settings: Mapping[str, int]) -> str:
    known = {**model.needs, **model.may}
    for name, value in settings.items():
        if name not in known:
            return f"{name!r} is not known; " + (f"there are {', '.join(known)}" if known else "it has none")
        if value not in known[name]:
            return f"{name} = {value} must be from {known[name].start} to {known[name].stop - 1}"
    missing = [name for name in model.needs if name not in settings]
    return f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing" if missing else ""
