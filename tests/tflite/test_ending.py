# SPDX-License-Identifier: Apache-2.0
"""A model whose last layers are float32 is cut where its integers end, and is the same model up to there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.float_ends import float_ended
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_tflm

from toolkit.cli.main import run
from toolkit.errors import InputError
from toolkit.tflite.ending import without_float_end
from toolkit.tflite.reader import read_graph


@pytest.mark.parametrize("kinds", [("LOG_SOFTMAX",), ("SOFTMAX",), ("LOGISTIC", "SOFTMAX")], ids="-".join)
def test_the_cut_model_compiles_and_its_integers_are_what_the_float_layers_read(
    kinds: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_tflite(float_ended(*kinds))
    (tmp_path / "m.tflite").write_bytes(data)
    assert run(["compile", str(tmp_path / "m.tflite")]) == 3
    assert "tinyml cut MODEL.tflite" in capsys.readouterr().err

    assert run(["cut", str(tmp_path / "m.tflite"), "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["left_out"] == ["DEQUANTIZE", *kinds] and "int8[1, 8]" in said["outputs"][0]
    assert run(["compile", said["file"], "--output", str(tmp_path / "c")]) == 0
    inputs = np.random.default_rng(1).normal(0, 3, (5, 1, 8)).astype(np.float32)
    cut = Path(said["file"]).read_bytes()
    whole, ended = (run_tflm(each, [[x] for x in inputs]) for each in (data, cut))
    for (float_output,), (integers,) in zip(whole, ended, strict=True):
        real = 0.05 * (integers.astype(np.float64) + 128)
        assert float_output == pytest.approx(computed(kinds, real), abs=1e-5)


def computed(kinds: tuple[str, ...], real: np.ndarray) -> np.ndarray:
    for kind in kinds:
        if kind == "LOGISTIC":
            real = 1 / (1 + np.exp(-real))
        else:
            shares = np.exp(real) / np.exp(real).sum()
            real = shares if kind == "SOFTMAX" else np.log(shares)
    return real


def test_an_output_of_integers_stays() -> None:
    data, end = without_float_end(write_tflite(float_ended(keeps_integers=True)), "m")
    assert len(end.outputs) == 1 and [o.kind for o in read_graph(data, "m").operations] == [
        "QUANTIZE",
        "RELU",
    ]


def test_a_model_without_a_float_end_or_with_nothing_before_it_is_said_to_be_none(tmp_path: Path) -> None:
    b = GraphBuilder("float")
    x, y = (b.tensor((1, 8), "float32") for _ in range(2))
    b.operation("LOG_SOFTMAX", [x], [y])
    for graph in (small_graph(), b.graph([x], [y])):
        with pytest.raises(InputError, match="no float32 layers at its end, behind layers of integers"):
            without_float_end(write_tflite(graph), "m")


def test_more_tensors_than_the_list_of_outputs_has_room_for_are_refused() -> None:
    b = GraphBuilder("two")
    x, p, q = (b.tensor((1, 8), scale=0.1) for _ in range(3))
    r, s, y = (b.tensor((1, 8), "float32") for _ in range(3))
    for integers, real in ((p, r), (q, s)):
        b.operation("RELU", [x], [integers])
        b.operation("DEQUANTIZE", [integers], [real])
    b.operation("ADD", [r, s], [y], fused_activation_function="NONE")
    with pytest.raises(InputError, match="would end in 2 tensors, and its list of outputs has room for 1"):
        without_float_end(write_tflite(b.graph([x], [y])), "m")


def test_a_model_is_not_written_over_itself(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(write_tflite(float_ended()))
    assert run(["cut", str(tmp_path / "m.tflite"), "--output", str(tmp_path / "m.tflite")]) == 2
