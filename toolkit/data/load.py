# SPDX-License-Identifier: Apache-2.0
"""From a project file to its Dataset."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from toolkit import tomlfile
from toolkit.data.checks import check_samples
from toolkit.data.dataset import Dataset, Samples, Split
from toolkit.data.registry import find_source
from toolkit.data.source import SourceContext
from toolkit.data.split import Indices, split_indices
from toolkit.project import Project


def load_dataset(project: Project) -> Dataset:
    """Return the project's data, checked and split; the same for the same project file.

    Raises InputError for an unknown source or option (with line), and for data that cannot train
    a model: empty, one class only, NaN or infinite (with row), too few for the split.
    """
    config = project.data
    source = find_source(config.source)
    table = cast("dict[str, Any]", config.options)
    options = tomlfile.from_table(project.file, source.options, table, ("data", "options"))
    seed = project.project.seed
    samples = source.read(options, SourceContext(project.root, seed))
    check_samples(samples, source.name, source.hint)
    train, validation, test = split_indices(samples, config.split, seed, source.hint)
    return Dataset(
        name=source.name,
        task=samples.task,
        train=_part(samples, train),
        validation=_part(samples, validation),
        test=_part(samples, test),
        classes=samples.classes,
    )


def _part(samples: Samples, rows: Indices) -> Split:
    dtype = np.int64 if samples.task == "classification" else np.float32
    return Split(samples.x[rows].astype(np.float32), samples.y[rows].astype(dtype))
