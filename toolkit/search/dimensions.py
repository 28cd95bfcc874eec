# SPDX-License-Identifier: Apache-2.0
"""Which values of a model's or a data source's option are tried: by its name, and by what its default is."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

from toolkit.models.family import Family
from toolkit.models.multipliers import WIDEST

Point = tuple[dict[str, Any], dict[str, Any]]
"""Choices by name, and the distributions of Optuna's from which they are."""
_LEAST_SIDE = 8
_KERNELS = (3, 5, 7, 9)
_PAIRS = {"kernel": ((3, 3), (5, 5), (7, 3), (10, 4)), "stride": ((1, 1), (2, 1), (2, 2))}
_OF_STAGES = {"kernels": ((3,), (5,), (3, 5), (5, 3)), "expansions": ((1, 6), (1, 4), (1, 3))}
NOT_SEARCHED = {
    "filters": "of one number: width multiplies it",
    "units": "of one number: width multiplies it",
    "dense": "width multiplies it",
    "code": "of a detector, whose worth validation does not tell",
    "steps": "has to divide the data",
    "repeats": "depth multiplies them; a one-shot search chooses them by stage",
}
"""Options of families without values to try, and why."""


class Trial(Protocol):
    """What chooses: a trial of Optuna's, or whatever answers as one."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any: ...


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, chosen on a logarithmic scale."""

    low: float
    high: float

    def suggest(self, trial: Trial, name: str) -> float:
        """Return the trial's value, with three digits: what is trained is what stands in the file."""
        return float(f"{trial.suggest_float(name, self.low, self.high, log=True):.3g}")


@dataclass(frozen=True)
class Choice:
    """One of some values; lists among them go to the trial as text such as "10x4"."""

    values: tuple[Any, ...]

    def suggest(self, trial: Trial, name: str) -> Any:
        """Return the trial's value."""
        texts = {text(value): value for value in self.values}
        return texts[trial.suggest_categorical(name, list(texts))]


Dimension = Range | Choice


def text(value: Any) -> Any:
    """Return a value as a trial has it."""
    return "x".join(map(str, value)) if isinstance(value, tuple | list) else value


def numbers(own: float, others: Sequence[float]) -> Choice:
    """Return the choice of one's own number and others, by size."""
    return Choice(tuple(sorted({own, *others})))


def model_dimensions(
    family: Family, inputs: tuple[int, ...], given: Mapping[str, Any] | None = None
) -> dict[str, Dimension]:
    """Return what is tried of a family's options for samples of the shape inputs, by option.

    It lies around the family's defaults, or around what is given in the project's file. An option that has no
    other value that the family takes is left out.
    """
    hints, found = typing.get_type_hints(family.options), {}
    for option in fields(family.options):
        value = (given or {}).get(option.name, option.default)
        around = tuple(value) if isinstance(value, list) else value
        dimension = _dimension(option.name, around, hints[option.name], inputs)
        if isinstance(dimension, Choice):
            values = tuple(v for v in dimension.values if _is_taken(family, option.name, v))
            dimension = Choice(values) if len(values) > 1 else None
        if dimension is not None:
            found[option.name] = dimension
    return found


def _dimension(name: str, default: Any, hint: Any, inputs: tuple[int, ...]) -> Dimension | None:
    if name == "width":
        return Range(default / 4, min(2 * default, WIDEST))
    if name == "depth":
        return Range(default / 2, 2 * default)
    if name == "resolution":
        least = max(0.25, _LEAST_SIDE / min(inputs[:2]))
        return Range(least, 1.0) if least < 1 else None
    if name == "dropout":
        return numbers(default, (0.0, 0.1, 0.2, 0.3, 0.5))
    if typing.get_origin(hint) is typing.Literal:
        return Choice(typing.get_args(hint))
    if isinstance(default, bool):
        return Choice((default, not default))
    if name in _PAIRS:
        return _kernels(name, default)
    if isinstance(default, tuple):
        return _lists(name, default)
    if name in ("blocks", "stages"):
        most = 2 * default if default else 2 * _LEAST_SIDE
        return Choice(tuple(dict.fromkeys((default, *range(1, most + 1)))))
    return None


def _kernels(name: str, default: Any) -> Choice:
    others: tuple[Any, ...] = _PAIRS[name] if isinstance(default, tuple) else _KERNELS
    return Choice(tuple(dict.fromkeys((default, *others))))


def _lists(name: str, default: tuple[int, ...]) -> Choice | None:
    if name in _OF_STAGES:
        return Choice(tuple(dict.fromkeys((default, *_OF_STAGES[name]))))
    return None if name == "repeats" else Choice(tuple(dict.fromkeys(_similar(default))))


def _similar(default: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Give lists that are shorter, and one that has its last number twice: depth. Then those of which one
    number is half or twice as much: where the width goes.
    """
    for length in range(1, len(default) + 1):
        yield default[:length]
    yield (*default, default[-1])
    for at, number in enumerate(default):
        for other in (max(1, number // 2), 2 * number):
            yield (*default[:at], other, *default[at + 1 :])


def _is_taken(family: Family, name: str, value: Any) -> bool:
    try:
        family.options(**{name: value})
    except ValueError:
        return False
    return True
