# SPDX-License-Identifier: Apache-2.0
"""The zoo: from a choice in tinyml.toml to a Keras model."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.errors import InputError
from toolkit.models import Shape, build_family, build_model, model_label
from toolkit.models.multipliers import channels
from toolkit.models.registry import families
from toolkit.project.config import Project, load_project

PICTURE = Shape("classification", (8, 8, 1), 10)


def _project(folder: Path, model: str) -> Project:
    text = f'[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\n{model}\n'
    (folder / "tinyml.toml").write_text(text)
    return load_project(folder)


def test_every_family_says_what_it_is() -> None:
    assert {"mlp", "cnn"} <= set(families())
    for name, family in families().items():
        assert (family.name, bool(family.summary)) == (name, True)


def test_labels_are_short_and_say_the_size(tmp_path: Path) -> None:
    project = _project(tmp_path, 'family = "mlp"\n[[model.compare]]\nfamily = "cnn"')
    assert model_label(project, project.model) == "mlp 16+16"
    assert model_label(project, project.model.compare[0]) == "cnn 16+32+48"


def test_unknown_family_is_answered_with_the_nearest(tmp_path: Path) -> None:
    project = _project(tmp_path, 'family = "mpl"')
    with pytest.raises(InputError, match=r"no model family 'mpl'. Did you mean mlp"):
        build_model(project, project.model, PICTURE)


def test_unknown_option_is_an_error_with_its_line(tmp_path: Path) -> None:
    project = _project(tmp_path, 'family = "mlp"\n[model.options]\nunit = [3]')
    with pytest.raises(InputError, match=r"tinyml.toml:8: model.options.unit: .*Did you mean units"):
        model_label(project, project.model)


def test_unknown_option_of_a_compared_model_is_an_error_with_its_line(tmp_path: Path) -> None:
    compare = '[[model.compare]]\nfamily = "cnn"\n[model.compare.options]\nfilter = [3]'
    project = _project(tmp_path, f'family = "mlp"\n{compare}')
    with pytest.raises(InputError, match=r"tinyml.toml:10: model.compare.options.filter"):
        model_label(project, project.model.compare[0])


@pytest.mark.parametrize(
    ("family", "option"),
    [
        ("mlp", "units = [0]"),
        ("mlp", "units = [16, 5000]"),
        ("mlp", "dropout = 1.0"),
        ("cnn", "filters = []"),
        ("cnn", "filters = [16, 0]"),
        ("cnn", "dropout = -0.1"),
    ],
)
def test_option_out_of_range_is_an_error(tmp_path: Path, family: str, option: str) -> None:
    project = _project(tmp_path, f'family = "{family}"\n[model.options]\n{option}')
    with pytest.raises(InputError, match=r"model.options: .* must be"):
        model_label(project, project.model)


def test_a_cnn_for_data_that_are_no_pictures_says_which_family_takes_them(tmp_path: Path) -> None:
    project = _project(tmp_path, 'family = "cnn"')
    with pytest.raises(InputError, match="needs samples with 3 dimensions; the data have 1") as caught:
        build_model(project, project.model, Shape("regression", (4,), 1))
    assert "mlp" in str(caught.value.hint)


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize(
    ("family", "options", "shape", "parameters"),
    [
        ("mlp", "units = [16]", Shape("regression", (1,), 1), 49),
        ("mlp", "units = []", Shape("regression", (3,), 2), 8),
        ("mlp", "units = [4]\ndropout = 0.5", PICTURE, 64 * 4 + 4 + 50),
        ("cnn", "filters = [4]\ndropout = 0.0", PICTURE, 36 + 16 + 64 * 10 + 10),
        ("cnn", "filters = [2, 3]", Shape("classification", (1, 9, 2), 2), None),
    ],
)
def test_models_have_the_shape_that_the_data_ask_for(
    tmp_path: Path, family: str, options: str, shape: Shape, parameters: int | None
) -> None:
    project = _project(tmp_path, f'family = "{family}"\n[model.options]\n{options}')
    model = build_model(project, project.model, shape)
    assert model.input_shape == (None, *shape.inputs)
    assert model.output_shape == (None, shape.outputs)
    assert parameters is None or model.count_params() == parameters
    last = "softmax" if shape.task == "classification" else "linear"
    assert model.layers[-1].activation.__name__ == last


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize(
    ("name", "least"),
    [("mobilenet_v3", {"width": 0.1, "blocks": 5}), ("efficientnet", {"width": 0.1, "stages": 3})],
)
def test_a_kernel_takes_the_place_of_those_of_the_paper(name: str, least: dict[str, float]) -> None:
    family = families()[name]
    for kernel, expected in ((0, {3, 5}), (7, {7})):
        model = build_family(family, family.options(**least, kernel=kernel), PICTURE, 1)
        found = [layer for layer in model.layers if type(layer).__name__ == "DepthwiseConv2D"]
        assert {layer.kernel_size[0] for layer in found} == expected


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize("name", list(families()))
def test_every_layer_of_a_family_has_a_name_that_does_not_depend_on_what_was_built_before(
    tmp_path: Path, name: str
) -> None:
    project = _project(tmp_path, f'family = "{name}"')
    family = families()[name]
    task = family.tasks[0]
    shape = Shape(task, family.example, prod(family.example) if task == "anomaly" else 5)

    first, second = (build_model(project, project.model, shape) for _ in range(2))

    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]
    assert first.output_shape == (None, *shape.output_shape)
    assert model_label(project, project.model).startswith(name[:3])


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize("name", [n for n, f in families().items() if len(f.example) == 3])
def test_half_the_width_and_half_the_resolution_make_a_smaller_model(tmp_path: Path, name: str) -> None:
    family = families()[name]
    shape = Shape("regression", (32, 24, 1), 1)

    def size_of(**options: float) -> tuple[int, int]:
        model = build_family(family, family.options(**options), shape, 1)
        return model.count_params(), sum(prod(layer.output.shape[1:]) for layer in model.layers)

    whole = family.options()
    parameters, values = size_of()

    assert size_of(width=whole.width / 2)[0] < 0.7 * parameters
    if hasattr(whole, "resolution"):
        assert size_of(resolution=0.5)[1] < 0.6 * values


@pytest.mark.parametrize(
    ("count", "width", "expected"),
    [(7, 1.0, 7), (32, 0.25, 8), (24, 0.35, 8), (96, 0.35, 32), (16, 0.1, 2), (16, 0.01, 1), (24, 0.75, 24)],
)
def test_channels_are_multiples_of_eight_and_at_least_nine_tenths(
    count: int, width: float, expected: int
) -> None:
    assert channels(count, width) == expected


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_several_labels_end_in_sigmoid_and_an_autoencoder_gives_its_input_back(tmp_path: Path) -> None:
    project = _project(tmp_path, 'family = "cnn"\n[[model.compare]]\nfamily = "autoencoder"')
    labels = build_model(project, project.model, Shape("multilabel", (8, 8, 1), 3))
    anomaly = build_model(project, project.model.compare[0], Shape("anomaly", (6, 4), 24))

    assert labels.layers[-1].activation.__name__ == "sigmoid"
    assert (labels.output_shape, anomaly.output_shape) == ((None, 3), (None, 6, 4))


def test_a_family_for_another_task_says_which_families_are_for_it(tmp_path: Path) -> None:
    project = _project(tmp_path, 'family = "cnn"\n[[model.compare]]\nfamily = "autoencoder"')
    with pytest.raises(InputError, match=r"cnn is for classification .* not for anomaly") as caught:
        build_model(project, project.model, Shape("anomaly", (8, 8, 1), 64))
    assert str(caught.value.hint).endswith(": autoencoder")
    with pytest.raises(InputError, match="autoencoder is for anomaly, not for classification"):
        build_model(project, project.model.compare[0], PICTURE)


OWN = """
import keras
from my_layers import units

def build(shape, act="relu"):
    hidden = keras.layers.Dense(units, activation=act)
    last = keras.layers.Dense(shape.outputs, activation=shape.activation)
    return keras.Sequential([keras.Input(shape.inputs), keras.layers.Flatten(), hidden, last])

def wrong(shape):
    return keras.Sequential([keras.Input(shape.inputs), keras.layers.Flatten(), keras.layers.Dense(3)])

def none(shape):
    return None
"""


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_a_model_of_ones_own_comes_from_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "my_net.py").write_text(OWN)
    (tmp_path / "my_layers.py").write_text("units = 7\n")
    project = _project(tmp_path, 'python = "my_net:build"\n[model.options]\nact = "tanh"')

    first, second = (build_model(project, project.model, PICTURE) for _ in range(2))

    assert model_label(project, project.model) == "build"
    assert first.count_params() == 64 * 7 + 7 + 70 + 10
    assert first.layers[1].activation.__name__ == "tanh"
    assert [layer.name for layer in first.layers] == [layer.name for layer in second.layers]


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("my_net:wrong", r"my_net:wrong gives \(3,\); the data ask for \(10,\)"),
        ("my_net:none", "returned NoneType, not a keras.Model"),
        ("my_net:biuld", r"no function 'biuld'. Did you mean build"),
        ("missing:build", "there is no .*missing.py"),
    ],
)
def test_a_model_of_ones_own_that_cannot_be_used_is_an_error(
    tmp_path: Path, place: str, message: str
) -> None:
    (tmp_path / "my_net.py").write_text(OWN)
    (tmp_path / "my_layers.py").write_text("units = 7\n")
    project = _project(tmp_path, f'python = "{place}"')
    with pytest.raises(InputError, match=message):
        build_model(project, project.model, PICTURE)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", 'one of family = "...", python = "module:name" and base = "..." must be there'),
        ('family = "cnn"\npython = "a:b"', "one of family"),
        ('python = "/etc/x:y"', 'must be "module:name"'),
    ],
)
def test_a_model_has_either_a_family_or_a_function(tmp_path: Path, model: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _project(tmp_path, model)
