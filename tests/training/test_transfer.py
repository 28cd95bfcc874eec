# SPDX-License-Identifier: Apache-2.0
"""Transfer learning: frozen, then unfrozen in steps, and still the same bytes from the same seed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.compiler.compile import compile_model
from toolkit.data import Dataset, load_dataset
from toolkit.errors import InputError
from toolkit.models import Shape, build_model
from toolkit.models.blocks import all_layers
from toolkit.pipeline.pipeline import Pipeline, steps
from toolkit.pipeline.step import Context
from toolkit.project.config import Project, load_project
from toolkit.project.recipe import TrainingConfig, TransferConfig
from toolkit.quantization import quantize_model
from toolkit.tflite.reader import read_graph
from toolkit.training import Checkpoint, TrainedModel, load_model, save_model, train_model
from toolkit.training.ablate import parts_of
from toolkit.training.checkpoint import State
from toolkit.training.origin import made_by
from toolkit.training.training_model import wrap_model
from toolkit.training.unfreezing import Phase, plan_unfreezing
from toolkit.verify.generated_c import verify_model

pytestmark = [
    pytest.mark.train,
    pytest.mark.xdist_group("transfer"),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

DATA = """
[project]
name = "p"
[data]
source = "digits"
split = [0.3, 0.2, 0.5]
[data.options]
digits = [{digits}]
"""
PRETRAINING = """
[model]
family = "vgg"
[model.options]
width = 0.1
blocks = [1, 1]
dense = []
[training]
epochs = 5
learning_rate = 0.02
"""
TRANSFER = """
[model]
base = "base.keras"
[training]
epochs = 4
learning_rate = 0.02
sam = 0.01
schedule = "cosine"
[training.transfer]
frozen_epochs = 2
steps = 2
step_epochs = 1
rate = 0.5
"""
SHAPE = Shape("classification", (8, 8, 1), 4)
NAMES = ("conv_1_1", "conv_1_1_norm", "conv_2_1", "conv_2_1_norm")


@dataclass
class Remembering(Checkpoint):
    """A checkpoint that keeps the state after every epoch."""

    states: dict[int, State] = field(default_factory=dict)

    def save(self, make: Callable[[], State], *, last: bool = False) -> None:
        state = make()
        self.states[state.epoch] = deepcopy(state)


@dataclass(frozen=True)
class Course:
    """A whole training on a base, the base as it was before, and the state after every epoch."""

    project: Project
    dataset: Dataset
    base: Any
    trained: TrainedModel
    states: dict[int, State]

    def changed(self, epoch: int) -> set[str]:
        """Return the base's layers whose weights are other ones after epoch, by a single bit or more."""
        model, after = self.trained.model, iter(self.states[epoch].variables)
        # The variables of the model inside SAM come first, in the order of its own.
        values = dict(zip([v.path for v in model.variables], after, strict=False))
        return {
            name
            for name in NAMES
            for mine, old in zip(
                model.get_layer(name).weights, self.base.get_layer(name).get_weights(), strict=True
            )
            if not np.array_equal(values[mine.path], old)
        }


@cache
def pretrained() -> bytes:
    """Return the .keras file of a tiny vgg that was trained on the digits from 0 to 3."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tinyml.toml").write_text(DATA.format(digits="0, 1, 2, 3") + PRETRAINING)
        project = load_project(folder)
        save_model(train_model(project, load_dataset(project)).model, folder / "base.keras")
        return (folder / "base.keras").read_bytes()


def project_in(folder: Path, text: str = TRANSFER) -> Project:
    """Return a project that has the pretrained vgg as base for the digits from 5 to 8."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "base.keras").write_bytes(pretrained())
    (folder / "tinyml.toml").write_text(DATA.format(digits="5, 6, 7, 8") + text)
    return load_project(folder)


@cache
def whole() -> Course:
    """Return a training in three phases: two epochs frozen, then one more part of the base in each."""
    with TemporaryDirectory() as name:
        project = project_in(Path(name))
        dataset, checkpoint = load_dataset(project), Remembering(Path(name) / "none", "key")
        base = load_model(Path(name) / "base.keras")
        trained = train_model(project, dataset, checkpoint=checkpoint)
        return Course(project, dataset, base, trained, checkpoint.states)


def bytes_of(trained: TrainedModel, path: Path) -> bytes:
    save_model(trained.model, path)
    return path.read_bytes()


def test_a_base_stays_as_it_was_while_frozen_and_changes_from_its_end_when_unfrozen() -> None:
    """Kernels only: batch norms keep offset, scale and statistics unless norms = true."""
    changed = [whole().changed(epoch) for epoch in (1, 2, 3, 4)]
    assert changed == [set(), set(), {"conv_2_1"}, {"conv_1_1", "conv_2_1"}]


def test_the_model_on_a_base_learns_and_is_right_to_the_byte_as_int8() -> None:
    course = whole()
    trained, model = course.trained, course.trained.model
    assert trained.curves["val_loss"][-1] < trained.curves["val_loss"][0]
    assert trained.score > 0.4  # four classes
    assert all(type(layer).__name__ != "Functional" for layer in model.layers)
    assert all(layer.trainable for layer in model.layers)
    data = quantize_model(model, course.dataset.train.x[:50])
    assert verify_model(compile_model(data, "p"), data, samples=20).samples == 20
    kinds = {operation.kind for operation in read_graph(data, "p").operations}
    assert kinds == {"CONV_2D", "MAX_POOL_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"}
    assert list(made_by(course.project, course.dataset, trained)["files_sha256"]) == ["base.keras"]


@pytest.mark.parametrize("epoch", [2, pytest.param(3, marks=pytest.mark.bench)])
def test_a_training_that_goes_on_where_a_phase_begins_ends_with_the_same_bytes(
    epoch: int, tmp_path: Path
) -> None:
    checkpoint = Checkpoint(tmp_path / "state.npz", "key")
    checkpoint.save(lambda: whole().states[epoch])
    project = project_in(tmp_path)
    resumed = train_model(project, load_dataset(project), checkpoint=checkpoint)
    assert resumed.curves == whole().trained.curves
    assert bytes_of(resumed, tmp_path / "a") == bytes_of(whole().trained, tmp_path / "b")


def test_a_changed_base_is_trained_on_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pretend(context: Context) -> None:
        for name in ("model.keras", "history.json"):
            (context.folder / name).write_text("made")

    known = steps()
    pretended = known | {"train": replace(known["train"], make=pretend, guards=())}
    monkeypatch.setattr("toolkit.pipeline.pipeline.steps", lambda: pretended)
    project, said = project_in(tmp_path), list[str]()

    def train() -> str:
        silent = lambda *_, **__: nullcontext(_silent)  # noqa: E731
        Pipeline(project, on_step=said.append, progress=silent, code=str).train()
        return said[-1].partition(" build")[0]

    assert (train(), train()) == ("train: made", "train: up to date, reusing")
    (tmp_path / "base.keras").write_bytes(pretrained() + b"another")
    assert train() == "train: made"


def _silent(done: int, total: int, text: str = "") -> None:
    pass


def test_steps_are_equal_parts_from_the_end_and_named_ones_begin_where_they_say(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    model = build_model(project, project.model, SHAPE)
    last_half, all_of_it = frozenset(NAMES[2:]), frozenset(NAMES)
    phases = plan_unfreezing(project.training, model).phases
    assert phases == (Phase(0, 2), Phase(2, 3, last_half, 0.5), Phase(3, 4, all_of_it, 0.5))
    named = plan_unfreezing(TrainingConfig(transfer=TransferConfig(unfreeze=("conv_2",))), model).phases
    assert named == (Phase(0, 10), Phase(10, 50, last_half, 0.1))
    at_once = TransferConfig(frozen_epochs=0, steps=1, rate=1.0)
    assert plan_unfreezing(TrainingConfig(transfer=at_once), model).phases == (Phase(0, 50, all_of_it),)
    never = TransferConfig(frozen_epochs=50)
    assert plan_unfreezing(TrainingConfig(transfer=never), model).phases == (Phase(0, 50),)


@pytest.mark.parametrize(
    ("unfreeze", "message"),
    [
        (("conv_3",), r"no layer 'conv_3', nor a block of that name. Did you mean conv_"),
        (("conv_1", "conv_2"), "must go from the base's end to its start"),
    ],
)
def test_a_wrong_way_to_unfreeze_is_told(unfreeze: tuple[str, ...], message: str, tmp_path: Path) -> None:
    project = project_in(tmp_path)
    model = build_model(project, project.model, SHAPE)
    with pytest.raises(InputError, match=message):
        plan_unfreezing(TrainingConfig(transfer=TransferConfig(unfreeze=unfreeze)), model)


@pytest.mark.parametrize("norms", [False, True])
def test_peers_are_frozen_as_the_model_is_and_norms_train_only_if_they_may(
    norms: bool, tmp_path: Path
) -> None:
    project = project_in(tmp_path)
    model, peer = (build_model(project, project.model, SHAPE) for _ in range(2))
    both = wrap_model(model, peers=[peer])
    transfer = TransferConfig(frozen_epochs=1, steps=1, norms=norms)
    unfreezing = plan_unfreezing(TrainingConfig(transfer=transfer), model)

    def training() -> list[str]:
        layers = [layer for layer in all_layers(both) if layer.trainable_weights]
        return sorted(layer.name for layer in layers if layer.name != "transfer")

    unfreezing.begin(both, unfreezing.phases[0])
    assert training() == ["output", "output"]
    unfreezing.begin(both, unfreezing.phases[1])
    names = [*(name for name in NAMES if norms or not name.endswith("norm")), "output"]
    assert training() == sorted([*names, *names])


def test_freezing_is_a_part_that_can_be_ablated() -> None:
    config = TrainingConfig(schedule="constant", warmup_epochs=0)
    assert parts_of(config) == {}
    (part,) = parts_of(config, has_base=True).items()
    assert part[0] == "transfer.frozen_epochs"
    assert part[1].transfer == TransferConfig(frozen_epochs=0, steps=1)
