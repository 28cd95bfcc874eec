# SPDX-License-Identifier: Apache-2.0
"""Models on a base: any Keras application or .keras file becomes one flat model for the data at hand."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models import Shape, build_family, build_model, model_label, settle
from toolkit.models.base import open_base
from toolkit.models.cuts import earlier_cuts, kernel_weights
from toolkit.models.keras_file import save_model
from toolkit.models.pixels import PREPARE
from toolkit.models.registry import families
from toolkit.project.config import Project, load_project
from toolkit.quantization import quantize_model
from toolkit.verify.generated_c import verify_model

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]

PICTURE = Shape("classification", (32, 32, 3), 5)
GREY = Shape("classification", (32, 32, 1), 5)


def project_in(folder: Path, base: str, options: str = "") -> Project:
    text = f'[project]\nname = "p"\n[data]\nsource = "digits"\n[model]\nbase = "{base}"\n'
    (folder / "tinyml.toml").write_text(f"{text}[model.options]\n{options}\n")
    return load_project(folder)


def built(folder: Path, base: str, options: str = "", shape: Shape = PICTURE) -> Any:
    project = project_in(folder, base, options)
    return build_model(project, project.model, shape)


def save_family(folder: Path, name: str, shape: Shape, **options: Any) -> Any:
    """Save an untrained model of a family as base.keras and return it."""
    family = families()[name]
    model = build_family(family, family.options(**options), shape, 1)
    save_model(model, folder / "base.keras")
    return model


@cache
def tiny_vgg() -> bytes:
    """Return an untrained vgg for pictures as a .keras file."""
    with TemporaryDirectory() as name:
        save_family(Path(name), "vgg", PICTURE, width=0.05, blocks=(1, 1))
        return (Path(name) / "base.keras").read_bytes()


def names_of(model: Any) -> list[str]:
    return [layer.name for layer in model.layers]


def outputs(model: Any, pixels: Any) -> Any:
    return np.asarray(model(pixels, training=False))


def test_an_application_cut_early_is_int8_and_right_to_the_byte(tmp_path: Path) -> None:
    options = 'weights = "none"\nalpha = 0.35\ncut = "block_2"'
    model = built(tmp_path, "MobileNetV2", options)
    assert names_of(model)[:3] == ["input", PREPARE, "Conv1"]
    assert names_of(model)[-3:] == ["head_pool", "head_dropout", "output"]
    assert max(name for name in names_of(model) if name.startswith("block_")).startswith("block_2_")
    pixels = np.random.default_rng(3).random((4, *PICTURE.inputs), np.float32)
    settle(model, pixels)
    data = quantize_model(model, pixels)
    assert verify_model(compile_model(data, "p"), data, samples=3).samples == 3


def test_a_base_can_be_cut_where_all_of_it_passes_through(tmp_path: Path) -> None:
    keras = load_extra("keras")
    project = project_in(tmp_path, "MobileNetV2", 'alpha = 0.35\nweights = "none"\ncut = "block_3"')
    base = open_base(project, project.model, PICTURE)
    last = base.get_layer("block_3_project_BN").output

    cuts = earlier_cuts(project, project.model, PICTURE)

    names = [cut.layer for cut in cuts]
    blocks = ["Conv1_relu", "expanded_conv_project_BN", "block_1_project_BN", "block_2_add"]
    assert [name for name in names if name in blocks] == blocks
    assert not [name for name in names if name.startswith("block_2_") and name != "block_2_add"]
    for cut in cuts:
        keras.Model(base.get_layer(cut.layer).output, last)  # or the graph would be disconnected
        assert cut.kernel_weights == kernel_weights(keras.Model(base.input, base.get_layer(cut.layer).output))


def test_pixels_become_what_an_application_was_trained_on(tmp_path: Path) -> None:
    """VGG16's are blue, green, red from 0 to 255 less their means; grey ones count as equal channels."""
    keras = load_extra("keras")
    options = 'weights = "none"\ncut = "block1_conv1"'
    pixels = np.random.default_rng(3).random((2, 32, 32, 3), np.float32)
    told = keras.applications.vgg16.preprocess_input(pixels.copy() * 255)
    prepared = built(tmp_path, "VGG16", options).get_layer(PREPARE)
    assert not prepared.trainable
    assert outputs(prepared, pixels) == pytest.approx(told, abs=1e-3)
    grey = pixels[..., :1]
    told = keras.applications.vgg16.preprocess_input(np.repeat(grey, 3, axis=-1) * 255)
    prepared = built(tmp_path, "VGG16", options, GREY).get_layer(PREPARE)
    assert outputs(prepared, grey) == pytest.approx(told, abs=1e-3)


def test_layers_that_only_scale_pixels_become_part_of_the_first(tmp_path: Path) -> None:
    """A base by Keras' guide, nested and with its own rescaling: flat, and the same up to its features."""
    keras = load_extra("keras")
    inner_input = keras.Input((32, 32, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1, name="scale")(inner_input)
    x = keras.layers.Conv2D(4, 3, padding="same", name="conv")(x)
    inner = keras.Model(inner_input, keras.layers.BatchNormalization(name="norm")(x), name="inner")
    outer_input = keras.Input((32, 32, 3))
    x = keras.layers.GlobalAveragePooling2D()(inner(outer_input))
    save_model(
        keras.Model(outer_input, keras.layers.Dense(7, activation="softmax")(x)), tmp_path / "base.keras"
    )
    model = built(tmp_path, "base.keras", 'pixels = "0..255"')
    assert names_of(model) == ["input", PREPARE, "conv", "norm", "head_pool", "head_dropout", "output"]
    pixels = np.random.default_rng(3).random((2, 32, 32, 3), np.float32)
    features = keras.Model(model.input, model.get_layer("norm").output)
    assert outputs(features, pixels) == pytest.approx(outputs(inner, pixels * 255), abs=1e-4)


@pytest.mark.parametrize(
    ("family", "inputs", "options", "last"),
    [
        ("vgg", (16, 16, 3), {"width": 0.05, "blocks": (1, 1)}, "pool_2"),
        ("mobilenet_v3", (16, 16, 3), {"width": 0.1, "blocks": 2}, None),
        ("mlp", (6,), {"units": (5, 4)}, "dense_2"),
        ("cnn_lstm", (16, 16, 3), {"filters": (3,), "units": 4, "steps": 2}, "dropout"),
    ],
)
def test_a_bases_own_head_is_left_out(
    family: str, inputs: tuple[int, ...], options: dict[str, Any], last: str | None, tmp_path: Path
) -> None:
    shape = Shape("classification", inputs, 3)
    base = save_family(tmp_path, family, shape, **options)
    model = built(tmp_path, "base.keras", "dropout = 0.0", shape)
    kept = [name for name in names_of(model) if name not in ("input", "output", "head_pool")]
    pooled = names_of(base).index("average") if "average" in names_of(base) else 0
    assert kept[-1] == (last or names_of(base)[pooled - 1])
    for name in kept:
        for mine, theirs in zip(
            model.get_layer(name).get_weights(), base.get_layer(name).get_weights(), strict=True
        ):
            assert np.array_equal(mine, theirs)


def test_a_base_takes_pictures_of_another_size_and_a_transferred_model_is_a_base_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "base.keras").write_bytes(tiny_vgg())
    first = built(tmp_path, "base.keras", "dense = [6]", Shape("classification", (20, 24, 3), 2))
    assert first.output_shape == (None, 2)
    save_model(first, tmp_path / "base.keras")
    second = built(tmp_path, "base.keras", 'cut = "head_dense_1"', Shape("classification", (20, 24, 1), 2))
    assert names_of(second)[-4:] == ["base_head_dropout", "base_head_dense_1", "head_dropout", "output"]
    assert names_of(second)[1] == PREPARE


def test_the_label_says_base_and_cut(tmp_path: Path) -> None:
    project = project_in(tmp_path, "MobileNetV2", 'alpha = 0.35\ncut = "block_6"')
    assert model_label(project, project.model) == "MobileNetV2 0.35 to block_6"


@pytest.mark.parametrize(
    ("base", "options", "message"),
    [
        ("MobileNetV5", "", "no Keras application 'MobileNetV5'. Did you mean MobileNetV2"),
        ("none.keras", "", r"there is no file .*none.keras"),
        ("VGG16", 'weights = "none.h5"', r"there is no file .*none.h5"),
        ("VGG16", "alpha = 0.5", "VGG16 has no alpha"),
        ("base.keras", "alpha = 0.5", "are for Keras' applications; base.keras has its own"),
        ("base.keras", 'cut = "pol_2"', "no layer 'pol_2', nor a block of that name. Did you mean pool_2"),
        ("base.keras", 'cut = "xyz"', "Some of its layers: conv_1_1_relu, "),
        ("base.keras", 'cuts = "pool_2"', r"tinyml.toml:8: model.options.cuts: .*Did you mean cut"),
        (
            "base.keras",
            'cut = "dense_1"',
            r"made for samples of \(32, 32, 3\), cannot take those of \(16, 16, 3\)",
        ),
        ("base.keras", 'pixels = "0-255"', "no Keras application '0-255'"),
        ("broken.keras", "", "broken.keras is not a Keras model"),
        ("MobileNet", 'weights = "broken.keras"', "does not hold the weights of MobileNet"),
    ],
)
def test_what_cannot_be_a_base_says_why(base: str, options: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "base.keras").write_bytes(tiny_vgg())
    (tmp_path / "broken.keras").write_bytes(b"no model")
    side = 16 if base == "base.keras" else 32
    with pytest.raises(InputError, match=message):
        built(tmp_path, base, options, Shape("classification", (side, side, 3), 5))


def test_a_base_of_other_channels_or_ranks_is_refused(tmp_path: Path) -> None:
    save_family(tmp_path, "vgg", GREY, width=0.05, blocks=(1, 1))
    with pytest.raises(InputError, match="takes pictures of 1 channels; the data have 3"):
        built(tmp_path, "base.keras")
    with pytest.raises(InputError, match=r"cannot take those of \(64,\)"):
        built(tmp_path, "base.keras", shape=Shape("classification", (64,), 5))
    with pytest.raises(InputError, match=r"VGG16 is for pictures; the data are \(64,\)"):
        built(tmp_path, "VGG16", shape=Shape("classification", (64,), 5))


def test_one_of_family_python_and_base_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of family"):
        project_in(tmp_path, 'VGG16"\nfamily = "mlp')


def test_without_a_network_the_error_says_how_to_bring_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = load_extra("keras.src.utils.file_utils")

    def unreachable(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr(files, "urlretrieve", unreachable)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(files.config, "keras_home", lambda: str(tmp_path), raising=False)
    with pytest.raises(InputError, match="weights of MobileNet are not on this computer") as caught:
        built(tmp_path, "MobileNet", "alpha = 0.25")
    assert "alpha=0.25, include_top=False, input_shape=(32, 32, 3)" in str(caught.value.hint)
    assert 'weights = "MobileNet.weights.h5"' in str(caught.value.hint)


def test_weights_come_from_a_file_that_keras_saved_elsewhere(tmp_path: Path) -> None:
    keras = load_extra("keras")
    elsewhere = keras.applications.MobileNet(
        alpha=0.25, include_top=False, weights=None, input_shape=(48, 48, 3)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras' own, of NumPy 2
        elsewhere.save_weights(tmp_path / "m.weights.h5")
    model = built(tmp_path, "MobileNet", 'weights = "m.weights.h5"\nalpha = 0.25\ncut = "conv_pw_1"')
    for name in ("conv1", "conv_dw_1", "conv_pw_1_bn"):
        for mine, theirs in zip(
            model.get_layer(name).get_weights(), elsewhere.get_layer(name).get_weights(), strict=True
        ):
            assert np.array_equal(mine, theirs)
