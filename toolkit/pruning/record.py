# SPDX-License-Identifier: Apache-2.0
"""What a pruning leaves for people and for the report: pruning.json."""

from __future__ import annotations

import json
from dataclasses import asdict

from toolkit import metrics
from toolkit.data.dataset import Dataset
from toolkit.pruning.prune import PrunedModel
from toolkit.training.predict import predict

FILE = "pruning.json"


def pruning_json(dataset: Dataset, found: PrunedModel, model_sha256: str) -> str:
    """Return pruning.json: targets, costs before and after, each layer's channels, each step's scores.

    model_sha256 is that of the model.keras that was pruned. score is the result's on the test split, as
    history.json has it of a training; nothing was chosen by it.
    """
    outputs = predict(found.model, dataset.test)
    about = {
        "model_sha256": model_sha256,
        "metric": metrics.metric_name(dataset.task),
        "board": found.board,
        "config": asdict(found.config),
        "before": found.before.to_json(),
        "after": found.after.to_json(),
        "layers": [asdict(width) for width in found.widths],
        "steps": [asdict(stage) for stage in found.stages],
        "kept_whole": [{"layer": layer, "kind": kind} for layer, kind in found.kept_whole],
        "score": metrics.score(dataset.task, dataset.test.y, outputs, dataset.test.x),
    }
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"
