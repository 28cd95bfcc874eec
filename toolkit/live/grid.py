# SPDX-License-Identifier: Apache-2.0
"""The test split as a grid: truth and what the int8 model says, by class, and the wrong ones alone."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.data.dataset import Dataset
from toolkit.data.saved import load_saved_dataset
from toolkit.live.trial import Trial
from toolkit.live.views import thumbnail
from toolkit.predict.answer import Real

_PAGE = 48
_MOST = 2000
"""Of the test split, so that a page does not wait for minutes."""
_CHUNK = 100


@dataclass(frozen=True, eq=False)
class _Judged:
    """The truth of each test sample and what the model says, as texts; error is that of numbers."""

    dataset: Dataset
    truth: list[str]
    said: list[str]
    wrong: NDArray[np.bool_]
    error: NDArray[np.float64]


class TestGrid:
    """The saved data in folder, judged by a model once and again when either has changed."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._key: object = None
        self._judged: _Judged | None = None

    def page(self, trial: Trial, label: str, only_wrong: bool, page: int) -> dict[str, Any]:
        """Return some samples as JSON, with how many there are. label is a true class, "" for every one.

        For numbers "wrong" are those with the largest errors, first. Raises InputError without data.
        """
        found = self._judge(trial)
        chosen = np.arange(len(found.truth))
        if label:
            chosen = chosen[[found.truth[i] == label for i in chosen]]
        if only_wrong and found.dataset.task == "regression":
            chosen = chosen[np.argsort(-found.error[chosen], kind="stable")]
        elif only_wrong:
            chosen = chosen[found.wrong[chosen]]
        shown = chosen[page * _PAGE : (page + 1) * _PAGE]
        return {
            "samples": [self._one(found, int(i)) for i in shown],
            "matching": len(chosen),
            "pages": -(-len(chosen) // _PAGE),
            "judged": len(found.truth),
            "of": len(found.dataset.test),
            "wrong": int(found.wrong.sum()),
            "labels": list(found.dataset.classes) if found.dataset.task != "regression" else [],
            "task": found.dataset.task,
        }

    def sample(self, number: int) -> tuple[str, Real]:
        """Return the name and the values (1, *shape) of a test sample. Raises IndexError if there is none."""
        test = load_saved_dataset(self._folder).test
        if not 0 <= number < len(test):
            raise IndexError(number)
        name = test.names[number] if test.names else f"test sample {number}"
        return name, np.asarray(test.x[number : number + 1], np.float32)

    def border_is_dark(self) -> bool | None:
        """Return whether pictures of the test split are dark at their borders; None for other data."""
        x = np.asarray(load_saved_dataset(self._folder).test.x[:50])
        if x.ndim != 4 or not len(x):
            return None
        border = np.concatenate([x[:, 0], x[:, -1], x[:, :, 0], x[:, :, -1]], axis=1)
        return bool(border.mean() < (float(x.min()) + float(x.max())) / 2)

    def _judge(self, trial: Trial) -> _Judged:
        with self._lock:
            about = (self._folder / "dataset.json").stat().st_mtime_ns if self._is_there() else None
            key = (id(trial), about)
            if self._judged is None or key != self._key:
                self._judged = _judge(load_saved_dataset(self._folder), trial)
                self._key = key
            return self._judged

    def _is_there(self) -> bool:
        return (self._folder / "dataset.json").is_file()

    @staticmethod
    def _one(found: _Judged, i: int) -> dict[str, Any]:
        x = np.asarray(found.dataset.test.x[i], np.float32)
        return {
            "number": i,
            "truth": found.truth[i],
            "said": found.said[i],
            "wrong": bool(found.wrong[i]),
            "view": thumbnail(x, found.dataset.name),
        }


def _judge(dataset: Dataset, trial: Trial) -> _Judged:
    count = min(len(dataset.test), _MOST)
    pieces, seen = [], []
    for start in range(0, count, _CHUNK):
        real = np.asarray(dataset.test.x[start : min(start + _CHUNK, count)], np.float32)
        pieces.append(trial.real_outputs(trial.expected(real).outputs))
        if dataset.task == "anomaly":
            seen.append(metrics.reconstruction_errors(trial.seen(real), pieces[-1]))
    outputs, y = np.concatenate(pieces), np.asarray(dataset.test.y[:count])
    error = np.zeros(count)
    if dataset.task == "regression":
        error = np.abs(outputs - y.reshape(count, -1)).max(axis=1).astype(np.float64)
        texts = [
            [", ".join(f"{v:.4g}" for v in row) for row in rows] for rows in (y.reshape(count, -1), outputs)
        ]
        wrong = np.zeros(count, np.bool_)
    elif dataset.task == "multilabel":
        has = [metrics.has_label(rows) for rows in (y, outputs)]
        texts = [[_named(dataset, row) for row in rows] for rows in has]
        wrong = (has[0] != has[1]).any(axis=1)
    else:
        if dataset.task == "anomaly":
            named = (np.concatenate(seen) > (trial.file.threshold("int8") or 0.0)).astype(np.int64)
        else:
            named = outputs.argmax(axis=1)
        texts = [[dataset.classes[int(i)] for i in places] for places in (y, named)]
        wrong = named != y
    return _Judged(dataset, texts[0], texts[1], np.asarray(wrong), error)


def _named(dataset: Dataset, row: NDArray[np.bool_]) -> str:
    return ", ".join(name for name, has in zip(dataset.classes, row, strict=True) if has) or "none"
