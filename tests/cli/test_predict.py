# SPDX-License-Identifier: Apache-2.0
"""tinyml predict: the same numbers wherever the model runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


def predicted(capsys: pytest.CaptureFixture[str], *words: str) -> list[float]:
    capsys.readouterr()
    assert run(["predict", "samples.npy", "--json", *words]) == 0
    samples = json.loads(capsys.readouterr().out)["samples"]
    assert [sample["sample"] for sample in samples] == ["samples.npy:1", "samples.npy:2"]
    return [sample["values"][0]["value"] for sample in samples]


def test_the_board_says_what_the_host_says_and_float_is_near(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    integer = predicted(capsys)
    assert predicted(capsys, "--on", "board") == integer
    real = predicted(capsys, "--on", "float")
    assert real != integer
    assert real == pytest.approx(integer, abs=0.15)


def test_samples_of_another_shape_are_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("wide.npy", np.zeros((1, 2), np.float32))
    assert run(["predict", "wide.npy"]) == 3
    assert "wide.npy gives samples of shape (2,); the model takes (1,)" in capsys.readouterr().err


def test_broken_files_come_behind_the_answers(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "no.npy", "samples.npy"]) == 3
    shown = capsys.readouterr()
    assert "samples.npy:2" in shown.out and "1 file has no prediction:\n  no.npy: cannot" in shown.err
    assert run(["predict", "no.npy", "samples.npy", "--json"]) == 3
    about = json.loads(capsys.readouterr().out)
    assert len(about["samples"]) == 2 and about["broken"][0].startswith("no.npy")


def test_a_file_that_is_not_there_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", "no.npy", "--json"]) == 3
    assert "no.npy: cannot be read" in json.loads(capsys.readouterr().out)["error"]
