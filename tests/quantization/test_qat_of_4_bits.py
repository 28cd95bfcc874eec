# SPDX-License-Identifier: Apache-2.0
"""A model that trained for weights of 4 bits is the integers and scales of its .tflite."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, Split
from toolkit.extras import load_extra
from toolkit.ir.graph import Graph
from toolkit.project.config import load_project
from toolkit.quantization.artifacts import write_quantized
from toolkit.quantization.grids import cut_off, dense_factors, on_grid
from toolkit.quantization.points import find_points
from toolkit.quantization.qat import QatModel, as_simulated, train_quantized
from toolkit.quantization.report import int8_outputs
from toolkit.tflite.reader import read_graph
from toolkit.training.once import Setting

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("qat"),
]

PROJECT = """
[project]
name = "p"
[data]
source = "numpy"
[data.options]
x = "x.npy"
y = "y.npy"
[model]
family = "cnn"
[training]
schedule = "constant"
warmup_epochs = 0
[training.qat]
epochs = 2
rate = 1.0
[quantization]
samples = 48
weights_bytes = 604
"""
SHAPE = (6, 6, 3)


def normed_model() -> Any:
    """A layer of each kind with a batch norm behind it, whose factors differ in size and sign."""
    keras = load_extra("keras")
    keras.utils.set_random_seed(2)
    layers = keras.layers
    x = inputs = keras.Input(SHAPE, name="input")
    for layer in (
        layers.Conv2D(6, 3, use_bias=False, name="conv"),
        layers.DepthwiseConv2D(3, padding="same", name="depthwise"),
        layers.Flatten(name="flatten"),
        layers.Dense(8, use_bias=False, name="hidden"),
    ):
        x = layer(x)
        if layer.name != "flatten":
            x = layers.ReLU()(layers.BatchNormalization(name=f"{layer.name}_norm")(x))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="output")(x), name="p")
    model.get_layer("output").bias.assign([0.1, -0.2, 0.1])
    random = np.random.default_rng(1)
    for layer in model.layers:
        if layer.name.endswith("_norm"):
            sizes = random.uniform(0.5, 2, layer.gamma.shape)
            layer.gamma.assign(sizes * random.choice([-1, 1], layer.gamma.shape))
            layer.beta.assign(random.normal(size=layer.beta.shape))
    return model


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, QatModel, Graph, bytes]:
    folder = tmp_path_factory.mktemp("qat4")
    (folder / "tinyml.toml").write_text(PROJECT, encoding="utf-8")
    project = load_project(folder)
    random = np.random.default_rng(0)
    y = np.arange(96) % 3
    x = (random.normal(size=(96, *SHAPE)) + 0.8 * y[:, np.newaxis, np.newaxis, np.newaxis]).astype(np.float32)
    split = Split(x, y)
    dataset = Dataset("d", "classification", split, split, split, ("a", "b", "c"))
    found = train_quantized(normed_model(), Setting.of(project, dataset, project.model), project.training)
    write_quantized(project, dataset, found.model, folder, lambda *_: None, found.as_int8)
    content = (folder / "model.tflite").read_bytes()
    return dataset, found, read_graph(content, "p"), content


def test_its_weights_are_the_trained_integers_and_scales(
    trained: tuple[Dataset, QatModel, Graph, bytes],
) -> None:
    _, found, graph, _ = trained
    weighted = find_points(found.model).weighted
    assert found.epochs > 0 and set(found.as_int8.narrow) == set(weighted)
    kernels = [graph.input_tensors(each)[1] for each in graph.operations if len(each.inputs) > 2]
    factors = dense_factors(found.model)
    for name, tensor in zip(weighted, kernels, strict=True):
        assert tensor is not None and tensor.quantization is not None and tensor.dtype == "int4"
        layer, factor = found.model.get_layer(name), np.asarray(factors.get(name, 1.0))
        integers, scale = on_grid(np.asarray(layer.kernel), type(layer).__name__, 4, factor)
        signed = np.ones(integers.shape[-1])
        if name != "output":
            norm = found.model.get_layer(f"{name}_norm")
            signed = np.asarray(norm.gamma) / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)
        signs = np.sign(signed).astype(np.int8).reshape((-1, 1) if name == "depthwise" else -1)
        wanted = integers * signs if name == "depthwise" else np.moveaxis(integers * signs, -1, 0)
        assert np.array_equal(np.asarray(tensor.data).reshape(wanted.shape), wanted), name
        wide = np.abs(signed) * np.broadcast_to(scale.reshape(-1), len(signed))
        scales = np.broadcast_to(np.asarray(tensor.quantization.scales), len(signed))
        assert scales == pytest.approx(wide, rel=1e-5), name


def test_the_integer_model_says_what_the_training_saw(
    trained: tuple[Dataset, QatModel, Graph, bytes],
) -> None:
    dataset, found, graph, content = trained
    seen = np.asarray(as_simulated(found.model, found.as_int8)(dataset.test.x))
    said = int8_outputs(content, graph, dataset.test.x)
    assert np.abs(seen - said).mean() < 3 / 256
    assert np.mean(seen.argmax(axis=1) == said.argmax(axis=1)) > 0.97


def test_a_kernel_is_cut_off_where_its_4_bits_end() -> None:
    kernel = np.random.default_rng(0).normal(size=(3, 3, 8, 4)).astype(np.float32)
    kernel[0, 0, 0] = 9.0
    cut = cut_off(kernel, "Conv2D")
    for one, other in zip(np.moveaxis(kernel, -1, 0), np.moveaxis(cut, -1, 0), strict=True):
        assert np.array_equal(other, np.clip(one, -other.max(), other.max())) and other.max() < 9
    integers, scale = on_grid(cut, "Conv2D", 4)
    plain, steps = on_grid(kernel, "Conv2D", 4)
    assert np.abs(integers).max() == 7 and scale.shape == (1, 1, 1, 4)
    assert np.square(integers * scale - kernel).sum() < np.square(plain * steps - kernel).sum()
    dense = kernel.reshape(-1, 4)
    assert on_grid(dense, "Dense", 4)[1].size == 1
    assert on_grid(dense, "Dense", 4, np.array([1, 2, 4, 8]))[1].size == 4
