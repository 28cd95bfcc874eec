# SPDX-License-Identifier: Apache-2.0
"""Models of one's own as people write them: taken as one graph, or refused by name before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.errors import InputError
from toolkit.metrics import Task
from toolkit.models import Shape, build_model
from toolkit.models.keras_file import load_model, save_model
from toolkit.models.own import own_notes
from toolkit.project.config import Project, load_project

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("training")]

HEAD = """
import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

class Block(L.Layer):
    def __init__(self, units):
        super().__init__()
        self.dense = L.Dense(units, name="inside")
        self.norm = L.BatchNormalization(name="norm")
    def call(self, x):
        return keras.ops.relu(self.norm(self.dense(x))) + 1.0

class Whole(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = Block(8), Block(6)
        self.drop, self.last = L.Dropout(0.5), L.Dense(2, activation="softmax")
    def call(self, x, training=None):
        return self.last(self.drop(self.second(self.first(x)), training=training))

class OnTensorFlow(Whole):
    def call(self, x):
        return self.last(tf.nn.relu(x))

class Weights(L.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(8, 8))
    def call(self, x):
        return x @ self.kernel

def functional(shape, *layers, **about):
    inputs = keras.Input(shape, **about)
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x)

def square(x):
    return x * x

def build(shape):
"""
SOFT = "L.Dense(2, activation='softmax')"
TAKEN: dict[str, tuple[tuple[int, ...], str]] = {
    "Sequential without Input": ((8,), f"return keras.Sequential([L.Dense(8), {SOFT}])"),
    "subclassed": ((8,), "return Whole()"),
    "layers of layers": ((8,), f"return functional((8,), Block(4), Block(3), {SOFT})"),
    "a subclass of a functional model": (
        (8,),
        f"i = keras.Input((8,))\n    return type('Mine', (keras.Model,), {{}})(i, {SOFT}(i))",
    ),
    "Lambda": ((8,), f"return functional((8,), L.Lambda(lambda x: 2 * x), {SOFT})"),
    "free shape": ((7, 3), f"return functional((None, 3), L.GRU(4), {SOFT})"),
    "free shape inside": (
        (7, 3),
        "inner = functional((None, 3), L.Conv1D(4, 3), L.BatchNormalization())\n"
        f"    return functional((None, 3), inner, L.GlobalMaxPooling1D(), {SOFT})",
    ),
    "batch of one": ((8,), f"return functional(None, {SOFT}, batch_shape=(1, 8))"),
    "mixed_float16": (
        (8,),
        "keras.mixed_precision.set_global_policy('mixed_float16')\n"
        f"    return keras.Sequential([L.Dense(4), {SOFT}, L.Activation('linear', dtype='float32')])",
    ),
    "mixed_bfloat16 in layers of layers": (
        (7, 3),
        "keras.mixed_precision.set_global_policy('mixed_bfloat16')\n"
        f"    return keras.Sequential([L.Bidirectional(L.GRU(2)), {SOFT}])",
    ),
    "activations of TensorFlow": (
        (8,),
        "return functional((8,), L.Dense(4, activation=tf.nn.relu), L.Dense(2, activation=tf.nn.softmax))",
    ),
    "augmentation inside": (
        (8, 8, 3),
        "return keras.Sequential([L.RandomFlip(), L.RandomRotation(0.1), L.Conv2D(4, 3), "
        f"L.GlobalAveragePooling2D(), {SOFT}])",
    ),
    "softmax of keras.ops": (
        (8,),
        "i = keras.Input((8,))\n    return keras.Model(i, keras.ops.softmax(L.Dense(2)(i)))",
    ),
}
REFUSED: dict[str, tuple[Task, str, str, str]] = {
    "TensorFlow inside": ("classification", "return OnTensorFlow()", "computes more than Keras", "keras.ops"),
    "weights of its own": (
        "classification",
        f"return functional((8,), Weights(name='odd'), {SOFT})",
        "the layer odd of mine:build is a Weights with weights of its own",
        "Keras' layers for its weights",
    ),
    "an activation of its own": (
        "classification",
        f"return functional((8,), L.Dense(4, activation=square, name='odd'), {SOFT})",
        "the activation square of the layer odd",
        "by its name",
    ),
    "two inputs": (
        "classification",
        "a, b = keras.Input((8,), name='acc'), keras.Input((3,), name='gyro')\n"
        f"    return keras.Model([a, b], {SOFT}(L.Concatenate()([a, b])))",
        r"has 2 inputs \(acc, gyro\); the data have one",
        "cut inside the model",
    ),
    "two outputs": (
        "classification",
        f"a = keras.Input((8,))\n    return keras.Model(a, [{SOFT}(a), L.Dense(1, name='side')(a)])",
        r"has 2 outputs \(dense, side\)",
        "the one to deploy",
    ),
    "another shape": (
        "classification",
        f"return keras.Sequential([L.Conv2D(4, 3, name='first'), {SOFT}])",
        r"cannot be built for samples of \(8,\): .*'first'",
        "shape.inputs",
    ),
    "relu at the end": (
        "classification",
        "return functional((8,), L.Dense(2, activation='relu', name='last'))",
        "ends in last, whose activation is relu",
        "softmax",
    ),
    "softmax over labels": (
        "multilabel",
        f"return functional((8,), {SOFT})",
        "activation is softmax: multilabel needs sigmoid",
        "sigmoid",
    ),
    "one tanh": (
        "classification",
        "return functional((8,), L.Dense(1, activation='tanh', name='last'))",
        "one number for two classes, from last: its activation must be sigmoid or none, not tanh",
        "sigmoid",
    ),
    "no model": ("classification", "return 3", "returned int, not a keras.Model", "build"),
}


def project_with(folder: Path, body: str) -> Project:
    (folder / "mine.py").write_text(f"{HEAD}    {body}\n")
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "numpy"\n[data.options]\nfile = "x.npz"\n'
        '[model]\npython = "mine:build"\n'
    )
    return load_project(folder)


def built(folder: Path, body: str, shape: Shape) -> Any:
    pytest.importorskip("keras", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    project = project_with(folder, body)
    return build_model(project, project.model, shape)


def outputs(model: Any, x: Any) -> Any:
    return np.asarray(model(x, training=False))


@pytest.mark.parametrize("name", TAKEN)
def test_a_model_of_a_usual_form_is_one_graph_that_a_file_keeps(tmp_path: Path, name: str) -> None:
    inputs, body = TAKEN[name]
    model = built(tmp_path, body, Shape("classification", inputs, 2))
    keras = pytest.importorskip("keras")
    save_model(model, tmp_path / "m.keras")
    x = np.random.default_rng(0).random((3, *inputs)).astype(np.float32)
    assert (model.input_shape, model.output_shape) == ((None, *inputs), (None, 2))
    assert np.array_equal(outputs(load_model(tmp_path / "m.keras"), x), outputs(model, x))
    assert np.allclose(outputs(model, x).sum(axis=1), 1, atol=1e-5)
    assert {layer.compute_dtype for layer in model._flatten_layers()} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_that_cannot_be_taken_is_refused_by_name_with_a_way_out(tmp_path: Path, name: str) -> None:
    task, body, said, way = REFUSED[name]
    with pytest.raises(InputError, match=said) as caught:
        built(tmp_path, body, Shape(task, (8,), 2))
    assert way in str(caught.value.hint)


def test_the_weights_of_a_subclassed_model_are_those_that_it_had(tmp_path: Path) -> None:
    body = "w = Whole()\n    w(np.ones((1, 8), np.float32))\n    w.last.bias.assign([3.0, 5.0])\n    return w"
    model = built(tmp_path, body, Shape("classification", (8,), 2))
    assert np.array_equal(model.layers[-1].get_weights()[1], [3.0, 5.0])


@pytest.mark.parametrize(
    ("task", "layer", "activation"),
    [
        ("classification", "L.Dense(3)", "softmax"),
        ("classification", "L.Dense(3), L.BatchNormalization()", "softmax"),
        ("classification", "L.Dense(3), L.Dropout(0.2)", "softmax"),
        ("multilabel", "L.Dense(3)", "sigmoid"),
    ],
)
def test_logits_are_recognised(tmp_path: Path, task: Task, layer: str, activation: str) -> None:
    body = f"return functional((8,), {layer})"
    model = built(tmp_path, body, Shape(task, (8,), 3))
    assert model.layers[-1].activation.__name__ == activation
    project = load_project(tmp_path)
    assert any("gives logits" in note for note in own_notes(project, project.model, Shape(task, (8,), 3)))


@pytest.mark.parametrize(
    ("layers", "is_told"),
    [
        ("L.Dense(3, activation='softmax'), L.Softmax()", True),
        ("L.Dense(3, activation='softmax'), L.Dropout(0.2), L.Activation('softmax')", True),
        ("L.Dense(3), L.Softmax()", False),
        ("L.Dense(4, activation='softmax'), L.Dense(3, activation='softmax')", False),
    ],
)
def test_a_softmax_of_a_softmax_is_told(tmp_path: Path, layers: str, is_told: bool) -> None:
    shape = Shape("classification", (8,), 3)
    built(tmp_path, f"return functional((8,), {layers})", shape)
    project = load_project(tmp_path)
    notes = own_notes(project, project.model, shape)
    assert [("which is a softmax already" in note) for note in notes] == [True] * is_told


def test_a_regression_keeps_its_linear_end(tmp_path: Path) -> None:
    model = built(tmp_path, "return functional((8,), L.Dense(3))", Shape("regression", (8,), 3))
    assert len(model.layers) == 2


@pytest.mark.parametrize(
    "layers", ["L.Dense(1, activation='sigmoid')", "L.Dense(1), L.Activation('sigmoid')", "L.Dense(1)"]
)
def test_one_sigmoid_gives_the_same_as_both_probabilities(tmp_path: Path, layers: str) -> None:
    model = built(tmp_path, f"return functional((8,), {layers})", Shape("classification", (8,), 2))
    x = np.random.default_rng(0).normal(size=(9, 8)).astype(np.float32)
    kernel, bias = model.layers[1].get_weights()
    positive = 1 / (1 + np.exp(-(x @ kernel + bias)))
    assert np.allclose(outputs(model, x), np.hstack([1 - positive, positive]), atol=1e-6)
    assert [layer.name for layer in model.layers if not layer.trainable and layer.weights] == ["answers"]
