# SPDX-License-Identifier: Apache-2.0
"""int8 with 16 bits or 4 bits in places: the file is a right one, and what is taken is worth it."""

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
from toolkit.quantization.mixed import Judge, mixed
from toolkit.quantization.narrowed import fitted, narrow_lines, narrowable, narrowed, weights_bytes
from toolkit.quantization.widened import price_lines, widenable, widened
from toolkit.tflite.reader import read_graph

needs_training = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("qat"),
]
SHAPE = (6, 5, 3)


def int16_operators(content: bytes) -> float:
    """A price: how many operators read int16."""
    graph = read_graph(content, "m")
    return float(sum(graph.tensors[each.inputs[0]].dtype == "int16" for each in graph.operations))


@pytest.fixture(scope="module")
def model() -> tuple[bytes, bytes, Any]:
    """A model with a layer of each kind: float, int8, inputs.

    Its first tensor has channels of very different sizes. All numbers of weights are odd.
    """
    keras = load_extra("keras")
    keras.utils.set_random_seed(3)
    layers = keras.layers
    inputs = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(7, 3, padding="same", activation="relu", name="uneven")(inputs)
    x = y = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="even")(x)
    x = layers.Add(name="sum")([y, layers.Conv2D(7, 1, use_bias=False, name="point")(x)])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    made = keras.Model(inputs, layers.Dense(5, name="output")(x), name="p")
    random = np.random.default_rng(0)
    sizes = 2.0 ** random.uniform(-7, 0, 7).astype(np.float32)
    made.get_layer("output").bias.assign(random.normal(size=5))
    first, second = made.get_layer("uneven").kernel, made.get_layer("even").kernel
    first.assign(np.asarray(first) * sizes)
    second.assign(np.asarray(second) / sizes[:, np.newaxis])
    x = np.random.default_rng(1).normal(size=(60, *SHAPE)).astype(np.float32)
    return float_tflite(made), quantize_model(made, x), x


class TestOf16Bits:
    pytestmark = needs_training

    def test_wide_tensors_are_int16_and_the_c_computes_what_the_reference_does(
        self, model: tuple[bytes, bytes, Any], tmp_path: Path
    ) -> None:
        float32, content, x = model
        numbers = widenable(read_graph(content, "m"))
        made = widened(content, numbers)
        graph = read_graph(made, "m")
        assert all(graph.tensors[number].dtype == "int16" for number in numbers)
        assert {graph.tensors[n].dtype for n in (*graph.inputs, *graph.outputs)} == {"int8"}
        assert [each.kind for each in graph.operations].count("QUANTIZE") == 2
        outputs_of_c(made, x[:8], tmp_path)
        judge = Judge(float32, x, int16_operators)
        assert judge.error(made) < judge.error(content) / 4

    def test_the_tensor_that_hurts_is_taken_and_no_more_than_the_budget_allows(
        self, model: tuple[bytes, bytes, Any]
    ) -> None:
        float32, content, x = model
        judge = Judge(float32, x, int16_operators)
        made, prices = mixed(content, judge, 3.0)
        assert prices[0].layer == "uneven" and prices[0].is_wide and prices[0].share > 0.3
        assert int16_operators(made) <= 3 and judge.error(made) < 0.7 * judge.error(content)
        assert any("uneven" in line and "which it has" in line for line in price_lines(prices))
        same, prices = mixed(content, judge, 0.5)
        assert same == content and not any(each.is_wide for each in prices)


def test_a_mixture_needs_a_budget_and_a_budget_a_mixture() -> None:
    assert QuantizationConfig(activations="mixed", mixed_ms=1.0).integers == "int8"
    for ms in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="needs mixed_ms, the milliseconds"):
            QuantizationConfig(activations="mixed", mixed_ms=ms)
    for wrong in ({"mixed_ms": 1.0}, {"mixed_ms": -1.0}):
        with pytest.raises(ValueError, match="mixed_ms"):
            QuantizationConfig(**wrong)


class TestOf4Bits:
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
        judge = Judge(float32, x)
        assert judge.error(made) < 0.01  # biases too are in the steps of now

    def test_the_cheapest_layers_are_taken_until_all_fits(self, model: tuple[bytes, bytes, Any]) -> None:
        float32, content, x = model
        judge = Judge(float32, x)
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
