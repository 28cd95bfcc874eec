# SPDX-License-Identifier: Apache-2.0
"""Elementwise operators in a row become one LOOKUP, for every byte what they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.effort import breadth
from support.host_model import HostModel
from support.random_chains import ChainSteps
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph
from toolkit.ir.rules import kind_text
from toolkit.ops.shared.evaluate import evaluate
from toolkit.passes import merge_elementwise
from toolkit.passes.sequence import improve
from toolkit.verify.generated_c import verify_model

EVERY_BYTE = np.arange(256, dtype=np.uint8).view(np.int8).reshape(1, 1, 64, 4)


class Chain(ChainSteps):
    def __init__(self, seed: int, shape: Sequence[int] = EVERY_BYTE.shape) -> None:
        self.rng = np.random.default_rng(seed)
        self.builder = GraphBuilder()
        self.source = self.builder.tensor(shape, scale=0.05, zero_point=int(self.rng.integers(-128, 128)))
        self.images = [self.source]

    def graph(self, *outputs: int) -> Graph:
        return self.builder.graph([self.source], outputs)


def names(graph: Graph) -> list[str]:
    return [kind_text(operation) for operation in graph.operations]


def merged(graph: Graph) -> Graph:
    """Return graph after the pass, which gives what it gave for every byte."""
    found = merge_elementwise.run(graph)
    for before, after in zip(evaluate(graph, [EVERY_BYTE]), evaluate(found, [EVERY_BYTE]), strict=True):
        np.testing.assert_array_equal(before, after)
    return found


@pytest.mark.parametrize("seed", range(breadth(60, here=15)))
def test_any_chain_becomes_one_table_that_gives_the_same_for_every_byte(seed: int) -> None:
    chain = Chain(seed)
    graph = chain.graph(chain._chain(chain._chain(chain.source)))

    assert [o.kind for o in merged(graph).operations if o.kind != "RESHAPE"] == ["LOOKUP"]


def test_a_chain_of_two_requantizations_is_one_lookup() -> None:
    chain = Chain(0)

    graph = merged(chain.graph(chain._requantized_twice(chain.source)))

    assert names(graph) == ["QUANTIZE+QUANTIZE"]
    assert graph.operations[0].inputs == (chain.source,)


def test_a_gate_and_what_it_gates_are_one_lookup() -> None:
    chain = Chain(1)
    gate = chain._sigmoid(chain._with_number(chain.source))
    product = chain._apply("MUL", [chain.source, gate], chain._new(chain.source))

    (name,) = names(merged(chain.graph(product)))

    assert name.count("+") == 2 and name.endswith("MUL")


def test_what_something_else_reads_is_computed_on_its_own() -> None:
    chain = Chain(2)
    between = chain._sigmoid(chain.source)
    ends = [chain._requantized(chain._requantized(between)), chain._requantized(between)]

    graph = merged(chain.graph(*ends))

    assert len(graph.operations) == 3
    assert names(graph)[1:] == ["QUANTIZE+QUANTIZE", "QUANTIZE"]


def test_an_output_of_the_model_is_computed() -> None:
    chain = Chain(3)
    between = chain._requantized(chain.source)

    graph = merged(chain.graph(chain._requantized(between), between))

    assert names(graph) == ["QUANTIZE", "QUANTIZE"]


def test_a_reshape_between_them_comes_first_and_one_at_the_end_stays_there() -> None:
    chain = Chain(9)
    shaped = chain._turned(chain._requantized(chain.source))
    graph = chain.graph(chain._turned(chain._requantized(shaped)))

    found = merged(graph)

    assert names(found) == ["RESHAPE", "QUANTIZE+RESHAPE+QUANTIZE", "RESHAPE"]
    assert found.tensors[found.operations[0].outputs[0]].shape == (1, 64, 1, 4)
    assert names(improve(graph)) == ["QUANTIZE+RESHAPE+QUANTIZE"]


def test_a_number_for_each_channel_ends_a_chain() -> None:
    chain = Chain(4)
    numbers = chain.builder.tensor((4,), scale=0.1, data=[1, 2, 3, 4])
    first = chain._requantized(chain._requantized(chain.source))
    added = chain._apply("ADD", [first, numbers], chain._new(first))

    graph = merged(chain.graph(chain._requantized(chain._sigmoid(added))))

    assert [o.kind for o in graph.operations] == ["LOOKUP", "ADD", "LOOKUP"]


def test_few_elements_with_small_parameters_stay_as_they_are() -> None:
    chain = Chain(5, (1, 1, 2, 4))
    graph = chain.graph(chain._with_number(chain._with_number(chain.source)))

    assert names(merge_elementwise.run(graph)) == names(graph)


def test_few_elements_with_two_tables_have_one() -> None:
    chain = Chain(6, (1, 1, 2, 4))
    graph = chain.graph(chain._requantized(chain._sigmoid(chain.source)))

    assert len(merge_elementwise.run(graph).operations) == 1


@pytest.mark.parametrize("kind", ["QUANTIZE", "RELU"])
def test_what_changes_no_byte_is_dropped(kind: str) -> None:
    builder = GraphBuilder()
    x, y, z = (builder.tensor((1, 1, 64, 4), scale=0.1, zero_point=-128) for _ in range(3))
    builder.operation("MAX_POOL_2D", [x], [y], filter_height=1, filter_width=1, stride_h=1, stride_w=1)
    builder.operation(kind, [y], [z])

    assert names(improve(builder.graph([x], [z]))) == ["MAX_POOL_2D"]


def test_a_requantization_there_and_back_stays_where_it_loses_bits() -> None:
    builder = GraphBuilder()
    tensors = [builder.tensor((1, 1, 64, 4), scale=scale) for scale in (0.1, 0.3, 0.1)]
    builder.operation("QUANTIZE", [tensors[0]], [tensors[1]])
    builder.operation("QUANTIZE", [tensors[1]], [tensors[2]])

    assert names(improve(builder.graph(tensors[:1], tensors[2:]))) == ["QUANTIZE+QUANTIZE"]


def test_the_c_names_the_parts_and_gives_what_the_file_does(tmp_path: Path) -> None:
    chain = Chain(7)
    graph = chain.graph(chain._requantized(chain._sigmoid(chain._with_number(chain.source))))
    data = write_tflite(graph)

    model = compile_model(data, "chain")

    assert "ADD+LOGISTIC" in model.sources["model.c"] or "+QUANTIZE" in model.sources["model.c"]
    assert sum(name.endswith("lookup_s8") for name in model.kernels) == len(model.kernels) == 1
    (found,) = HostModel(model, tmp_path).run([[EVERY_BYTE]])
    np.testing.assert_array_equal(found[0].reshape(-1), evaluate(graph, [EVERY_BYTE])[0].reshape(-1))
    verify_model(model, data)


def test_a_long_chain_has_a_short_name() -> None:
    chain, x = Chain(8), 0
    for _ in range(12):
        x = chain._requantized(x)

    assert names(merged(chain.graph(x))) == ["QUANTIZE+11_more"]
