# SPDX-License-Identifier: Apache-2.0
"""Finding the learning rate before the training: by TPE, a grid, or a range test."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from toolkit.errors import DivergedError
from toolkit.extras import load_extra
from toolkit.project.recipe import SearchConfig, TrainingConfig
from toolkit.training.batches import training_batches
from toolkit.training.checkpoint import Checkpoint, State
from toolkit.training.fit import Fitting, compile_keras
from toolkit.training.once import Setting, train_once
from toolkit.training.targets import measure_targets, scale_targets
from toolkit.ui import OnProgress

# Between which rates of SGD to look: the first two are those of arXiv 2108.07049.
RANGES = {"efficientnet": (0.001, 0.01), "mobilenet_v3": (0.005, 0.03)}
_RANGE = (0.01, 0.2)
_ADAPTIVE_RANGE = (0.0005, 0.02)
_SWEEP_STEPS = 100
_SMOOTH = 0.8
_BELOW_BEST = 10
_NEIGHBOURS = 0.1
Tried = tuple[tuple[float, float], ...]


class Found(NamedTuple):
    """A training with the rate that its search found, what was tried, and how many seconds that took."""

    config: TrainingConfig
    tried: Tried = ()
    seconds: float = 0.0


class Part:
    """Reports a part of a longer course: from offset on, of total."""

    def __init__(self, on_progress: OnProgress, offset: int, total: int) -> None:
        self._report = on_progress
        self._offset = offset
        self._total = total

    def __call__(self, done: float, total: int, text: str = "") -> None:
        self._report(self._offset + done, self._total, text)


def search_epochs(config: TrainingConfig) -> int:
    """Return how many epochs the search of config takes, for its progress."""
    search = config.search
    return {"none": 0, "range": 1}.get(search.method, search.trials * search.epochs)


def bounds(config: TrainingConfig, family: str) -> tuple[float, float]:
    """Return the lowest and the highest rate to try: config's, or the family's."""
    usual = _RANGE if config.optimizer == "sgd" else _ADAPTIVE_RANGE
    low, high = RANGES.get(family, usual)
    return config.search.low or low, config.search.high or high


def with_found_rate(
    setting: Setting,
    config: TrainingConfig,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
) -> Found:
    """Return config with the learning rate that its search finds, what was tried, and the time it took.

    A rate is worth the mean validation loss of the second half of a short training with everything else
    as in config, but for what follows a plateau. What is chosen is the rate whose neighbours are good too
    (best_rate). The test split is not looked at. What a checkpoint remembers of an interrupted search is
    not trained again.
    """
    search = config.search
    if search.method == "none":
        return Found(config)
    began = time.monotonic()
    low, high = bounds(config, setting.choice.family)
    if search.method == "range":
        rate, tried = sweep(setting, config, low, high)
        return Found(replace(config, learning_rate=rate), tried, time.monotonic() - began)
    trials = _Trials(setting, config, checkpoint, on_progress)
    if search.method == "grid":
        for rate in np.geomspace(low, high, search.trials):
            trials.value_of(float(rate))
    else:
        _search_by_tpe(search, setting.project.project.seed, low, high, trials.value_of)
    rate = best_rate(trials.tried, low, high)
    return Found(replace(config, learning_rate=rate), trials.tried, trials.seconds)


def best_rate(tried: Tried, low: float, high: float) -> float:
    """Return the rate with the lowest loss, smoothed over its neighbours between low and high.

    One short training may be lucky: each loss becomes the mean of all, weighted by a normal distribution
    of the rates' distance, whose deviation is a tenth of the range on a logarithmic scale. A training
    without a finite loss counts as the worst that has one.
    """
    rates, losses = np.array(tried, np.float64).T
    if not np.isfinite(losses).any():
        return float(rates.min())
    losses = np.where(np.isfinite(losses), losses, losses[np.isfinite(losses)].max())
    places = np.log(rates / low) / np.log(high / low)
    weights = np.exp(-0.5 * ((places[:, None] - places[None]) / _NEIGHBOURS) ** 2)
    return float(rates[np.argmin(weights @ losses / weights.sum(axis=1))])


def _search_by_tpe(
    search: SearchConfig, seed: int, low: float, high: float, value_of: Callable[[float], float]
) -> None:
    optuna = load_extra("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(5, search.trials))
    study = optuna.create_study(sampler=sampler)
    for _ in range(search.trials):
        trial = study.ask()
        study.tell(trial, value_of(trial.suggest_float("learning_rate", low, high, log=True)))


class _Trials:
    """Short trainings, remembered by their rate."""

    def __init__(
        self,
        setting: Setting,
        config: TrainingConfig,
        checkpoint: Checkpoint | None,
        on_progress: OnProgress | None,
    ) -> None:
        epochs = min(config.search.epochs, config.epochs)
        warm = min(config.warmup_epochs, epochs - 1)
        schedule = "constant" if config.schedule == "plateau" else config.schedule
        self._config = replace(
            config, epochs=epochs, warmup_epochs=warm, stop_patience=0, skip_epochs=0, schedule=schedule
        )
        self._setting = setting
        self._checkpoint = checkpoint.part("search") if checkpoint else None
        self._on_progress = on_progress
        state = self._checkpoint.load() if self._checkpoint else None
        self._known = {float(rate): float(value) for rate, value in state.about["tried"]} if state else {}
        self.seconds = float(state.about["seconds"]) if state else 0.0
        self.values: dict[float, float] = {}

    @property
    def tried(self) -> Tried:
        """Every rate and its value, in the order of the trials."""
        return tuple(self.values.items())

    def value_of(self, rate: float) -> float:
        """Return the validation loss at this rate; infinity if the loss is no number any more."""
        value = self._known.get(rate)
        began = time.monotonic()
        self.values[rate] = self._train(rate) if value is None else value
        self.seconds += time.monotonic() - began
        if self._checkpoint:
            about = {"tried": self.tried, "seconds": self.seconds}
            self._checkpoint.save(lambda: State(len(self.values), about, [], []), last=True)
        return self.values[rate]

    def _train(self, rate: float) -> float:
        number, config = len(self.values), self._config
        total = self._config.search.trials * config.epochs
        part = Part(self._on_progress, number * config.epochs, total) if self._on_progress else None
        label = f"{self._setting.label}, rate {rate:.4g} ({number + 1} of {config.search.trials})"
        try:
            setting = replace(self._setting, label=label, events=None)
            fitted = train_once(setting, replace(config, learning_rate=rate), None, part)[1]
        except DivergedError:
            return math.inf
        losses = fitted.curves["val_loss"]
        return float(np.mean(losses[len(losses) // 2 :]))


def sweep(setting: Setting, config: TrainingConfig, low: float, high: float) -> tuple[float, Tried]:
    """Return a tenth of the rate at which the smoothed loss of the batches is lowest, and all of these.

    The rate rises geometrically from low to high, one step a batch, until the loss is four times its
    lowest. Source: Smith, arXiv 1506.01186, where it rises in a straight line.
    """
    rates = np.geomspace(low, high, _SWEEP_STEPS)
    losses: list[float] = []
    smooth = math.nan
    for loss in _losses_of_batches(setting, config, rates):
        smooth = loss if math.isnan(smooth) else _SMOOTH * smooth + (1 - _SMOOTH) * loss
        if not smooth < 4 * min([*losses, smooth]):
            break
        losses.append(smooth)
    tried = tuple(zip(rates.tolist(), losses, strict=False))
    best = min(tried, key=lambda pair: pair[1])[0]
    return max(best / _BELOW_BEST, low), tried


def _losses_of_batches(setting: Setting, config: TrainingConfig, rates: Any) -> Iterator[float]:
    model = setting.new_model(config)
    targets = measure_targets(config, setting.dataset, model)
    fitting = Fitting(
        model,
        config,
        scale_targets(setting.dataset, targets),
        setting.project.project.seed,
        setting.label,
        unfreezing=setting.unfreezing(model, config),
        class_weights=setting.weights(),
        targets=targets,
    )
    compile_keras(fitting, float(rates[0]))
    plan, train = fitting.plan(), fitting.dataset.train
    epochs = math.ceil(len(rates) / plan.steps(len(train)))
    batches = islice(training_batches(train, plan, 0, epochs), len(rates))
    for value, batch in zip(rates, batches, strict=True):
        fitting.model.optimizer.learning_rate = float(value)
        fitting.model.reset_metrics()
        yield float(fitting.model.train_on_batch(*batch, return_dict=True)["loss"])
