# SPDX-License-Identifier: Apache-2.0
"""One factor for int16 numbers from 0 on and one for those below: RELU, LEAKY_RELU, ABS, and QUANTIZE."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operator import KernelCall, TensorArgument
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.wide_table import WideTableOperator


@dataclass(frozen=True)
class Slopes:
    """The output is above * x from 0 on and below * x (of |x|, if mirrored) below, from least to most."""

    above: float
    below: float
    mirrored: bool = False
    least: int = -(2**15)
    most: int = 2**15 - 1


class SlopesOperator(WideTableOperator):
    """An operator that has two slopes on int16."""

    @abstractmethod
    def slopes(self, graph: Graph, operation: Operation) -> Slopes:
        """Return the slopes, in steps of the output for a step of the input."""

    def wide_call(self, graph: Graph, operation: Operation) -> KernelCall:
        return slopes_call(graph, operation, self.slopes(graph, operation))

    def wide_values(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        return slopes_values(x, self.slopes(graph, operation))


def slopes_call(graph: Graph, operation: Operation, slopes: Slopes) -> KernelCall:
    """Return the call of tm_slopes_s16."""
    above, below = quantize_multiplier(slopes.above), quantize_multiplier(slopes.below)
    source, result = operation.inputs[0], operation.outputs[0]
    return KernelCall(
        kernel="tm_slopes_s16",
        params={
            "elements": graph.tensors[source].elements,
            "above_multiplier": above[0],
            "above_shift": above[1],
            "below_multiplier": below[0],
            "below_shift": below[1],
            "below_factor": -1 if slopes.mirrored else 1,
            "least": slopes.least,
            "most": slopes.most,
        },
        arguments=(TensorArgument(source), TensorArgument(result)),
    )


def slopes_values(x: Int64, slopes: Slopes) -> Int64:
    """Return the output's numbers."""
    above = requantize(x, *quantize_multiplier(slopes.above))
    below = requantize(np.abs(x) if slopes.mirrored else x, *quantize_multiplier(slopes.below))
    return np.asarray(np.clip(np.where(x >= 0, above, below), slopes.least, slopes.most), dtype=np.int64)
