# SPDX-License-Identifier: Apache-2.0
"""A loss of accuracy is explained: by the channel that int8 cannot hold, or by a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from toolkit.ir.graph import Quantization, Tensor
from toolkit.quantization import float_tflite, quantize_model
from toolkit.quantization.loss import channel_losses, layer_losses, loss_lines, loss_note

R = np.random.default_rng(0)


def report(before: float, after: float, **more: Any) -> dict[str, Any]:
    return {"metric": "accuracy", "float32": {"score": before}, "int8": {"score": after}, **more}


def tensor_for(x: Any) -> Tensor:
    scale = float(np.ptp(np.append(x, 0.0))) / 255
    zero = round(-128 - min(float(x.min()), 0.0) / scale)
    return Tensor(0, "input", (1, *x.shape[1:]), "int8", Quantization((scale,), (zero,)))


def test_a_channel_whose_deviation_is_below_a_step_is_named() -> None:
    x = R.normal(size=(50, 16, 3)).astype(np.float32) * [10, 5, 0.05] + [1013, 0, 0]
    found = channel_losses(x, tensor_for(x), ("pressure", "wind", "sun"))
    assert [each.channel for each in found] == ["sun"]
    assert found[0].step > 10 * found[0].deviation
    note = loss_note(report(1.0, 0.56, channels=[vars(each) for each in found]))
    assert "int8 loses 44.0 points" in note and "'sun'" in note
    assert "standardize = true" in note and 'activations = "int16"' in note


def test_channels_of_one_size_are_not_named() -> None:
    x = R.normal(size=(50, 16, 3)).astype(np.float32)
    assert channel_losses(x, tensor_for(x)) == ()


def test_the_first_layer_behind_which_little_is_left_is_named() -> None:
    layers = [
        {"layer": name, "operator": "CONV_2D", "sqnr_db": sqnr_db}
        for name, sqnr_db in (("first", 35.0), ("second", 12.0), ("third", 9.0))
    ]
    note = loss_note(report(0.9, 0.7, layers=layers))
    assert "behind second (CONV_2D) only 12 dB" in note and "int16" in note
    assert loss_lines({"layers": layers})[1] == "second   12.0 dB  CONV_2D"


def test_4_bits_are_the_reason_where_there_are_any_and_the_layer_that_they_cost_most_is_named() -> None:
    """16 bits between layers are no way out: weights_bytes does not go with them."""
    narrow = [
        {"layer": name, "error": error, "is_narrow": error < 0.5}
        for name, error in (("stem", 0.7), ("wide", 0.3), ("last", 0.1))
    ]
    lost = {**report(0.9, 0.7), "narrow": narrow, "operators": {}}
    note = loss_note(lost)
    assert "2 layers have weights of 4 bits. Try: more weights_bytes" in note and "gives wide back" in note
    assert "int16" not in note
    assert loss_note({**lost, "narrow": narrow[:1]}) == loss_note(report(0.9, 0.7))


def test_what_loses_nothing_is_not_explained() -> None:
    assert loss_note(report(0.9, 0.895)) == ""
    assert loss_note({**report(1.0, 1.05), "metric": "mae"}) == ""
    assert "10" not in loss_note(report(0.9, 0.95))


def test_a_loss_of_a_few_samples_may_be_luck() -> None:
    few = loss_note({**report(1.0, 0.95), "samples": 20})
    assert few.startswith("int8 loses 5.0 points (1 of 20 test samples, which may be luck)")
    assert "(100 of 2,000 test samples)" in loss_note({**report(1.0, 0.95), "samples": 2000})


def test_more_error_of_a_regression_is_explained_too() -> None:
    assert loss_note({**report(1.0, 1.5), "metric": "mae"}).startswith("int8 has 50 % more error")


@pytest.mark.train
@pytest.mark.xdist_group("training")
def test_a_layer_with_one_huge_output_is_the_one_that_is_named() -> None:
    keras = pytest.importorskip("keras", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    keras.utils.set_random_seed(1)
    wide = keras.layers.Dense(6, name="wide")
    rest = [keras.layers.Dense(6, activation="relu", name="after"), keras.layers.Dense(3, name="last")]
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, "relu", name="narrow"), wide, *rest])
    kernel, bias = wide.get_weights()
    kernel[:, 0] *= 5000
    wide.set_weights([kernel, bias])
    rest[0].kernel.assign(np.vstack([np.zeros((1, 6)), np.asarray(rest[0].kernel)[1:]]))
    x = R.normal(size=(60, 8)).astype(np.float32)
    found = {
        each.layer: each.sqnr_db for each in layer_losses(float_tflite(model), quantize_model(model, x), x)
    }
    assert found["narrow"] > 25 and found["output"] < 10
    layers = [{"layer": name, "operator": "FULLY_CONNECTED", "sqnr_db": db} for name, db in found.items()]
    assert "behind after" in loss_note(report(0.9, 0.5, layers=layers))


@pytest.mark.train
def test_each_part_of_a_split_is_compared_with_its_own() -> None:
    keras = pytest.importorskip("keras", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    keras.utils.set_random_seed(1)
    inputs = keras.Input((9,))
    parts = keras.ops.split(keras.layers.Dense(12)(inputs), 3, axis=-1)
    model = keras.Model(inputs, keras.layers.Dense(2)(parts[0] * parts[1] + parts[2]))
    x = R.normal(size=(60, 9)).astype(np.float32)
    found = [each for each in layer_losses(float_tflite(model), quantize_model(model, x), x)]
    assert [each.operator for each in found].count("SPLIT") == 3
    assert min(each.sqnr_db for each in found) > 20
