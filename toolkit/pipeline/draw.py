# SPDX-License-Identifier: Apache-2.0
"""A picture of a project's data."""

from __future__ import annotations

from pathlib import Path

from toolkit import plots
from toolkit.data.contact_sheet import contact_sheet
from toolkit.files import write_atomic
from toolkit.pipeline.pipeline import Pipeline


def draw_data(pipeline: Pipeline, *, augmented: bool = False) -> Path:
    """Draw data.png, some samples of each class, or augmented.png, as training sees them."""
    path = pipeline.folder / ("augmented.png" if augmented else "data.png")
    dataset, project = pipeline.dataset(), pipeline.project
    if augmented:
        from toolkit.training.augmentation import augmented_dataset
        from toolkit.training.usable import fitting_augment

        config = fitting_augment(project, dataset, project.training)
        dataset = augmented_dataset(dataset, config, project.project.seed)
    write_atomic(path, contact_sheet(dataset))
    return path


def draw_filters(pipeline: Pipeline) -> Path:
    """Draw filters.png: some training pictures as they are, and after each filter of augmentation."""
    from toolkit.training.augmentation import filtered_pictures

    dataset, path = pipeline.dataset(), pipeline.folder / "filters.png"
    rows = [(name, plots.as_pictures(x, dataset.name)) for name, x in filtered_pictures(dataset)]
    write_atomic(path, plots.mosaic_png(rows, f"{dataset.name}: filters"))
    return path
