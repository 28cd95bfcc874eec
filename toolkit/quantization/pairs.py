# SPDX-License-Identifier: Apache-2.0
"""Tensors that a float model and the integer model made of it both have, and how far they are apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Tensor

MOST_DB = 120.0
"""What stands for no error at all."""


@dataclass(frozen=True)
class Pair:
    """A tensor of the float model, what it is in the integer model, and the operator that makes it there."""

    real: Tensor
    integer: Tensor
    operator: str


def paired_tensors(wholes: Graph, integers: Graph) -> list[Pair]:
    """Return the outputs of operations that both graphs have, in the order of integers.

    They have one name and one size. Where the converter fused layers in one of the models only, there are
    none in common.
    """
    by_name = {
        _plain_name(outputs[0].name): outputs for outputs in map(wholes.output_tensors, wholes.operations)
    }
    found = []
    for operation in integers.operations:
        outputs = integers.output_tensors(operation)
        ones = by_name.get(_plain_name(outputs[0].name), [])
        for one, tensor in zip(ones, outputs, strict=False):  # of a SPLIT in the same order
            fits = one.elements == tensor.elements and tensor.dtype in ("int8", "int16")
            if fits and one.dtype == "float32" and tensor.quantization:
                found.append(Pair(one, tensor, operation.kind))
    return found


def layer_name(tensor: str) -> str:
    """Return "dense" of "functional_1/dense_1/MatMul;functional_1/...": without model and call number."""
    parts = _plain_name(tensor).split("/")[1:] or [tensor]
    return "/".join(re.sub(r"_1$", "", part) for part in parts[:-1]) or parts[-1]


def as_real(raw: NDArray[Any], tensor: Tensor) -> NDArray[np.float64]:
    """Return the numbers that integers of a quantized tensor stand for, in raw's shape."""
    assert tensor.quantization is not None
    return (raw.astype(np.float64) - tensor.quantization.zero_point) * tensor.quantization.scale


def decibels(signal: float, noise: float) -> float:
    """Return the ratio of two sums of squares in dB, at most MOST_DB."""
    return float(min(10 * np.log10(signal / noise), MOST_DB)) if noise > 0 and signal > 0 else MOST_DB


def sqnr_db(real: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """Return the signal-to-quantization-noise ratio of other, of real's size: at most MOST_DB."""
    wide, narrow = (np.asarray(each, np.float64).reshape(-1) for each in (real, other))
    return decibels(float(np.sum(wide**2)), float(np.sum((wide - narrow) ** 2)))


def _plain_name(name: str) -> str:
    """The converter names what it fused by all parts, in either model with other ones."""
    return name.split(";")[0]
