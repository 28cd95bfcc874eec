# SPDX-License-Identifier: Apache-2.0
"""[training.prune] of tinyml.toml: how far a trained model is pruned, and by what."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from math import floor
from typing import Any, Literal

Criterion = Literal["taylor", "l1", "l2", "bn"]
_UNITS = {
    "macs": {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9},
    "latency": {"ms": 1.0, "us": 1e-3, "s": 1e3},
    "ram": {"": 1.0, "k": 1024.0, "m": 1024.0**2},
    "flash": {"": 1.0, "k": 1024.0, "m": 1024.0**2},
}
_EXAMPLES = {
    goal: f"a share such as 50%, or an amount such as {amount}"
    for goal, amount in {"macs": "200k", "latency": "20ms", "ram": "24k", "flash": "64k"}.items()
}
GOALS = tuple(_UNITS)
"""What becomes less: multiply-accumulates, milliseconds, bytes of the arena, bytes of flash."""
COST_FIELDS = {"macs": "macs", "latency": "latency_ms", "ram": "arena_bytes", "flash": "flash_bytes"}
"""Where the cost of a model has each goal, by the names of toolkit/sizing/cost.py."""
_WORDS = {"macs": "MACs", "latency": "ms", "ram": "bytes of arena", "flash": "bytes of flash"}
_MOST_ROUNDS, _MOST_EPOCHS = 100, 1_000_000
_WHOLE = 100.0


@dataclass(frozen=True)
class Amount:
    """A target: value in its unit (milliseconds, products or bytes), or a share of before."""

    value: float
    is_share: bool

    def of(self, before: float) -> float:
        """Return the most that it allows, where before is what the whole model takes.

        Of what is counted, and no time, this is a whole number: before is an int.
        """
        most = self.value * before if self.is_share else self.value
        return floor(round(most, 6)) if isinstance(before, int) else most


def parse_amount(goal: str, text: str) -> Amount:
    """Return the target text for goal: "50%", "24k", "20ms". Raises ValueError for anything else."""
    found = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*(%|[a-zA-Z]*)", text.strip())
    unit = found[2].lower() if found else ""
    if unit.endswith("b") and goal in ("ram", "flash"):
        unit = unit[:-1].removesuffix("i")
    if found is None or (unit != "%" and unit not in _UNITS[goal]):
        lacks = found is not None and not unit
        raise ValueError(f"{goal} {text!r} {'has no unit' if lacks else 'is no target'}: {_EXAMPLES[goal]}.")
    value = float(found[1])
    if value <= 0 or (unit == "%" and value > _WHOLE):
        raise ValueError(f"{goal} {text!r} must be above 0, a share at most 100%: {_EXAMPLES[goal]}.")
    if unit == "%":
        return Amount(value / _WHOLE, True)
    amount = value * _UNITS[goal][unit]
    if goal != "latency" and amount < 1:
        meant = "" if unit else f" Did you mean {value * _WHOLE:g}%?"
        raise ValueError(f"{goal} {text!r} is less than 1.{meant}")
    return Amount(amount, False)


def number_text(goal: str, value: float) -> str:
    """Return a value of goal for people: to the last of what is counted."""
    return f"{value:,.6g}" if goal == "latency" else f"{round(value):,}"


def amount_text(goal: str, value: float) -> str:
    """Return a value of goal with its unit: "112 bytes of arena"."""
    return f"{number_text(goal, value)} {_WORDS[goal]}"


@dataclass(frozen=True)
class PruneConfig:
    """[training.prune]: whole channels of the trained model go until it is within every target.

    macs, latency, ram and flash are targets, "50%" of before or an amount such as "200k", "20ms", "24k",
    "64k"; "" is none. constant = true removes what the data prove constant, with or without a target.
    criterion says which channels matter least. They go in steps, with epochs of fine-tuning after each (0: a
    third of [training]'s, after the last step all of them) at rate times the learning rate. Each layer keeps
    at least the share least of its channels. board is what the targets are for, "" the project's.
    """

    macs: str = ""
    latency: str = ""
    ram: str = ""
    flash: str = ""
    criterion: Criterion = "taylor"
    constant: bool = False
    steps: int = 3
    epochs: int = 0
    rate: float = 1.0
    least: float = 0.1
    board: str = ""

    def __post_init__(self) -> None:
        for goal in GOALS:
            if getattr(self, goal):
                parse_amount(goal, getattr(self, goal))
        if not 1 <= self.steps <= _MOST_ROUNDS or not 0 <= self.epochs <= _MOST_EPOCHS:
            raise ValueError(f"steps must be from 1 to {_MOST_ROUNDS}, epochs 0 or more.")
        if not 0 < self.rate <= 1 or not 0 <= self.least <= 1:
            raise ValueError("rate must be above 0 and at most 1, least from 0 to 1.")

    @property
    def targets(self) -> dict[str, Amount]:
        """The targets that are given, by goal."""
        given = {goal: getattr(self, goal) for goal in GOALS}
        return {goal: parse_amount(goal, text) for goal, text in given.items() if text}

    @property
    def is_on(self) -> bool:
        """Whether anything is pruned."""
        return bool(self.targets) or self.constant

    def epochs_after(self, step: int, epochs: int) -> int:
        """Return the epochs of fine-tuning after a step, from 1, where a training has epochs."""
        return self.epochs or (epochs if step == self.steps else -(-epochs // 3))

    def with_given(self, **values: Any) -> PruneConfig:
        """Return it with other values where they are not None; new targets replace all old ones."""
        given = {name: value for name, value in values.items() if value is not None}
        cleared = dict.fromkeys(GOALS, "") if set(given) & set(GOALS) else {}
        return replace(self, **{**cleared, **given})

    def replaced_in(self, before: PruneConfig) -> dict[str, Any]:
        """Return what stood in before and is another value here, or none any more."""
        pairs = before.changed().items()
        return {name: value for name, value in pairs if getattr(self, name) != value}

    def changed(self) -> dict[str, Any]:
        """Return the keys that are not at their default, with their values."""
        usual = PruneConfig()
        pairs = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in pairs.items() if value != getattr(usual, name)}
