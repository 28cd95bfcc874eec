# SPDX-License-Identifier: Apache-2.0
"""tinyml predict MODEL FILES: a model without its project, as far as its file says what it takes."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.data import Takes, decode_taken, load_dataset, takes_of
from toolkit.data.standard import Standard
from toolkit.project.config import load_project

Out = pytest.CaptureFixture[str]


def values(capsys: Out, *words: str) -> list[float]:
    capsys.readouterr()
    assert run(["predict", *words, "--json"]) == 0
    return [sample["values"][0]["value"] for sample in json.loads(capsys.readouterr().out)["samples"]]


@pytest.mark.train
@pytest.mark.xdist_group("verbs")
def test_model_files_alone_say_what_the_project_says(project: Path, tmp_path: Path, capsys: Out) -> None:
    for name in ("model.tflite", "model.keras", "quantization.json", "model_float.tflite"):
        shutil.copy(project / "build" / name, tmp_path / name)
    samples = str(project / "samples.npy")
    integer, real = values(capsys, samples), values(capsys, samples, "--on", "float")
    assert values(capsys, str(tmp_path / "model.tflite"), samples) == integer
    assert values(capsys, str(tmp_path / "model_float.tflite"), samples) == real
    assert values(capsys, str(tmp_path / "model.keras"), samples) == pytest.approx(real, abs=1e-5)
    on_host = ["--on", "board", "--board", "host"]
    assert values(capsys, str(tmp_path / "model.tflite"), samples, *on_host) == integer
    assert run(["predict", str(tmp_path / "model.tflite"), samples, "--on", "float"]) == 2
    assert "model_float.tflite or model.keras" in capsys.readouterr().err
    assert run(["predict", str(tmp_path / "model.keras"), samples, "--on", "board"]) == 2
    assert run(["predict", str(tmp_path / "model.keras")]) == 2


def softmax_model(folder: Path, shape: tuple[int, ...], scale: float, zero_point: int) -> Path:
    """A .tflite that gives its input's elements back as probabilities; shape is that of one sample."""
    b, size = GraphBuilder("m"), int(np.prod(shape))
    x = b.tensor((1, *shape), scale=scale, zero_point=zero_point)
    flat, result = (
        b.tensor((1, size), scale=scale, zero_point=zero_point),
        b.tensor((1, size), scale=1 / 256, zero_point=-128),
    )
    b.operation("RESHAPE", [x, b.tensor((2,), "int32", data=[1, size])], [flat], new_shape=(1, size))
    b.operation("SOFTMAX", [flat], [result], beta=1.0)
    path = folder / "m.tflite"
    path.write_bytes(write_tflite(b.graph([x], [result])))
    return path


def picture(path: Path, pixels: list[list[int]]) -> Path:
    image = pytest.importorskip("PIL.Image", reason="needs pillow: pip install 'tinyml-toolkit[train]'")
    image.fromarray(np.array(pixels, np.uint8)).save(path)
    return path


def beside(model: Path, takes: Takes) -> None:
    """Write the quantization.json that belongs to model, as far as it is read."""
    known = {"sha256": hashlib.sha256(model.read_bytes()).hexdigest(), "detection": None}
    about = {"int8": known, "float32": {"sha256": "", "detection": None}, "takes": takes.to_json()}
    (model.parent / "quantization.json").write_text(json.dumps(about))


def said(capsys: Out, *words: object) -> tuple[str, list[tuple[str, float]]]:
    """The task, and the labels and values of the first sample."""
    capsys.readouterr()
    assert run(["predict", *map(str, words), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return found["task"], [(v["label"], v["value"]) for v in found["samples"][0]["values"]]


@pytest.mark.parametrize(("scale", "zero_point"), [(1 / 255, -128), (2 / 255, -1)])
def test_a_picture_becomes_the_numbers_that_the_input_has_a_range_for(
    tmp_path: Path, capsys: Out, scale: float, zero_point: int
) -> None:
    model = softmax_model(tmp_path, (2, 2, 1), scale, zero_point)
    file = picture(tmp_path / "p.png", [[0, 0], [255, 0]])
    task, found = said(capsys, model, file, "--top", 4)
    assert (task, found[0][0]) == ("classification", "2")
    span = 255 * scale
    assert found[0][1] == pytest.approx(np.exp(span) / (np.exp(span) + 3), abs=0.01)


def test_a_picture_for_an_input_of_another_range_is_refused_with_what_helps(
    tmp_path: Path, capsys: Out
) -> None:
    model = softmax_model(tmp_path, (2, 2, 1), 0.1, 0)
    file = picture(tmp_path / "p.png", [[0, 0], [255, 0]])
    assert run(["predict", str(model), str(file)]) == 3
    error = capsys.readouterr().err
    assert "m.tflite does not say which numbers it takes for black and white" in error
    assert "an .npy file of samples instead of p.png" in error and "quantization.json" in error


def test_what_stands_beside_the_model_says_classes_columns_and_their_standard(
    tmp_path: Path, capsys: Out
) -> None:
    model = softmax_model(tmp_path, (2,), 0.05, 0)
    (tmp_path / "rows.csv").write_text("far,junk,near\n10,x,3\n30,x,3\n")
    options = {"file": "t.csv", "target": ["kind"], "columns": ["near", "far"]}
    takes = Takes("csv", "classification", ("cat", "dog"), options, Standard((3.0, 20.0), (1.0, 10.0)))
    beside(model, takes)
    capsys.readouterr()
    assert run(["predict", str(model), str(tmp_path / "rows.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["samples"]
    assert [sample["values"][0]["label"] for sample in found] == ["cat", "dog"]
    model.write_bytes(model.read_bytes() + b"other")
    assert run(["predict", str(model), str(tmp_path / "rows.csv"), "--json"]) == 3
    assert "is no number" in json.loads(capsys.readouterr().out)["error"]


def test_rows_of_numbers_are_taken_as_they_are(tmp_path: Path, capsys: Out) -> None:
    model = softmax_model(tmp_path, (2,), 0.05, 0)
    (tmp_path / "rows.csv").write_text("a,b\n1,3\n")
    assert said(capsys, model, tmp_path / "rows.csv")[1][0][0] == "1"
    np.save(tmp_path / "rows.npy", np.array([[3.0, 1.0]], np.float32))
    assert said(capsys, model, tmp_path / "rows.npy")[1][0][0] == "0"


def test_sound_needs_what_only_the_project_knew(tmp_path: Path, capsys: Out) -> None:
    model = softmax_model(tmp_path, (49, 10, 1), 0.05, 0)
    (tmp_path / "yes.wav").write_bytes(b"RIFF")
    assert run(["predict", str(model), str(tmp_path / "yes.wav")]) == 3
    assert "does not say how .wav becomes its input (49, 10, 1)" in capsys.readouterr().err


def test_a_damaged_file_beside_a_model_is_as_if_there_were_none(tmp_path: Path, capsys: Out) -> None:
    model = softmax_model(tmp_path, (2,), 0.05, 0)
    np.save(tmp_path / "rows.npy", np.array([[3.0, 1.0]], np.float32))
    for text in ("", "[]", '{"int8": 1}', '{"int8": {"sha256": "x"}, "float32": {"sha256": "y"}}'):
        (tmp_path / "quantization.json").write_text(text)
        assert said(capsys, model, tmp_path / "rows.npy")[1][0][0] == "0"


def test_what_stands_beside_a_model_cannot_have_other_files_read(tmp_path: Path, capsys: Out) -> None:
    model = softmax_model(tmp_path, (2,), 0.05, 0)
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    options = {"file": str(tmp_path / "secret.csv"), "target": ["kind"]}
    beside(model, Takes("csv", "classification", ("cat", "dog"), options))
    assert run(["predict", str(model), str(tmp_path / "rows.csv")]) == 3
    assert "cannot read secret.csv" in capsys.readouterr().err


def test_what_a_model_takes_names_no_place_of_this_computer(tmp_path: Path) -> None:
    table = tmp_path / "secret" / "rows.csv"
    table.parent.mkdir()
    table.write_text("a,b,kind\n" + "".join(f"{i % 7},{i % 3},{'xy'[i % 2]}\n" for i in range(20)))
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[model]\nfamily = "mlp"\n[data]\nsource = "csv"\n'
        f'[data.options]\nfile = "{table}"\ntarget = ["kind"]\n'
    )
    project = load_project(tmp_path)
    takes = takes_of(project, load_dataset(project))
    assert takes.options["columns"] == ("a", "b") and takes.classes == ("x", "y")
    assert "secret" not in json.dumps(takes.to_json())
    again = Takes.from_json(json.loads(json.dumps(takes.to_json())))
    assert decode_taken(again, table).shape == (20, 2)
    assert np.allclose(decode_taken(again, table).mean(axis=0), 0, atol=0.5)
