# SPDX-License-Identifier: Apache-2.0
"""A study whose cells are cheap: who works on which of them is what is tested. Forked by search_farm.py."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

STUDY = """
[study]
name = "farm"
seeds = {seeds}
[data.rows]
source = "numpy"
[data.rows.options]
file = "rows.npz"
[models.small]
family = "mlp"
[models.large]
family = "mlp"
[models.large.options]
units = [64]
[recipes.baseline]
recipe = "baseline"
[recipes.adaptive]
recipe = "adaptive"
"""


def write_study(folder: Path, seeds: tuple[int, ...] = (1, 2)) -> Path:
    """Write a study of 4 cells a seed, and its data; return its file."""
    path = folder / "study.toml"
    path.write_text(STUDY.format(seeds=list(seeds)))
    x = np.linspace(0, 1, 40, dtype=np.float32).reshape(20, 2)
    np.savez(folder / "rows.npz", x=x, y=np.arange(20) % 2)
    return path


def cheap(log: Path, nap_s: float = 0.0) -> Any:
    """Return what takes the place of a training: it naps, writes down what it does, and scores by the key."""

    def say(word: str, cell: Any) -> None:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{word} {cell.place}\n")

    def train(cell: Any, on_progress: Any) -> tuple[float, dict[str, Any]]:
        say("begin", cell)
        on_progress(1, 4, "loss 0.5")
        time.sleep(nap_s)
        score = int(cell.key[:4], 16) / 65536
        say("end", cell)
        return score, measured(score)

    return train


def measured(score: float, **others: Any) -> dict[str, Any]:
    """Return what Trainer measures, with a score of one's own."""
    about = {
        "samples": {"train": 12, "validation": 4, "test": 4},
        "classes": 2,
        "metric": "accuracy",
        "code": "0" * 12,
        "score": score,
        "train_score": 1.0,
        "validation_score": score,
        "test_loss": 0.5,
        "mean_average_precision": score,
        "epochs": 4,
        "kept_epoch": 2,
        "steps_an_epoch": 1,
        "search_seconds": 0.0,
        "seconds_to_kept": 2.0,
        "seconds": 4.0,
        "learning_rate": 0.05,
        "rate_searched": False,
        "parameters": 10,
    }
    return {**about, **others}


def work(path: Path, storage: str, train: Any, notes: list[str] | None = None, **options: Any) -> Any:
    """Work on the study until it is done; return what it came to."""
    from toolkit.study.file import load_study
    from toolkit.study.run import Place, work_on

    say = notes.append if notes is not None else lambda text: print(text, file=sys.stderr)
    place = Place(storage, "farm", heartbeat_s=1)
    seconds = options.pop("seconds", None)
    return work_on(load_study(path), place, path.parent / "build", seconds, say, train=train, **options)
