# SPDX-License-Identifier: Apache-2.0
"""What int8 costs each example: a table. Where it is over 0.1 points of its score, also trained as int8.

That is left out where the example has means of its own.

python -m pytest -s -m bench tests/bench/test_int8_of_examples.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.example import Example, examples
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.project.config import load_project

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

ROWS = [each for each in examples() if "needs" not in each.expected]
POINT = 0.001 + 1e-9
"""As a share; one sample of a thousand counts as no more, however it is rounded."""
QAT = "\n[training.qat]\nepochs = 20\nrate = 0.3\n"


def scores(folder: Path) -> tuple[str, float, float, int]:
    """The metric, the scores of float32 and int8 on the test split, and how many samples that has."""
    assert run(["quantize", "--project", str(folder)]) == 0
    report = json.loads((folder / "build" / "quantization.json").read_text(encoding="utf-8"))
    return report["metric"], report["float32"]["score"], report["int8"]["score"], report["samples"]


@pytest.mark.parametrize("example", ROWS, ids=lambda example: example.title)
def test_a_row_of_the_table(example: Example, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / example.title.replace("-", "_")
    example.prepare(folder, short=False)
    metric, real, rounded, samples = scores(folder)
    text = f"| {example.title} | {metric} | {samples} | {real:.4f} | {rounded:.4f} |"
    best = rounded
    project = load_project(folder)
    is_plain = not (project.quantization.changed or project.training.qat.is_on)
    if metric != "mae" and real - rounded > POINT and is_plain:
        file = folder / "tinyml.toml"
        file.write_text(file.read_text(encoding="utf-8") + QAT, encoding="utf-8")
        *_, best, _ = scores(folder)
        text += f" {best:.4f} |"
    with capsys.disabled():
        print(f"\n{text}")
    worse = best - real if metric == "mae" else real - best
    assert worse <= max(example.expected["int8_loses_at_most"], POINT)
