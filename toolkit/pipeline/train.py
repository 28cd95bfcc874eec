# SPDX-License-Identifier: Apache-2.0
"""train: model.keras and history.json."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from toolkit.data import takes_of
from toolkit.files import sha256_of, write_atomic
from toolkit.models import digest_of_files
from toolkit.pipeline.step import Context, Step
from toolkit.project.code_graph import code_digest
from toolkit.project.pruning import PruneConfig
from toolkit.project.qat import QatConfig
from toolkit.project.runs import keep_run
from toolkit.project.stamps import digest_of
from toolkit.training import Checkpoint, history_json, made_by, save_model, say_about_own, train_all
from toolkit.ui import OnProgress

_CHECKPOINTS = ".training"


def training_key(context: Context) -> str:
    """Return a hash of all that a training depends on: what was begun under it can go on."""
    return digest_of((sorted(_inputs(context).items()), code_digest(__name__)))


def training_progress(context: Context, title: str) -> AbstractContextManager[OnProgress]:
    """The time left counts all epochs, of which early stopping may leave some out."""
    return context.progress(title, at_most=bool(context.project.training.stop_patience))


def _inputs(context: Context) -> Mapping[str, str]:
    project = context.project
    training = replace(project.training, prune=PruneConfig(), qat=QatConfig())
    return {
        "project": digest_of((project.project.seed, project.data.weighted, project.model, training)),
        "files": digest_of_files(project),
        "data": sha256_of(context.folder / "data" / "dataset.json"),
    }


def _outputs(context: Context) -> list[Path]:
    return context.files("model.keras", "history.json")


def _make(context: Context) -> None:
    project, folder, dataset = context.project, context.folder, context.dataset()
    checkpoint = Checkpoint(folder / _CHECKPOINTS / "model.npz", training_key(context))
    say_about_own(project, dataset, context.say)
    with training_progress(context, f"train: {project.name}, {len(dataset.train)} samples") as on_progress:
        trained = train_all(
            project,
            dataset,
            checkpoint=checkpoint,
            on_progress=on_progress,
            logs=context.logs,
            on_curves=context.on_curves,
        )
    about = made_by(project, dataset, trained[0])
    save_model(trained[0].model, folder / "model.keras", about, takes_of(project, dataset).to_json())
    write_atomic(folder / "history.json", history_json(project, dataset, trained))
    keep_run(folder, project.file, quantized=False)
    shutil.rmtree(folder / _CHECKPOINTS, ignore_errors=True)


STEP = Step("train", _make, _inputs, _outputs, needs=("data",), guards=("size",))
