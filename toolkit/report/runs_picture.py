# SPDX-License-Identifier: Apache-2.0
"""Trainings of one project in one picture: optimizers, recipes or families side by side."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.errors import InputError
from toolkit.plots import runs_png
from toolkit.project.runs import Run, varied


def runs_picture(runs: Sequence[Run]) -> tuple[bytes, dict[int, str]]:
    """Return the curves of runs as a PNG, and what tells each run from the others, by its number.

    A curve is that of the model to deploy. Raises InputError if the runs differ in metric or data:
    their curves say nothing about each other.
    """
    for name, what in (("metric", "metrics"), ("data_sha256", "data")):
        groups = {run.history[name]: run.number for run in runs}
        if len(groups) > 1:
            first, other = list(groups.values())[:2]
            raise InputError(
                f"runs {first} and {other} have other {what}: their curves cannot be compared.",
                hint=f"Try: tinyml runs compare {first} {other}",
            )
    metric, said = runs[0].history["metric"], varied(runs)
    curves = []
    for run in runs:
        found = run.history["models"][0]["curves"]
        curves.append((f"{run.number}: {said[run.number]}", found["loss"], found.get(f"val_{metric}")))
    return runs_png(curves, metric, "Runs"), said
