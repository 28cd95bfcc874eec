# SPDX-License-Identifier: Apache-2.0
"""What is said of channels that are left out: how many, and what many say of the training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.inspection.inspect import inspect_model
from toolkit.inspection.text import inspection_lines
from toolkit.ir.graph import Graph
from toolkit.passes.dropped import Dropped, dropped_in
from toolkit.report.text import quantization_notes

REPORT = {"metric": "accuracy", "float32": {"score": 1.0}, "int8": {"score": 1.0}}
ADVICE = "was trained badly. Try: a lower learning rate"


def with_zero_weights(channels: int) -> Graph:
    """Return the small model with so many channels of its convolution that are no more than their bias."""
    graph = small_graph()
    weights = graph.tensors[graph.operations[0].inputs[1]]
    assert weights.data is not None
    data = weights.data.copy()
    data[:channels] = 0
    return graph.with_tensor(replace(weights, data=data))


def test_channels_that_tell_nothing_are_counted() -> None:
    whole, few = dropped_in(small_graph()), dropped_in(with_zero_weights(2))

    assert whole is None
    assert few is not None and few.channels >= 2


def test_a_model_that_cannot_be_compiled_has_none_to_drop() -> None:
    graph = small_graph()
    unknown = replace(graph.operations[-1], kind="COS")

    assert dropped_in(replace(graph, operations=(*graph.operations[:-1], unknown))) is None


def with_idle_neurons(count: int) -> bytes:
    """Return a model of 16 neurons of which so many give their bias for every input."""
    rng = np.random.default_rng(1)
    builder = GraphBuilder("neurons")
    first, middle, last = (builder.tensor((1, n), scale=0.05, zero_point=0) for n in (4, 16, 2))
    weights = rng.integers(1, 127, (16, 4))
    weights[:count] = 0
    one = builder.tensor((16, 4), scale=[0.01] * 16, data=weights)
    two = builder.tensor((2, 16), scale=[0.01] * 2, data=rng.integers(1, 127, (2, 16)))
    builder.operation("FULLY_CONNECTED", [first, one], [middle])
    builder.operation("FULLY_CONNECTED", [middle, two], [last])
    return write_tflite(builder.graph([first], [last]))


@pytest.mark.parametrize(("channels", "says"), [(1, False), (24, False), (25, True), (100, True)])
def test_many_of_them_say_that_the_training_went_wrong(channels: int, says: bool) -> None:
    found = Dropped(channels, 100)

    assert (ADVICE in found.advice) == says
    assert bool(quantization_notes({"dropped": vars(found), **REPORT})) == says


def test_of_a_few_neurons_some_are_always_idle() -> None:
    assert not Dropped(9, 33).advice
    assert ADVICE in Dropped(17, 33).advice


def test_compile_and_inspect_say_it() -> None:
    data = with_idle_neurons(10)

    notes = "\n".join(compile_model(data, "model").notes)
    lines = "\n".join(inspection_lines(inspect_model(data, "model", [])))

    assert ADVICE in notes and ADVICE in lines


def test_a_model_that_uses_its_channels_hears_nothing() -> None:
    assert compile_model(write_tflite(small_graph()), "model").notes == ()
