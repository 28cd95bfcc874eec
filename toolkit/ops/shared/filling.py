# SPDX-License-Identifier: Apache-2.0
"""One value written to every element, for tm_fill."""

from __future__ import annotations

from toolkit.ir.graph import DTYPE_BYTES, Tensor
from toolkit.ops.shared.operator import Argument, KernelCall, TensorArgument


def fill_call(result: Tensor, value: Argument) -> KernelCall:
    """Return the kernel call that writes one element, wherever it stands, all over result."""
    params = {"elements": result.elements, "element_bytes": DTYPE_BYTES[result.dtype]}
    return KernelCall("tm_fill", params, (value, TensorArgument(result.id)))
