# SPDX-License-Identifier: Apache-2.0
"""What int8 costs an example of classes, rounded after training and trained as int8: a table.

python -m pytest -s -m bench tests/bench/test_int8_of_examples.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

EXAMPLES = ("digits",)
LUCK = 0.01  # three samples of digits
QAT = "\n[training.qat]\nepochs = 10\n"


def scores(folder: Path) -> tuple[str, float, float]:
    """The metric, and the scores of float32 and int8 on the test split."""
    assert run(["quantize", "--project", str(folder)]) == 0
    report = json.loads((folder / "build" / "quantization.json").read_text(encoding="utf-8"))
    return report["metric"], report["float32"]["score"], report["int8"]["score"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_row_of_the_table(example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / example
    assert run(["new", str(folder), "--example", example]) == 0
    metric, real, rounded = scores(folder)
    file = folder / "tinyml.toml"
    file.write_text(file.read_text(encoding="utf-8") + QAT, encoding="utf-8")
    _, _, trained = scores(folder)
    with capsys.disabled():
        print(f"\n| {example} | {metric} | {real:.4f} | {rounded:.4f} | {trained:.4f} |")
    assert trained >= rounded - LUCK
