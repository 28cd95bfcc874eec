# SPDX-License-Identifier: Apache-2.0
"""What the curves of a training say of it, in numbers, and what to try.

The thresholds are rules of thumb, all in one place below; the evidence says what each verdict is from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.metrics import score_text
from toolkit.report.classes import chance_of

FEWEST_EPOCHS = 5
_TAIL = 5  # the last fifth of the epochs is the end
_LOST = 0.5  # diverging: so much of what had been learned is gone again
_WORSE = 0.1  # ... or the loss ends so much above its start
_MOVED = 0.05  # stuck: the loss fell by less than this
_ABOVE_CHANCE = 0.25  # of the way from chance to 1: more than that is no chance level
_AT_CHANCE = 0.05  # ... and validation is at chance below this, or as far as two deviations of its samples go
_BETTER = 0.10  # suspicious: validation is so much more accurate than training
_BETTER_ERROR = 0.6  # ... or has so small a part of its error
_GAP = 0.10  # overfitting: training is so much more accurate than validation
_GAP_ERROR = 2.0  # ... or validation has so many times its error
_RISE, _RISE_OF_START = 0.10, 0.02  # ... or its loss rose by this part of its lowest, and of its start
_FEW_STEPS = 500  # few steps: what looks like overfitting, or falls, is not at its end yet
_FEW_A_CLASS, _FEW_TARGETS = 50, 200  # few samples: of each class, or of a regression
_BY_CHANCE = 2.0  # ... unless validation got worse by so many standard errors of its accuracy
_TELLING = 50  # ... or its loss rose, and so many samples say so
_FEW_TO_TELL = 30  # settled: fewer validation samples tell little, whatever they say
_FALL, _FALL_OF_START = 0.05, 0.01  # still learning: its loss fell by this part at the end, and of its start

Values = Sequence[float]


@dataclass(frozen=True)
class Diagnosis:
    """verdict is one of: unclear, diverging, stuck, few steps, suspicious data, few samples, overfitting,
    still learning, at chance, settled."""

    verdict: str
    evidence: str
    advice: str


@dataclass(frozen=True)
class Size:
    """How much was trained on what: steps of all epochs, samples of both splits, and classes, 0 for none."""

    steps: int
    train: int
    validation: int
    classes: int


@dataclass(frozen=True)
class _Curves:
    """The curves, and what is asked of each; chance is the accuracy of always naming the commonest class."""

    loss: Values
    val_loss: Values
    metric: str
    train: Values
    validation: Values
    chance: float | None
    size: Size | None = None

    @property
    def tail(self) -> int:
        return max(len(self.loss) // _TAIL, 1)

    def end(self, values: Values) -> float:
        """Return the mean over the last epochs: one epoch alone may be an accident."""
        return sum(values[-self.tail :]) / self.tail

    @property
    def is_accuracy(self) -> bool:
        return self.metric.endswith("accuracy")

    def both(self) -> str:
        """Return what the metric is at the end, for people."""
        train, validation = (score_text(self.metric, self.end(v)) for v in (self.train, self.validation))
        return f"{self.metric} ends at {train} in training and {validation} in validation"


def diagnose(
    curves: Mapping[str, Values], metric: str, chance: float | None = None, size: Size | None = None
) -> Diagnosis:
    """Return what curves (loss, val_loss, the metric with and without val_; a value an epoch) say.

    chance is the accuracy that needs no model, the share of the commonest class; None where there is none.
    Without size nothing is said of few steps and few samples.
    """
    loss, val_loss = curves.get("loss", ()), curves.get("val_loss", ())
    if not all(math.isfinite(value) for value in (*loss, *val_loss)):
        epoch = next(i + 1 for i, pair in enumerate(zip(loss, val_loss, strict=False)) if not _finite(pair))
        return Diagnosis("diverging", f"the loss is no number any more in epoch {epoch}", _DIVERGING)
    if loss and not val_loss:
        fact = "there is no validation split"
        return Diagnosis("unclear", fact, "Give it a share in split, in the section [data], to learn more.")
    if min(len(loss), len(val_loss)) < FEWEST_EPOCHS:
        fact = f"{min(len(loss), len(val_loss))} epochs with validation"
        return Diagnosis("unclear", fact, f"Train for {FEWEST_EPOCHS} epochs at least.")
    comparable = metric == "mae" or metric.endswith("accuracy")
    train, validation = (curves.get(name, ()) if comparable else () for name in (metric, f"val_{metric}"))
    given = _Curves(loss, val_loss, metric, train, validation, chance, size)
    rules = (
        _diverging,
        _stuck,
        _few_steps,
        _suspicious,
        _few_samples,
        _overfitting,
        _still_learning,
        _at_chance,
    )
    for rule in rules:
        found = rule(given)
        if found:
            return found
    evidence = f"the validation loss ends at {given.end(val_loss):.4g}, its lowest is {min(val_loss):.4g}"
    if size is not None and size.validation < _FEW_TO_TELL:
        return _settled_by_few(given, size, evidence)
    return Diagnosis("settled", evidence, "Nothing stands out: a larger model or more data may do better.")


def _settled_by_few(c: _Curves, size: Size, evidence: str) -> Diagnosis:
    """Nothing stands out, but so few samples say so that neither a good nor a bad score means much."""
    advice = (
        f"A validation of {_samples(size.validation)} tells little, however good its score is: "
        "more data, or a larger share of validation in split, in the section [data]."
    )
    told = f"; one sample of validation is {100 / size.validation:.1f} points" if c.is_accuracy else ""
    return Diagnosis("unclear", evidence + told, advice)


def _samples(count: int) -> str:
    return "1 sample" if count == 1 else f"{count} samples"


def diagnose_models(history: Mapping[str, Any]) -> tuple[tuple[str, Diagnosis], ...]:
    """Return each model of history.json by its label, and what its curves say; the one to deploy is first."""
    metric = str(history.get("metric"))
    return tuple(
        (
            str(model["label"]),
            diagnose(model["curves"], metric, chance_of(model.get("confusion")), _size(history, model)),
        )
        for model in history.get("models", ())
    )


def _size(history: Mapping[str, Any], model: Mapping[str, Any]) -> Size | None:
    """What an older version wrote has no steps."""
    if not {"samples", "classes"} <= set(history) or "steps" not in model:
        return None
    classes = len(history["classes"]) if history.get("task") == "classification" else 0
    return Size(model["steps"], history["samples"]["train"], history["samples"]["validation"], classes)


def diagnosis_lines(history: Mapping[str, Any]) -> list[str]:
    """Return what the curves of the model to deploy say, and what to try, as lines for a person."""
    found = diagnose_models(history)[0][1]
    lines = [f"training: {found.verdict}: {found.evidence}", f"  {found.advice}"]
    lines += kept_lines(history["models"][0])
    if "targets" in history["models"][0]:
        lines.append("  The loss is of targets in deviations, mae in the targets' own units.")
    return lines


def kept_lines(model: Mapping[str, Any]) -> list[str]:
    """Return whose weights a model of history.json has, as lines for a person; none if it does not say."""
    kept, by = model.get("kept_epoch"), model.get("kept_by")
    if not kept:
        return []
    epochs, why = len(model["curves"]["loss"]), ""
    if by:
        value, name = model["curves"][by][kept - 1], by.removeprefix("val_")
        is_loss = name == "loss"
        text = f"{value:.4g}" if is_loss else score_text(name, value)
        why = f": validation {name} {text}, {'the lowest' if is_loss else 'none is clearly better'}"
    if model.get("refit"):
        return [
            f"  kept: a second training, with validation too, of {kept} epochs, the best of {epochs}{why}"
        ]
    return [f"  kept: the weights of epoch {kept} of {epochs}{why}"]


_DIVERGING = "Lower learning_rate, to a tenth first; see that the inputs are about -1 to 1."


def _finite(values: Sequence[float]) -> bool:
    return all(map(math.isfinite, values))


def _diverging(c: _Curves) -> Diagnosis | None:
    start, lowest, end = c.loss[0], min(c.loss), c.end(c.loss)
    back = end - lowest
    worse = end > start + _WORSE * abs(start)
    if not worse and not (back > _LOST * (start - lowest) and back > _WORSE * abs(start)):
        return None
    at = c.loss.index(lowest) + 1
    evidence = f"the training loss was {start:.4g}, {lowest:.4g} in epoch {at}, and ends at {end:.4g}"
    return Diagnosis("diverging", evidence, _DIVERGING)


def _stuck(c: _Curves) -> Diagnosis | None:
    start, end = c.loss[0], c.end(c.loss)
    if start - end >= _MOVED * abs(start) or (c.train and c.is_accuracy and not _near_chance(c, c.train)):
        return None
    evidence = f"the training loss was {start:.4g} and ends at {end:.4g}"
    if c.train and c.is_accuracy:
        evidence += f"; training {c.metric} ends at {score_text(c.metric, c.end(c.train))}"
        evidence += f", by chance it is {score_text(c.metric, _chance(c))}"
    advice = "Lower learning_rate or batch_size. If that moves nothing, the inputs may not tell the targets."
    return Diagnosis("stuck", evidence, advice)


def _suspicious(c: _Curves) -> Diagnosis | None:
    if not c.train or not c.validation:
        return None
    train, validation = c.end(c.train), c.end(c.validation)
    better = validation - train > _BETTER if c.is_accuracy else validation < _BETTER_ERROR * train
    if better:
        advice = (
            "Look whether validation is easier, smaller or of another kind than training, or in it: "
            "group, duplicates, split. Strong dropout and augmentation look like this too, and are no fault."
        )
        return Diagnosis("suspicious data", c.both(), advice)
    if c.chance is None or not c.is_accuracy:
        return None
    if _near_chance(c, c.validation, 0.05) and not _near_chance(c, c.train):
        evidence = f"{c.both()}, which by chance is {score_text(c.metric, c.chance)}"
        advice = "Look at the labels, and whether training and validation are of one kind: tinyml data."
        return Diagnosis("suspicious data", evidence, advice)
    return None


def _chance(c: _Curves) -> float:
    return 0.5 if c.chance is None else c.chance


def _near_chance(c: _Curves, values: Values, share: float = _ABOVE_CHANCE) -> bool:
    return c.end(values) <= _chance(c) + share * (1 - _chance(c))


def _few_steps(c: _Curves) -> Diagnosis | None:
    if c.size is None or c.size.steps >= _FEW_STEPS:
        return None
    is_lost = bool(c.is_accuracy and c.validation) and c.chance is not None
    is_lost = is_lost and _near_chance(c, c.validation, 0.05) and not _near_chance(c, c.train)
    if not (is_lost or _overfitting(c) or _still_learning(c)):
        return None
    facts = [f"{c.size.steps} steps", *([c.both()] if c.train and c.validation else [])]
    advice = f"More epochs, or a smaller batch_size: {_FEW_STEPS} steps at least. Then look again."
    return Diagnosis("few steps", "; ".join(facts), advice)


def _few_samples(c: _Curves) -> Diagnosis | None:
    """A gap on few samples is no reason for a smaller model, unless validation got worse on the way."""
    if c.size is None or not c.train or not c.validation or not _overfitting(c):
        return None
    fewest = _FEW_A_CLASS * c.size.classes or _FEW_TARGETS
    if c.size.train >= fewest or _got_worse(c, c.size.validation):
        return None
    advice = "More data, or augmentation. refit = true learns from the validation split too."
    return Diagnosis("few samples", f"{c.both()}; {_counted(c, c.size)}", advice)


def _counted(c: _Curves, size: Size) -> str:
    text = f"{size.train} samples are for training, {size.validation} for validation"
    return text + (f": one of these is {100 / size.validation:.1f} points" if c.is_accuracy else "")


def _got_worse(c: _Curves, samples: int) -> bool:
    """Whether validation ends worse than it was, by more than the choice of few samples explains."""
    if samples >= _TELLING and _rises(c):
        return True
    if not c.is_accuracy:
        return c.end(c.validation) > (1 + _RISE) * min(c.validation)
    best, end = max(_means(c.validation, c.tail)), c.end(c.validation)
    return best - end > _BY_CHANCE * math.sqrt(max(best * (1 - best), 1 / (4 * samples)) / samples)


def _means(values: Values, length: int) -> list[float]:
    """Return the means of so many values in a row, wherever they begin."""
    return [sum(values[i : i + length]) / length for i in range(len(values) - length + 1)]


def _overfitting(c: _Curves) -> Diagnosis | None:
    lowest, rises = min(c.val_loss), _rises(c)
    at = c.val_loss.index(lowest)
    if not rises and not _has_gap(c):
        return None
    facts = [c.both()] if c.train and c.validation else []
    if rises:
        end = c.end(c.val_loss)
        facts.append(
            f"the validation loss was lowest, {lowest:.4g}, in epoch {at + 1}, and ends at {end:.4g}"
        )
    advice = "More data or augmentation, dropout or weight decay, a smaller model"
    return Diagnosis(
        "overfitting", "; ".join(facts), advice + (f", or {at + 1} epochs." if rises and at else ".")
    )


def _rises(c: _Curves) -> bool:
    """Whether the validation loss ends above its lowest, and the training loss below what it was there."""
    lowest = min(c.val_loss)
    rise = c.end(c.val_loss) - lowest
    is_much = rise > _RISE * abs(lowest) and rise > _RISE_OF_START * abs(c.val_loss[0])
    return is_much and c.end(c.loss) < c.loss[c.val_loss.index(lowest)]


def _has_gap(c: _Curves) -> bool:
    if not c.train or not c.validation:
        return False
    train, validation = c.end(c.train), c.end(c.validation)
    return train - validation > _GAP if c.is_accuracy else validation > _GAP_ERROR * train


def _at_chance(c: _Curves) -> Diagnosis | None:
    """Whatever the curves look like: what is not better than naming one class has learned nothing of use."""
    if c.chance is None or not c.is_accuracy or not c.validation:
        return None
    accident = 2 * math.sqrt(c.chance * (1 - c.chance) / c.size.validation) if c.size else 0.0
    reach = c.chance + max(accident, _AT_CHANCE * (1 - c.chance))
    if c.end(c.validation) > reach:
        return None
    if c.size and not _near_chance(c, c.validation):
        return _too_few_to_tell(c, c.size, reach)
    evidence = f"{c.both()}; always naming the commonest class gives {score_text(c.metric, c.chance)}"
    advice = "The inputs may not tell the classes. Look at labels and samples: tinyml data."
    return Diagnosis("at chance", evidence, advice)


def _too_few_to_tell(c: _Curves, size: Size, reach: float) -> Diagnosis:
    """Far above chance, but by so few samples that chance alone gets there: neither good nor bad is shown."""
    evidence = (
        f"{c.both()}; by chance it is {score_text(c.metric, _chance(c))}, and among so few validation "
        f"samples, {size.validation}, up to {score_text(c.metric, min(reach, 1.0))} by accident"
    )
    return Diagnosis("unclear", evidence, "More samples for validation: more data, or split in [data].")


def _still_learning(c: _Curves) -> Diagnosis | None:
    before = sum(c.val_loss[-2 * c.tail : -c.tail]) / c.tail
    fall = before - c.end(c.val_loss)
    if fall <= _FALL * abs(before) or fall <= _FALL_OF_START * abs(c.val_loss[0]):
        return None
    evidence = (
        f"the validation loss fell by {100 * fall / abs(before):.0f} % in the end, "
        f"from {before:.4g} to {c.end(c.val_loss):.4g} over the last {2 * c.tail} epochs"
    )
    return Diagnosis("still learning", evidence, f"More epochs: twice the {len(c.loss)}, or so.")
