# SPDX-License-Identifier: Apache-2.0
"""prune: pruned.keras and pruning.json, where [training.prune] asks for them.

The pruned model goes on instead of model.keras.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from toolkit.errors import InputError
from toolkit.files import sha256_of, write_atomic
from toolkit.models.keras_file import load_model, read_metadata, save_model
from toolkit.pipeline.step import Context, Step
from toolkit.pipeline.train import training_progress
from toolkit.project.code_graph import code_digest
from toolkit.project.qat import QatConfig
from toolkit.project.stamps import digest_of
from toolkit.pruning.board import board_of
from toolkit.pruning.prune import PrunedModel, prune_model
from toolkit.pruning.record import FILE, pruning_json
from toolkit.training import Checkpoint
from toolkit.training.once import Setting

_CHECKPOINTS = ".pruning"


def _inputs(context: Context) -> Mapping[str, str]:
    project = context.project
    if not project.training.prune.is_on:
        return {}
    return {
        "model": sha256_of(context.folder / "model.keras"),
        "data": sha256_of(context.folder / "data" / "dataset.json"),
        "config": digest_of(
            (project.project.seed, project.data.weighted, replace(project.training, qat=QatConfig()))
        ),
        "activations": project.quantization.integers,
        "board": digest_of(board_of(project)),
    }


def _outputs(context: Context) -> list[Path]:
    return context.files("pruned.keras", FILE) if context.project.training.prune.is_on else []


def _make(context: Context) -> None:
    project, folder = context.project, context.folder
    if not project.training.prune.is_on:
        for path in context.files("pruned.keras", FILE):
            path.unlink(missing_ok=True)
        return
    dataset, source = context.dataset(), folder / "model.keras"
    setting = Setting.of(project, dataset, project.model)
    key = digest_of((sorted(_inputs(context).items()), code_digest(__name__)))
    checkpoint = Checkpoint(folder / _CHECKPOINTS / "model.npz", key)
    found = _prune(context, setting, checkpoint)
    about, text = read_metadata(source), pruning_json(dataset, found, sha256_of(source))
    made_by = {**about.get("made_by", {}), "pruned": project.training.prune.changed()}
    save_model(found.model, folder / "pruned.keras", made_by, about.get("takes", {}))
    write_atomic(folder / FILE, text)
    shutil.rmtree(folder / _CHECKPOINTS, ignore_errors=True)


def _prune(context: Context, setting: Setting, checkpoint: Checkpoint) -> PrunedModel:
    project = context.project
    with training_progress(context, f"prune: {project.name}") as on_progress:
        try:
            return prune_model(
                load_model(context.folder / "model.keras"),
                setting,
                setting.fitting(project.training),
                board_of(project),
                checkpoint=checkpoint,
                on_progress=on_progress,
                on_note=context.say,
            )
        except InputError as error:
            way_back = f"Without a section [training.prune] in {project.file.name} the whole model goes on"
            error.hint = "\n".join(filter(None, (error.hint, way_back)))
            raise


STEP = Step("prune", _make, _inputs, _outputs, needs=("train",))
