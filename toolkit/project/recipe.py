# SPDX-License-Identifier: Apache-2.0
"""[training] of tinyml.toml: how a model is trained, key by key or by the name of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from toolkit.project.pruning import PruneConfig
from toolkit.project.qat import QatConfig
from toolkit.suggest import did_you_mean

Optimizer = Literal["adam", "adamw", "sgd", "rmsprop", "adagrad"]
Schedule = Literal["constant", "step", "exponential", "cosine", "plateau"]
Loss = Literal["default", "cross_entropy", "am_softmax", "focal", "mse", "mae", "huber"]

# What a recipe sets; what stands in tinyml.toml wins. Both: Prokofiev and Sovrasov, arXiv 2108.07049. Their
# paper is of pictures: what is done to series and sound is ours, and how far pictures are moved and coloured.
_MOVED: dict[str, Any] = {"flip": "horizontal", "crop": 0.2, "rotation": 10.0}
RECIPES: dict[str, dict[str, Any]] = {
    "": {},
    "baseline": {
        "epochs": 200,
        "optimizer": "sgd",
        "learning_rate": 0.05,
        "schedule": "cosine",
        "warmup_epochs": 1,
        "weight_decay": 5e-4,
        "augment": {**_MOVED, "colour": 0.2},
    },
    "adaptive": {
        "epochs": 200,
        "learning_rate": 0.03,
        "optimizer": "sgd",
        "schedule": "plateau",
        "warmup_epochs": 1,
        "patience": 5,
        "stop_patience": 5,
        "weight_decay": 5e-4,
        "sam": 0.05,
        "augment": {**_MOVED, "augmix": 1.0, "jitter": 0.015, "scale": 0.15, "time_shift": 0.08},
        "search": {"method": "tpe"},
    },
}

MOST_EPOCHS = 1_000_000
PICTURE_FILTERS = ("gaussian", "median", "bilateral", "sobel", "laplacian", "sharpen")

Kind = Literal["pictures", "sound", "series", "rows"]
# Of what a recipe does to samples, what is done to each kind of them.
_FITTING: dict[Kind, tuple[str, ...]] = {
    "pictures": ("flip", "crop", "rotation", "colour", "augmix"),
    "sound": ("time_shift", "jitter"),
    "series": ("jitter", "scale"),
    "rows": ("jitter",),
}


_HOW = ("filters", "augmix_policy")
_ALSO_OFF = {"filtered": ("filters",), "augmix": ("consistency",)}
_HIGHEST = {"rotation": 180.0, "mixup": 10.0, "cutmix": 10.0, "fmix": 10.0, "consistency": 100.0}


@dataclass(frozen=True)
class AugmentConfig:
    """[training.augment]: how much the training samples are changed, anew in each epoch; 0 is not at all.

    Pictures, and features of sound as (frames, bands, 1): flip is "", "horizontal", "vertical" or
    "both"; shift and zoom are parts of the size, rotation degrees, crop the part of each side that may
    be cut off; colour changes brightness, contrast and saturation. mixup, cutmix and fmix are the alpha
    of their Beta distribution; augmix is the share of pictures that it changes, by the operations of
    augmix_policy, and filtered the share that goes through one of filters, of PICTURE_FILTERS. consistency is
    the weight of AugMix' consistency loss: pictures then stay as they are, and two mixed views of each are to
    get the same answer. Time series (time,
    channels): jitter is noise as a part of the range of values, scale changes the amplitude, time_warp
    the speed. Sound: time_shift moves by a part of the length, noise is a part of the range,
    spec_augment the part of frames and of bands that a mask may hide.
    """

    flip: Literal["", "horizontal", "vertical", "both"] = ""
    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    crop: float = 0.0
    colour: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    fmix: float = 0.0
    augmix: float = 0.0
    augmix_policy: Literal["cifar", "imagenet"] = "cifar"
    consistency: float = 0.0
    filters: tuple[str, ...] = ()
    filtered: float = 0.0
    jitter: float = 0.0
    scale: float = 0.0
    time_warp: float = 0.0
    time_shift: float = 0.0
    noise: float = 0.0
    spec_augment: float = 0.0

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            highest = _HIGHEST.get(f.name, 1.0)
            if f.name not in ("flip", *_HOW) and not 0 <= value <= highest:
                raise ValueError(f"{f.name} {value:g} must be from 0 to {highest:g}.")
        if wrong := [name for name in self.filters if name not in PICTURE_FILTERS]:
            raise ValueError(f"there is no filter {wrong[0]!r}. {did_you_mean(wrong[0], PICTURE_FILTERS)}")
        if self.consistency and not self.augmix:
            raise ValueError("consistency compares pictures mixed by augmix: augmix = 1.0 with it.")
        if bool(self.filters) != bool(self.filtered):
            raise ValueError('filters and filtered need each other: filters = ["gaussian"], filtered = 0.3.')

    @property
    def used(self) -> tuple[str, ...]:
        """The names of what is switched on, but not of how it is done."""
        return tuple(f.name for f in fields(self) if f.name not in _HOW and getattr(self, f.name))

    def without(self, name: str) -> AugmentConfig:
        """Return it with one of what is switched on off, and what cannot be without that."""
        usual = AugmentConfig()
        names = (name, *_ALSO_OFF.get(name, ()))
        return replace(self, **{each: getattr(usual, each) for each in names})

    def fitting(self, recipe: str, kind: Kind) -> AugmentConfig:
        """Return it without what the recipe alone switched on, and what is not for samples of this kind."""
        by_recipe = RECIPES[recipe].get("augment", {})
        left_out = [
            name
            for name, value in by_recipe.items()
            if name not in _FITTING[kind] and getattr(self, name) == value
        ]
        found = self
        for name in left_out:
            found = found.without(name)
        return found


@dataclass(frozen=True)
class SearchConfig:
    """[training.search]: how learning_rate is found before the training: by nothing, tpe, range or grid.

    At most trials trainings of at most epochs each, with rates between low and high; where these are
    0, they are those of the family of models. range needs no trials: one pass with a rising rate.
    """

    method: Literal["none", "tpe", "range", "grid"] = "none"
    trials: int = 15
    epochs: int = 6
    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.trials <= 100 or not 1 <= self.epochs <= 100:
            raise ValueError("trials and epochs must be from 1 to 100.")
        if not (0 <= self.low < 10 and 0 <= self.high < 10) or (self.high and self.low >= self.high):
            raise ValueError(f"low {self.low:g} and high {self.high:g} must be rates, low below high.")


@dataclass(frozen=True)
class DistillConfig:
    """[training.distill]: a teacher whose outputs the model learns beside the labels.

    teacher is a .keras file, from the project's folder on; or family and options name a model that is
    trained first, by the same [training]. Without either nothing is distilled.
    """

    teacher: str = ""
    family: str = ""
    weight: float = 0.9
    temperature: float = 4.0
    options: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1 or not 1 <= self.temperature <= 100:
            raise ValueError("weight must be above 0 and at most 1, temperature from 1 to 100.")
        if self.teacher and self.family:
            raise ValueError("teacher is a file and family a model to train: give one of them.")

    @property
    def is_on(self) -> bool:
        """Whether there is a teacher."""
        return bool(self.teacher or self.family)


@dataclass(frozen=True)
class TransferConfig:
    """[training.transfer]: how a model with a base is trained: base frozen, then unfrozen in steps.

    All of the base is frozen for frozen_epochs; then it trains from its end to its start, one part more
    every step_epochs: parts are steps equal numbers of layers, or begin at the layers, or blocks, that
    unfreeze names. From then on the learning rate is multiplied by rate. norms lets batch norms
    train too; else they keep their statistics.
    """

    frozen_epochs: int = 10
    steps: int = 2
    step_epochs: int = 5
    unfreeze: tuple[str, ...] = ()
    rate: float = 0.1
    norms: bool = False

    def __post_init__(self) -> None:
        if self.frozen_epochs < 0 or self.step_epochs < 1 or not 1 <= self.steps <= 100:
            raise ValueError("frozen_epochs must be 0 or more, step_epochs 1 or more, steps from 1 to 100.")
        if max(self.frozen_epochs, self.step_epochs) > MOST_EPOCHS:
            raise ValueError(f"frozen_epochs and step_epochs must be at most {MOST_EPOCHS}.")
        if not 0 < self.rate <= 10:
            raise ValueError(f"rate {self.rate:g} must be above 0 and at most 10.")


@dataclass(frozen=True)
class TrainingConfig:
    """[training]: a recipe and what differs from it; docs/training.md says what each key does.

    An epoch is one pass over the training samples, or as many as make epoch_steps steps: whatever is
    counted in epochs is long enough on few samples too. keep says whose weights the model ends with; refit
    trains once more, on the validation split too, for the epochs that were found best. sam is rho, 0 for
    none; dropout -1 leaves the model's own. skip_epochs leaves the first epochs out of the curves.
    """

    recipe: Literal["", "baseline", "adaptive"] = ""
    epochs: int = 50
    epoch_steps: int = 25
    batch_size: int = 32
    learning_rate: float = 1e-3
    optimizer: Optimizer = "adam"
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 0.0
    no_bias_decay: bool = True
    sam: float = 0.0
    schedule: Schedule = "cosine"
    warmup_epochs: int = 1
    decay: float = 0.1
    decay_epochs: int = 10
    patience: int = 5
    stop_patience: int = 0
    target_loss: float = 0.0
    keep: Literal["best", "highest", "last"] = "best"
    refit: bool = False
    loss: Loss = "default"
    label_smoothing: float = 0.0
    focal_gamma: float = 2.0
    margin: float = 0.35
    margin_scale: float = 30.0
    huber_delta: float = 1.0
    scale_targets: bool = True
    peers: int = 0
    dropout: float = -1.0
    skip_epochs: int = 0
    augment: AugmentConfig = AugmentConfig()
    search: SearchConfig = SearchConfig()
    distill: DistillConfig = field(default=DistillConfig())
    transfer: TransferConfig = TransferConfig()
    prune: PruneConfig = field(default=PruneConfig())
    qat: QatConfig = field(default=QatConfig())

    @classmethod
    def complete(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        """Return the table of [training] with what its recipe adds to it."""
        return merged(RECIPES.get(str(table.get("recipe", "")), {}), table)

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size, self.epoch_steps) < 1:
            raise ValueError("epochs, epoch_steps and batch_size must be at least 1.")
        for name in _COUNTS:
            if getattr(self, name) > MOST_EPOCHS:
                raise ValueError(f"{name} {getattr(self, name)} must be at most {MOST_EPOCHS}.")
        if not 0 <= self.skip_epochs < self.epochs:
            raise ValueError(f"skip_epochs {self.skip_epochs} must be 0 or more, and less than epochs.")
        if not 0 < self.learning_rate < 10:
            raise ValueError(f"learning_rate {self.learning_rate:g} must be between 0 and 10.")
        if not 0 <= self.warmup_epochs < max(self.epochs, 2):
            raise ValueError(f"warmup_epochs {self.warmup_epochs} must be 0 or more, and less than epochs.")
        if min(self.decay_epochs, self.patience) < 1 or self.stop_patience < 0:
            raise ValueError("decay_epochs and patience must be at least 1, stop_patience 0 or more.")
        self._check_others()
        for name, low, high in _RANGES:
            if not low <= getattr(self, name) < high:
                raise ValueError(
                    f"{name} {getattr(self, name):g} must be at least {low:g} and less than {high:g}."
                )

    def _check_others(self) -> None:
        if not 0 <= self.peers <= 8:
            raise ValueError(f"peers {self.peers} must be from 0 to 8.")
        if self.loss == "am_softmax" and (self.peers or self.distill.is_on):
            raise ValueError("am_softmax trains cosines: neither peers nor a teacher can be told them.")
        if self.augment.consistency and (self.peers or self.distill.is_on or self.loss == "am_softmax"):
            raise ValueError(
                "consistency compares probabilities: neither am_softmax, peers nor a teacher with it."
            )
        if self.peers and self.distill.is_on:
            raise ValueError("peers and distill are two ways to learn from others: give one of them.")
        if self.refit and self.prune.is_on:
            raise ValueError("refit trains on the samples by which pruning chooses: leave one of them out.")
        if self.refit and self.qat.is_on:
            raise ValueError("refit trains on the samples by which qat chooses: leave one of them out.")


_COUNTS = ("epochs", "epoch_steps", "batch_size", "decay_epochs", "patience", "stop_patience")
_RANGES = (
    ("momentum", 0.0, 1.0),
    ("weight_decay", 0.0, 1.0),
    ("sam", 0.0, 10.0),
    ("decay", 1e-6, 1.0),
    ("target_loss", 0.0, 1e9),
    ("label_smoothing", 0.0, 1.0),
    ("focal_gamma", 0.0, 10.0),
    ("margin", 0.0, 1.0),
    ("margin_scale", 1.0, 1000.0),
    ("huber_delta", 1e-9, 1e9),
    ("dropout", -1.0, 1.0),
)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return above, and what only below has; tables in both are merged."""
    both = dict(below)
    for key, value in above.items():
        are_tables = isinstance(value, dict) and isinstance(both.get(key), dict)
        both[key] = merged(both[key], value) if are_tables else value
    return both
