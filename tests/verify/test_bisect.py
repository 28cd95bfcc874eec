# SPDX-License-Identifier: Apache-2.0
"""`tinyml bisect` names the first layer that is not the same everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.effort import is_broad
from support.firmware import digits_like, skip_without
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.ops.shared import channels
from toolkit.ops.shared.operator import Argument, Array, ConstantArgument
from toolkit.reference.oracle import Rows
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.verify.bisect import (
    Bisection,
    bisect,
    bisection_lines,
    find_engines,
    try_everything,
    willing_engines,
)
from toolkit.verify.engines import Engine, NumpyEngine, TfliteEngine, TflmEngine
from toolkit.verify.generated_c import random_rows


class BentEngine:
    """The NumPy reference with one number of one tensor changed in one sample."""

    name = "bent"

    def __init__(self, graph: Graph, tensor: int, *, is_truth: bool = True) -> None:
        self.is_truth = is_truth
        self._engine, self._tensor, self._runs = NumpyEngine(graph), tensor, 0

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        values = dict(self._engine.tensors(rows))
        self._runs += 1
        if self._runs == 2:
            bent = values[self._tensor].astype(np.int16).reshape(-1)
            bent[7] ^= 1
            values[self._tensor] = bent.astype(np.int8)
        return values


def with_wrong_multiplier(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, the multipliers of layers of ten channels are one 65th too small."""
    right = channels.scale_tables

    def wrong(*arguments: Any) -> list[Argument]:
        multiplier, shift = right(*arguments)
        assert isinstance(multiplier, ConstantArgument)
        if len(multiplier.data) != 10:
            return [multiplier, shift]
        return [replace(multiplier, data=multiplier.data // 65 * 64), shift]

    monkeypatch.setattr(channels, "scale_tables", wrong)


def test_the_first_sample_layer_and_index_are_named() -> None:
    graph = small_graph()
    engines: list[Engine] = [NumpyEngine(graph), BentEngine(graph, tensor=5)]

    found = bisect(graph, engines, random_rows(graph, 3))

    assert found.disagreement is not None
    place = found.disagreement
    assert (place.operation, place.kind, place.sample, place.index) == (2, "ADD", 1, 7)
    assert abs(place.values["bent"] - place.values["NumPy reference"]) == 1
    assert "DIFFERENT at operation 2 (ADD), tensor 'tensor_5', sample 1, index 7:" in list(
        bisection_lines(found)
    )


def test_what_need_not_be_equal_is_told_aside() -> None:
    graph = small_graph()
    engines: list[Engine] = [NumpyEngine(graph), BentEngine(graph, tensor=5, is_truth=False)]

    found = bisect(graph, engines, random_rows(graph, 3))

    assert found.disagreement is None
    assert found.aside is not None
    lines = list(bisection_lines(found))
    assert "all equal: 6 layers, 3 samples" in lines
    assert any(
        line.startswith("aside: TFLite, which may differ, does at operation 2 (ADD)") for line in lines
    )


def test_tflm_shows_every_layer_and_the_numpy_references_are_equal() -> None:
    pytest.importorskip("tflite_micro", reason="needs TFLM: pip install 'tinyml-toolkit[tflm]'")
    data, _ = digits_like()
    graph = read_graph(data, "digits_like")
    seen: list[str] = []

    found = bisect(
        graph,
        [TflmEngine(data, graph), NumpyEngine(graph)],
        random_rows(graph, 4),
        lambda done, total, text="": seen.append(f"{done}/{total} {text}"),
    )

    assert found.disagreement is None
    assert seen[-1] == "8/8 NumPy reference"


@pytest.mark.train
def test_tflite_shows_every_layer() -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    data = write_tflite(small_graph())
    graph = read_graph(data, "small")

    tensors = TfliteEngine(data, graph).tensors(random_rows(graph, 1))

    assert set(tensors) == {i for operation in graph.operations for i in operation.outputs}


def test_a_planted_bug_is_named_on_the_host_and_in_emulation(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without("nano33ble", "gcc")
    skip_without("host", "gcc")
    data, _ = digits_like()  # before the bug is planted: it is compiled once for all tests
    with_wrong_multiplier(monkeypatch)
    monkeypatch.setattr("toolkit.verify.bisect.COMPILERS", ("gcc",))
    monkeypatch.setattr("toolkit.verify.bisect.OPTIMIZE", ("-O2",))
    monkeypatch.setattr("toolkit.verify.bisect.has_package", lambda name: False)
    graph = read_graph(data, "digits_like")

    found = try_everything(data, graph, load_board("nano33ble"), random_rows(graph, 4))

    assert found.engines == (
        "NumPy reference",
        "C on this computer, gcc -O2",
        "C on an emulated nano33ble, gcc",
    )
    assert [reason.split(":")[0] for reason in found.missing] == ["TFLM", "TFLite reference kernels"]
    place = found.disagreement
    assert place is not None
    assert (place.operation, place.kind) == (4, "FULLY_CONNECTED")
    host, emulated = (place.values[name] for name in found.engines[1:])
    assert host == emulated != place.values["NumPy reference"]


def test_tflm_is_not_asked_for_an_operator_that_it_does_not_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolkit.verify.bisect.COMPILERS", ())
    builder = GraphBuilder("lacking")
    x, y = (builder.tensor((1, 4), scale=0.1) for _ in range(2))
    builder.operation("EXP", [x], [y])
    data = write_tflite(builder.graph([x], [y]))
    graph, model = read_graph(data, "lacking"), compile_model(data, "lacking")

    engines, missing = find_engines(data, graph, model, load_board("host"), tmp_path)

    assert not any(isinstance(engine, TflmEngine) for engine in engines)
    assert missing[0] == "TFLM: it has no EXP"


def test_a_compiler_that_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.verify.bisect.COMPILERS", ("gcc",))
    monkeypatch.setenv("PATH", str(tmp_path))
    data = write_tflite(small_graph())
    board, graph = load_board("nano33ble"), read_graph(data, "small")

    engines, missing = find_engines(data, graph, compile_model(data, "small"), board, tmp_path)

    assert not any(engine.name.startswith("C ") for engine in engines)
    assert missing[-1].startswith("gcc: ")


def test_the_command_ends_with_1_where_two_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "small.tflite"
    model.write_bytes(write_tflite(small_graph()))
    np.save(tmp_path / "x.npy", np.zeros((1, 32), np.int8))
    difference = bisect(
        small_graph(),
        [NumpyEngine(small_graph()), BentEngine(small_graph(), 5)],
        random_rows(small_graph(), 2),
    )
    answers = [difference, Bisection(("a",), (), 1, 6, None, None), difference]
    monkeypatch.setattr("toolkit.verify.bisect.try_everything", lambda *_: answers.pop(0))

    assert run(["bisect", str(model), "--json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["equal"], value["disagreement"]["kind"]) == (False, "ADD")
    assert run(["bisect", str(model), "--inputs", str(tmp_path / "x.npy"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["equal"]
    assert run(["bisect", str(model)]) == 1
    assert "small.tflite differs first at operation 2 (ADD)." in capsys.readouterr().err


class Refusing:
    """An engine that does not have one of the operators."""

    name = "TFLite reference kernels"

    def __init__(self, *, is_truth: bool) -> None:
        self.is_truth = is_truth

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        raise InputError("TFLite cannot load the model: unresolved custom op: SignalWindow.")


def test_tflite_need_not_be_able_to_run_the_model() -> None:
    truth, aside = Refusing(is_truth=True), Refusing(is_truth=False)

    willing, refused = willing_engines([truth, aside], np.zeros((1, 4), np.int8))

    assert willing == [truth]
    assert refused == [
        "TFLite reference kernels: TFLite cannot load the model: unresolved custom op: SignalWindow."
    ]


def test_a_model_without_its_dead_channels_is_compared_with_all_engines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not is_broad():  # zig takes seconds
        monkeypatch.setattr("toolkit.verify.bisect.COMPILERS", ("gcc",))
    builder = GraphBuilder()
    source = builder.tensor((1, 3), scale=0.1)
    middle, result = source, source
    for outputs, dead in ((6, 2), (2, 0)):
        inputs = builder.tensors[middle].shape[-1]
        rng = np.random.default_rng(outputs)
        weights = rng.integers(-127, 128, (outputs, inputs))
        weights[:dead] = 0
        operands = [
            middle,
            builder.tensor(weights.shape, scale=0.02, data=weights),
            builder.tensor((outputs,), "int32", scale=0.002, data=np.full(outputs, 90)),
        ]
        result = builder.tensor((1, outputs), scale=0.1, zero_point=-128)
        builder.operation("FULLY_CONNECTED", operands, [result], fused_activation_function="RELU")
        middle = result
    model = write_tflite(builder.graph([source], [result]))
    graph = read_graph(model, "dead")
    compiled = compile_model(model, "dead")
    assert any(tensor.kept for tensor in compiled.graph.tensors)
    found = try_everything(model, graph, load_board("host"), random_rows(graph, 3))
    assert found.disagreement is None
