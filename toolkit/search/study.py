# SPDX-License-Identifier: Apache-2.0
"""A search from its options to its results: the study that is begun or gone on with, and the worker on it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from toolkit import tomlfile
from toolkit.data import Dataset
from toolkit.errors import InputError, UsageError
from toolkit.extras import load_extra
from toolkit.models import Shape
from toolkit.project.config import Project
from toolkit.search.candidate import Datasets, Trier
from toolkit.search.changes import Changes, changed, project_from
from toolkit.search.one_shot import EVOLVED, TRAINED, OneShot, PartSpace, best_of, parts_for
from toolkit.search.question import Question
from toolkit.search.results import Result, results_of
from toolkit.search.samplers import SamplerName, samplers
from toolkit.search.space import Part, space_of
from toolkit.search.storage import Storage, open_storage
from toolkit.search.worker import Worker

Method = Literal["trials", "one-shot"]
METHODS = get_args(Method)
FOLDER = "search"
_JOURNAL = "journal.log"


@dataclass(frozen=True)
class Wanted:
    """What a person asked for. trials counts results of the whole study, seconds are this worker's.

    With the method one-shot it counts the parts that are trained, beside the project's own model.
    storage is a file or a URL, "" for a journal in the build folder; families and keep are those of space_of;
    epochs 0 is the project's own; repeats is Trier's.
    """

    question: Question
    trials: int | None = None
    seconds: float | None = None
    storage: str = ""
    study: str = ""
    families: tuple[str, ...] = ()
    keep: tuple[Part, ...] = ()
    epochs: int = 0
    sampler: SamplerName = "evolution"
    heartbeat_s: int = 60
    method: Method = "trials"
    repeats: int = 1

    @property
    def results(self) -> int | None:
        """How many results the study is to have, if it ends by their number."""
        return 1 + (self.trials or TRAINED) if self.method == "one-shot" else self.trials


@dataclass(frozen=True)
class Found:
    """What a study has come to; table is the project file that its candidates change."""

    study: str
    storage: str
    table: Mapping[str, Any]
    results: tuple[Result, ...]


def search(
    project: Project,
    dataset: Dataset,
    wanted: Wanted,
    on_note: Callable[[str], None],
    on_result: Callable[[Sequence[Result]], None] = lambda _: None,
) -> Found:
    """Work on the study until it has the results that are wanted; return all that it has.

    on_result hears of all results after each of this worker's. The test split is not looked at.
    Raises UsageError for options that make no sense, before anything of a study is written, and InputError if
    the study is one of another question or other data, or its storage is out of reach.
    """
    end = None if wanted.seconds is None else time.monotonic() + wanted.seconds
    mine = _table_of(project, wanted)
    space_of(project_from(mine, project.file), mine, Shape.of(dataset), wanted.families, wanted.keep)
    name = wanted.study or f"{project.name}-{wanted.question.board.name}"
    place = wanted.storage or str(project.build_dir / FOLDER / _JOURNAL)
    storage = open_storage(place, wanted.heartbeat_s)
    study = _open_study(storage, name, wanted.question)
    table = _agreed(study, storage, mine, dataset, wanted.question, on_note)
    base = project_from(table, project.file)
    space = space_of(base, table, Shape.of(dataset), wanted.families, wanted.keep)
    trier = Trier(
        question=wanted.question,
        space=space,
        table=table,
        file=project.file,
        datasets=Datasets(table, dataset),
        folder=project.build_dir / FOLDER / "trainings",
        on_note=on_note,
        trials=wanted.results,
        repeats=wanted.repeats,
    )
    if later := after_search(base):
        on_note(f"search: {later}")
    worker = Worker(storage, study, samplers(wanted.sampler), project.project.seed, on_note)
    worker.add_own(space.own_point())

    def tell(told: Any) -> None:
        on_result(results_of(told, wanted.question))

    trials = wanted.results
    if wanted.method == "one-shot":
        evolution = _open_study(storage, f"{name}-one-shot", wanted.question)
        proposals = _proposals(evolution, storage, base, dataset, trier, wanted, on_note)
        worker.propose(proposals)
        trials = 1 + len(proposals)
    worker.run(trier, trials, None if end is None else max(0.0, end - time.monotonic()), tell)
    return Found(name, storage.name, table, results_of(study, wanted.question))


def _proposals(
    evolution: Any,
    storage: Storage,
    base: Project,
    dataset: Dataset,
    trier: Trier,
    wanted: Wanted,
    on_note: Callable[[str], None],
) -> list[Changes]:
    """Return the best parts of a model of all parts, by evolution in a study of its own; chosen once."""
    if "proposals" not in evolution.user_attrs:
        space = PartSpace(parts_for(base, Shape.of(dataset)), base)
        quiet = replace(trier, space=space, folder=trier.folder.with_name("parts"))
        method = OneShot(base, dataset, quiet, on_note, wanted.seconds)
        inheriting = method.trained()
        on_note(f"search: {EVOLVED} parts are compared with the weights that they have in common")
        sampler = samplers("nsga2")
        Worker(storage, evolution, sampler, base.project.seed, on_note).run(
            inheriting, EVOLVED, method.seconds_left
        )
        found = best_of(results_of(evolution, wanted.question), wanted.question, wanted.trials or TRAINED)
        evolution.set_user_attr("proposals", found)
    return list(evolution.user_attrs["proposals"])


def kept_results(project: Project, question: Question) -> tuple[Result, ...]:
    """Return what the study of `tinyml search` without --storage and --study has so far."""
    journal = project.build_dir / FOLDER / _JOURNAL
    if not journal.is_file():
        return ()
    storage = open_storage(str(journal))
    optuna = load_extra("optuna")
    name = f"{project.name}-{question.board.name}"
    if name not in optuna.get_all_study_names(storage.optuna_storage):
        return ()
    return results_of(optuna.load_study(study_name=name, storage=storage.optuna_storage), question)


def after_search(project: Project) -> str:
    """Return a line that says which sections no candidate goes through, "" if there are none."""
    named = sections_after(project)
    if not named:
        return ""
    what = "as it is trained, whole" if project.training.prune.is_on else "as it is trained"
    come = "come" if " and " in named else "comes"
    return f"each model, yours too, is tried {what}; {named} {come} after a search"


def sections_after(project: Project) -> str:
    """Return the sections of the project file that no candidate goes through."""
    sections = [name for name in ("prune", "qat") if getattr(project.training, name).is_on]
    return " and ".join(f"[training.{name}]" for name in sections)


def _open_study(storage: Storage, name: str, question: Question) -> Any:
    optuna = load_extra("optuna")
    return optuna.create_study(
        study_name=name,
        storage=storage.optuna_storage,
        directions=list(question.directions),
        load_if_exists=True,
    )


def _table_of(project: Project, wanted: Wanted) -> dict[str, Any]:
    """Return the file's table with the epochs that are wanted. Raises UsageError if they do not fit."""
    table = dict(tomlfile.load_table(project.file))
    if not wanted.epochs:
        return table
    table = changed(table, {"training.epochs": wanted.epochs})
    try:
        project_from(table, project.file)
    except InputError as error:  # the file alone was right
        fault = re.sub(r"^(:\d+)?: ", "", error.message.removeprefix(str(project.file)))
        raise UsageError(
            f"--epochs {wanted.epochs} does not go with {project.file.name}: {fault}",
            hint=f"Try: another --epochs; the file's own are {project.training.epochs}",
        ) from error
    return table


def _is_untouched(study: Any, question: Question) -> bool:
    """Return whether no trial of the study was begun: it may still become that of a question."""
    waiting = load_extra("optuna").trial.TrialState.WAITING
    is_waiting = all(trial.state == waiting for trial in study.get_trials(deepcopy=False))
    return is_waiting and tuple(way.name.lower() for way in study.directions) == question.directions


def _agreed(
    study: Any,
    storage: Storage,
    table: dict[str, Any],
    dataset: Dataset,
    question: Question,
    on_note: Callable[[str], None],
) -> dict[str, Any]:
    """Return the project file's table that the study goes by: the one with which it was begun.

    One without any trial yet takes the settings of now. Raises InputError for a study of another question or
    of other data.
    """
    mine: dict[str, Any] = {"question": dict(question.to_json()), "data": dataset.sha256}
    begun, is_untouched = dict(study.user_attrs), _is_untouched(study, question)
    for key, value in {**mine, "table": json.dumps(table, sort_keys=True)}.items():
        if key not in begun or (is_untouched and begun[key] != value):
            study.set_user_attr(key, value)
            begun[key] = value
    for key, value in mine.items():
        if begun.get(key, value) != value:
            what = "other data" if key == "data" else f"another question: {_difference(begun[key], value)}"
            raise InputError(
                f"the study {study.study_name} in {storage.name} was begun for {what}.",
                hint="Try: --study NAME, for one of its own",
            )
    kept = json.loads(begun.get("table", json.dumps(table)))
    if kept != table:
        on_note(
            f"search: the study {study.study_name} goes on from the tinyml.toml with which it was begun; "
            "--study NAME begins one from that of now"
        )
    return dict(kept)


def _difference(begun: Any, now: Mapping[str, Any]) -> str:
    if not isinstance(begun, Mapping):
        return str(begun)
    parts = [
        f"{key} was {begun.get(key)}, is {value}" for key, value in now.items() if begun.get(key) != value
    ]
    return ", ".join(parts)
