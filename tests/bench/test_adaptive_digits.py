# SPDX-License-Identifier: Apache-2.0
"""The digits by the recipe "adaptive", with five seeds: each another split and other first weights."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from support.example import examples, set_value
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.project.config import FILE_NAME

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.timeout(5400),
]
SEEDS = range(1, 6)


def checked(seed: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the verdict of nano33ble in emulation, with what quantization.json says."""
    (example,) = (each for each in examples() if each.title == "digits-adaptive")
    example.prepare(folder, short=False)
    set_value(folder / FILE_NAME, "project.seed", seed)
    capsys.readouterr()
    assert run(["check", "--board", "nano33ble", "--project", str(folder), "--json"]) == 0
    verdict: dict[str, Any] = json.loads(capsys.readouterr().out)["nano33ble"]
    quantized = json.loads((folder / "build" / "quantization.json").read_text(encoding="utf-8"))
    return {**verdict, "float": quantized["float32"]["score"], "int8": quantized["int8"]["score"]}


def test_five_seeds_are_985_in_a_thousand_right_on_the_board(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [checked(seed, tmp_path / str(seed), capsys) for seed in SEEDS]
    with capsys.disabled():
        for seed, each in zip(SEEDS, found, strict=True):
            print(
                f"seed {seed}: float {each['float']:.2%}, int8 {each['int8']:.2%}, "
                f"on the board {each['score']['device']:.2%} of {each['samples']}"
            )
            sizes = (each[name] for name in ("model_flash_bytes", "flash_bytes", "arena_bytes"))
            print("  flash of the model {} B, of all {} B; arena {} B".format(*sizes))
        print(f"mean: int8 {mean(each['int8'] for each in found):.2%}")
    assert mean(each["score"]["device"] for each in found) >= 0.985
    assert all(each["model_flash_bytes"] < 20_000 and each["arena_bytes"] < 8_000 for each in found)
