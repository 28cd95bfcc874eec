# SPDX-License-Identifier: Apache-2.0
"""Weights of two output channels in one halfword: the layout of ARMv7E-M's kernels (tm_tile_s8.h).

256 * b + a is an int16 if a and b are weights of 8 bits. One multiply-accumulate of such words with
inputs sums 256 * (sum of b) + (sum of a), another one of their low bytes the sum of a; the
difference is 256 * (sum of b), modulo 2**32. This is exact if the sum of b fits in 24 bits, which
weights, bias and the range of int8 prove here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import ConstantArgument
from toolkit.ops.shared.requantize import quantize_multiplier
from toolkit.targets.target import Target

Int64 = NDArray[np.int64]
_SCALE_BYTES = 10
# What is added to a scaled sum, zero point and rounding, stays within 31 bits.
_MOST_SHIFT = 22


def has_pairs(target: Target) -> bool:
    """Return whether a target has the kernels for paired weights."""
    return target.isa == "armv7em" and "dsp" in target.features


def can_pair(found: channels.Operands, axis: int) -> bool:
    """Return whether the sums of an operation's paired weights are exact, for every input.

    axis is that of the output channels.
    """
    if found.suffix != "s8":
        return False
    weights, bias = channels.by_channel(found, axis), folded_bias(found, axis)
    if weights.min() < -128 or weights.max() > 127:
        return False
    above, below = weights.clip(min=0).sum(axis=1), weights.clip(max=0).sum(axis=1)
    most, least = bias + 127 * above - 128 * below, bias + 127 * below - 128 * above
    seconds = slice(1, None, 2)
    half = _halves(weights)
    return bool(
        half.min() >= -(2**15)
        and half.max() < 2**15
        and most[seconds].max(initial=0) < 2**23
        and least[seconds].min(initial=0) >= -(2**23)
        and most.max() < 2**30
        and least.min() >= -(2**30)
        and all(1 <= -shift <= _MOST_SHIFT for _, shift in _scales(found))
    )


def folded_bias(found: channels.Operands, axis: int) -> Int64:
    """Return what each sum starts with: the bias and what the input's zero point adds."""
    return channels.folded_bias(found, axis).data.astype(np.int64)


def paired_weights(weights: Int64, bias: Int64, runs: int = 1) -> ConstantArgument:
    """Return the table of weights (channels, inputs) and biases: for each two channels both sums' start,
    then a word for each two inputs. The inputs stand in so many runs, one after the other.
    """
    half = _halves(weights)
    split = half.reshape(len(half), runs, -1)
    split = np.pad(split, ((0, 0), (0, 0), (0, 1)))
    first, second = (np.array(places) for places in zip(*_word_inputs(split.shape[2] - 1), strict=True))
    words = (split[:, :, first] & 0xFFFF) | (split[:, :, second] << 16)
    even = np.pad(bias, (0, len(bias) % 2))
    starts = np.stack([even[0::2], even[0::2] + 256 * even[1::2]], axis=1)
    table = np.concatenate([starts, words.reshape(len(half), -1)], axis=1)
    return ConstantArgument("weights", table.astype(np.uint32).view(np.int32), is_weights=True)


def _word_inputs(length: int) -> list[tuple[int, int]]:
    """Return which two inputs of a run share a word, as tm_widen_s8 has them; length stands for a zero."""
    whole = length - length % 4
    fours = [(place + i, place + i + 2) for place in range(0, whole, 4) for i in range(2)]
    rest = {0: [], 1: [(0, 1)], 2: [(0, 1)], 3: [(0, 2), (1, 3)]}[length - whole]
    return fours + [(whole + one, whole + other) for one, other in rest]


def paired_scales(found: channels.Operands) -> ConstantArgument:
    """Return the table of multipliers and shifts to the right less one, ten bytes for each two channels."""
    pairs = _scales(found)
    pairs += pairs[-1:] * (len(pairs) % 2)
    entries = [
        b"".join(multiplier.to_bytes(4, "little") for multiplier, _ in two)
        + bytes(-shift - 1 for _, shift in two)
        for two in zip(pairs[0::2], pairs[1::2], strict=True)
    ]
    return ConstantArgument("scales", np.frombuffer(b"".join(entries), np.uint8))


def tile_values(found: channels.Operands, length: int, runs: int, out_count: int) -> tuple[int, ...]:
    """Return the initializer of tm_tile for pixels with so many runs of inputs."""
    step = _SCALE_BYTES if len(_scales(found)) > 1 else 0
    rounding = 2 * quantization_of(found.result).zero_point + 1
    return runs * -(-length // 2), out_count, out_count, step, rounding


def limits(operation: Operation, found: channels.Operands) -> dict[str, int]:
    """Return the fields least and most."""
    least, most = activation_range(operation, found.result)
    return {"least": least, "most": most}


def tile_bytes(length: int, runs: int = 1) -> int:
    """Return the size of four pixels' inputs as words of two."""
    return 4 * 4 * runs * -(-length // 2)


def _halves(weights: Int64) -> Int64:
    """Return 256 * b + a for each two channels a and b of weights (channels, inputs)."""
    even = np.pad(weights, ((0, len(weights) % 2), (0, 0)))
    return np.asarray(256 * even[1::2] + even[0::2], dtype=np.int64)


def _scales(found: channels.Operands) -> list[tuple[int, int]]:
    """Return multiplier and shift of each channel, or those of all; 0 times a sum goes with any shift."""
    scales: Sequence[float] = channels.convolution_scales(found)
    pairs = [quantize_multiplier(scale) for scale in (scales if len(set(scales)) > 1 else scales[:1])]
    return [pair if pair[0] else (0, -1) for pair in pairs]
