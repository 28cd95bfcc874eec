# SPDX-License-Identifier: Apache-2.0
"""A cell trained: what it is worth, how long it took, and which rate was found."""

from __future__ import annotations

import logging
import shutil
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolkit import metrics
from toolkit.data import Dataset, divide_data, load_saved_dataset, save_dataset
from toolkit.errors import InputError
from toolkit.files import one_at_a_time
from toolkit.project.code_graph import code_digest
from toolkit.project.config import Project
from toolkit.project.stamps import digest_of
from toolkit.study.cells import Cell, project_of
from toolkit.study.file import Study, of_study
from toolkit.training import Checkpoint, train_model
from toolkit.training.ablate import ablate
from toolkit.training.train import TrainedModel
from toolkit.ui import OnProgress

_KEPT = 2
logging.getLogger("tensorflow").setLevel(logging.ERROR)
"""It warns of every model after the first few: that each is traced anew is what a study does."""
_TOP = 5


@dataclass
class Trainer:
    """Trains cells; folder is where trainings and divided data are meanwhile, shared by the workers here."""

    study: Study
    folder: Path
    _datasets: OrderedDict[str, Dataset] = field(default_factory=OrderedDict)

    def train(self, cell: Cell, on_progress: OnProgress) -> tuple[float, dict[str, Any]]:
        """Return the score of a cell, and all that was measured as values of JSON's types.

        on_progress hears how far its trainings are, in epochs. One that was begun on this computer goes on
        from its last checkpoint. Raises InputError for one that cannot be
        trained, or has nothing to be judged by.
        """
        project = project_of(self.study, cell)
        dataset = self._dataset(project, cell)
        place = self.folder / "trainings" / cell.key[:16]
        code = code_digest(__name__)
        checkpoint = Checkpoint(place / "model.npz", digest_of((cell.key, dataset.sha256, code)))
        about = {
            "samples": {name: len(split) for name, split in dataset.splits().items()},
            "classes": len(dataset.classes),
            "metric": metrics.metric_name(dataset.task),
            "code": code[:12],
        }
        if cell.is_ablation:
            results = [
                asdict(each)
                for each in ablate(project, dataset, checkpoint=checkpoint, on_progress=on_progress)
            ]
            score, found = results[0]["score"], {"ablation": results}
        else:
            trained = train_model(project, dataset, checkpoint=checkpoint, on_progress=on_progress)
            score, found = trained.score, _measured(trained, dataset)
        shutil.rmtree(place, ignore_errors=True)
        if score is None:
            raise InputError("nothing tells what it is worth: the samples that judge are all of one kind.")
        return score, {**about, **found}

    def _dataset(self, project: Project, cell: Cell) -> Dataset:
        """Return the data divided for the cell's seed; the last ones are kept."""
        key = digest_of((project.data, cell.state, project.project.seed))[:16]
        if key not in self._datasets:
            self._datasets[key] = self._divided(project, cell, self.folder / "data" / key)
            while len(self._datasets) > _KEPT:
                self._datasets.popitem(last=False)
        self._datasets.move_to_end(key)
        return self._datasets[key]

    def _divided(self, project: Project, cell: Cell, folder: Path) -> Dataset:
        with one_at_a_time(folder.with_suffix(".lock")):
            try:
                return load_saved_dataset(folder)
            except InputError:  # of another version, or none
                folder.mkdir(parents=True, exist_ok=True)
            try:
                save_dataset(divide_data(project), folder)
            except InputError as error:
                raise of_study(self.study, cell.data, error) from error
            return load_saved_dataset(folder)


def _measured(trained: TrainedModel, dataset: Dataset) -> dict[str, Any]:
    """Return what the tables are made of. Seconds are of this computer, with whatever else it did."""
    kept, curves = trained.kept, trained.curves
    metric = metrics.metric_name(dataset.task)
    found: dict[str, Any] = {
        "score": trained.score,
        "train_score": trained.train_score,
        "validation_score": curves[f"val_{metric}"][kept - 1] if f"val_{metric}" in curves else None,
        "test_loss": trained.test_loss,
        "epochs": len(curves["loss"]),
        "kept_epoch": kept,
        "steps_an_epoch": trained.steps,
        "search_seconds": round(trained.search_seconds, 2),
        "seconds_to_kept": round(trained.search_seconds + sum(trained.seconds[:kept]), 2),
        "seconds": round(trained.search_seconds + sum(trained.seconds), 2),
        "learning_rate": trained.config.learning_rate,
        "rate_searched": bool(trained.tried),
        "parameters": trained.parameters,
    }
    truth = dataset.test.y
    if dataset.task in ("classification", "multilabel"):
        found["mean_average_precision"] = metrics.mean_average_precision(truth, trained.outputs)
    if dataset.task == "classification" and len(dataset.classes) > _TOP:
        found["top5"] = metrics.top_accuracy(truth, trained.outputs, _TOP)
    return found
