# SPDX-License-Identifier: Apache-2.0
"""What the tables say of numbers that are known."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.study_cells import measured, write_study

from toolkit.study.cells import Cell
from toolkit.study.file import Study, load_study
from toolkit.study.run import Result, Worked
from toolkit.study.statistics import Spread, difference_of, spread_of
from toolkit.study.tables import ablation_csv, differences, markdown, results_csv

SCORES = {
    "small": {"baseline": (0.80, 0.90), "adaptive": (0.90, 0.92)},
    "large": {"baseline": (0.5, 0.5), "adaptive": (0.49, 0.5)},
}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return load_study(write_study(tmp_path))


def results_of(**others: Any) -> list[Result]:
    return [
        Result(Cell("rows", model, recipe, seed, False, "0" * 64, ""), measured(score, **others))
        for model, recipes in SCORES.items()
        for recipe, scores in recipes.items()
        for seed, score in zip((1, 2), scores, strict=True)
    ]


def test_accuracies_stand_with_their_deviation_and_the_mean_of_all_sets(study: Study) -> None:
    text = markdown(study, results_of(), 8)
    assert "8 of 8 cells are done." in text
    assert "| rows | small | 12 / 4 / 4 | 85.0 ± 7.1 | 91.0 ± 1.4 |" in text
    assert "| mean |  |  | 67.5 | 70.2 |" in text
    assert "## mAP, %" in text
    assert "Top-5" not in text
    assert "## Top-5 accuracy, %" in markdown(study, results_of(top5=1.0), 8)


def test_the_gain_over_the_first_recipe_has_its_error_and_what_chance_would_do(study: Study) -> None:
    found = differences(study, results_of())["accuracy"]["adaptive"]
    assert found.mean == pytest.approx((0.06 - 0.005) / 2)
    assert found.error == pytest.approx(0.065 / math.sqrt(2) / math.sqrt(2))
    assert (found.sets, found.better, found.worse, found.equal) == (2, 1, 1, 0)
    assert "| adaptive | +2.75 ± 3.25 | 1 / 0 / 1 | 1.000 |" in markdown(study, results_of(), 8)


def test_a_mean_over_sets_of_which_one_is_not_measured_is_not_given(study: Study) -> None:
    found = [r for r in results_of() if (r.cell.model, r.cell.recipe) != ("large", "adaptive")]
    lost = Result(Cell("rows", "large", "adaptive", 1, False, "0" * 64, ""), None, "it | diverged")
    text = markdown(study, [*found, lost], 8)
    assert "6 of 8 cells are done." in text
    assert "| mean |  |  | 67.5 | – |" in text
    assert r"| rows, large, adaptive, seed 1 | it \| diverged |" in text


def test_cells_of_two_versions_of_the_code_are_told(study: Study) -> None:
    found = results_of()
    found[0] = Result(found[0].cell, measured(0.8, code="1" * 12))
    assert "They were made by 2 versions of the toolkit's code" in markdown(study, found, 8)


def test_the_csv_has_a_row_a_training_and_one_a_part(study: Study) -> None:
    parts = [
        {"part": "", "score": 0.9, "loss": 0.1, "epochs": 3, "learning_rate": 0.1},
        {"part": "sam", "score": 0.8, "loss": 0.2, "epochs": 3, "learning_rate": 0.1},
    ]
    ablation = [
        Result(
            Cell("rows", "small", "adaptive", seed, True, "0" * 64, ""),
            {"metric": "accuracy", "code": "0" * 12, "ablation": parts},
        )
        for seed in (1, 2)
    ]
    rows = list(csv.DictReader(io.StringIO(results_csv([*results_of(), *ablation]))))
    assert len(rows) == 8
    assert (rows[0]["recipe"], rows[0]["score"], rows[0]["top5"]) == ("baseline", "0.8", "")
    assert [row["part"] for row in csv.DictReader(io.StringIO(ablation_csv(ablation)))] == ["", "sam"] * 2
    object.__setattr__(study.study, "ablate", ("adaptive",))
    assert "| sam | +10.0 ± 0.0 | 2 |" in markdown(study, [*results_of(), *ablation], 10)


def test_spreads_and_differences_of_little(study: Study) -> None:
    assert spread_of([]) is None
    assert spread_of([2.0]) == Spread(2.0, 0.0, 1)
    assert difference_of({("a", "m"): {1: 1.0}}, {("a", "m"): {2: 1.0}}) is None
    alone = difference_of({("a", "m"): {1: 1.0}}, {("a", "m"): {1: 0.5}})
    assert alone is not None
    assert (alone.mean, alone.error, alone.p, alone.p_t) == (0.5, None, None, None)
    same = {(name, "m"): {1: 0.5} for name in "abc"}
    equal = difference_of(same, same)
    assert equal is not None
    assert (equal.p, equal.equal) == (None, 3)


def test_eight_sets_that_all_gain_are_no_luck() -> None:
    rng = np.random.default_rng(1)
    below = {(str(n), "m"): {1: float(v)} for n, v in enumerate(rng.uniform(0.5, 0.9, 8))}
    above = {key: {1: each[1] + 0.01 * (n + 1)} for n, (key, each) in enumerate(below.items())}
    found = difference_of(above, below)
    assert found is not None
    assert found.p == pytest.approx(2 / 2**8)
    assert found.p_t is not None
    assert found.p_t < 0.01


def test_pictures_and_tables_are_written_and_what_is_gone_is_taken_away(study: Study, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'tinyml-toolkit[train]'")
    from toolkit.study.write import write_results

    searched = results_of(rate_searched=True)
    worked = Worked("journal", (), tuple(searched))
    files = write_results(study, worked, tmp_path / "out")
    assert [path.name for path in files] == ["tables.md", "results.csv", "rates.png", "scores.png"]
    assert all(path.read_bytes() for path in files)
    before = files[2].read_bytes()
    assert write_results(study, worked, tmp_path / "out")[2].read_bytes() == before
    write_results(study, Worked("journal", (), tuple(results_of())), tmp_path / "out")
    assert not (tmp_path / "out" / "rates.png").exists()
