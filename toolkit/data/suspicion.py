# SPDX-License-Identifier: Apache-2.0
"""Columns that a model should not see: a time, a row's or a file's number, and the answer itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from toolkit.data.form import MISSING_TEXTS, is_number
from toolkit.data.timeline import Trait

_FEWEST = 3
_MOST_VALUES = 50
_FEWEST_SAMPLES = 12
"""Fewer samples are easily told apart by chance."""
_SAME = 0.99999
_MOST_TOLD = 5
_OFTEN, _FAR = 3, 10.0
"""So many times a value must come, and so many times the range of all others must it be away from them."""
_IDENTITY = r"(^|[\W_])(id|nr|no|num|number|key|serial|uid|uuid)$|[a-z](ID|Id)$"
_SPELLING = r"[\s_:;'\"`()]+|(?<!\d)[.,]|[.,](?!\d)"
_ROUNDED, _RELATIVE = 1.5, 1e-9
"""Five deviations of what is rounded to one step, which is 0.29 of it; and float64 itself."""
_LEAK = "alone tells every class without an error: is it known before the answer is? "
KEEP = "columns in the section [data.options] would keep it"


def why_left_out(name: str, traits: Sequence[Trait]) -> str:
    """Return why a column of these recordings, one trait each, is no input: one line, "" if it may be."""
    if all(trait.rises for trait in traits):
        if all(trait.counts_rows for trait in traits):
            return f"{name} is left out: it counts the rows; {KEEP}"
        return f"{name} is left out: it only rises, as a time or an index does; {KEEP}"
    constant = all(trait.low == trait.high for trait in traits)
    if constant and len(traits) >= _FEWEST and len({trait.low for trait in traits}) == len(traits):
        return f"{name} is left out: it is another number in each recording, as a file's number; {KEEP}"
    return ""


def leak(name: str, values: NDArray[Any], y: NDArray[Any]) -> str:
    """Return what to say if one column (n,) alone tells the classes y (n,) of all samples, else ""."""
    if len(values) < _FEWEST_SAMPLES or len(np.unique(y)) < 2:
        return ""
    order = np.argsort(values, kind="stable")
    sorted_values, sorted_y = values[order], y[order]
    starts = np.flatnonzero(np.diff(sorted_values, prepend=np.nan) != 0)
    if _differs_within(sorted_y, starts):
        return ""
    changes = int((np.diff(sorted_y[starts]) != 0).sum())
    in_ranges = changes == len(np.unique(y)) - 1
    by_value = len(starts) <= min(_MOST_VALUES, len(values) // 4)
    if not (in_ranges or by_value):
        return ""
    return f"{name} {_LEAK}If not, leave it out of columns"


def one_of_leaks(told: Sequence[str], columns: int) -> list[str]:
    """Return told; where more than half of the columns, and several, are leaks, one line for all of these.

    Then the classes are easy, or the data were taken so that anything tells them: leaving out is no help.
    """
    leaks = [line for line in told if _LEAK in line]
    if len(leaks) < 2 or 2 * len(leaks) <= columns:
        return list(told)
    names = [line.removesuffix(f" {_LEAK}If not, leave it out of columns") for line in leaks]
    more = f" and {len(names) - _MOST_TOLD:,} more" if len(names) > _MOST_TOLD else ""
    line = (
        f"each of {', '.join(names[:_MOST_TOLD])}{more} alone tells every class without an error: the "
        "classes are easy to tell apart, or each was taken under other conditions; a test on data of another "
        "day says which"
    )
    return [*(each for each in told if each not in leaks), line]


def numeric_leak(name: str, values: NDArray[Any], targets: NDArray[Any]) -> str:
    """Return what to say if a column (n,) is one of targets (n, outputs) but for its scale, else ""."""
    if len(values) < _FEWEST_SAMPLES or np.ptp(values) == 0:
        return ""
    for target in targets.T:
        if np.ptp(target) and abs(np.corrcoef(values, target)[0, 1]) > _SAME:
            return f"{name} is the target but for its scale: is it known before the answer is?"
    return ""


def odd_values(name: str, values: NDArray[Any], has_rows: bool) -> str:
    """Return what is to be said of a column's values (n,) by themselves, "" for nothing.

    has_rows says that each value is a sample's own, and not a mean of many.
    """
    if len(values) < _FEWEST_SAMPLES:
        return ""
    different, counts = np.unique(values, return_counts=True)
    whole = bool((values == np.rint(values)).all())
    if whole and len(different) == len(values) and re.search(_IDENTITY, name, re.IGNORECASE):
        return f"{name} is another number in each row, as a name is: leave it out of columns"
    return _stand_in(name, different, counts) if has_rows else ""


def _stand_in(name: str, different: NDArray[Any], counts: NDArray[np.int64]) -> str:
    """Say it of a number at the end of the range that comes often, and is far from all others."""
    if len(different) < _FEWEST_SAMPLES:
        return ""
    for end, rest in ((0, different[1:]), (-1, different[:-1])):
        value, count = different[end], counts[end]
        far = min(abs(value - rest[0]), abs(value - rest[-1]))
        if count >= _OFTEN and far > _FAR * np.ptp(rest):
            where = f"{name} is {value:g} in {count:,} rows"
            use = f'In a table, missing = ["{value:g}"] in [data.options] takes such cells as empty'
            return f"{where}, far from all others: does it stand for a missing value? {use}"
    return ""


def constant_columns(names: Sequence[str], values: NDArray[Any]) -> list[str]:
    """Return a line for the columns of values (n, columns) that are one number everywhere."""
    same = [name for name, column in zip(names, values.T, strict=True) if np.ptp(column) == 0]
    if len(values) < _FEWEST_SAMPLES or not same:
        return []
    what = same[0] if len(same) == 1 else f"{len(same):,} columns, such as {same[0]},"
    return [f"{what} {'is' if len(same) == 1 else 'are'} always the same: nothing can be learned from that"]


def same_columns(names: Sequence[str], values: NDArray[Any]) -> list[str]:
    """Return a line for each column of values (n, columns) that is another one again."""
    if len(values) < _FEWEST_SAMPLES:
        return []
    first: dict[bytes, str] = {}
    found = []
    for name, column in zip(names, values.T, strict=True):
        before = first.setdefault(column.tobytes(), name)
        if before is not name and np.ptp(column):
            found.append(f"{name} is the same as {before} in every row")
    more = len(found) - _MOST_TOLD
    return found if more <= 0 else [*found[:_MOST_TOLD], f"and {more:,} more columns stand twice"]


def alike_classes(classes: Sequence[str]) -> list[str]:
    """Return a line for classes that differ in case, spaces, points or leading zeros only.

    Signs, as of -1 and 1 or A+ and A-, are no spelling.
    """
    plain: dict[object, list[str]] = {}
    for name in classes:
        plain.setdefault(_unspelled(name), []).append(name)
    alike = [names for names in plain.values() if len(names) > 1]
    return [
        f"the classes {' and '.join(map(repr, names))} are spelled almost alike: are they one?"
        for names in alike
    ]


def missing_classes(classes: Sequence[str]) -> list[str]:
    """Return a line for each class whose name, as of a folder, stands for a missing value."""
    return [
        f"the class {name!r} is called as a missing value is: is it one?"
        for name in classes
        if name in MISSING_TEXTS
    ]


def _unspelled(name: str) -> object:
    if is_number(name):
        return float(name)
    seen = "".join(sign for sign in name.casefold() if category(sign) not in ("Cf", "Zs"))
    seen = re.sub(r"(?<=\w)-(?=\w)", "", re.sub(_SPELLING, "", seen))
    return re.sub(r"(?<![\d.,])0+(?=\d)", "", seen) or name


def is_sums(numbers: NDArray[Any]) -> bool:
    """Return whether the last row of numbers (n, columns) is the sums of all others.

    Numbers of a table are rounded, which sums of many show; one of the sums must be beyond all others.
    """
    above, last = numbers[:-1], numbers[-1]
    used = np.any(numbers != 0, axis=0)
    if len(above) < _FEWEST or not used.any():
        return False
    above, last = above[:, used], last[used]
    step = np.array([_step(column) for column in above.T])
    near = _ROUNDED * step * np.sqrt(len(above)) + _RELATIVE * np.abs(above).sum(axis=0)
    is_far = np.abs(last) > np.abs(above).max(axis=0)
    return bool((np.abs(above.sum(axis=0) - last) <= near).all() and is_far.any())


def _step(column: NDArray[Any]) -> float:
    """Return the place of the last decimal of a column's numbers, 1e-6 at least."""
    return next((10.0**-d for d in range(6) if np.allclose(column, np.round(column, d), 0, 1e-9)), 1e-6)


def _differs_within(sorted_y: NDArray[Any], starts: NDArray[np.int64]) -> bool:
    """Whether samples of one value have several classes."""
    low, high = np.minimum.reduceat(sorted_y, starts), np.maximum.reduceat(sorted_y, starts)
    return bool((low != high).any())
