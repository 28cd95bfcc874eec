# SPDX-License-Identifier: Apache-2.0
"""From sums to outputs as the kernels of ARMv7E-M do it: for which layers, and the tables of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import ConstantArgument
from toolkit.targets.target import Target

Int64 = NDArray[np.int64]
# A sum is doubled before it is multiplied; what is added afterwards, zero point and rounding, stays
# within 31 bits.
_MOST_SUM = 2**30
MOST_SHIFT = 22
"""How far the kernels shift to the right: what is added before has eight bits more."""


def has_dsp_kernels(target: Target) -> bool:
    """Return whether a target has the kernels in firmware_templates/kernels/armv7em/."""
    return target.isa == "armv7em" and "dsp" in target.features


def is_usual(found: channels.Operands, axis: int, weights: tuple[str, ...] = ("int8",)) -> bool:
    """Return whether the kernels can scale all sums of an operation; axis is that of its channels."""
    if found.is_wide or found.weights.dtype not in weights:
        return False
    least, most = sum_range(found, axis)
    fits = most.max() < _MOST_SUM and least.min() >= -_MOST_SUM
    return bool(fits) and all(1 <= -shift <= MOST_SHIFT for _, shift in scales(found))


def sum_range(found: channels.Operands, axis: int) -> tuple[Int64, Int64]:
    """Return the least and the greatest sum of each channel."""
    weights, bias = channels.by_channel(found, axis), folded_bias(found, axis)
    above, below = weights.clip(min=0).sum(axis=1), weights.clip(max=0).sum(axis=1)
    return bias + 127 * below - 128 * above, bias + 127 * above - 128 * below


def folded_bias(found: channels.Operands, axis: int) -> Int64:
    """Return what each sum starts with: the bias and what the input's zero point adds."""
    return channels.folded_bias(found, axis).data.astype(np.int64)


def added_table(found: channels.Operands, places: list[int]) -> ConstantArgument:
    """Return for each two channels the multiplier of the first and what is added to its product, the same of
    the second, and both shifts to the right less one in a word.
    """
    own, rounding = scales(found), 2 * quantization_of(found.result).zero_point + 1
    chosen = [own[place] for place in places] if len(own) > 1 else own * 2
    words = []
    for one, other in zip(chosen[0::2], chosen[1::2], strict=True):
        for multiplier, shift in (one, other):
            words += [multiplier, rounding << (-shift - 1)]
        words.append((-one[1] - 1) | (-other[1] - 1) << 8)
    return ConstantArgument("scales", np.array(words, np.int32))


def is_per_channel(found: channels.Operands) -> bool:
    """Return whether not all channels have one scale."""
    return len(scales(found)) > 1


def limits(operation: Operation, found: channels.Operands) -> dict[str, int]:
    """Return the fields least and most."""
    least, most = activation_range(operation, found.result)
    return {"least": least, "most": most}


def scales(found: channels.Operands) -> list[tuple[int, int]]:
    """Return multiplier and shift of each channel, or those of all; 0 times a sum goes with any shift."""
    tables = channels.scale_tables(found, channels.convolution_scales(found))
    multipliers, shifts = (table.data.tolist() for table in tables)
    return [(m, s) if m else (0, -1) for m, s in zip(multipliers, shifts, strict=True)]
