# SPDX-License-Identifier: Apache-2.0
"""data: the project's samples, decoded, checked and split, as .npy files in build/data/."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.data import data_state, divide_data, save_dataset
from toolkit.data.cache import Cache, cache_folder
from toolkit.data.saved import FILES
from toolkit.pipeline.step import Context, Step
from toolkit.project.stamps import digest_of


def _inputs(context: Context) -> Mapping[str, str]:
    project = context.project
    return {
        "project": digest_of((project.project.seed, project.data)),
        "files": context.keep("data_state", lambda: data_state(project)),  # reads every file of the data
    }


def _outputs(context: Context) -> list[Path]:
    return context.files(*(f"data/{name}" for name in FILES))


def _make(context: Context) -> None:
    project = context.project
    with context.progress(f"data: {project.data.source}") as on_progress:
        divided = divide_data(project, skip_broken=context.skip_broken, on_progress=on_progress)
        save_dataset(divided, context.folder / "data")
    Cache(cache_folder(project.root)).prune()
    if not context.tells_notes:
        return
    if divided.skipped:
        context.say(f"data: {len(divided.skipped)} broken left out; build/data/dataset.json names them")
    for note in divided.notes:
        context.say(f"data: {note}")


STEP = Step("data", _make, _inputs, _outputs)
