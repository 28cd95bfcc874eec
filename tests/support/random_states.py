# SPDX-License-Identifier: Apache-2.0
"""Random graphs of operators that remember, over all that changes their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, OptionValue


@dataclass(frozen=True)
class LstmShape:
    """What can be said of an LSTM; bits are of the cell state's fraction, hidden is (scale, zero point)."""

    batches: int = 1
    times: int = 3
    in_len: int = 4
    cells: int = 5
    bits: int = 12
    hidden: tuple[float, int] = (0.007, 3)
    result: tuple[float, int] | None = None
    source: tuple[float, int] = (0.03, -4)
    weights_scale: float = 0.01
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    left_out: Sequence[int] = ()
    without_state: Sequence[int] = ()


def lstm_graph(shape: LstmShape, rng: np.random.Generator) -> Graph:
    """Return a graph of one UNIDIRECTIONAL_SEQUENCE_LSTM with random weights."""
    b = GraphBuilder("lstm")
    options: dict[str, OptionValue] = {"fused_activation_function": "TANH", "cell_clip": 10.0}
    options |= shape.options
    order = (shape.batches, shape.times)
    rows = order[::-1] if options.get("time_major") else order

    def matrix(columns: int) -> int:
        size = (shape.cells, columns)
        scale = shape.weights_scale * float(rng.uniform(0.2, 2))
        return b.tensor(size, scale=scale, data=rng.integers(-127, 128, size))

    x = b.tensor((*rows, shape.in_len), scale=shape.source[0], zero_point=shape.source[1])
    own = [matrix(shape.in_len) for _ in range(4)]
    past = [matrix(shape.cells) for _ in range(4)]
    size = (shape.cells,)
    biases = [b.tensor(size, "int32", scale=1e-4, data=rng.integers(-5000, 5000, size)) for _ in range(4)]
    scale, zero = shape.hidden
    states = [None if place in shape.without_state else start for place, start in ((18, zero), (19, 0))]
    held = (shape.batches, shape.cells)
    hidden = b.tensor(held, scale=scale, zero_point=zero, state=states[0])
    cell = b.tensor(held, "int16", scale=2.0**-shape.bits, state=states[1])
    result = shape.result or shape.hidden
    y = b.tensor((*rows, shape.cells), scale=result[0], zero_point=result[1])
    inputs = [x, *own, *past, -1, -1, -1, *biases, -1, -1, hidden, cell, -1, -1, -1, -1]
    for place in shape.left_out:
        inputs[place] = x if inputs[place] == -1 else -1
    b.operation("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [y], **options)
    return b.graph([x], [y])


def random_lstm(number: int, rng: np.random.Generator) -> LstmShape:
    """Return the number-th LSTM: both layouts, clipped and not, gates that saturate and that do not."""
    clip = (0.0, 10.0, float(rng.uniform(0.01, 4)))[number % 3]
    return LstmShape(
        batches=int(rng.integers(1, 4)) if number % 2 else 1,
        times=int(rng.integers(1, 6)),
        in_len=int(rng.integers(1, 9)),
        cells=int(rng.integers(1, 9)),
        bits=9 + number % 8,
        hidden=(float(10.0 ** rng.uniform(-4, 0)), int(rng.integers(-128, 128))),
        source=(float(10.0 ** rng.uniform(-3, 1)), int(rng.integers(-128, 128))),
        weights_scale=float(10.0 ** rng.uniform(-4, -1)),
        options={"cell_clip": clip, "time_major": number % 4 >= 2},
    )


def variable_graph(number: int, rng: np.random.Generator) -> Graph:
    """Return the number-th streaming model: frames that come in push old ones out of a variable."""
    b = GraphBuilder("stream")
    size, frames = int(rng.integers(1, 6)), int(rng.integers(2, 6))
    dtype = ("int8", "int16", "int8", "int32")[number % 4]
    quantization = {"scale": 0.05, "zero_point": -3 if dtype == "int8" else 0} if number % 4 < 3 else {}
    start = 0 if number % 2 else rng.integers(-100, 100, (1, frames, size))

    def tensor(times: int, **more: object) -> int:
        return b.tensor((1, times, size), dtype, **quantization, **more)  # type: ignore[arg-type]

    x, past = tensor(1), tensor(frames, state=start)
    count, newer = tensor(frames), tensor(frames - 1)
    now, again = tensor(frames), tensor(frames)
    corner, strides = [b.tensor((3,), "int32", data=data) for data in ([0, 1, 0], [1, 1, 1])]
    end = b.tensor((3,), "int32", data=[1, frames, size])
    flat = b.tensor((1, frames * size), dtype, **quantization)  # type: ignore[arg-type]
    old = b.tensor((1, frames * size), dtype, **quantization)  # type: ignore[arg-type]
    b.operation("READ_VARIABLE", [past], [count])
    b.operation("STRIDED_SLICE", [count, corner, end, strides], [newer])
    b.operation("CONCATENATION", [newer, x], [now], axis=1)
    b.operation("ASSIGN_VARIABLE", [past, now], [])
    b.operation("READ_VARIABLE", [past], [again])
    b.operation("RESHAPE", [again], [flat], new_shape=(1, frames * size))
    b.operation("RESHAPE", [count], [old], new_shape=(1, frames * size))
    return b.graph([x], [flat, old])


@dataclass(frozen=True)
class SvdfShape:
    """What can be said of an SVDF; scales are of the input, both weights, the state and the output."""

    batches: int = 1
    in_len: int = 4
    units: int = 3
    rank: int = 2
    memory: int = 5
    state: str = "int16"
    times: str = ""
    scales: tuple[float, float, float, float, float] = (0.02, 0.01, 0.005, 0.002, 0.05)
    zero_points: tuple[int, int, int] = (-4, 0, 3)
    activation: str = "NONE"
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    has_state: bool = True


def svdf_graph(shape: SvdfShape, rng: np.random.Generator) -> Graph:
    """Return a graph of one SVDF with random weights; zero_points are of input, state and output."""
    b = GraphBuilder("svdf")
    filters, times = shape.units * shape.rank, shape.times or shape.state
    source, features, time, state, result = shape.scales
    limit = np.iinfo(times).max
    x = b.tensor((shape.batches, shape.in_len), scale=source, zero_point=shape.zero_points[0])
    size = (filters, shape.in_len)
    weights = b.tensor(size, scale=features, data=rng.integers(-127, 128, size))
    size = (filters, shape.memory)
    past = b.tensor(size, times, scale=time, data=rng.integers(-limit, limit + 1, size))
    size = (shape.units,)
    bias = b.tensor(size, "int32", scale=state * time, data=rng.integers(-(2**20), 2**20, size))
    zero = shape.zero_points[1]
    size = (shape.batches, filters * shape.memory)
    start = (zero if shape.state == "int8" else 0) if shape.has_state else None
    kept = b.tensor(size, shape.state, scale=state, zero_point=zero, state=start)
    y = b.tensor((shape.batches, shape.units), scale=result, zero_point=shape.zero_points[2])
    options = {"rank": shape.rank, "fused_activation_function": shape.activation, **shape.options}
    b.operation("SVDF", [x, weights, past, bias, kept], [y], **options)
    return b.graph([x], [y])


def _state_zero_point(number: int, state: str) -> int:
    """Return 0 for half of them, or what makes large numbers go round."""
    points = (5, -50, 127, -128) if state == "int8" else (5, -1000, 32767, -32768)
    return points[number // 4 % 4] if number % 4 >= 2 else 0


def random_svdf(number: int, rng: np.random.Generator) -> SvdfShape:
    """Return the number-th SVDF: either state, sums that stay within 32 bits and ones that go round."""
    state = ("int16", "int8")[number % 2]
    source, features, time = (float(10.0 ** rng.uniform(-3, 0)) for _ in range(3))
    in_len, memory, rank = (int(rng.integers(1, most)) for most in (9, 7, 4))
    wide = 60.0 if state == "int16" else 1.0
    held = source * features * 40 * in_len**0.5 / wide * float(10.0 ** rng.uniform(-1.5, 1))
    limit = float(np.iinfo(state).max)
    spread = held * time * limit * 40 * wide * (memory * rank) ** 0.5
    zero = -128 if number % 3 == 0 else int(rng.integers(-128, 128))
    return SvdfShape(
        batches=int(rng.integers(1, 4)),
        in_len=in_len,
        units=int(rng.integers(1, 6)),
        rank=rank,
        memory=memory,
        state=state,
        scales=(source, features, time, held, spread / 127 * float(10.0 ** rng.uniform(-1, 0.5))),
        zero_points=(int(rng.integers(-128, 128)), _state_zero_point(number, state), zero),
        activation="RELU" if number % 3 == 0 else "NONE",
    )
