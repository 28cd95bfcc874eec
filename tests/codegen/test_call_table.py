# SPDX-License-Identifier: Apache-2.0
"""Layers' calls as a table: the same calls, and where it takes less flash."""

from __future__ import annotations

import pytest
from support.firmware import skip_without
from support.random_networks import random_network
from support.tflite_writer import write_tflite

from toolkit.codegen.call_table import Call, Place, call_table
from toolkit.compiler.choice import Optimization
from toolkit.compiler.compile import compile_model
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core
from toolkit.verify.generated_c import verify_model


def call(*offsets: int, kernel: str = "tm_add_s8", home: str = "m_layer0") -> Call:
    return Call("m_layer0", kernel, (), home, tuple(Place(offset, "{}") for offset in offsets))


def adds(count: int) -> list[tuple[list[Call], str]]:
    return [([call(32, 16 * place)], "ADD") for place in range(1, count + 1)]


def test_a_row_has_what_differs_between_calls_and_the_last_one_ends_the_layer() -> None:
    table = call_table([([call(16, 48)] * 2, "SPLIT"), *adds(20)])

    assert table is not None
    assert (table.unit, table.names, table.patterns) == (16, "ab", ("tm_add_s8(params, a, b);",))
    assert [(row.places, row.ends_layer) for row in table.rows[:3]] == [("1, 3", 0), ("1, 3", 1), ("2, 1", 1)]


def test_a_call_with_many_places_stands_alone_if_that_is_smaller() -> None:
    many = call(*range(16, 8 * 16, 16), kernel="tm_seven", home="")

    table = call_table([*adds(30), ([many], "CONCATENATION")])

    assert table is not None
    assert table.names == "ab"
    assert "arena + 112" in table.patterns[1]
    assert table.rows[-1].params == "NULL"


@pytest.mark.parametrize(
    "layers",
    [[], adds(4), [([call(1 << 20, place)], "ADD") for place in range(40)]],
    ids=["no layer", "few layers", "places that 16 bits do not hold"],
)
def test_there_is_no_table_where_calls_take_less(layers: list[tuple[list[Call], str]]) -> None:
    assert call_table(layers) is None


@pytest.mark.parametrize("core", ["cortex-m4f", "cortex-m0plus"])
def test_a_model_for_size_is_verified_layer_by_layer(core: str) -> None:
    skip_without("host", "gcc")
    data = write_tflite(random_network(1))

    model = compile_model(data, "m", target_of_core(find_core(core)), optimization=Optimization("size"))

    assert ("m_calls[" in model.sources["model.c"]) == (core == "cortex-m4f")
    assert verify_model(model, data, samples=2).samples == 2
