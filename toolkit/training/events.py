# SPDX-License-Identifier: Apache-2.0
"""A training's curves as TensorBoard's event files."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.extras import load_extra

_VALIDATION = "val_"


def events_folder(logs: Path, number: int, label: str) -> Path:
    """Return where the events of a model go, below a run's logs; number tells equal labels apart."""
    return logs / f"{number}_{re.sub(r'[^A-Za-z0-9.+-]+', '_', label)}"


class EventLog:
    """The curves of one training in folder: train/ and validation/, which TensorBoard draws into one plot.

    What folder had before is replaced: a training that goes on is written from its first epoch on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._epochs = 0
        self._writers: dict[str, Any] = {}
        for old in folder.glob("*/events.out.tfevents.*"):
            old.unlink()

    def write(self, curves: Mapping[str, Sequence[float]]) -> None:
        """Write the epochs of curves, as in history.json, that were not written yet; steps count from 1."""
        epochs = len(curves["loss"])
        for epoch in range(self._epochs, epochs):
            for part in ("train", "validation"):
                values = {_tag(name): c[epoch] for name, c in curves.items() if _part(name) == part}
                if values:
                    self._add(part, epoch + 1, values)
        for writer in self._writers.values():
            writer.flush()
        self._epochs = epochs

    def close(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()

    def _add(self, part: str, step: int, values: Mapping[str, float]) -> None:
        """Write one event by TensorFlow alone: its own writer of scalars needs TensorBoard to be there."""
        v1 = load_extra("tensorflow").compat.v1
        each = [v1.Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        event = v1.Event(wall_time=time.time(), step=step, summary=v1.Summary(value=each))
        self._writer(part).write(event.SerializeToString())

    def _writer(self, part: str) -> Any:
        if part not in self._writers:
            tensorflow = load_extra("tensorflow")
            now = time.time()
            folder = self._folder / part
            folder.mkdir(parents=True, exist_ok=True)
            writer = tensorflow.io.TFRecordWriter(str(folder / f"events.out.tfevents.{now:.0f}.tinyml"))
            head = tensorflow.compat.v1.Event(wall_time=now, file_version="brain.Event:2")
            writer.write(head.SerializeToString())
            self._writers[part] = writer
        return self._writers[part]


def _part(curve: str) -> str:
    return "validation" if curve.startswith(_VALIDATION) else "train"


def _tag(curve: str) -> str:
    return curve.removeprefix(_VALIDATION)


def write_events(history: Mapping[str, Any], logs: Path) -> None:
    """Write the curves of every model in history.json below logs."""
    for number, model in enumerate(history["models"]):
        events = EventLog(events_folder(logs, number, str(model["label"])))
        events.write(model["curves"])
        events.close()
