# SPDX-License-Identifier: Apache-2.0
"""Labels in the forms that people have them in: class numbers, names, one-hot rows, booleans, 0. and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from toolkit.data.form import MISSING_TEXTS
from toolkit.data.precision import require_precision
from toolkit.errors import InputError
from toolkit.suggest import did_you_mean

Learned = Literal["classification", "multilabel", "regression"]
Targets = tuple[Learned, NDArray[Any], tuple[str, ...]]

_MOST_WHOLE = 20  # whole numbers kept as floats: with more different ones they are measured, not named
_SAMPLES_A_CLASS = 3  # train, validation and test need one each
_NAMED = 6
_ASK = 'Try: task = "classification" or task = "regression" in the section [data.options]'


def read_labels(y: Any, names: Sequence[Any] | None, task: Learned | None, where: str) -> Targets:
    """Return the task, y and the classes, as in Samples, of labels or targets y (n, ...).

    Texts, booleans, whole numbers and one-hot rows are classes; rows with several 1s are several labels,
    fractions the targets of a regression. Whole numbers that are kept as floats may be either, so task
    has to say which; it always decides, if it is given. names are those of the classes, in order: numbers
    count them from 0, or from 1 where every number from 1 on occurs. Raises InputError, which begins with
    where, for what fits neither.
    """
    values, classes = _plain(y, where), _names(names, where)
    task = task or _task_of(values, classes, where)
    if task == "regression":
        return task, _numbers(values, where), ()
    if task == "multilabel":
        return task, *_several(values, classes, where)
    return task, *_classes(values, classes, where)


def _plain(y: Any, where: str) -> NDArray[Any]:
    """Return y as an array of texts, booleans or numbers, a column as (n,)."""
    try:
        values = _typed(np.asarray(y), where)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{where} gives labels that are no array: {error}.", hint=_ASK) from error
    if values.ndim == 0:
        raise InputError(f"{where} gives one label, not one for each row.")
    if not values.size:
        raise InputError(f"{where} gives no labels: the data are empty.")
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return values


def _typed(values: NDArray[Any], where: str) -> NDArray[Any]:
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind == "O":
        flat = values.reshape(-1).tolist()
        if all(isinstance(one, str | bytes) for one in flat):
            texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in flat]
            return np.array(texts, np.str_).reshape(values.shape)
        kinds = sorted({type(one).__name__ for one in flat if not isinstance(one, bool | int | float)})
        if kinds:
            raise InputError(
                f"{where} gives labels of the type {', '.join(kinds)}, or of several types; texts or "
                "numbers are needed, one kind for all rows.",
                hint="Try: labels without gaps, such as y.astype(str)",
            )
        numbers = np.array(flat)  # of objects still where an integer has more than 64 bits
        return (numbers if numbers.dtype.kind != "O" else np.array(flat, np.float64)).reshape(values.shape)
    if values.dtype.kind not in "Ubiuf":
        raise InputError(f"{where} gives labels of the type {values.dtype}; texts or numbers are needed.")
    return values


def _names(names: Sequence[Any] | None, where: str) -> tuple[str, ...] | None:
    if names is None:
        return None
    if isinstance(names, str) or not hasattr(names, "__iter__"):
        raise InputError(
            f"{where} gives {names!r} as classes; their names, one for each, are needed.",
            hint='Try: return x, y, ["no", "yes"]',
        )
    classes = tuple(str(name) for name in names)
    if twice := sorted({name for name in classes if classes.count(name) > 1}):
        raise InputError(f"{where} gives two classes that are called {twice[0]!r}.")
    return classes


def _task_of(values: NDArray[Any], names: tuple[str, ...] | None, where: str) -> Learned:
    """Return what these values are for. Raises InputError where only their owner can know."""
    if values.dtype.kind == "U":
        return "classification"
    if values.ndim == 1:
        if values.dtype.kind in "biu" or names is not None:
            return "classification"
        if _may_be_classes(values):
            raise InputError(
                f"{where} gives the labels {_some(np.unique(values))} as {values.dtype}: "
                "are they classes, or numbers to learn?",
                hint=_ASK,
            )
        return "regression"
    if _is_one_hot(values):
        return "classification"
    if values.ndim == 2 and _is_zeros_and_ones(values) and (values.dtype.kind in "biu" or names is not None):
        return "multilabel"
    if values.ndim == 2 and _is_zeros_and_ones(values):
        raise InputError(
            f"{where} gives rows of 0 and 1, with several 1s or none, as {values.dtype}: "
            "are they labels, or numbers to learn?",
            hint='Try: task = "multilabel" or task = "regression" in the section [data.options]',
        )
    return "regression"


def _classes(values: NDArray[Any], names: tuple[str, ...] | None, where: str) -> tuple[Any, tuple[str, ...]]:
    if values.dtype.kind == "U" and values.ndim == 1:
        return _named(values, names, where)
    if values.ndim == 2 and _is_one_hot(values):
        if names is not None and len(names) != values.shape[1]:
            raise InputError(f"{where} gives {values.shape[1]} columns of labels and {len(names)} classes.")
        return values.argmax(axis=1), names or _counted(values.shape[1])
    if values.ndim != 1:
        raise InputError(
            f"{where} gives labels of shape {values.shape}, which are not one-hot: a row needs one 1.",
            hint='Try: one class for each row, or task = "multilabel" in the section [data.options]',
        )
    if values.dtype.kind == "b":
        return values.astype(np.int64), names or ("False", "True")
    return _numbered(_whole(values, where), names, where)


def _named(texts: NDArray[Any], names: tuple[str, ...] | None, where: str) -> tuple[Any, tuple[str, ...]]:
    texts = np.array([normalize("NFC", text) for text in texts.tolist()], np.str_)
    names = names and tuple(normalize("NFC", name) for name in names)
    missing = np.flatnonzero(np.isin(texts, [*MISSING_TEXTS, ""]))
    if names is None and len(missing):
        raise InputError(
            f"{where} gives the label {str(texts[missing[0]])!r}, which stands for a missing value, in "
            f"{len(missing):,} of {len(texts):,} rows, first in row {missing[0]} (from 0).",
            hint="Try: leave these rows out; if it is a class, give it another name, or give the classes",
        )
    classes = names or tuple(np.unique(texts).tolist())
    number = {name: i for i, name in enumerate(classes)}
    if unknown := [name for name in np.unique(texts).tolist() if name not in number]:
        near = did_you_mean(unknown[0], classes)
        raise InputError(f"{where} gives the label {unknown[0]!r}, which is no class. {near}")
    _require_repeated(texts, where)
    return np.array([number[text] for text in texts.tolist()], np.int64), classes


def _numbered(
    labels: NDArray[np.int64], names: tuple[str, ...] | None, where: str
) -> tuple[Any, tuple[str, ...]]:
    found = np.unique(labels)
    if not found.size:
        return labels, names or ()
    if names is not None:  # check_samples names a number that has none
        starts_at_1 = np.array_equal(found, np.arange(1, len(names) + 1))
        return labels - int(starts_at_1), names
    _require_repeated(labels, where)
    if found[0] == 0 and found[-1] < 2 * len(found):
        return labels, _counted(int(found[-1]) + 1)  # a class that is missing is named as such
    return np.searchsorted(found, labels), tuple(str(number) for number in found.tolist())


def _require_repeated(labels: NDArray[Any], where: str) -> None:
    """Values of which most occur once or twice are no classes."""
    found = np.unique(labels)
    if len(found) <= _SAMPLES_A_CLASS or len(labels) >= _SAMPLES_A_CLASS * len(found):
        return
    fact = f"{where} gives {len(found)} different labels in {len(labels)} rows ({_some(found)})"
    if labels.dtype.kind == "U":
        fact, hint = f"{fact}; a class needs {_SAMPLES_A_CLASS} samples.", "Try: the class of each row"
    else:
        fact, hint = f"{fact}: are they classes, or numbers to learn?", _ASK
    raise InputError(fact, hint=hint)


def _several(values: NDArray[Any], names: tuple[str, ...] | None, where: str) -> tuple[Any, tuple[str, ...]]:
    if values.dtype.kind == "U":
        raise InputError(f"{where} gives texts; several labels a row are columns of 0 and 1.")
    rows = _numbers(values, where)
    return rows, names or _counted(rows.shape[1])


def _numbers(values: NDArray[Any], where: str) -> NDArray[np.float32]:
    try:
        rows = values.reshape(len(values), -1)
        if rows.dtype.kind in "iuf":
            require_precision(rows, where)
        with np.errstate(over="ignore"):  # check_samples names what is infinite
            return rows.astype(np.float32)
    except ValueError as error:
        raise InputError(
            f"{where} gives a target that is no number: {error}.",
            hint='Try: task = "classification" in the section [data.options]',
        ) from error


def _whole(values: NDArray[Any], where: str) -> NDArray[np.int64]:
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0))
    if len(finite) < len(values) or (finite != np.floor(finite)).any() or largest > 2**53:
        odd = values[~np.isfinite(values) | (values != np.floor(values))]
        raise InputError(
            f"{where} gives the label {odd[0] if len(odd) else finite.max()}; classes are whole numbers.",
            hint='Try: task = "regression" in the section [data.options]',
        )
    return values.astype(np.int64)


def _may_be_classes(values: NDArray[Any]) -> bool:
    if not values.size or not np.isfinite(values).all() or (values != np.floor(values)).any():
        return False
    found, counts = np.unique(values, return_counts=True)
    return len(found) <= _MOST_WHOLE and counts.min() >= _SAMPLES_A_CLASS


def _is_zeros_and_ones(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "biuf" and bool(((values == 0) | (values == 1)).all())


def _is_one_hot(values: NDArray[Any]) -> bool:
    is_wide = values.ndim == 2 and values.shape[1] > 1 and len(values) > 0
    return is_wide and _is_zeros_and_ones(values) and bool((values.sum(axis=1) == 1).all())


def _counted(classes: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(classes))


def _some(found: NDArray[Any]) -> str:
    shown = ", ".join(str(value) for value in found[:_NAMED].tolist())
    return f"{shown} ..." if len(found) > _NAMED else shown
