# SPDX-License-Identifier: Apache-2.0
"""Whatever a damaged file says, problems() answers with phrases and never raises."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from support.effort import times

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation, Quantization, Tensor
from toolkit.ops.shared.operator import kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import Target

SCALES = st.sampled_from([0.1, 1 / 256, 1.0, 0.0, -1.0, 1e-45, 3e38, float("nan"), float("inf")])
GOOD = st.sampled_from([Quantization((0.1,), (3,)), Quantization((1 / 256,), (-128,))])
DAMAGED = st.none() | st.builds(
    Quantization,
    st.lists(SCALES, max_size=3).map(tuple),
    st.lists(st.sampled_from([0, -128, 3, 127, 128, -(2**31), 2**40]), max_size=3).map(tuple),
    st.integers(-1, 5),
)
# Products of two of these are 0 in float32.
TINY = st.sampled_from([Quantization((1e-30,), (-128,)), Quantization((1e-38,), (0,))])
# Mostly what is right, so that one wrong thing is met alone.
QUANTIZATIONS = st.one_of(GOOD, GOOD, GOOD, TINY, DAMAGED)
WILD_SHAPES = st.lists(st.sampled_from([1, 2, 3, 0, 5000]), max_size=6).map(tuple)
SHAPES = st.one_of(st.just((1, 2, 2, 3)), st.just((1, 2, 2, 3)), st.just((3,)), WILD_SHAPES)
INPUTS = st.one_of(
    st.sampled_from([(0,), (0, 1), (0, 1, 2)]), st.lists(st.integers(-1, 3), max_size=4).map(tuple)
)
OUTPUTS = st.just((3,)) | st.lists(st.integers(0, 3), max_size=2).map(tuple)
NAMES = [
    "fused_activation_function",
    "padding",
    "stride_w",
    "stride_h",
    "dilation_w_factor",
    "dilation_h_factor",
    "depth_multiplier",
    "filter_width",
    "filter_height",
    "keep_dims",
    "axis",
    "beta",
    "new_shape",
    "weights_format",
    "num",
    "num_splits",
    "values_count",
    "block_size",
    "squeeze_dims",
    "shrink_axis_mask",
    "begin_mask",
    "batch_dims",
    "mode",
    "align_corners",
    "half_pixel_centers",
]
VALUES = st.sampled_from(
    ["NONE", "RELU", "SAME", "VALID", "TANH", "?", 0, 1, 2, -1, 2**31, 1.0, float("nan"), True, (1, -1), ()]
)


@st.composite
def tensors(draw: st.DrawFn, number: int) -> Tensor:
    shape = draw(SHAPES)
    dtype = draw(st.sampled_from(["int8"] * 20 + ["int16"] * 5 + [*DTYPE_BYTES]))
    data = None
    if prod(shape) < 1000 and draw(st.booleans()):
        held_in = "int8" if dtype == "int4" else dtype
        data = np.full(shape, draw(st.sampled_from([0, 1, 2, 100])), held_in)
    return Tensor(number, f"t{number}", shape, dtype, draw(QUANTIZATIONS), data)


@st.composite
def graphs(draw: st.DrawFn, kind: str) -> Graph:
    found = tuple(draw(tensors(number)) for number in range(4))
    inputs, outputs = draw(INPUTS), draw(OUTPUTS)
    options = draw(st.dictionaries(st.sampled_from(NAMES), VALUES))
    return Graph("damaged", found, (Operation(0, kind, 1, inputs, outputs, options),), (), outputs)


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", sorted(operators()))
@settings(max_examples=times(60, here=12), deadline=None, derandomize=True)
@given(data=st.data())
def test_problems_never_raises_and_lower_works_when_there_are_none(kind: str, data: st.DataObject) -> None:
    graph = data.draw(graphs(kind))
    operator = operators()[kind]

    problems = operator.problems(graph, graph.operations[0])

    assert all(isinstance(problem, str) and problem for problem in problems)
    if not problems:
        event("compiles")
        calls = kernel_calls(operator.lower(graph, graph.operations[0], Target()))
        assert all(call.kernel.startswith("tm_") for call in calls)
