# SPDX-License-Identifier: Apache-2.0
"""Parts of the report's page: charts, the one confusion matrix, pictures, what to do next."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from toolkit import plots
from toolkit.report.boards import shares_of
from toolkit.report.charts import Chart, Line
from toolkit.report.classes import ClassScore
from toolkit.report.confusion import confusion_of
from toolkit.report.diagnosis import Diagnosis
from toolkit.report.inputs import Inputs
from toolkit.report.next_steps import next_steps

NOTHING = Inputs(history=None, quantization=None, verdicts=())
PASSED = {"board": "nano33ble", "passed": True, "ram_bytes": 26_214, "flash_bytes": 98_304}


def texts(inputs: Inputs, *classes: ClassScore, diagnosis: Diagnosis | None = None) -> list[str]:
    return [f"{step.text} {step.command}".strip() for step in next_steps(inputs, classes, diagnosis)]


def test_a_chart_leaves_out_what_is_no_number_and_escapes_names() -> None:
    line = Line("<b>", [1.0, 2.0, 3.0], [0.5, float("nan"), 1.5])
    svg = Chart("c", 'a "title" & more', "epoch", (line,)).svg
    (points,) = re.findall(r'points="([^"]*)"', svg)
    assert len(points.split()) == 2 and "nan" not in svg
    assert "&lt;b&gt;" in svg and "<b>" not in svg and "&quot;title&quot; &amp; more over epoch" in svg


@pytest.mark.parametrize("values", [[], [2.0], [0.0, 0.0], [1e-12, 1e12], [-5.0, -5.0, -5.0]])
def test_a_chart_of_any_values_stays_in_its_frame(values: list[float]) -> None:
    svg = Chart("c", "t", "x", (Line("l", range(len(values)), values),)).svg
    places = re.findall(r"([\d.-]+),([\d.-]+)", " ".join(re.findall(r'points="([^"]*)"', svg)))
    assert len(places) == len(values)
    assert all(54 <= float(x) <= 430 and 50 <= float(y) <= 214 for x, y in places)


def test_one_matrix_has_the_counts_of_int8_and_where_float_differs() -> None:
    found = confusion_of([[8, 2], [1, 9]], [[9, 1], [1, 9]], ("cat", "dog"))
    (_, (right, wrong)), (_, below) = found.rows
    assert (right.count, right.change, right.better) == (8, "\u22121", False)
    assert (wrong.count, wrong.change, wrong.better) == (2, "+1", False)
    assert [cell.change for cell in below] == ["", ""]
    assert found.mixed == "Most often: cat taken for dog (2 of 10), dog taken for cat (1 of 10)."
    assert found.changes.endswith("int8 is right 17 times, float32 18.")
    assert right.spoken == "cat, named cat: 8, float32 9"


def test_equal_matrices_and_no_mistake_are_said() -> None:
    found = confusion_of([[3, 0], [0, 0]], [[3, 0], [0, 0]], ("a", "b"))
    assert found.mixed == "Every test sample is named rightly."
    assert found.changes == "int8 and float32 count the same in every cell."


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_s_pixels_are_those_of_its_png(channels: int) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    picture = np.random.default_rng(1).random((5, 7, channels))
    read = np.asarray(image.open(io.BytesIO(plots.pixels_png(picture)))).reshape(picture.shape)
    assert np.array_equal(read, np.rint(picture * 255))


def test_shares_are_of_the_board_s_memory_and_say_when_it_is_tight() -> None:
    ram, flash = shares_of(PASSED)
    assert (ram.percent, ram.tone, flash.percent, flash.text) == (
        "10 %",
        "good",
        "10 %",
        "98,304 of 983,040 B",
    )
    assert [s.tone for s in shares_of({**PASSED, "ram_bytes": 250_000, "flash_bytes": 983_041})] == [
        "tight",
        "bad",
    ]
    assert shares_of({**PASSED, "board": "host"}) == shares_of({**PASSED, "board": "gone"}) == ()


def test_the_step_that_is_missing_comes_next() -> None:
    assert texts(NOTHING) == ["Train a model. tinyml train"]
    assert texts(replace(NOTHING, history={}))[0].endswith("tinyml quantize")
    assert texts(replace(NOTHING, history={}, quantization=_quiet()))[0].endswith("tinyml check")
    done = texts(replace(NOTHING, history={}, quantization=_quiet(), verdicts=(PASSED,)))
    assert done[0].endswith("tinyml flash --board nano33ble") and len(done) == 3


def _quiet() -> dict[str, Any]:
    variant = {"score": 0.9, "confusion": [], "predicted": []}
    return {"metric": "accuracy", "task": "classification", "float32": variant, "int8": variant}


def test_what_is_wrong_comes_before_what_is_ahead_and_four_are_enough() -> None:
    verdicts = ({**PASSED, "passed": False}, {**PASSED, "board": "host"})
    few = replace(NOTHING, history={}, quantization=_quiet(), verdicts=verdicts, outdated=("pico",))
    weak = (ClassScore("cat", 10, 1.0, 0.4, 0.6), ClassScore("dog", 10, 0.6, 1.0, 0.8))
    said = texts(few, *weak, diagnosis=Diagnosis("overfitting", "e", "More data."))
    assert len(said) == 4
    assert said[0].startswith("nano33ble does not compute what the reference computes.")
    assert said[1].endswith("tinyml check --board pico")
    assert said[2] == "Training: overfitting. More data."
    assert said[3].startswith("cat is found in only 40 % of its 10 test samples")


def test_memory_that_is_nearly_full_is_said() -> None:
    tight = {**PASSED, "ram_bytes": 250_000}
    said = texts(replace(NOTHING, history={}, quantization=_quiet(), verdicts=(tight,)))
    assert said[0].startswith("nano33ble has little RAM left: 95.4 % is used.")
