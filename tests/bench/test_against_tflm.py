# SPDX-License-Identifier: Apache-2.0
"""Real models on an emulated Cortex-M4 against the figures of TensorFlow Lite Micro.

The folder of models and, beside it, baseline.json are given by TINYML_SHARED_MODELS.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.real_models import MODEL_NAMES, MODELS, needs_models

from toolkit.verify.any_model import save_rows, try_model
from toolkit.verify.on_device import Place

pytestmark = [pytest.mark.bench, needs_models]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_real_model_is_equal_and_smaller_than_with_tflm(name: str, tmp_path: Path) -> None:
    vectors = np.load(MODELS / f"{name}_vectors.npz")
    inputs = tmp_path / "inputs.npy"
    save_rows(vectors["inputs"].reshape(len(vectors["inputs"]), -1), inputs)

    trial = try_model(MODELS / f"{name}.tflite", inputs, "nano33ble", Place())
    figures = trial.to_json()

    theirs = _baseline()[name]["cortex-m4"]["cmsis_nn"]
    ratios = {
        "instructions": figures["instructions"] / theirs["instructions"],
        "arena": figures["arena_bytes"] / theirs["arena_bytes"],
        "flash": figures["flash_beyond_weights_bytes"] / theirs["flash_beyond_model_bytes"],
    }
    print(
        f"{name}: " + ", ".join(f"{key} {ratio:.3f} of TFLM with CMSIS-NN" for key, ratio in ratios.items())
    )
    assert (trial.outputs() == vectors["outputs"].reshape(len(vectors["outputs"]), -1)).all()
    assert figures["verdict"] == "equal"
    assert ratios["instructions"] <= 0.49
    assert ratios["arena"] <= 0.62
    assert ratios["flash"] <= 0.2


# Seconds of processor time, but each builds and runs a firmware: minutes where other work fills the cores.
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("board", "core"), [("nano33ble", "cortex-m4"), ("stm32f746g_disco", "cortex-m7")])
@pytest.mark.parametrize("name", MODEL_NAMES)
def test_for_size_a_real_model_takes_a_tenth_of_tflms_flash_and_is_faster(
    name: str, board: str, core: str, tmp_path: Path
) -> None:
    inputs = tmp_path / "inputs.npy"
    rows = np.load(MODELS / f"{name}_vectors.npz")["inputs"][:1]
    save_rows(rows.reshape(1, -1), inputs)

    figures = try_model(MODELS / f"{name}.tflite", inputs, board, Place(), goal="size").to_json()

    theirs = _baseline()[name][core]["cmsis_nn"]
    assert figures["verdict"] == "equal"
    assert figures["flash_beyond_weights_bytes"] <= 0.1 * theirs["flash_beyond_model_bytes"]
    assert figures["instructions"] < theirs["instructions"]
    assert figures["arena_bytes"] <= 0.62 * theirs["arena_bytes"]


def _baseline() -> dict[str, Any]:
    values: dict[str, Any] = json.loads((MODELS.parent / "baseline.json").read_text(encoding="utf-8"))
    return values["models"]
