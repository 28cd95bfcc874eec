# SPDX-License-Identifier: Apache-2.0
"""A compiled model is handed out only after its C was run and compared."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.random_networks import random_network
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import CheckFailedError, CompileError, TinymlError
from toolkit.firmware.toolchain import find_toolchain
from toolkit.ir.graph import Graph
from toolkit.ops.shared import channels
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.operator import Argument, ConstantArgument
from toolkit.verify.generated_c import random_rows, verification_text, verify_model
from toolkit.verify.native import NativeModel

_PLACE = r"by the NumPy reference: operation 0 \(CONV_2D\), tensor 'tensor_3', sample \d, index \d+: "


def needs_gcc() -> None:
    if shutil.which("gcc") is None and shutil.which("clang") is None:
        pytest.skip("no C compiler for the host: apt install gcc")


def hide_zig(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ziglang" else find(name))


def compiled(graph: Graph) -> tuple[CompiledModel, bytes]:
    data = write_tflite(graph)
    return compile_model(data, graph.name), data


def with_wrong_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, folded biases are one too large in the first channel."""
    right = channels.folded_bias

    def wrong(*arguments: object, **keywords: object) -> ConstantArgument:
        table = right(*arguments, **keywords)  # type: ignore[arg-type]
        data = table.data.copy()
        data.flat[0] += 400
        return replace(table, data=data)

    monkeypatch.setattr(channels, "folded_bias", wrong)


def with_wrong_multiplier(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, every multiplier table is one 64th too large."""
    right = channels.scale_tables

    def wrong(*arguments: Any) -> list[Argument]:
        multiplier, shift = right(*arguments)
        assert isinstance(multiplier, ConstantArgument)
        data = (multiplier.data.astype(np.int64) * 65 // 64).clip(max=2**31 - 1).astype(np.int32)
        return [replace(multiplier, data=data), shift]

    monkeypatch.setattr(channels, "scale_tables", wrong)


@pytest.mark.parametrize("seed", range(3))
def test_a_network_is_verified_against_numpy(seed: int) -> None:
    needs_gcc()
    model, data = compiled(random_network(seed))

    found = verify_model(model, data, samples=3)

    assert found.samples == 3
    assert found.against[0] == "NumPy reference"
    assert verification_text(found).startswith("verify: 3 random inputs equal to NumPy reference")


@pytest.mark.parametrize("plant", [with_wrong_bias, with_wrong_multiplier])
def test_a_wrong_constant_is_refused_with_its_place(plant: object, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_gcc()
    assert callable(plant)
    plant(monkeypatch)
    model, data = compiled(small_graph())

    with pytest.raises(CheckFailedError, match=_PLACE) as caught:
        verify_model(model, data)

    assert "tinyml bisect" in str(caught.value.hint)


def test_a_pass_that_changes_the_graph_is_refused() -> None:
    """The reference is the graph as it stands in the file, whatever became of it in the compiler."""
    needs_gcc()
    right, _ = compiled(small_graph())
    builder = GraphBuilder("small")
    x, y = builder.tensor((1, 4, 4, 2), scale=0.5, zero_point=3), builder.tensor((1, 5), scale=1 / 256)
    weights = builder.tensor((5, 32), scale=0.1, data=np.ones((5, 32)))
    builder.operation("FULLY_CONNECTED", [x, weights], [y], fused_activation_function="NONE")

    with pytest.raises(CheckFailedError):
        verify_model(right, write_tflite(builder.graph([x], [y])))


def test_without_a_compiler_it_is_said_that_nothing_was_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TINYML_TOOLCHAIN", "gcc")
    hide_zig(monkeypatch)
    path = tmp_path / "small.tflite"
    path.write_bytes(write_tflite(small_graph()))

    assert run(["compile", str(path), "--output", str(tmp_path / "c")]) == 0
    assert "verify: NOT DONE: " in capsys.readouterr().err
    assert run(["compile", str(path), "--output", str(tmp_path / "c"), "--no-verify"]) == 0
    assert "verify" not in capsys.readouterr().err
    assert (tmp_path / "c" / "model.c").is_file()


def test_the_compiler_chosen_for_the_boards_need_not_be_there_to_verify(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs_gcc()
    monkeypatch.setenv("TINYML_TOOLCHAIN", "zig")
    hide_zig(monkeypatch)
    model, data = compiled(small_graph())

    assert verify_model(model, data).samples == 4


def test_the_same_inputs_come_each_time_and_reach_the_ends() -> None:
    builder = GraphBuilder()
    ids = [builder.tensor((1, 4), dtype) for dtype in ("int8", "float32", "bool")]
    graph = builder.graph(ids, [])

    rows = random_rows(graph, 4)

    assert rows.tobytes() == random_rows(graph, 4).tobytes()
    assert rows.shape == (4, 4 + 16 + 4)
    assert [row[:4].tolist() for row in rows[:2]] == [[-128] * 4, [127] * 4]
    assert set(rows[:, 20:].ravel().tolist()) <= {0, 1}


def test_indices_are_places_that_there_are() -> None:
    builder = GraphBuilder()
    values, places = builder.tensor((7, 3), scale=0.5), builder.tensor((40,), "int32")
    result = builder.tensor((40, 3), scale=0.5)
    builder.operation("GATHER", [values, places], [result], axis=0)
    graph = builder.graph([places], [result])

    rows = random_rows(graph, 6).view(np.int32)

    assert set(rows.ravel().tolist()) == {0, 1, 2}
    assert random_rows(replace(graph, operations=()), 2).view(np.int32).max() == 2**31 - 1


@pytest.mark.parametrize(("classes", "oracles"), [(400, 2), (600, 1)])
def test_tflm_is_not_asked_where_it_would_end_the_process(classes: int, oracles: int) -> None:
    needs_gcc()
    if find_spec("tflite_micro") is None:
        pytest.skip("needs TFLM: pip install 'tinyml-toolkit[tflm]'")
    builder = GraphBuilder("many")
    x, y = (
        builder.tensor((1, classes), scale=0.1),
        builder.tensor((1, classes), scale=1 / 256, zero_point=-128),
    )
    builder.operation("SOFTMAX", [x], [y], beta=1.0)
    model, data = compiled(builder.graph([x], [y]))

    assert len(verify_model(model, data).against) == oracles


def test_a_model_that_tflm_lacks_operators_for_is_verified_and_the_reason_is_said() -> None:
    needs_gcc()
    builder = GraphBuilder("lacking")
    x, y, z = (builder.tensor((1, 4), scale=0.1) for _ in range(3))
    builder.operation("EXP", [x], [y])
    builder.operation("NEG", [y], [z])
    model, data = compiled(builder.graph([x], [z]))

    assert verify_model(model, data).against == ("NumPy reference (TFLM has no EXP, NEG)",)


def test_c_that_does_not_compile_is_the_compilers_word(tmp_path: Path) -> None:
    needs_gcc()
    model, _ = compiled(small_graph())
    broken = replace(model, sources={**model.sources, "model.c": "int x = ;"})

    with pytest.raises(CompileError, match=r"small does not compile on this computer:\n.*error"):
        NativeModel(broken, tmp_path, find_toolchain("native", "gcc"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("return 1;", "ended with 3"),
        ("for (;;) {}", "did not end within 0.2 s"),
        ("fclose(stdout); return 0;", "wrote 0 bytes, not 5"),
    ],
)
def test_c_that_does_not_do_its_work_is_said(tmp_path: Path, line: str, said: str) -> None:
    needs_gcc()
    model, _ = compiled(small_graph())
    text = "#include <stdio.h>\n" + model.sources["model.c"].replace("return 0;", line)
    changed = replace(model, sources={**model.sources, "model.c": text})
    native = NativeModel(changed, tmp_path, timeout_s=0.2 if "for" in line else 30)

    with pytest.raises(TinymlError, match=said):
        native.run(random_rows(model.graph, 1)[0])


@pytest.mark.parametrize("kind", ["COS", "RELU"])
def test_an_operation_that_nothing_needs_may_be_anything(kind: str) -> None:
    """Passes drop it before anyone looks whether it can be compiled, so the check must not run it either."""
    builder = GraphBuilder("dead")
    x = builder.tensor((1, 8), scale=0.1)
    dead, y = builder.tensor((1, 8), scale=1e-30), builder.tensor((1, 8), scale=0.2)
    builder.operation(kind, [x], [dead])
    builder.operation("RELU", [x], [y])
    model, data = compiled(builder.graph([x], [y]))

    assert [operation.kind for operation in model.graph.operations] == ["RELU"]
    if kind == "RELU":  # TFLM refuses a file with any operator that it does not have in int8
        assert verify_model(model, data).samples
    else:
        graph = builder.graph([x], [y])
        assert evaluate(graph, [np.ones((1, 8), np.int8)])[0].shape == (1, 8)
