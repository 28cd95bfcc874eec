# SPDX-License-Identifier: Apache-2.0
"""Every family, tiny: it becomes int8 throughout, compiles, and is right to the bit here; some emulated."""

from __future__ import annotations

from collections import Counter
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.effort import is_broad
from support.firmware import skip_without
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.compiler.compile import compile_model
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.inspection.board_fit import BoardFit
from toolkit.inspection.inspect import inspect_model
from toolkit.models import Shape, build_family, settle
from toolkit.models.registry import families
from toolkit.quantization import quantize_model
from toolkit.sizing.limits import most_on
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import random_rows, verify_model
from toolkit.verify.on_device import Place, Samples, check_firmware

pytestmark = [
    pytest.mark.train,
    pytest.mark.no_cover,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

# The least that still has every kind of layer that the family has.
TINY: dict[str, dict[str, Any]] = {
    "alexnet": {"width": 0.02},
    "autoencoder": {"units": (8,), "code": 3},
    "cnn_1d": {"filters": (4, 6)},
    "cnn_lstm": {"filters": (3,), "units": 4, "steps": 2},
    "cnn6": {"filters": (2, 3, 4), "dense": 6, "resolution": 0.5},
    "ds_cnn": {"filters": 4, "blocks": 1, "kernel": (4, 3)},
    "efficientnet": {"width": 0.1, "stages": 2},
    "googlenet": {"width": 0.03, "modules": (1, 1)},
    "lenet5": {"width": 0.5, "activation": "tanh"},
    "mobilenet_v1": {"width": 0.1, "blocks": 2, "resolution": 0.75},
    "mobilenet_v2": {"width": 0.1, "stages": 3, "depth": 0.5},
    "mobilenet_v3": {"width": 0.1, "blocks": 4},
    "nin": {"filters": (8, 6), "width": 0.5},
    "resnet": {"filters": 4, "blocks": (1, 1), "bottleneck": True},
    "tcn": {"filters": (4, 6)},
    "vgg": {"width": 0.05, "blocks": (1, 2)},
}
INPUTS = {1: (12,), 2: (16, 3), 3: (16, 12, 1)}
# Operators that a family is known for, and that the converter must not take apart.
KNOWN_FOR = {
    "mobilenet_v3": "HARD_SWISH",
    "tcn": "PAD",
    "efficientnet": "LOGISTIC",
    "resnet": "ADD",
    "googlenet": "CONCATENATION",
}
EMULATED = ("cnn_lstm", "ds_cnn", "mobilenet_v3")
"""A firmware takes two seconds, and has of a family the C that was verified. The others: make fuzz."""


def tiny(name: str) -> tuple[Any, bytes]:
    """Return the tiny untrained model of a family, and as int8 .tflite."""
    family = families()[name]
    inputs = INPUTS[len(family.example)]
    task = family.tasks[0]
    shape = Shape(task, inputs, prod(inputs) if task == "anomaly" else 3)
    model = build_family(family, family.options(**TINY.get(name, {})), shape, 1)
    samples = np.random.default_rng(2).random((4, *inputs), np.float32)
    settle(model, samples)
    return model, quantize_model(model, samples)


@pytest.mark.parametrize("name", list(families()))
def test_a_family_is_int8_and_right_to_the_bit(name: str, tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    model, data = tiny(name)

    compiled = compile_model(data, name)
    verified = verify_model(compiled, data, samples=3)

    kinds = Counter(operation.kind for operation in read_graph(data, name).operations)
    assert verified.samples == 3
    assert KNOWN_FOR.get(name, "FULLY_CONNECTED") in kinds
    board = load_board("nano33ble")
    _assert_below_the_bound(most_on(board, model), inspect_model(data, name, [board]).boards[0])
    if name not in EMULATED and not is_broad():
        return
    firmware = build_firmware(render_project(compiled, board, Application(), tmp_path / "firmware"))
    rows = random_rows(read_graph(data, name), 4)
    verdict = check_firmware(firmware, compiled, data, Samples(rows), Place()).verdict
    assert verdict.passed, verdict.reason()


def _assert_below_the_bound(most: BoardFit | None, fit: BoardFit) -> None:
    """The bound must never say that a model fits which does not: each figure is at least the real one."""
    if most is not None:
        assert (most.ram_bytes >= fit.ram_bytes, most.flash_bytes >= fit.flash_bytes) == (True, True)
