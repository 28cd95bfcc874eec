# SPDX-License-Identifier: Apache-2.0
"""Elements chosen by indices: what GATHER, GATHER_ND and EMBEDDING_LOOKUP have in common."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import DTYPE_BYTES, Graph, Tensor
from toolkit.ops.shared.movement import Sizes
from toolkit.ops.shared.operator import KernelCall, TensorArgument


def choice_problems(indices: Tensor, sizes: Sizes) -> list[str]:
    """Return why indices, the last axis one for each of sizes, are not int32 or choose what is not there.

    Those that are computed on the device are not known here: the kernels take the nearest place.
    """
    if indices.dtype != "int32":
        return [f"its indices are {indices.dtype}, not int32"]
    if indices.data is None:
        return []
    rows = indices.data.reshape(-1, len(sizes)).astype(np.int64)
    if np.any(rows < 0) or np.any(rows >= np.array(sizes)):
        return [f"its indices are not all within {list(sizes)}"]
    return []


def gather_call(graph: Graph, source: int, indices: int, result: int, sizes: Sizes) -> KernelCall:
    """Return the call for sizes: batches, rows, places to choose from, chosen ones, elements of a place."""
    batches, outer, axis, count, inner = sizes
    run = inner * DTYPE_BYTES[graph.tensors[source].dtype]
    return KernelCall(
        "tm_gather",
        {"batches": batches, "outer": outer, "axis": axis, "count": count, "run": run},
        (TensorArgument(source), TensorArgument(indices), TensorArgument(result)),
    )
