# SPDX-License-Identifier: Apache-2.0
"""The zoo: from a choice in tinyml.toml to a Keras model."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.errors import InputError
from toolkit.models import Shape, build_model, model_label
from toolkit.models.registry import families
from toolkit.project import Project, load_project

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
