# SPDX-License-Identifier: Apache-2.0
"""Graphs of one of TFLM's signal operators each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph, OptionValue
from toolkit.ops.shared.operator import Array
from toolkit.tflite.hidden import HIDDEN_STATES

Shape = tuple[int, ...]
SUBTRACTION = "SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION"
SMOOTHING: dict[str, OptionValue] = {
    "smoothing": 409,
    "one_minus_smoothing": 15975,
    "alternate_smoothing": 983,
    "alternate_one_minus_smoothing": 15401,
    "min_signal_remaining": 819,
    "smoothing_bits": 10,
    "spectral_subtraction_bits": 14,
    "clamping": False,
}


def one(
    kind: str,
    inputs: Sequence[tuple[Shape, str]],
    outputs: Sequence[tuple[Shape, str]],
    constants: Sequence[Array] = (),
    **options: OptionValue,
) -> Graph:
    """The graph of one operation: its inputs, then int16 constants, then a state if it has one."""
    builder = GraphBuilder()
    given = [builder.tensor(*each) for each in inputs]
    read = [*given, *(builder.tensor(c.shape, c.dtype.name, data=c) for c in constants)]
    made = [builder.tensor(*each) for each in outputs]
    builder.operation(kind, read, made, **options)
    graph = builder.graph(given, made)
    remembered = HIDDEN_STATES[kind](graph, graph.operations[0]) if kind in HIDDEN_STATES else []
    states = [builder.tensor(shape, dtype, state=0) for shape, dtype in remembered]
    graph = builder.graph(given, made)
    (operation,) = graph.operations
    return replace(graph, operations=(replace(operation, inputs=(*read, *states)),))


def filter_bank(rng: np.random.Generator, bins: int, channels: int) -> Graph:
    widths = rng.integers(0, 9, channels + 1).astype(np.int16)
    starts = rng.integers(0, bins - 8, channels + 1).astype(np.int16)
    places = np.cumsum([0, *widths[:-1]]).astype(np.int16)
    weights = [rng.integers(-4096, 4097, max(int(widths.sum()), 1)).astype(np.int16) for _ in range(2)]
    return one(
        "SIGNAL_FILTER_BANK",
        [((bins,), "uint32")],
        [((channels,), "uint64")],
        [*weights, starts, places, widths],
        num_channels=channels,
    )


ENERGY = one("SIGNAL_ENERGY", [((8,), "int16")], [((4,), "uint32")], start_index=1, end_index=3)
WINDOW = one("SIGNAL_WINDOW", [((2, 8), "int16")], [((2, 8), "int16")], [np.ones(8, np.int16)], shift=3)
RFFT = one("SIGNAL_RFFT", [((8,), "int16")], [((10,), "int16")], T=7, fft_length=8)
SCALE = one("SIGNAL_FFT_AUTO_SCALE", [((8,), "int16")], [((8,), "int16"), ((), "int32")])
PCAN_ENDS = [((4,), "uint32")]
PCAN = one("SIGNAL_PCAN", PCAN_ENDS * 2, PCAN_ENDS, [np.zeros(125, np.int16)], snr_shift=6)
BANK = filter_bank(np.random.default_rng(1), 20, 3)
ROOT = one("SIGNAL_FILTER_BANK_SQUARE_ROOT", [((4,), "uint64"), ((), "int32")], [((4,), "uint32")])
LOG = one(
    "SIGNAL_FILTER_BANK_LOG",
    [((4,), "uint32")],
    [((4,), "int16")],
    output_scale=64,
    input_correction_bits=3,
)
NOISE = one(SUBTRACTION, PCAN_ENDS, PCAN_ENDS * 2, **SMOOTHING, num_channels=4)


DELAY = one("SIGNAL_DELAY", [((8,), "int16")], [((8,), "int16")], delay_length=3)
FRAMER_ENDS = [((2, 8), "int16"), ((), "bool")]
FRAMER = one("SIGNAL_FRAMER", [((6,), "int16")], FRAMER_ENDS, frame_size=8, frame_step=3, prefill=False)
STACKER = one(
    "SIGNAL_STACKER",
    [((4,), "int16")],
    [((12,), "int16"), ((), "bool")],
    num_channels=4,
    stacker_left_context=1,
    stacker_right_context=1,
    stacker_step=2,
)
ADDED = one("SIGNAL_OVERLAP_ADD", [((2, 8), "int16")], [((6,), "int16")], T=7, frame_step=3)
IRFFT = one("SIGNAL_IRFFT", [((10,), "int16")], [((8,), "int16")], T=7, fft_length=8)

SIGNALS = (ENERGY, WINDOW, RFFT, SCALE, PCAN, BANK, ROOT, LOG, NOISE, DELAY, FRAMER, STACKER, ADDED, IRFFT)
