# SPDX-License-Identifier: Apache-2.0
"""Who says what the outputs must be, and what happens when TFLM does not survive a model."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from support.random_networks import random_network
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.reference import oracle, tflm_worker
from toolkit.reference.oracle import expected_outputs

needs_tflm = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="needs pip install 'tinyml-toolkit[tflm]'"
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return random_network(3)


@pytest.fixture(scope="module")
def samples(graph: Graph) -> oracle.Rows:
    width = sum(graph.tensors[i].bytes for i in graph.inputs)
    return np.random.default_rng(1).integers(-128, 128, (3, width), dtype=np.int8)


def hide(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else find(name))


@needs_tflm
def test_tflm_is_asked_first_and_named(graph: Graph, samples: oracle.Rows) -> None:
    expected = expected_outputs(write_tflite(graph), graph, samples)
    assert expected.oracle.startswith("TFLM interpreter 0.dev")
    assert len(expected.outputs) == 3
    assert len(expected_outputs(write_tflite(graph), graph, samples[:0]).outputs) == 0


@needs_tflm
def test_without_any_extra_the_numpy_reference_says_the_same(
    graph: Graph, samples: oracle.Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = expected_outputs(write_tflite(graph), graph, samples)
    hide(monkeypatch, "tflite_micro", "tensorflow")
    plain = expected_outputs(write_tflite(graph), graph, samples)
    assert plain.oracle == "NumPy reference (no tflite-micro, no tensorflow)"
    assert (plain.outputs == right.outputs).all()


@pytest.mark.train
def test_without_tflm_the_reference_kernels_of_tflite_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    graph = chain_graph("RELU", "ABS")
    right = expected_outputs(write_tflite(graph), graph, FOUR)
    hide(monkeypatch, "tflite_micro")
    expected = expected_outputs(write_tflite(graph), graph, FOUR)
    assert expected.oracle == "TFLite reference kernels (no tflite-micro)"
    assert (expected.outputs == right.outputs).all()


def chain_graph(*kinds: str) -> Graph:
    """Return a model of operators, one after the other, on four elements."""
    builder = GraphBuilder("chain")
    ids = [builder.tensor((1, 4), scale=0.5) for _ in range(len(kinds) + 1)]
    for kind, x, y in zip(kinds, ids, ids[1:], strict=False):
        weights = [builder.tensor((4, 4), scale=0.1, data=range(16))] if kind == "FULLY_CONNECTED" else []
        builder.operation(kind, [x, *weights], [y])
    return builder.graph(ids[:1], ids[-1:])


FOUR = np.array([[-128, -3, 0, 127]], np.int8)


@pytest.mark.train
@pytest.mark.parametrize(
    ("kinds", "oracle_is"),
    [
        (("EXP",), "TFLite reference kernels (TFLM has no EXP)"),
        (("EXP", "NEG", "RELU"), "TFLite reference kernels (TFLM has no EXP, NEG)"),
        (
            ("NEG", "FULLY_CONNECTED"),
            "NumPy reference (TFLM has no NEG; TFLite computes FULLY_CONNECTED in another way than TFLM)",
        ),
        (("NEG", "CUMSUM"), "NumPy reference (TFLM has no NEG, and TFLite refuses the model)"),
    ],
)
def test_a_model_that_tflm_lacks_operators_for_has_another_oracle(
    kinds: tuple[str, ...], oracle_is: str
) -> None:
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    graph = cumulating_graph() if "CUMSUM" in kinds else chain_graph(*kinds)
    expected = expected_outputs(write_tflite(graph), graph, FOUR)
    assert expected.oracle == oracle_is
    (plain,) = evaluate(graph, oracle.split_inputs(graph, FOUR[0]))
    assert expected.outputs.tobytes() == plain.tobytes()


def cumulating_graph() -> Graph:
    builder = GraphBuilder("cumulating")
    x, y, z = (builder.tensor((1, 4), scale=0.5) for _ in range(3))
    axis = builder.tensor((), "int32", data=1)
    builder.operation("NEG", [x], [y])
    builder.operation("CUMSUM", [y, axis], [z])
    return builder.graph([x], [z])


def test_without_tensorflow_what_tflm_lacks_is_the_numpy_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "tensorflow")
    graph = chain_graph("NEG", "RELU")
    expected = expected_outputs(write_tflite(graph), graph, FOUR)
    assert expected.oracle == "NumPy reference (TFLM has no NEG, no tensorflow)"
    assert expected.outputs.tolist() == [[0, 3, 0, 0]]


@needs_tflm
def test_a_model_that_tflm_refuses_is_an_input_error() -> None:
    builder = GraphBuilder("strange")
    x, y = (builder.tensor((1, 4), scale=0.5) for _ in range(2))
    builder.operation("ATAN2", [x, x], [y])
    graph = builder.graph([x], [y])
    with pytest.raises(InputError, match=r"TensorFlow Lite Micro refuses strange"):
        expected_outputs(write_tflite(graph), graph, np.zeros((1, 4), np.int8))


@needs_tflm
def test_a_model_that_ends_tflm_does_not_end_us(
    graph: Graph, samples: oracle.Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> Any:
        return process_run([oracle.sys.executable, "-c", "import os; os.abort()"], timeout_s=30)

    process_run = oracle.process.run
    monkeypatch.setattr(oracle.process, "run", die)
    with pytest.raises(InputError, match="does not survive"):
        expected_outputs(write_tflite(graph), graph, samples)


@needs_tflm
def test_the_worker_runs_in_this_process_as_well(graph: Graph, samples: oracle.Rows, tmp_path: Any) -> None:
    tensors = [graph.tensors[i] for i in graph.inputs]
    request = tflm_worker.Request([(list(t.shape), t.dtype) for t in tensors], len(graph.outputs), 1 << 22)
    (tmp_path / "model.tflite").write_bytes(write_tflite(graph))
    (tmp_path / "request.json").write_text(request.to_json(), encoding="utf-8")
    np.save(tmp_path / "samples.npy", samples)
    assert tflm_worker.main(tmp_path) == 0
    right = expected_outputs(write_tflite(graph), graph, samples)
    assert (np.load(tmp_path / "outputs.npy") == right.outputs).all()
