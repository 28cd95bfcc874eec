# SPDX-License-Identifier: Apache-2.0
"""Graphs with WHILE and IF, as the converter makes them of a recurrent layer and of tf.cond."""

from __future__ import annotations

import numpy as np
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

STATE = {"scale": 1 / 64, "zero_point": 3}
_STEP = {"scale": 1 / 32, "zero_point": -5}


def recurrent(steps: int = 4, features: int = 3, units: int = 4) -> Graph:
    """Return a graph that runs a recurrent cell over (steps, features) rows in a WHILE.

    It carries a counter, the state and the rows, as a converted RNN layer does: each turn gathers a row,
    and state = relu(weights @ row + bias) + tanh(state).
    """
    builder = GraphBuilder(f"recurrent{steps}")
    counter = builder.tensor((), "int32", data=0)
    state = builder.tensor((1, units), **STATE, data=np.full((1, units), 3))
    rows = builder.tensor((steps, 1, features), **_STEP)
    carried = [counter, state, rows]
    ends = [builder.tensor(builder.tensors[i].shape, builder.tensors[i].dtype) for i in (counter,)]
    ends += [builder.tensor((1, units), **STATE), builder.tensor((steps, 1, features), **_STEP)]
    builder.operation("WHILE", carried, ends, cond_subgraph_index=1, body_subgraph_index=2)
    subgraphs = {1: _condition(steps, features, units), 2: _cell(steps, features, units)}
    return builder.graph([rows], [ends[1]], subgraphs)


def _condition(steps: int, features: int, units: int) -> Graph:
    builder = GraphBuilder("condition")
    arguments = _arguments(builder, steps, features, units)
    go_on = builder.tensor((), "bool")
    builder.operation("LESS", [arguments[0], builder.tensor((), "int32", data=steps)], [go_on])
    return builder.graph(arguments, [go_on])


def _arguments(builder: GraphBuilder, steps: int, features: int, units: int) -> list[int]:
    return [
        builder.tensor((), "int32"),
        builder.tensor((1, units), **STATE),
        builder.tensor((steps, 1, features), **_STEP),
    ]


def _cell(steps: int, features: int, units: int) -> Graph:
    rng = np.random.default_rng(steps)
    builder = GraphBuilder("cell")
    counter, state, rows = arguments = _arguments(builder, steps, features, units)
    row, moved, held, next_state = (
        builder.tensor((1, features), **_STEP),
        builder.tensor((1, units), scale=1 / 50, zero_point=-128),
        builder.tensor((1, units), scale=1 / 128),
        builder.tensor((1, units), **STATE),
    )
    weights = builder.tensor((units, features), scale=0.01, data=rng.integers(-127, 128, (units, features)))
    bias = builder.tensor((units,), "int32", scale=0.01 * _STEP["scale"], data=rng.integers(-900, 900, units))
    builder.operation("GATHER", [rows, counter], [row], axis=0, batch_dims=0)
    builder.operation(
        "FULLY_CONNECTED",
        [row, weights, bias],
        [moved],
        fused_activation_function="RELU",
        keep_num_dims=False,
    )
    builder.operation("TANH", [state], [held])
    builder.operation("ADD", [moved, held], [next_state], fused_activation_function="NONE")
    counted = builder.tensor((), "int32")
    one = builder.tensor((), "int32", data=1)
    builder.operation("ADD", [counter, one], [counted], fused_activation_function="NONE")
    return builder.graph(arguments, [counted, next_state, rows])


def branching(choice: bool) -> Graph:
    """Return a graph with an IF on a constant: RELU of its input, or TANH."""
    builder = GraphBuilder(f"branching on {choice}")
    chosen = builder.tensor((), "bool", data=choice)
    x, y, z = (builder.tensor((1, 8), scale=1 / 128) for _ in range(3))
    builder.operation("IF", [chosen, x], [y], then_subgraph_index=1, else_subgraph_index=2)
    builder.operation("ADD", [x, y], [z], fused_activation_function="NONE")
    return builder.graph([x], [z], {1: _branch("RELU"), 2: _branch("TANH")})


def _branch(kind: str) -> Graph:
    builder = GraphBuilder(kind)
    x, y = (builder.tensor((1, 8), scale=1 / 128) for _ in range(2))
    builder.operation(kind, [x], [y])
    return builder.graph([x], [y])
