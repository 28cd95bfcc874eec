# SPDX-License-Identifier: Apache-2.0
"""An interrupted training goes on where it was: the end is the same, byte for byte."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import load_dataset
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import Project, load_project
from toolkit.training import Checkpoint, TrainedModel, save_model, train_model
from toolkit.training.checkpoint import State

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]

TINYML_TOML = """
[project]
name = "p"
[data]
source = "sine"
[data.options]
samples = 120
[model]
family = "mlp"
[model.options]
units = [6]
dropout = 0.3
[[model.compare]]
family = "mlp"
[training]
epochs = 6
learning_rate = 0.05
optimizer = "sgd"
weight_decay = 0.001
schedule = "plateau"
warmup_epochs = 1
patience = 1
stop_patience = 4
"""

KILLED = """
import os, pathlib, signal, sys
from toolkit.data import load_dataset
from toolkit.project.config import load_project
from toolkit.training import Checkpoint, train_model
folder = pathlib.Path(sys.argv[1])
project = load_project(folder)
def on_progress(done, total, text=""):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoint = Checkpoint(folder / "state.npz", "key")
train_model(project, load_dataset(project), checkpoint=checkpoint, on_progress=on_progress)
"""


def project_in(folder: Path) -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tinyml.toml").write_text(TINYML_TOML)
    return load_project(folder)


def saved_bytes(trained: TrainedModel, path: Path) -> bytes:
    save_model(trained.model, path)
    return path.read_bytes()


def test_a_training_that_was_killed_ends_with_the_same_bytes(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    dataset = load_dataset(project)
    whole = train_model(project, dataset)
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)]
    assert subprocess.run(command, timeout=200).returncode == -signal.SIGKILL
    heard: list[int] = []

    def on_progress(done: int, total: int, text: str = "") -> None:
        heard.append(done)

    checkpoint = Checkpoint(tmp_path / "state.npz", "key")
    resumed = train_model(project, dataset, checkpoint=checkpoint, on_progress=on_progress)
    assert heard[0] > 1
    assert resumed.curves == whole.curves
    assert saved_bytes(resumed, tmp_path / "a") == saved_bytes(whole, tmp_path / "b")


def test_ctrl_c_in_a_pipeline_costs_the_epoch_under_way_only(tmp_path: Path) -> None:
    """Stopped in the second of two models, the same command trains just the rest of that one."""
    project = project_in(tmp_path / "stopped")
    heard: list[int] = []

    def stop(done: int, total: int, text: str = "") -> None:
        if done == 9:
            raise KeyboardInterrupt

    def listen(done: int, total: int, text: str = "") -> None:
        heard.append(done)

    with pytest.raises(KeyboardInterrupt):
        Pipeline(project, on_step=str, progress=lambda *_, **__: nullcontext(stop)).train()
    Pipeline(project, on_step=str, progress=lambda *_, **__: nullcontext(listen)).train()
    assert heard[0] >= 7
    whole, at_most = project_in(tmp_path / "whole"), dict[str, bool]()

    def progress(title: str, **more: bool) -> Any:
        at_most[title.partition(":")[0]] = bool(more.get("at_most"))
        return nullcontext(listen)

    Pipeline(whole, on_step=str, progress=progress).train()
    assert at_most == {"data": False, "train": True}
    for name in ("model.keras", "history.json"):
        assert (project.build_dir / name).read_bytes() == (whole.build_dir / name).read_bytes()
    assert not (project.build_dir / ".training").exists()


def test_the_checkpoint_of_another_training_or_a_damaged_one_counts_as_none(tmp_path: Path) -> None:
    state = State(3, {"a": 1}, [np.ones(2), np.array(7)], [np.zeros(2)])
    path = tmp_path / "state.npz"
    Checkpoint(path, "key").save(lambda: state)
    loaded = Checkpoint(path, "key").load()
    assert loaded is not None
    assert (loaded.epoch, loaded.about, len(loaded.variables), len(loaded.best)) == (3, {"a": 1}, 2, 1)
    assert Checkpoint(path, "other").load() is None
    path.write_bytes(path.read_bytes()[:200])
    assert Checkpoint(path, "key").load() is None


def test_checkpoints_take_at_most_a_fiftieth_of_the_time_but_for_the_last(tmp_path: Path) -> None:
    now = iter([0.0, 1.0, 40.0, 60.0, 61.0, 62.0, 63.0])
    checkpoint = Checkpoint(tmp_path / "state.npz", "key", clock=lambda: next(now))
    made: list[int] = []

    def make(epoch: int) -> State:
        made.append(epoch)
        return State(epoch, {}, [], [])

    for epoch in (1, 2, 3):
        checkpoint.save(lambda: make(epoch))  # noqa: B023
    checkpoint.save(lambda: make(4), last=True)
    assert made == [1, 3, 4]
