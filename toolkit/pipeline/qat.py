# SPDX-License-Identifier: Apache-2.0
"""qat: qat.keras and qat.json, where [training.qat] asks for them.

The model that went on training as int8 goes on instead of model.keras or pruned.keras; qat.json has the
ranges that it trained with.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from toolkit.errors import InputError
from toolkit.files import sha256_of, write_atomic
from toolkit.metrics import metric_name, score_text
from toolkit.models.keras_file import load_model, read_metadata, save_model
from toolkit.pipeline.step import Context, Step
from toolkit.pipeline.train import training_progress
from toolkit.project.code_graph import code_digest
from toolkit.project.stamps import digest_of
from toolkit.quantization.qat import qat_json, train_quantized
from toolkit.quantization.ranges import QAT_FILE
from toolkit.training import Checkpoint
from toolkit.training.once import Setting

_CHECKPOINTS = ".qat"


def _inputs(context: Context) -> Mapping[str, str]:
    project = context.project
    if not project.training.qat.is_on:
        return {}
    return {
        "model": sha256_of(context.float_file),
        "data": sha256_of(context.folder / "data" / "dataset.json"),
        "config": digest_of((project.project.seed, project.data.weighted, project.training)),
        "quantization": digest_of(project.quantization),
    }


def _outputs(context: Context) -> list[Path]:
    return context.files("qat.keras", QAT_FILE) if context.project.training.qat.is_on else []


def _make(context: Context) -> None:
    project, folder = context.project, context.folder
    if not project.training.qat.is_on:
        for path in context.files("qat.keras", QAT_FILE):
            path.unlink(missing_ok=True)
        return
    if project.quantization.integers != "int8":
        raise InputError(
            f"[training.qat] trains for int8; [quantization] asks for {project.quantization.integers}.",
            hint='Try: activations = "int8", or epochs = 0 in the section [training.qat]',
        )
    if project.quantization.changed:
        names = ", ".join(project.quantization.changed)
        raise InputError(
            f"[training.qat] trains weights and ranges, which {names} in [quantization] would change.",
            hint="Try: either without the other; tinyml quantize --compare shows what each is worth",
        )
    dataset, source = context.dataset(), context.float_file
    setting = Setting.of(project, dataset, project.model)
    key = digest_of((sorted(_inputs(context).items()), code_digest(__name__)))
    checkpoint = Checkpoint(folder / _CHECKPOINTS / "model.npz", key)
    with training_progress(context, f"qat: {project.name}") as on_progress:
        found = train_quantized(
            load_model(source),
            setting,
            setting.fitting(project.training),
            checkpoint=checkpoint,
            on_progress=on_progress,
        )
    metric = metric_name(dataset.task)
    figures = (("float32", found.before), ("int8", found.rounded), ("int8 trained", found.trained))
    words = ", ".join(f"{name} {score_text(metric, score)}" for name, score in figures)
    context.say(f"qat: validation {metric}: {words}")
    if found.as_int8.narrow:
        context.say(f"qat: trained for weights of 4 bits: {', '.join(found.as_int8.narrow)}")
    if not found.epochs:
        context.say("qat: training as int8 made it worse: the model stays as it was")
    about = read_metadata(source)
    made_by = {**about.get("made_by", {}), "qat": {"epochs": found.epochs}}
    save_model(found.model, folder / "qat.keras", made_by, about.get("takes", {}))
    write_atomic(folder / QAT_FILE, qat_json(dataset, project.training.qat, found, sha256_of(source)))
    shutil.rmtree(folder / _CHECKPOINTS, ignore_errors=True)


STEP = Step("qat", _make, _inputs, _outputs, needs=("prune",))
