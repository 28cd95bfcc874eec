# SPDX-License-Identifier: Apache-2.0
"""Choices of kernels of which none is worse than another one in RAM, flash and cycles at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from toolkit.compiler.choice import Costs, Optimization
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import DoesNotFitError
from toolkit.memory.plan import ALIGNMENT
from toolkit.project.goals import GOALS, Goal
from toolkit.reference.oracle import Rows
from toolkit.targets.board import Board
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.ui import OnProgress
from toolkit.verify.any_model import try_samples
from toolkit.verify.generated_c import random_rows
from toolkit.verify.on_device import Place, Samples
from toolkit.verify.verdict import require_all

_CORNERS = 2
_MOST_LEANER = 6
_IN_PATCHES = (0.75, 0.5)


@dataclass(frozen=True)
class Point:
    """A way to compile a model, made again by the same goal and ram_bytes, which is None for no limit.

    flash_bytes is what the model's code, tables and weights take,
    beyond_weights_bytes that without the weights. cycles include those of waiting for flash, where they are
    modelled.
    """

    goal: Goal
    ram_bytes: int | None
    arena_bytes: int
    flash_bytes: int
    beyond_weights_bytes: int
    instructions: int | None
    cycles: int | None
    is_in_patches: bool

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "cycles_with_waits": self.cycles}

    @property
    def costs(self) -> tuple[int, int, int]:
        """What is to be small."""
        return self.arena_bytes, self.flash_bytes, self.cycles or self.instructions or 0


def frontier(
    data: bytes,
    name: str,
    board: Board,
    costs: Costs | None = None,
    on_progress: OnProgress | None = None,
    on_points: Callable[[int, list[Point]], None] = lambda builds, points: None,
) -> list[Point]:
    """Return a model's points on board, by RAM, each built, run in emulation and compared with the reference.

    data are the bytes of a .tflite file, costs what was measured of its layers. on_points hears
    before each build how many there are in all, and the best points so far. Raises CheckFailedError for a
    byte that differs, and as compile_model does.
    """
    rows = random_rows(read_graph(data, name), _CORNERS + 1)[-1:]
    found: list[Point] = []
    choices = list(_choices(data, name, board, costs))
    for place, (ram_bytes, compiled) in enumerate(choices):
        if on_progress is not None:
            on_progress(place, len(choices), f"choice {place + 1} of {len(choices)}")
        on_points(len(choices), _best(found))
        found += _measured(compiled, ram_bytes, data, board, rows)
    return _best(found)


def _choices(
    data: bytes, name: str, board: Board, costs: Costs | None
) -> Iterator[tuple[int | None, CompiledModel]]:
    """Yield models that differ, with the RAM that each was allowed."""
    seen: set[str] = set()
    for goal in GOALS:
        for ram_bytes, compiled in _leaner(data, name, board, Optimization(goal, costs)):
            if compiled.sources["model.c"] + compiled.optimization.flag not in seen:
                seen.add(compiled.sources["model.c"] + compiled.optimization.flag)
                yield ram_bytes, compiled


def _leaner(
    data: bytes, name: str, board: Board, optimization: Optimization
) -> Iterator[tuple[int | None, CompiledModel]]:
    """Yield a goal's own choice, then those with less and less RAM; the last ones in patches."""
    target = target_of(board)
    first = compiled = compile_model(data, name, target, optimization=optimization)
    yield None, first
    limits = [0] * _MOST_LEANER
    shares = iter(_IN_PATCHES if optimization.goal == "balanced" else ())
    for _ in limits:
        if compiled.patching is None:
            ram_bytes = compiled.arena_bytes - ALIGNMENT
        elif (share := next(shares, None)) is not None:
            ram_bytes = int(first.arena_bytes * share)
        else:
            return
        try:
            compiled = compile_model(data, name, target, ram_bytes, optimization=optimization)
        except DoesNotFitError:
            return
        yield ram_bytes, compiled


def _measured(
    compiled: CompiledModel, ram_bytes: int | None, data: bytes, board: Board, rows: Rows
) -> Iterator[Point]:
    """Yield the point of a model that fits its board, or none."""
    try:
        trial = try_samples(compiled, data, Samples(rows), board, Place())
    except DoesNotFitError:
        return
    if trial.compiled is not compiled:
        return
    require_all([trial.checked.verdict], trial.to_json())
    verdict, sizes = trial.checked.verdict, trial.firmware.sizes
    yield Point(
        goal=compiled.optimization.goal,
        ram_bytes=ram_bytes,
        arena_bytes=compiled.arena_bytes,
        flash_bytes=sizes.model_flash_bytes,
        beyond_weights_bytes=sizes.model_flash_bytes - sizes.weights_bytes,
        instructions=verdict.instructions,
        cycles=None if verdict.cycles is None else verdict.cycles + (verdict.flash_wait_cycles or 0),
        is_in_patches=compiled.patching is not None,
    )


def _best(points: Sequence[Point]) -> list[Point]:
    """Return, by costs, the points than which no other is at least as good in everything; of equal ones the
    first.
    """
    found = [
        point
        for place, point in enumerate(points)
        if not any(
            _is_no_worse(other, point) and (other.costs != point.costs or i < place)
            for i, other in enumerate(points)
        )
    ]
    return sorted(found, key=lambda point: point.costs)


def _is_no_worse(one: Point, other: Point) -> bool:
    return all(a <= b for a, b in zip(one.costs, other.costs, strict=True))
