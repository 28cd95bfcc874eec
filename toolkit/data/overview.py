# SPDX-License-Identifier: Apache-2.0
"""What is in a dataset, in numbers: for `tinyml data` and its --json."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from toolkit.data.balance import class_counts, imbalance
from toolkit.data.dataset import SPLIT_NAMES, Channel, Dataset

# From this ratio on, the largest class to the smallest, plain training tends to neglect the small one.
UNEVEN = 2.0
_CHANNELS_SHOWN, _SKIPPED_SHOWN = 20, 20


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
    channels: tuple[Channel, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what --json prints."""
        about = dict(vars(self))
        table = [dict(zip(self.headings, row, strict=True)) for row in about.pop("rows")]
        del about["headings"]
        channels = [{**asdict(channel), "unit": unit_in(channel.name)} for channel in self.channels]
        return {**about, "channels": channels, "table": table}

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
        lines += self._channel_lines()
        lines += self.notes
        if self.skipped:
            shown = [f"  {each}" for each in self.skipped[:_SKIPPED_SHOWN]]
            more = len(self.skipped) - len(shown)
            lines += [f"left out, {len(self.skipped):,}:", *shown]
            lines += [f"  and {more:,} more; build/data/dataset.json names them"] if more else []
        return lines

    def _channel_lines(self) -> list[str]:
        """Name the columns with the range of their numbers in the training split."""
        shown = [
            f"  {c.name}: {c.low:.4g} to {c.high:.4g} {unit_in(c.name)}".rstrip()
            for c in self.channels[:_CHANNELS_SHOWN]
        ]
        more = len(self.channels) - len(shown)
        return [*shown, f"  and {more:,} more columns; --json names them"] if more else shown


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
        channels=dataset.channels,
        notes=dataset.notes,
    )


def unit_in(name: str) -> str:
    """Return the unit that a column's name has in brackets at its end: "ax [g]", "speed (m/s)"; or ""."""
    found = re.search(r"[\[(]([^\[\]()]+)[\])]\s*$", name)
    return found.group(1).strip() if found else ""


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
        return [f"{y.min():.4g} to {y.max():.4g}" if len(y) else "none" for y in values]

    return tuple((str(target), *ranges(target)) for target in range(dataset.outputs))
