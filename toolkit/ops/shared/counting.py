# SPDX-License-Identifier: Apache-2.0
"""Arithmetic on whole numbers and truths that are not quantized: what counts the turns of a loop.

There are no kernels for it. It is computed by the toolkit, where it follows from constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array

_FUNCTIONS: dict[str, Any] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "MINIMUM": np.minimum,
    "MAXIMUM": np.maximum,
    "EQUAL": np.equal,
    "NOT_EQUAL": np.not_equal,
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
    "LOGICAL_AND": np.logical_and,
    "LOGICAL_OR": np.logical_or,
    "LOGICAL_NOT": np.logical_not,
}
_WHOLE = ("int32", "int64")


def counted(graph: Graph, operation: Operation, values: Sequence[Array | None]) -> Array | None:
    """Return what an operation makes of whole numbers or truths, None if that is not what it is about.

    values are those of its inputs. Sums and products wrap around, as int32 does in TFLM.
    """
    function = _FUNCTIONS.get(operation.kind)
    given = [value for value in values if value is not None]
    if function is None or len(given) != function.nin or len(values) != function.nin:
        return None
    if len(operation.outputs) != 1 or operation.options.get("fused_activation_function", "NONE") != "NONE":
        return None
    types = {value.dtype.name for value in given}
    wanted = ("bool",) if operation.kind.startswith("LOGICAL") else _WHOLE
    sources = (t for t in graph.input_tensors(operation) if t is not None)
    if len(types) != 1 or not types <= {*wanted} or any(t.quantization is not None for t in sources):
        return None
    try:
        with np.errstate(over="ignore"):
            result: Array = np.asarray(function(*given))
    except ValueError:  # shapes that do not broadcast
        return None
    (target,) = graph.output_tensors(operation)
    return result if (result.shape, result.dtype.name) == (target.shape, target.dtype) else None
