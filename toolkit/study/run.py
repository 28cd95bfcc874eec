# SPDX-License-Identifier: Apache-2.0
"""A study worked on: its cells wait in the storage of a search, and each has one result, whoever dies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.search.storage import open_storage
from toolkit.search.worker import Asked, Outcome, Worker, place_of
from toolkit.study.cells import Cell, cells_of
from toolkit.study.file import Study
from toolkit.study.measure import Trainer
from toolkit.ui import OnProgress


@dataclass(frozen=True)
class Result:
    """A cell and what was measured of it (study/measure.py); None and why where there is nothing."""

    cell: Cell
    measured: dict[str, Any] | None
    reason: str = ""


@dataclass(frozen=True)
class Worked:
    """What a study has come to: results in the order of its cells, and how many cells it has."""

    storage: str
    cells: tuple[Cell, ...]
    results: tuple[Result, ...]


@dataclass(frozen=True)
class Place:
    """Where a study is kept: storage as search/storage.py takes it, name the study's there."""

    storage: str
    name: str
    heartbeat_s: int = 60


Train = Callable[[Cell, OnProgress], tuple[float, dict[str, Any]]]


def work_on(
    study: Study,
    place: Place,
    folder: Path,
    seconds: float | None,
    on_note: Callable[[str], None],
    on_cells: OnProgress = lambda done, total, text="": None,
    train: Train | None = None,
) -> Worked:
    """Train the cells that are not done, with whoever else works on them; return all results.

    After so many seconds no new cell is begun. folder is for what is only there meanwhile. on_cells hears how
    many cells of how many are done, and of the one under way what share. train is what is
    done with a cell: trainings, something cheap in a test. Raises InputError for data that are not there,
    and as Worker.run does.
    """
    cells = cells_of(study, lambda name: on_cells(0, 0, f"data {name}"))
    train = train or Trainer(study, folder).train
    storage = open_storage(place.storage, place.heartbeat_s)
    optuna = load_extra("optuna")
    kept = optuna.create_study(
        study_name=place.name,
        storage=storage.optuna_storage,
        direction="maximize",
        load_if_exists=True,
    )
    by_place = {cell.place: cell for cell in cells}

    def objective(asked: Asked) -> Outcome:
        cell = by_place[asked.place]
        before = _done(kept, by_place)
        on_cells(before, len(cells), cell.label)

        def hear(done: float, total: int, text: str = "") -> None:
            on_cells(before + done / max(total, 1), len(cells), f"{cell.label} {text}".rstrip())

        try:
            score, measured = train(cell, hear)
        except InputError as error:
            on_note(f"study: {cell.label}: {error.message}")
            return Outcome(None, " ".join(error.message.split()))
        asked.note("measured", measured)
        return Outcome((score,))

    worker = Worker(
        storage,
        kept,
        lambda seed: optuna.samplers.RandomSampler(seed=seed),
        0,
        on_note,
        places=tuple(by_place),
        prefix="study",
    )
    worker.run(objective, len(cells), seconds)
    on_cells(_done(kept, by_place), len(cells), "")
    return Worked(storage.name, cells, _results(kept, cells))


def _done(kept: Any, places: dict[int, Cell]) -> int:
    return len({place_of(t) for t in _finished(kept)} & places.keys())


def _finished(kept: Any) -> Sequence[Any]:
    states = load_extra("optuna").trial.TrialState
    return list(kept.get_trials(deepcopy=False, states=(states.COMPLETE, states.PRUNED)))


def _results(kept: Any, cells: Sequence[Cell]) -> tuple[Result, ...]:
    found: dict[int, Any] = {}
    for trial in _finished(kept):
        found.setdefault(place_of(trial), trial.user_attrs)
    done = ((cell, found[cell.place]) for cell in cells if cell.place in found)
    return tuple(
        Result(cell, about.get("measured") if "reason" not in about else None, about.get("reason", ""))
        for cell, about in done
    )
