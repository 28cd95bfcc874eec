# SPDX-License-Identifier: Apache-2.0
"""What is in a dataset, in numbers: for `tinyml data` and its --json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.data.balance import class_counts, imbalance
from toolkit.data.dataset import SPLIT_NAMES, Dataset

# From this ratio on, the largest class to the smallest, plain training tends to neglect the small one.
UNEVEN = 2.0


@dataclass(frozen=True)
class Overview:
    """rows are classes, labels, or the range of each target, with a number for each split.

    sample_bytes is a sample as int8, as a board takes it; bytes all samples as float32.
    """

    name: str
    task: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    samples: dict[str, int]
    input_shape: tuple[int, ...]
    sample_bytes: int
    bytes: int
    imbalance: float | None
    skipped: tuple[str, ...]
    sha256: str
    standardized: bool

    def to_json(self) -> dict[str, Any]:
        """Return what --json prints."""
        about = dict(vars(self))
        table = [dict(zip(self.headings, row, strict=True)) for row in about.pop("rows")]
        del about["headings"]
        return {**about, "table": table}

    def lines(self) -> list[str]:
        """Return what is to be said beside the table."""
        counts = ", ".join(f"{count:,} {name}" for name, count in self.samples.items())
        shape = "x".join(map(str, self.input_shape))
        lines = [f"{counts}; a sample is {shape}, {self.sample_bytes:,} bytes as int8"]
        if self.imbalance is not None and self.imbalance >= UNEVEN:
            lines.append(
                f"uneven: the largest class has {self.imbalance:.1f} times the samples of the smallest; "
                "weighted = true in the section [data] makes up for it"
            )
        if self.standardized:
            lines.append(
                "each column has mean 0 and deviation 1 in the training split; dataset.json has both"
            )
        if self.skipped:
            lines += [f"left out, {len(self.skipped)}:", *(f"  {each}" for each in self.skipped)]
        return lines


def describe(dataset: Dataset) -> Overview:
    """Return what is in dataset."""
    splits = dataset.splits()
    one = int(np.prod(dataset.input_shape))
    first = {"multilabel": "label", "regression": "target"}.get(dataset.task, "class")
    last = () if dataset.task == "regression" else ("share",)
    return Overview(
        name=dataset.name,
        task=dataset.task,
        headings=(first, *SPLIT_NAMES, *last),
        rows=_target_rows(dataset) if dataset.task == "regression" else _class_rows(dataset),
        samples={name: len(split) for name, split in splits.items()},
        input_shape=dataset.input_shape,
        sample_bytes=one,
        bytes=4 * one * sum(map(len, splits.values())),
        imbalance=imbalance(dataset) if dataset.task == "classification" else None,
        skipped=tuple(f"{broken.name}: {broken.reason}" for broken in dataset.skipped),
        sha256=dataset.sha256,
        standardized=dataset.standard is not None,
    )


def _class_rows(dataset: Dataset) -> tuple[tuple[str, ...], ...]:
    splits = dataset.splits().values()
    counts = np.stack([class_counts(split, len(dataset.classes)) for split in splits], axis=1)
    shares = counts.sum(axis=1) / sum(map(len, splits))
    return tuple(
        (name, *(f"{count:,}" for count in row), f"{100 * share:.1f} %")
        for name, row, share in zip(dataset.classes, counts, shares, strict=True)
    )


def _target_rows(dataset: Dataset) -> tuple[tuple[str, ...], ...]:
    def ranges(target: int) -> list[str]:
        values = [split.y[:, target] for split in dataset.splits().values()]
        return [f"{y.min():.4g} to {y.max():.4g}" for y in values]

    return tuple((str(target), *ranges(target)) for target in range(dataset.outputs))
