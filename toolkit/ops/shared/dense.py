# SPDX-License-Identifier: Apache-2.0
"""Grouped convolutions as ones that are not: zeros for what a group does not read.

A kernel for all channels at once takes many more products, but each in a fraction of the time.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.ops.shared import channels
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import Variant

Int64 = channels.Int64
# So many bytes of zeros are worth their time.
_MOST_ZEROS = 2048


def dense_operands(found: channels.Operands, weights: Int64) -> channels.Operands:
    """Return found with weights (output channels, height, width, inputs of a group) for all inputs."""
    out_c, *taps, in_count = weights.shape
    in_c = found.source.shape[3]
    groups = in_c // in_count
    dense = np.zeros((groups, out_c // groups, *taps, groups, in_count), np.int8)
    for group in range(groups):
        dense[group, ..., group, :] = weights.reshape(groups, out_c // groups, *taps, in_count)[group]
    shape = (out_c, *taps, in_c)
    quantization = replace(quantization_of(found.weights), axis=0)
    tensor = replace(found.weights, shape=shape, data=dense.reshape(shape), quantization=quantization)
    return replace(found, weights=tensor)


def dense_variant(variant: Variant, zeros: int, plain: Variant) -> Variant:
    """Return a variant with so many zeros, worthwhile if they are few and it beats the plain one."""
    is_worthwhile = zeros <= _MOST_ZEROS and variant.cycles < plain.cycles
    name, larger_of = (f"dense {name}" if name else "" for name in (variant.name, variant.larger_of))
    return replace(variant, name=name, larger_of=larger_of, is_worthwhile=is_worthwhile)
