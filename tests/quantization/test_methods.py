# SPDX-License-Identifier: Apache-2.0
"""Ranges by tensor, equalized channels, fitted rounding and biases: what each is for, seen to happen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.extras import load_extra
from toolkit.project.quantization import PER_TENSOR, PerTensor, QuantizationConfig
from toolkit.quantization import quantize_model
from toolkit.quantization.adjust import adjusted, chosen_integers
from toolkit.quantization.compare import methods
from toolkit.quantization.equalize import equalized
from toolkit.quantization.grids import on_grid
from toolkit.quantization.histogram import Histogram
from toolkit.quantization.pairs import sqnr_db
from toolkit.quantization.points import INPUT, find_points
from toolkit.quantization.ranges import measure_ranges
from toolkit.quantization.report import int8_outputs
from toolkit.quantization.simulation import simulated
from toolkit.tflite.reader import read_graph

needs_training = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("qat"),
]
SHAPE = (8, 8, 3)


def histogram_of(values: Any) -> Histogram:
    seen = Histogram.empty(min(0.0, float(values.min())), max(0.0, float(values.max())))
    seen.add(values)
    return seen


def rounding_error(values: Any, low: float, high: float) -> float:
    step = (high - low) / 255
    return float(np.mean((low + np.clip(np.rint((values - low) / step), 0, 255) * step - values) ** 2))


def test_percentile_leaves_the_rarest_of_both_ends_off() -> None:
    values = np.random.default_rng(0).normal(size=200_000)
    values[:2] = -30.0, 60.0
    low, high = histogram_of(values).range_by("percentile")
    assert low == pytest.approx(np.quantile(values, 0.00005), abs=0.1)
    assert high == pytest.approx(np.quantile(values, 0.99995), abs=0.1)


def test_mse_has_the_least_error_of_all_ranges_and_keeps_what_is_worth_more_than_its_steps() -> None:
    values = np.random.default_rng(0).normal(size=100_000)
    values[0] = 30.0
    seen = histogram_of(values)
    errors = {method: rounding_error(values, *seen.range_by(method)) for method in PER_TENSOR}
    assert min(errors, key=errors.__getitem__) == "mse"
    assert errors["mse"] < 0.9 * rounding_error(values, seen.low, seen.high)
    values[:500] = 6.0
    assert histogram_of(values).range_by("mse")[1] > 5.5


@pytest.mark.parametrize("method", PER_TENSOR)
def test_what_has_no_rare_values_keeps_its_range(method: PerTensor) -> None:
    even = np.random.default_rng(0).uniform(-1, 3, 20_000)
    assert histogram_of(even).range_by(method) == pytest.approx((-1, 3), abs=0.15)
    few = np.repeat([0.0, 1.0, 16.0], [50, 40, 10])
    assert histogram_of(few).range_by(method) == pytest.approx((0, 16), abs=0.1)


def test_entropy_cuts_a_long_tail_off() -> None:
    values = np.exp(1.5 * np.random.default_rng(0).normal(size=20_000))
    low, high = histogram_of(values).range_by("entropy")
    assert low == 0 and np.mean(values > high) < 0.01 and high < values.max() / 2


def test_chosen_integers_beat_the_nearest_and_are_neighbours() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 4)) @ random.normal(size=(4, 16))  # inputs that go together
    wanted = random.uniform(-100, 100, (16, 5))
    wanted[0] = 127.0
    chosen = chosen_integers(x, wanted, np.zeros((500, 5)))
    assert np.all(np.abs(chosen - wanted) < 1) and np.all(chosen[0] == 127)

    def error(integers: Any) -> float:
        return float(np.mean((x @ (integers - wanted)) ** 2))

    assert error(chosen) < 0.2 * error(np.rint(wanted))


def test_every_way_is_tried_and_int16_has_none() -> None:
    names = [name for name, _ in methods(QuantizationConfig())]
    assert len(set(names)) == len(names) == 10
    with pytest.raises(ValueError, match="calibration"):
        QuantizationConfig(activations="int16", calibration="mse")


def uneven_model() -> Any:
    """Channels of one tensor differ by up to 2**10, as batch norms may leave them."""
    keras = load_extra("keras")
    keras.utils.set_random_seed(3)
    layers = keras.layers
    inputs = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv")(inputs)
    x = layers.BatchNormalization(name="conv_norm")(x)
    x = layers.ReLU(6.0, name="conv_relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="depthwise")(x)
    x = layers.MaxPooling2D(name="most")(x)
    x = layers.Conv2D(6, 1, name="point")(x)
    x = layers.Flatten(name="flat")(x)
    model = keras.Model(inputs, layers.Dense(4, name="output")(x), name="p")
    random = np.random.default_rng(0)
    sizes = 2.0 ** random.uniform(-10, 0, 8).astype(np.float32)
    model.get_layer("conv_norm").gamma.assign(sizes)
    depthwise = model.get_layer("depthwise").kernel
    depthwise.assign(np.asarray(depthwise) / sizes[:, np.newaxis])
    return model


@pytest.fixture(scope="module")
def uneven() -> tuple[Any, Any, Any]:
    model = uneven_model()
    x = np.random.default_rng(1).normal(size=(160, *SHAPE)).astype(np.float32)
    return model, x, np.asarray(model(x))


class TestModel:
    pytestmark = needs_training

    def test_equalizing_changes_no_output_and_the_int8_keeps_more(self, uneven: tuple[Any, Any, Any]) -> None:
        model, x, real = uneven
        made, pairs = equalized(model, x)
        assert pairs == 3  # conv to depthwise, depthwise to point, point to output
        assert np.allclose(np.asarray(made(x)), real, atol=1e-4 * np.abs(real).max())

        def left(each: Any) -> float:
            content = quantize_model(each, x)
            return sqnr_db(real, int8_outputs(content, read_graph(content, "p"), x))

        assert left(made) > left(model) + 10

    def test_a_bias_takes_what_the_rounding_adds_on_average(self, uneven: tuple[Any, Any, Any]) -> None:
        model, x, real = uneven
        ranges = measure_ranges(model, x)
        made = adjusted(model, ranges, x[:128], correct_bias=True, rounding=False)

        def off(each: Any) -> float:
            return float(
                np.abs(np.mean(np.asarray(simulated(each, ranges)(x[:128])) - real[:128], axis=0)).max()
            )

        assert off(made) < 0.2 * off(model)
        assert np.array_equal(made.get_layer("conv").kernel, model.get_layer("conv").kernel)
        assert not np.allclose(made.get_layer("conv_norm").moving_mean, 0)

    def test_the_tflite_has_the_integers_that_were_chosen(self, uneven: tuple[Any, Any, Any]) -> None:
        model, x, real = uneven
        ranges = measure_ranges(model, x)
        made = adjusted(model, ranges, x, correct_bias=True, rounding=True)
        content = quantize_model(made, x)
        graph = read_graph(content, "p")
        layer = made.get_layer("point")
        integers, scale = on_grid(np.asarray(layer.kernel), "Conv2D")
        assert np.allclose(integers * scale, layer.kernel, atol=1e-6)
        nearest, _ = on_grid(np.asarray(model.get_layer("point").kernel), "Conv2D")
        kernels = [t.data for t in graph.tensors if t.data is not None and t.shape == (6, 1, 1, 8)]
        assert len(kernels) == 1 and np.array_equal(np.moveaxis(integers, -1, 0), kernels[0])
        assert 0 < np.abs(integers.astype(int) - nearest).max() <= 1
        plain = sqnr_db(real, np.asarray(simulated(model, ranges)(x)))
        assert sqnr_db(real, np.asarray(simulated(made, ranges)(x))) > plain + 1

    def test_the_tflite_has_the_ranges_of_the_method(self, uneven: tuple[Any, Any, Any]) -> None:
        model, x, _ = uneven
        wild = x.copy()
        wild[0, 0, 0, 0] = 40.0
        ranges = measure_ranges(model, wild, "percentile")
        assert set(ranges) == set(find_points(model).names) and ranges[INPUT][1] < 5
        graph = read_graph(quantize_model(model, wild, ranges=ranges), "p")
        seen = [t.quantization.scale for t in graph.tensors if t.quantization and t.data is None]
        for low, high in ranges.values():
            assert any(scale == pytest.approx((high - low) / 255, rel=1e-5) for scale in seen)
