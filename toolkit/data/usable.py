# SPDX-License-Identifier: Apache-2.0
"""What no trainer can mend: empty data, one class only, numbers that are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toolkit.data.dataset import Rows, Samples
from toolkit.data.form import is_number
from toolkit.data.rows import chunks
from toolkit.errors import InputError
from toolkit.metrics import Task

_ROWS_NAMED = 5
_PER_CLASS = 3
_FINITE = (
    "Try: the data without these rows: keep = numpy.isfinite({name}).reshape(len({name}), -1).all(axis=1), "
    "then x[keep] and y[keep]"
)
_FEW = "Try: more samples of it, or the data without it"


def check_samples(samples: Samples, name: str, hint: str) -> None:
    """Raise InputError, with hint, if samples cannot train a model; name is the source's."""
    problem = _problem(samples)
    if problem:
        raise InputError(f"the data of {name} {problem}", hint=_hint(samples, problem) or hint)


def _hint(samples: Samples, problem: str) -> str:
    """Return what helps with a problem, "" where that is the source's to say."""
    if " of the class " in problem or " with the label " in problem:
        return _few_hint(samples)
    if problem.startswith("do not match"):
        one = samples.x.shape[1:]
        if len(one) == 1 and one[0] == len(samples.y):
            return f"Try: x.T: it looks transposed, with {one[0]} samples as its columns"
        return "Try: one label or target for each row of x, in the same order"
    if problem.startswith("have an input that is NaN") and samples.x.dtype == np.float16:
        return "Try: float32 from the start: float16 ends at 65,504"
    if "is NaN or infinite" in problem:
        name = "x" if problem.startswith("have an input") else "y"
        return _FINITE.format(name=name)
    return ""


def _few_hint(samples: Samples) -> str:
    """Many numbers as classes, each of them rare, are rather what a regression learns."""
    fractions = [name for name in samples.classes if is_number(name) and "." in name]
    if len(fractions) > len(samples.classes) / 2:
        return 'Try: task = "regression" in the section [data.options]: the classes are numbers'
    return _FEW


def _problem(samples: Samples) -> str | None:
    if 0 in samples.x.shape:
        return "are empty: there is no sample."
    if len(samples.x) != len(samples.y):
        return f"do not match: {len(samples.x)} inputs, {len(samples.y)} labels or targets."
    return (
        _not_finite(samples.x, "an input")
        or _not_finite(samples.y, "a target")
        or _BAD[samples.task](samples)
    )


def _no_problem(samples: Samples) -> str | None:
    return None


def _not_finite(values: Rows, what: str) -> str | None:
    if not np.issubdtype(values.dtype, np.floating):
        return None
    everything = np.arange(len(values), dtype=np.int64)
    good = [np.isfinite(chunk).reshape(len(chunk), -1).all(axis=1) for chunk in chunks(values, everything)]
    rows = np.flatnonzero(~np.concatenate(good))
    if not len(rows):
        return None
    named = ", ".join(str(row) for row in rows[:_ROWS_NAMED])
    more = f" and {len(rows) - _ROWS_NAMED} more" if len(rows) > _ROWS_NAMED else ""
    return f"have {what} that is NaN or infinite in row {named}{more} (the first row is 0)."


def _bad_classes(samples: Samples) -> str | None:
    if not np.issubdtype(samples.y.dtype, np.integer):
        return f"have {samples.y.dtype} labels; they must be whole numbers."
    labels = samples.y.astype(np.int64)
    if labels.min() < 0 or labels.max() >= len(samples.classes):
        return f"have a label outside 0 to {len(samples.classes) - 1}."
    counts = np.bincount(labels, minlength=len(samples.classes))
    if samples.task == "anomaly":
        return _bad_kinds(*counts.tolist())
    present = [samples.classes[i] for i in np.flatnonzero(counts)]
    if len(present) < 2:
        return f"have one class only ({present[0]!r}); a classifier needs two."
    if counts.min() < _PER_CLASS:
        short = samples.classes[int(counts.argmin())]
        return (
            f"have {_samples(counts.min())} of the class {short!r}; "
            f"train, validation and test need one each, so {_PER_CLASS} at least."
        )
    return None


def _samples(count: float) -> str:
    return "1 sample" if count == 1 else f"{int(count)} samples"


def _bad_kinds(normal: int, anomalous: int) -> str | None:
    if normal < _PER_CLASS:
        return (
            f"have {normal} normal samples; train, validation and test need one each, "
            f"so {_PER_CLASS} at least."
        )
    if anomalous == 1:
        return "have one anomalous sample; validation and test need one each, so 2 at least."
    return None


def _bad_labels(samples: Samples) -> str | None:
    y = np.asarray(samples.y)
    if not samples.classes or y.shape != (len(y), len(samples.classes)):
        return f"have labels of shape {y.shape}; {len(samples.classes)} labels of 0 or 1 a sample are needed."
    wrong = np.argwhere((y != 0) & (y != 1))
    if len(wrong):
        row, label = wrong[0]
        return (
            f"have {y[row, label]} for the label {samples.classes[label]!r} in row {row}; 0 or 1 is needed."
        )
    counts = y.sum(axis=0)
    if counts.min() < _PER_CLASS:
        short = samples.classes[int(counts.argmin())]
        return (
            f"have {_samples(counts.min())} with the label {short!r}; "
            f"train, validation and test need one each, so {_PER_CLASS} at least."
        )
    return None


_BAD: dict[Task, Callable[[Samples], str | None]] = {
    "classification": _bad_classes,
    "anomaly": _bad_classes,
    "multilabel": _bad_labels,
    "regression": _no_problem,
}
