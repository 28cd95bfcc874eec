# SPDX-License-Identifier: Apache-2.0
"""Half the products of the digits example by pruning, at most half a point of accuracy: over three seeds.

python -m pytest -s -m bench tests/bench/test_pruned_digits.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

SEEDS = (1, 2, 3)
MOST_LOST = 0.005


def json_of(path: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return found


def measured(folder: Path, seed: int) -> tuple[float, float, float, float]:
    """Return the products that are left, and the test accuracy of the whole, the pruned and its int8 model.

    The pruned model's int8 outputs are compared with the emulated board's byte by byte.
    """
    project = folder / f"digits_{seed}"
    assert run(["new", str(project), "--example", "digits"]) == 0
    file = project / "tinyml.toml"
    file.write_text(re.sub(r"(?m)^seed = \d+$", f"seed = {seed}", file.read_text()), encoding="utf-8")
    assert run(["prune", "--target-macs", "50%", "--project", str(project)]) == 0
    assert run(["check", "--project", str(project)]) == 0
    build = project / "build"
    pruning, history, quantization = (
        json_of(build / name) for name in ("pruning.json", "history.json", "quantization.json")
    )
    left = pruning["after"]["macs"] / pruning["before"]["macs"]  # type: ignore[index]
    whole = history["models"][0]["score"]  # type: ignore[index]
    return left, whole, pruning["score"], quantization["int8"]["score"]  # type: ignore[index,return-value]


def test_half_the_products_cost_at_most_half_a_point(tmp_path: Path) -> None:
    rows = np.array([measured(tmp_path, seed) for seed in SEEDS])
    print("\nseed  MACs left  whole  pruned  pruned, int8")
    for seed, row in zip(SEEDS, 100 * rows, strict=True):
        print(f"{seed}     {row[0]:.1f} %     {row[1]:.2f} %  {row[2]:.2f} %  {row[3]:.2f} %")
    mean = rows.mean(axis=0)
    print(f"mean  {100 * mean[0]:.1f} %  {100 * mean[1]:.2f} %  {100 * mean[2]:.2f} %  {100 * mean[3]:.2f} %")
    assert np.all(rows[:, 0] <= 0.5)
    assert mean[1] - mean[2] <= MOST_LOST
