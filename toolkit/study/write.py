# SPDX-License-Identifier: Apache-2.0
"""A study's results as files: tables.md, results.csv, ablation.csv, rates.png and scores.png."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.files import write_atomic
from toolkit.plots import strips_png
from toolkit.study.file import Study
from toolkit.study.run import Result, Worked
from toolkit.study.tables import ablation_csv, markdown, results_csv


def write_results(study: Study, worked: Worked, folder: Path) -> list[Path]:
    """Write what there is, and take away what there is no more; return the files, the tables first."""
    results = worked.results
    content: dict[str, str | bytes | None] = {
        "tables.md": markdown(study, results, len(worked.cells)),
        "results.csv": results_csv(results),
        "ablation.csv": ablation_csv(results) if any(r.cell.is_ablation for r in results) else None,
        "rates.png": _rates(study, results),
        "scores.png": _scores(study, results),
    }
    for name, text in content.items():
        if text is None:
            (folder / name).unlink(missing_ok=True)
        else:
            write_atomic(folder / name, text)
    return [folder / name for name, text in content.items() if text is not None]


def _rates(study: Study, results: Sequence[Result]) -> bytes | None:
    """Return the distribution of the rates that were found, a row for each model and recipe."""
    rows: dict[str, list[float]] = {}
    for result in results:
        if result.measured and result.measured.get("rate_searched"):
            rows.setdefault(f"{result.cell.model}, {result.cell.recipe}", []).append(
                result.measured["learning_rate"]
            )
    return (
        strips_png(rows, "learning rate that was found", study.study.name, in_powers=True) if rows else None
    )


def _scores(study: Study, results: Sequence[Result]) -> bytes | None:
    """Return the accuracies on the test split, a row for each data set and recipe."""
    rows: dict[str, list[float]] = {}
    for data in study.data:
        for recipe in study.recipes:
            scores = [
                100 * r.measured["score"]
                for r in results
                if r.measured
                and (r.cell.data, r.cell.recipe, r.cell.is_ablation) == (data, recipe, False)
                and r.measured["metric"].endswith("accuracy")
            ]
            if scores:
                rows[f"{data}, {recipe}"] = scores
    return strips_png(rows, "test accuracy, %", study.study.name) if rows else None
