# SPDX-License-Identifier: Apache-2.0
"""Training: repeatable, honest about failure, and the examples learn."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, shortened, trained

from toolkit.data import load_dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import load_project
from toolkit.training import history_json, load_model, made_by, save_model, train_all, train_model

pytestmark = [
    pytest.mark.train,
    pytest.mark.xdist_group("training"),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

IN_ANOTHER_PROCESS = """
import hashlib, pathlib, sys
from toolkit.data import load_dataset
from toolkit.extras import load_extra
from toolkit.project.config import load_project
from toolkit.training import save_model, train_model
folder = pathlib.Path(sys.argv[1])
project = load_project(folder)
save_model(train_model(project, load_dataset(project)).model, folder / "other.keras")
print(hashlib.sha256((folder / "other.keras").read_bytes()).hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    project = shortened("digits", tmp_path, 2)
    save_model(train_model(project, load_dataset(project)).model, tmp_path / "model.keras")
    command = [sys.executable, "-W", "ignore", "-c", IN_ANOTHER_PROCESS, str(tmp_path)]
    other = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)
    here = hashlib.sha256((tmp_path / "model.keras").read_bytes()).hexdigest()
    assert other.stdout.split() == [here]


def test_training_twice_in_one_process_gives_the_same_bytes(tmp_path: Path) -> None:
    project = shortened("hello_sine", tmp_path, 2)
    for name in ("a", "b"):
        save_model(train_model(project, load_dataset(project)).model, tmp_path / f"{name}.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


def test_objects_that_get_one_address_by_chance_do_not_change_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras' own record of what is shared goes by id(), of objects that it has let go of too."""
    keras = load_extra("keras")
    inputs = keras.Input((4,), name="input")
    outputs = keras.layers.Dense(2, name="output")(keras.layers.Dense(3, name="hidden")(inputs))
    model = keras.Model(inputs, outputs, name="mlp")
    save_model(model, tmp_path / "apart.keras")

    def collide(thing: object) -> int:
        kinds = ("initializers", "dtype_policies")
        return 1 if any(kind in type(thing).__module__ for kind in kinds) else id(thing)

    monkeypatch.setattr(keras.src.saving.serialization_lib, "id", collide, raising=False)
    save_model(model, tmp_path / "together.keras")
    assert (tmp_path / "apart.keras").read_bytes() == (tmp_path / "together.keras").read_bytes()
    assert len(load_model(tmp_path / "together.keras").layers) == 3


def test_a_layer_inside_two_others_is_still_one_in_the_file(tmp_path: Path) -> None:
    layers = load_extra("keras").layers
    inputs = layers.Input((3, 2), name="input")
    inner = layers.Dense(2, name="inner")
    outputs = inputs
    for name in ("first", "second"):
        outputs = layers.TimeDistributed(inner, name=name)(outputs)
    save_model(load_extra("keras").Model(inputs, outputs, name="m"), tmp_path / "model.keras")
    config = zipfile.ZipFile(tmp_path / "model.keras").read("config.json").decode()
    assert config.count('"shared_object_id": 0') == 1  # Keras notes it at the second place only
    assert config.count("shared_object_id") == 1


def test_a_saved_model_comes_back_and_computes_the_same(tmp_path: Path) -> None:
    _, dataset, model = trained("digits")
    save_model(model.model, tmp_path / "build" / "model.keras")
    again = load_model(tmp_path / "build" / "model.keras")
    assert np.array_equal(np.asarray(again(dataset.test.x)), model.model(dataset.test.x))


def test_digits_learns() -> None:
    project, dataset, model = trained("digits")
    assert model.score >= 0.97
    assert model.outputs.shape == (len(dataset.test), 10)
    assert set(model.curves) == {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"}
    assert all(len(curve) == project.training.epochs for curve in model.curves.values())


def test_all_models_are_trained_and_the_first_is_to_deploy(tmp_path: Path) -> None:
    project = shortened("hello_sine", tmp_path, 2)
    steps: list[tuple[float, int]] = []
    words: list[str] = []

    def on_progress(done: float, total: int, text: str = "") -> None:
        if done == int(done):  # a slow machine hears of batches too
            steps.append((done, total))
            words.append(text)

    models = train_all(project, load_dataset(project), on_progress=on_progress)
    assert [model.label for model in models] == ["mlp 16+16", "mlp 16"]
    assert [model.parameters for model in models] == [321, 49]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert words[0].startswith("mlp 16+16 1/2: val_loss 0.")


def test_history_json_has_curves_and_what_the_report_draws(tmp_path: Path) -> None:
    project = shortened("hello_sine", tmp_path, 1)
    dataset = load_dataset(project)
    history = json.loads(history_json(project, dataset, train_all(project, dataset)))
    assert (history["task"], history["metric"], history["skip_epochs"]) == ("regression", "mae", 0)
    assert history["samples"] == {"train": 600, "validation": 200, "test": 200}
    for model in history["models"]:
        assert set(model["curves"]) == {"loss", "mae", "val_loss", "val_mae", "learning_rate"}
        assert model["predictions"]["x"] == sorted(model["predictions"]["x"])
        assert len(model["predictions"]["predicted"]) == 200


def test_history_json_of_a_classification_counts_the_test_split() -> None:
    project, dataset, model = trained("digits")
    history = json.loads(history_json(project, dataset, [model]))
    counts = np.array(history["models"][0]["confusion"])
    assert counts.sum(axis=1).tolist() == np.bincount(dataset.test.y).tolist()
    assert counts.trace() / counts.sum() == history["models"][0]["score"]


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adagrad", "adamw"])
def test_other_optimizers_learn_too(tmp_path: Path, optimizer: str) -> None:
    project = shortened("hello_sine", tmp_path, 2)
    text = project.file.read_text().replace("[training]", f'[training]\noptimizer = "{optimizer}"')
    project.file.write_text(text.replace('"cosine"', '"constant"'))
    curves = train_model(load_project(tmp_path), load_dataset(project)).curves
    assert curves["loss"][1] < curves["loss"][0]


def test_training_that_diverges_says_so_and_what_to_try(tmp_path: Path) -> None:
    project = shortened("hello_sine", tmp_path, 3)
    text = project.file.read_text().replace("learning_rate = 0.014", 'learning_rate = 9.0\noptimizer = "sgd"')
    project.file.write_text(text)
    with pytest.raises(InputError, match="diverged in epoch") as caught:
        train_model(load_project(tmp_path), load_dataset(project))
    assert "learning_rate = 0.9" in str(caught.value.hint)


def test_a_model_that_is_missing_or_no_model_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with pytest.raises(InputError, match="there is no model"):
        load_model(path)
    path.write_bytes(b"PK\x03\x04 not a model")
    with pytest.raises(InputError, match="not a Keras model of the format"):
        load_model(path)


def test_a_model_with_code_of_its_own_is_refused(tmp_path: Path) -> None:
    keras = load_extra("keras")
    inputs = keras.Input((1,), name="input")
    outputs = keras.layers.Lambda(lambda x: x + 1, name="code")(inputs)
    save_model(keras.Model(inputs, outputs, name="evil"), tmp_path / "evil.keras")
    with pytest.raises(InputError, match=r"not a Keras model, or damaged: .*unsafe"):
        load_model(tmp_path / "evil.keras")


def test_a_model_of_the_old_format_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    """Keras goes by a file's ending, and not every release keeps to safe mode for HDF5."""
    keras = load_extra("keras")
    inputs = keras.Input((1,), name="input")
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1, name="code")(inputs), name="evil")
    keras.src.legacy.saving.legacy_h5_format.save_model_to_hdf5(model, str(tmp_path / "evil.h5"))
    (tmp_path / "evil.keras").write_bytes((tmp_path / "evil.h5").read_bytes())
    for name in ("evil.h5", "evil.keras"):
        with pytest.raises(InputError, match=r"is not a Keras model of the format \.keras"):
            load_model(tmp_path / name)


def test_the_file_and_the_history_say_what_made_the_model_and_nothing_that_changes(tmp_path: Path) -> None:
    project = shortened("hello_sine", tmp_path, 1)
    dataset = load_dataset(project)
    trained_model = train_model(project, dataset)
    about = made_by(project, dataset, trained_model)
    save_model(trained_model.model, tmp_path / "model.keras", about)
    saved = json.loads(zipfile.ZipFile(tmp_path / "model.keras").read("metadata.json"))["made_by"]
    history = json.loads(history_json(project, dataset, [trained_model]))
    assert saved == history["models"][0]["made_by"]
    assert saved["training"]["learning_rate"] == project.training.learning_rate
    assert {"tinyml-toolkit", "keras", "numpy"} <= set(saved["versions"])
    assert str(tmp_path) not in json.dumps(saved)
    assert load_model(tmp_path / "model.keras").count_params() == trained_model.parameters
