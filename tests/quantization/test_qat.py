# SPDX-License-Identifier: Apache-2.0
"""A model that trained as int8 is the integers that the converter makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.data import Dataset, Split
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.ir.graph import Graph, Tensor
from toolkit.project.config import load_project
from toolkit.project.qat import QatConfig
from toolkit.project.recipe import TrainingConfig
from toolkit.quantization import quantize_model
from toolkit.quantization.explain import explain, explanation_lines
from toolkit.quantization.grids import on_grid
from toolkit.quantization.points import INPUT, find_points
from toolkit.quantization.qat import QatModel, train_quantized
from toolkit.quantization.report import int8_outputs
from toolkit.quantization.simulation import rounded_in_range, simulated
from toolkit.tflite.reader import read_graph
from toolkit.training.ablate import parts_of
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
source = "sine"
[data.options]
samples = 200
[model]
family = "mlp"
[model.options]
units = [8, 8]
[training]
epochs = 3
schedule = "constant"
warmup_epochs = 0
[training.qat]
epochs = 4
rate = 1.0
"""
SHAPE = (8, 8, 3)


def branched_model() -> Any:
    """Convolutions with norms and activations apart, a sum, a concatenation, a gate that is no ReLU."""
    keras = load_extra("keras")
    layers = keras.layers
    inputs = keras.Input(SHAPE, name="input")
    x = layers.Conv2D(6, 3, padding="same", use_bias=False, name="conv")(inputs)
    x = layers.BatchNormalization(name="conv_norm")(x)
    left = layers.ReLU(name="conv_relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(left)
    x = layers.BatchNormalization(name="depthwise_norm")(x)
    x = layers.Add(name="sum")([left, x])
    x = layers.ReLU(6.0, name="sum_relu")(x)
    joined = layers.Concatenate(name="joined")(
        [layers.MaxPooling2D(name="most")(x), layers.Conv2D(4, 2, strides=2, name="wide")(x)]
    )
    x = layers.GlobalAveragePooling2D(name="average")(joined)
    x = layers.Dense(8, activation="hard_silu", name="hidden")(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="output")(x), name="p")


@pytest.fixture(scope="module")
def trained_as_int8(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, QatModel, Graph, bytes]:
    keras = load_extra("keras")
    folder = tmp_path_factory.mktemp("qat")
    (folder / "tinyml.toml").write_text(PROJECT, encoding="utf-8")
    project = load_project(folder)
    random = np.random.default_rng(0)
    y = np.arange(96) % 3
    x = (random.normal(size=(96, *SHAPE)) + 0.8 * y[:, np.newaxis, np.newaxis, np.newaxis]).astype(np.float32)
    split = Split(x, y)
    dataset = Dataset("d", "classification", split, split, split, ("a", "b", "c"))
    keras.utils.set_random_seed(2)
    model = branched_model()
    norm = model.get_layer("conv_norm")
    norm.gamma.assign(np.array([1, -1, 0.5, 2, -0.1, 1], np.float32))
    setting = Setting.of(project, dataset, project.model)
    found = train_quantized(model, setting, project.training)
    content = quantize_model(found.model, x, ranges=found.as_int8.ranges)
    return dataset, found, read_graph(content, "p"), content


def tensors_of(graph: Graph) -> list[Tensor]:
    """The activations of graph in their order, its input first."""
    outputs = [tensor for operation in graph.operations for tensor in graph.output_tensors(operation)]
    return [graph.tensors[graph.inputs[0]], *outputs]


def test_points_are_where_the_operators_of_the_converter_end() -> None:
    points = find_points(branched_model())
    assert points.outputs == ("conv_relu", "depthwise_norm", "sum_relu", "joined", "average", "hidden")
    assert points.before == ("hidden", "output")
    assert points.first == ("conv",)
    assert points.weighted == ("conv", "depthwise", "wide", "hidden", "output")


def test_the_tflite_has_the_ranges_that_were_trained(
    trained_as_int8: tuple[Dataset, QatModel, Graph, bytes],
) -> None:
    _, found, graph, _ = trained_as_int8
    assert found.epochs > 0 and set(found.as_int8.ranges) == set(find_points(found.model).names)
    seen = [t.quantization for t in tensors_of(graph) if t.quantization]
    for name, (low, high) in found.as_int8.ranges.items():
        scale = (high - low) / 255
        equal = [q for q in seen if q.scale == pytest.approx(scale, rel=1e-6)]
        assert equal and equal[0].zero_point == round(-128 - low / scale), name


def test_its_weights_are_the_trained_integers_and_scales(
    trained_as_int8: tuple[Dataset, QatModel, Graph, bytes],
) -> None:
    _, found, graph, _ = trained_as_int8
    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    kernels = [graph.input_tensors(each)[1] for each in graph.operations if each.kind in kinds]
    assert len(kernels) == len(find_points(found.model).weighted)
    for name, tensor in zip(find_points(found.model).weighted, kernels, strict=True):
        assert tensor is not None and tensor.quantization is not None and tensor.data is not None
        layer = found.model.get_layer(name)
        integers, scale = on_grid(np.asarray(layer.kernel), type(layer).__name__)
        factor = folded_factor(found.model, name)
        channels = integers * np.sign(factor).reshape(scale.shape).astype(np.int8)
        wanted = channels if name == "depthwise" else np.moveaxis(channels, -1, 0)
        assert np.array_equal(np.asarray(tensor.data).reshape(wanted.shape), wanted), name
        scales = np.asarray(tensor.quantization.scales)
        assert scales == pytest.approx(np.abs(factor) * scale.reshape(-1), rel=1e-5), name


def folded_factor(model: Any, name: str) -> Any:
    """By what the norm behind a convolution multiplies each channel."""
    if name not in ("conv", "depthwise"):
        return np.ones(model.get_layer(name).kernel.shape[-1], np.float32)
    norm = model.get_layer(f"{name}_norm")
    return np.asarray(norm.gamma) / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)


def test_the_integer_model_says_what_the_training_saw(
    trained_as_int8: tuple[Dataset, QatModel, Graph, bytes],
) -> None:
    dataset, found, graph, content = trained_as_int8
    seen = np.asarray(simulated(found.model, found.as_int8.ranges)(dataset.test.x))
    said = int8_outputs(content, graph, dataset.test.x)
    assert np.abs(seen - said).mean() < 2 / 256
    assert np.mean(seen.argmax(axis=1) == said.argmax(axis=1)) > 0.97


def test_a_range_learns_from_what_is_cut_off_and_from_the_steps_inside() -> None:
    tensorflow = load_extra("tensorflow")
    ends = tensorflow.Variable([-1.0, 2.0])
    wide = tensorflow.constant([5.0, 0.3])
    with tensorflow.GradientTape() as tape:
        loss = tensorflow.reduce_sum(tensorflow.square(rounded_in_range(wide, ends) - wide))
    low, high = np.asarray(tape.gradient(loss, ends))
    assert high < 0 and abs(low) < abs(high) / 10  # a higher end would cut less off
    exact = load_extra("tensorflow").quantization.fake_quant_with_min_max_args
    x = np.random.default_rng(0).normal(size=500).astype(np.float32)
    assert np.allclose(rounded_in_range(x, ends), exact(x, -1.0, 2.0), atol=1e-6)


@pytest.fixture(scope="module")
def project_as_int8(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qat_project")
    (folder / "tinyml.toml").write_text(PROJECT, encoding="utf-8")
    assert run(["quantize", "--project", str(folder)]) == 0
    return folder


def test_a_project_goes_on_with_the_model_that_trained_as_int8(
    project_as_int8: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = project_as_int8 / "build"
    about = json.loads((build / "qat.json").read_text(encoding="utf-8"))
    report = json.loads((build / "quantization.json").read_text(encoding="utf-8"))
    assert report["calibrated_by"] == "training as int8" and about["int8_trained"] < about["int8"]
    low, high = about["ranges"][INPUT]
    assert report["inputs"][0]["scale"] == pytest.approx((high - low) / 255, rel=1e-6)
    assert run(["quantize", "--project", str(project_as_int8)]) == 0
    assert "qat: up to date" in capsys.readouterr().err


def test_explain_says_what_each_kernel_and_tensor_costs(
    project_as_int8: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["quantize", "--explain", "--json", "--project", str(project_as_int8)]) == 0
    found = json.loads(capsys.readouterr().out)["explained"]
    parts = {(part["name"], part["what"]): part for part in found["parts"]}
    assert ("(input)", "values") in parts and ("output", "weights") in parts
    assert all(part["alone_db"] >= found["rounded_db"] - 6 for part in parts.values())
    assert [part["alone_db"] for part in found["parts"]] == sorted(p["alone_db"] for p in found["parts"])
    assert found["latency_ms"]["int8"] > 0 and found["latency_ms"]["int16"] > 0


def test_compare_tries_each_way_on_the_model_before_that_training(
    project_as_int8: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["quantize", "--compare", "--json", "--project", str(project_as_int8)]) == 0
    found = json.loads(capsys.readouterr().out)["compared"]
    assert found["metric"] == "mae" and len(found["ways"]) == 10
    assert all(way["sqnr_db"] > 20 and way["score"] > found["real"] / 2 for way in found["ways"])
    assert len({way["sqnr_db"] for way in found["ways"]}) > 5  # they are not one


def test_the_part_that_is_spoiled_is_the_worst_and_sparing_it_gains(
    trained_as_int8: tuple[Dataset, QatModel, Graph, bytes],
) -> None:
    dataset, found, *_ = trained_as_int8
    low, high = found.as_int8.ranges["average"]
    spoiled = {**found.as_int8.ranges, "average": (1000 * low, 1000 * high)}
    about = explain(found.model, spoiled, dataset)
    assert (about.parts[0].name, about.parts[0].what) == ("average", "values")
    assert about.rounded is not None and about.parts[0].spared is not None
    assert about.parts[0].spared > about.rounded
    assert any("average" in line for line in explanation_lines(about))


@pytest.mark.bench
def test_ablation_says_what_training_as_int8_gains(
    project_as_int8: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = json.loads((project_as_int8 / "build" / "qat.json").read_text(encoding="utf-8"))
    assert run(["ablate", "--json", "--project", str(project_as_int8)]) == 0
    results = {each["part"]: each for each in json.loads(capsys.readouterr().out)["results"]}
    assert results[""]["score"] == pytest.approx(about["int8_trained"], rel=1e-5)
    assert results["qat"]["score"] == pytest.approx(about["int8"], rel=1e-5)


def test_training_as_int8_is_a_part_of_an_ablation() -> None:
    parts = parts_of(TrainingConfig(qat=QatConfig(epochs=2)))
    assert not parts["qat"].qat.is_on and "qat" not in parts_of(TrainingConfig())


def test_int16_and_a_second_training_are_refused_beside_it(tmp_path: Path, project_as_int8: Path) -> None:
    text = PROJECT.replace("[training]\n", "[training]\nrefit = true\n")
    (tmp_path / "tinyml.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="refit"):
        load_project(tmp_path)
    file = project_as_int8 / "tinyml.toml"
    file.write_text(PROJECT + '[quantization]\nactivations = "int16"\n', encoding="utf-8")
    assert run(["quantize", "--project", str(project_as_int8)]) == 3
    file.write_text(PROJECT + '[quantization]\ncalibration = "mse"\n', encoding="utf-8")
    assert run(["quantize", "--project", str(project_as_int8)]) == 3
    file.write_text(PROJECT.split("[training.qat]")[0], encoding="utf-8")
    assert run(["quantize", "--project", str(project_as_int8)]) == 0
    assert not (project_as_int8 / "build" / "qat.keras").exists()
