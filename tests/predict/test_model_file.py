# SPDX-License-Identifier: Apache-2.0
"""A model's file as a predictor: what it believes of itself and of the quantization.json beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.data import Takes
from toolkit.data.standard import Standard
from toolkit.errors import InputError, UsageError
from toolkit.predict.answer import Answer
from toolkit.predict.bare_input import BareInput
from toolkit.predict.model_file import open_model
from toolkit.predict.predictor import predict

_SCALE = 0.5


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A .tflite of int8 that gives its two inputs back, in steps of _SCALE."""
    b = GraphBuilder("m")
    x, same = (b.tensor((1, 2), scale=_SCALE, zero_point=0) for _ in range(2))
    b.operation("RESHAPE", [x, b.tensor((2,), "int32", data=[1, 2])], [same], new_shape=(1, 2))
    path = tmp_path / "m.tflite"
    path.write_bytes(write_tflite(b.graph([x], [same])))
    return path


def describe(model: Path, takes: Takes, detection: dict[str, Any] | None = None) -> None:
    """Write the quantization.json that belongs to model, as far as it is read."""
    known = {"sha256": hashlib.sha256(model.read_bytes()).hexdigest(), "detection": detection}
    about = {"int8": known, "float32": {"sha256": ""}, "takes": takes.to_json()}
    (model.parent / "quantization.json").write_text(json.dumps(about))


def ask(model: Path, *rows: tuple[float, ...]) -> Answer:
    file = model.parent / "rows.npy"
    np.save(file, np.array(rows, np.float32))
    return predict(open_model(model), [file], None, "nosuch", top=1)


def test_an_anomaly_detector_beside_its_threshold_says_on_which_side_samples_are(model: Path) -> None:
    describe(model, Takes("csv", "anomaly", ("normal", "anomalous")), {"threshold": 1.0})
    answer = ask(model, (0.3, 0.7), (1000, 1000))
    assert (answer.task, answer.threshold, answer.on) == ("anomaly", 1.0, "int8")
    assert [prediction.values for prediction in answer.predictions] == [(("normal", 0.0),)] * 2


def test_an_anomaly_detector_without_a_threshold_gives_numbers(model: Path) -> None:
    describe(model, Takes("csv", "anomaly", ("normal", "anomalous")))
    answer = ask(model, (0.3, 0.7))
    assert (answer.task, answer.threshold) == ("regression", None)
    assert answer.predictions[0].values == (("output 0:", 0.5), ("output 1:", 0.5))


def test_columns_are_standardized_as_it_stands_beside_the_model(model: Path) -> None:
    describe(model, Takes("csv", "regression", standard=Standard((3.0, 20.0), (1.0, 10.0))))
    assert [value for _, value in ask(model, (5, 50)).predictions[0].values] == [2, 3]


def test_rows_of_another_width_than_the_known_columns_are_refused(model: Path) -> None:
    describe(model, Takes("csv", "regression", standard=Standard((3.0, 20.0), (1.0, 10.0))))
    with pytest.raises(
        InputError, match=r"rows\.npy gives samples of shape \(3,\); .*m\.tflite takes \(2,\)"
    ):
        ask(model, (1, 2, 3))


def test_an_integer_model_says_what_runs_on_float_instead(model: Path) -> None:
    np.save(model.parent / "rows.npy", np.zeros((1, 2), np.float32))
    with pytest.raises(UsageError, match=r"m\.tflite does not run with --on float") as caught:
        predict(open_model(model), [model.parent / "rows.npy"], "float", "host", top=1)
    assert caught.value.hint == "Try: model_float.tflite or model.keras instead"


def test_a_model_of_two_inputs_is_sent_to_run(tmp_path: Path) -> None:
    b = GraphBuilder("two")
    x, y, total = (b.tensor((1, 2), scale=_SCALE, zero_point=0) for _ in range(3))
    b.operation("ADD", [x, y], [total])
    path = tmp_path / "two.tflite"
    path.write_bytes(write_tflite(b.graph([x, y], [total])))
    with pytest.raises(InputError, match="does not have just one input and one output") as caught:
        open_model(path)
    assert "tinyml run" in (caught.value.hint or "")


@pytest.mark.parametrize("damage", [{"classes": 1}, {"standard": {"mean": 1}}, {"options": 3}])
def test_a_description_that_is_not_understood_is_as_if_there_were_none(
    model: Path, damage: dict[str, Any]
) -> None:
    describe(model, Takes("csv", "classification", ("cat", "dog")))
    file = model.parent / "quantization.json"
    about = json.loads(file.read_text())
    about["takes"].update(damage)
    file.write_text(json.dumps(about))
    assert ask(model, (0.3, 0.7)).task == "regression"


def test_a_float_model_says_which_file_runs_on_int8(tmp_path: Path) -> None:
    b = GraphBuilder("real")
    x, same = (b.tensor((1, 2), "float32") for _ in range(2))
    b.operation("RESHAPE", [x, b.tensor((2,), "int32", data=[1, 2])], [same], new_shape=(1, 2))
    path = tmp_path / "real.tflite"
    path.write_bytes(write_tflite(b.graph([x], [same])))
    real = open_model(path)
    assert (real.home, real.shape) == ("float", (2,))
    with pytest.raises(UsageError, match=r"real\.tflite does not run with --on int8") as caught:
        real.run(np.zeros((1, 2), np.float32), "int8", "host")
    assert "an int8 .tflite" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("m.keras", "model.keras as tinyml train wrote it says it"),
        ("m.tflite", "quantization.json, kept beside it, would say it"),
    ],
)
def test_who_could_have_said_how_sound_becomes_an_input_depends_on_the_kind_of_file(
    name: str, hint: str
) -> None:
    with pytest.raises(InputError, match=f"{name} does not say how .wav becomes its input") as caught:
        BareInput(Path(name), (49, 10, 1)).decode(Path("yes.wav"))
    assert caught.value.hint == f"Try: an .npy file of samples instead of yes.wav; {hint}"


def table_model(model: Path) -> Path:
    """Say that the model takes the columns a and b of tables, of which one is written; return the table."""
    options = {"file": "", "target": ["-"], "columns": ["a", "b"], "missing": ["-999"]}
    describe(model, Takes("csv", "regression", options=options))
    file = model.parent / "rows.csv"
    file.write_text("a,b\n1,2\n3,\n5,6\n-999.0,8\n9,10\n")
    return file


def test_rows_that_cannot_be_read_are_left_out_where_that_is_wanted(model: Path) -> None:
    file, said = table_model(model), list[str]()
    with pytest.raises(InputError, match="is broken in line 3: the column 'b' is empty") as caught:
        predict(open_model(model), [file], None, "nosuch", 1)
    assert "--skip-broken" in (caught.value.hint or "")
    answer = predict(open_model(model), [file], None, "nosuch", 1, said.append)
    assert [[value for _, value in each.values] for each in answer.predictions] == [[1, 2], [5, 6], [9, 10]]
    assert said == [f"{file}: 2 of 5 rows are left out, the first in line 3: the column 'b' is empty"]
    file.write_text("a,b\n3,\n")
    with pytest.raises(InputError, match="is broken in line 2"):
        predict(open_model(model), [file], None, "nosuch", 1, said.append)


def test_predict_and_look_take_skip_broken(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = table_model(model)
    assert run(["predict", str(model), str(file)]) == InputError.exit_code
    capsys.readouterr()
    assert (
        run(["predict", str(model), str(file), str(file.parent / "no.csv"), "--skip-broken", "--json"]) == 0
    )
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert (len(said["samples"]), len(said["broken"])) == (3, 1)
    assert "2 of 5 rows are left out" in err
    look = [
        "look",
        str(model),
        str(file),
        "--sample",
        "3",
        "--board",
        "host",
        "--output",
        str(file.parent / "look"),
    ]
    assert run([*look, "--skip-broken"]) == 0
    assert (file.parent / "look" / "rows.csv-3.png").is_file()
