# SPDX-License-Identifier: Apache-2.0
"""Weights of 4 bits where they cost least: the file is a right one, and it fits what was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, outputs_of_c

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.quantization import QuantizationConfig
from toolkit.quantization import float_tflite, quantize_model
from toolkit.quantization.mixed import Judge
from toolkit.quantization.narrowed import fitted, narrow_lines, narrowable, narrowed, weights_bytes
from toolkit.tflite.reader import read_graph

needs_training = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("qat"),
]
SHAPE = (6, 5, 3)


@pytest.fixture(scope="module")
def model() -> tuple[bytes, bytes, Any]:
    """A model with a layer of each kind, odd numbers of weights among them: float, int8, inputs."""
    keras = load_extra("keras")
    keras.utils.set_random_seed(3)
    layers = keras.layers
    inputs = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(7, 3, activation="relu", name="conv")(inputs)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="depthwise")(x)
    x = layers.Flatten(name="flatten")(layers.Conv2D(9, 1, use_bias=False, name="point")(x))
    made = keras.Model(inputs, layers.Dense(5, name="output")(x), name="p")
    for layer in made.layers:
        if getattr(layer, "bias", None) is not None:
            layer.bias.assign(np.random.default_rng(2).normal(size=layer.bias.shape))
    x = np.random.default_rng(1).normal(size=(60, *SHAPE)).astype(np.float32)
    return float_tflite(made), quantize_model(made, x), x


class TestModel:
    pytestmark = needs_training

    def test_all_weights_of_4_bits_are_what_the_c_computes(
        self, model: tuple[bytes, bytes, Any], tmp_path: Path
    ) -> None:
        float32, content, x = model
        before = read_graph(content, "m")
        made = narrowed(content, narrowable(before))
        graph = read_graph(made, "m")
        weights = [graph.tensors[each.inputs[1]] for each in graph.operations if len(each.inputs) > 1]
        assert [w.dtype for w in weights if w.data is not None].count("int4") == 4
        assert weights_bytes(graph) < 0.65 * weights_bytes(before)
        assert len(made) < len(content)
        outputs_of_c(made, x[:8], tmp_path)
        judge = Judge(float32, x, lambda _: 0.0)
        assert judge.error(made) < 0.1 * np.var(x)  # biases too are in the steps of now

    def test_the_cheapest_layers_are_taken_until_all_fits(self, model: tuple[bytes, bytes, Any]) -> None:
        float32, content, x = model
        judge = Judge(float32, x, lambda _: 0.0)
        whole = weights_bytes(read_graph(content, "m"))
        same, layers = fitted(content, judge.error, whole)
        assert same == content and not any(each.is_narrow for each in layers)
        cheapest = min(layers, key=lambda each: each.error / each.saved_bytes)
        made, layers = fitted(content, judge.error, whole - 1)
        assert [each.operator for each in layers if each.is_narrow] == [cheapest.operator]
        assert weights_bytes(read_graph(made, "m")) == whole - cheapest.saved_bytes
        assert sum("which it has" in line for line in narrow_lines(layers)) == 1
        with pytest.raises(InputError, match=r"with 4 bits in every layer .* weights_bytes is 9\."):
            fitted(content, judge.error, 9)


def test_a_budget_is_for_int8_alone() -> None:
    assert QuantizationConfig(weights_bytes=9).weights_bytes == 9
    for wrong in ({"weights_bytes": -1}, {"weights_bytes": 9, "activations": "int16"}):
        with pytest.raises(ValueError, match="weights_bytes"):
            QuantizationConfig(**wrong)
