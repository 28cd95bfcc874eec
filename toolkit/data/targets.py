# SPDX-License-Identifier: Apache-2.0
"""From the texts of a target to what a task learns: class numbers, labels of 0 and 1, numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.metrics import Task
from toolkit.suggest import did_you_mean

KINDS = ("normal", "anomalous")
"""The classes of an anomaly detector's data; y is their number."""

Targets = tuple[NDArray[Any], tuple[str, ...]]


def targets_of(texts: Sequence[str], task: Task, normal: str = "") -> Targets:
    """Return y and the classes, sorted, that these texts stand for; both as in Samples.

    normal is the text of an anomaly detector's normal samples, "" if all are. Raises InputError for a
    number that is none, or if nothing is normal. Texts that only Unicode tells apart, as an accent of its
    own, are one.
    """
    texts, normal = [normalize("NFC", text) for text in texts], normalize("NFC", normal)
    if task == "classification":
        classes = tuple(sorted(set(texts)))
        number = {name: i for i, name in enumerate(classes)}
        return np.array([number[text] for text in texts], np.int64), classes
    if task == "multilabel":
        return _labels(texts)
    if task == "anomaly":
        return _kinds(texts, normal)
    return np.array([_number(text) for text in texts], np.float32).reshape(-1, 1), ()


def _labels(texts: Sequence[str]) -> Targets:
    sets = [{name.strip() for name in re.split("[;|]", text) if name.strip()} for text in texts]
    classes = tuple(sorted(set().union(*sets)))
    return np.array([[name in one for name in classes] for one in sets], np.float32), classes


def _kinds(texts: Sequence[str], normal: str) -> Targets:
    if normal and normal not in texts:
        raise InputError(
            f"nothing is normal: no class or target is {normal!r}. {did_you_mean(normal, set(texts))}",
            hint='Try: normal = "..." in the section [data.options]',
        )
    return np.array([bool(normal) and text != normal for text in texts], np.int64), KINDS


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"the target {text!r} is no number.", hint='Try: task = "classification", or correct the table'
        ) from None
