# SPDX-License-Identifier: Apache-2.0
"""What is seen of a training while it runs: progress within an epoch, and TensorBoard's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, Split
from toolkit.extras import load_extra
from toolkit.project.config import DataConfig, ModelConfig, Project, ProjectConfig
from toolkit.project.recipe import TrainingConfig
from toolkit.training import Checkpoint, train_model
from toolkit.training.events import EventLog, events_folder
from toolkit.training.progress import INTERVAL_S, EpochProgress
from toolkit.training.tensorboard import live_logs, settle_logs

Said = list[tuple[float, int, str]]


def spoken(moments: list[float]) -> tuple[EpochProgress, Said]:
    """A training of 3 epochs of 4 batches whose clock shows these moments, and what it says."""
    said: Said = []
    progress = EpochProgress(
        lambda done, total, text="": said.append((done, total, text)), "m", 3, 4, iter(moments).__next__
    )
    return progress, said


def test_a_long_epoch_is_told_by_its_batches_and_a_short_one_only_at_its_end() -> None:
    progress, said = spoken([0.0, 0.5 * INTERVAL_S, 2 * INTERVAL_S, 2.5 * INTERVAL_S, 2.6 * INTERVAL_S])
    progress.begin(1)
    progress.after_batch(0, {"loss": 4.0})
    progress.after_batch(1, {"loss": 3.0, "accuracy": 0.5})
    progress.after_batch(2, {"loss": 2.0})
    progress.after_epoch({"loss": 1.0, "val_loss": 1.5}, ended=False)
    assert said == [
        (1.5, 3, "m 2/3: accuracy 0.5000, loss 3.0000"),
        (2, 3, "m 2/3: val_loss 1.5000, loss 1.0000"),
    ]


def test_a_training_that_stops_early_is_told_to_be_at_its_end() -> None:
    progress, said = spoken([0.0, 0.0])
    progress.after_epoch({"loss": 1.0}, ended=True)
    assert said[0][:2] == (3, 3)


def scalars(folder: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """What the event files below folder hold: (step, value) by part and tag."""
    tensorflow = load_extra("tensorflow")
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for path in sorted(folder.rglob("events.out.tfevents.*")):
        for record in tensorflow.data.TFRecordDataset(str(path)):
            event = tensorflow.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                found.setdefault((path.parent.name, value.tag), []).append((event.step, value.simple_value))
    return found


def split(samples: int, seed: int) -> Split:
    x = np.random.default_rng(seed).normal(size=(samples, 3)).astype(np.float32)
    return Split(x, (x[:, 0] > 0).astype(np.int64))


DATASET = Dataset("d", "classification", split(24, 1), split(8, 2), split(8, 3), ("a", "b"))
PROJECT = Project(
    ProjectConfig("p"),
    DataConfig("python"),
    ModelConfig(family="mlp", options={"units": [4]}),
    TrainingConfig(epochs=3, batch_size=8, schedule="cosine", warmup_epochs=0),
)


class StoppedError(Exception):
    """Somebody pressed Ctrl-C."""


def _train(project: Project, folder: Path, events: Path, stop_after: int = 0) -> dict[str, tuple[float, ...]]:
    def on_progress(done: float, total: int, text: str = "") -> None:
        if done == stop_after:
            raise StoppedError

    checkpoint = Checkpoint(folder / "c.npz", "key", clock=iter(range(0, 10**9, 10**6)).__next__)
    return train_model(project, DATASET, checkpoint=checkpoint, on_progress=on_progress, events=events).curves


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_event_files_have_every_epoch_once_also_after_an_interruption(tmp_path: Path) -> None:
    events = events_folder(tmp_path, 0, "my: model/1")
    assert events.parent == tmp_path
    with pytest.raises(StoppedError):
        _train(PROJECT, tmp_path, events, stop_after=2)
    assert scalars(events)[("train", "loss")][-1][0] == 2
    curves = _train(PROJECT, tmp_path, events)
    found = scalars(events)
    assert set(found) == {
        ("train", "loss"),
        ("train", "accuracy"),
        ("train", "learning_rate"),
        ("validation", "loss"),
        ("validation", "accuracy"),
    }
    assert [step for step, _ in found[("validation", "loss")]] == [1, 2, 3]
    for part, prefix in (("train", ""), ("validation", "val_")):
        for name in ("loss", "accuracy"):
            values = [value for _, value in found[(part, name)]]
            assert values == pytest.approx(curves[prefix + name])
    rates = [value for _, value in found[("train", "learning_rate")]]
    assert 1e-3 > rates[0] > rates[1] > rates[2] and rates[2] < 1e-4


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_logs_asked_for_later_are_those_of_the_run_that_was_kept(tmp_path: Path) -> None:
    history = '{"models": [{"label": "a", "curves": {"loss": [2.0, 1.0], "val_loss": [3.0, 2.5]}}]}'
    (tmp_path / "history.json").write_text(history)
    for number, text in (("1", history), ("2", "{}")):
        (tmp_path / "runs" / number).mkdir(parents=True)
        (tmp_path / "runs" / number / "history.json").write_text(text)
    assert live_logs(tmp_path).name == "3"
    settled = settle_logs(tmp_path, live_logs(tmp_path))
    assert settled == tmp_path / "tensorboard" / "1"
    assert scalars(settled)[("validation", "loss")] == [(1, 3.0), (2, 2.5)]


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_logs_written_live_get_the_number_of_their_run(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text("{}")
    live = live_logs(tmp_path)
    log = EventLog(events_folder(live, 0, "a"))
    log.write({"loss": [1.0]})
    log.close()
    (tmp_path / "runs" / "7").mkdir(parents=True)
    (tmp_path / "runs" / "7" / "history.json").write_text("{}")
    settled = settle_logs(tmp_path, live)
    assert settled.name == "7" and not live.exists()
    assert scalars(settled) == {("train", "loss"): [(1, 1.0)]}
