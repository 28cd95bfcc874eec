# SPDX-License-Identifier: Apache-2.0
"""Files as samples by what a model takes. Apart from takes.py, which needs none of the data sources."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import tomlfile
from toolkit.data.cache import Cache
from toolkit.data.dataset import Dataset
from toolkit.data.load import decode_by, source_of
from toolkit.data.registry import find_source
from toolkit.data.source import OnBroken, SourceContext
from toolkit.data.takes import Takes
from toolkit.project.config import Project


def decode_taken(takes: Takes, path: Path, on_broken: OnBroken | None = None) -> NDArray[np.float32]:
    """Return the samples in a file as the model takes them; on_broken as in decode_file.

    Raises InputError if it cannot be read so.
    """
    source, here = find_source(takes.source), Path()
    options = None
    if source.decode is not None and (path.suffix != ".npy" or source.name == "numpy"):
        table = dict(takes.options)
        options = tomlfile.from_table(Path("takes"), source.options, table, ("options",))
    x = decode_by(source, options, SourceContext(here, 0, Cache(here), on_broken=on_broken), path)
    return takes.standard.apply(x) if takes.standard else x


def takes_of(project: Project, dataset: Dataset) -> Takes:
    """Return what a model for the project's data takes and gives."""
    source, options, context = source_of(project)
    portable = asdict(source.portable(options, context)) if source.decode is not None else {}
    return Takes(source.name, dataset.task, dataset.classes, portable, dataset.standard)
