# SPDX-License-Identifier: Apache-2.0
"""From numbers as the data have them to a model's integer input, as C: what a firmware must feed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.codegen import literals
from toolkit.codegen.names import c_identifier, made_by_lines
from toolkit.codegen.templates import render
from toolkit.errors import TinymlError
from toolkit.ir.graph import Tensor
from toolkit.project.provenance import Provenance


def model_input_header(
    tensor: Tensor,
    symbol: str,
    mean: Sequence[float] = (0.0,),
    deviation: Sequence[float] = (1.0,),
    made_by: Provenance | None = None,
) -> str:
    """Return model_input.h for a model of this name, whose input is tensor, int8 or int16.

    mean and deviation are those of the columns, the input's last axis, or one each for all. The C
    computes the same integers as Standard.apply and quantize_samples do, in float32 and in their order.
    made_by is what the comment says of the model.
    """
    if tensor.quantization is None:
        raise TinymlError(f"the input {tensor.name} is not quantized.")
    limits, name = np.iinfo(tensor.dtype), c_identifier(symbol)
    context = {
        "name": name,
        "upper": name.upper(),
        "type": literals.C_TYPES[tensor.dtype],
        "made_by": made_by_lines(made_by or Provenance()),
        "columns": len(mean),
        "mean": literals.wrap(map(literals.real, mean)),
        "deviation": literals.wrap(map(literals.real, deviation)),
        "scale": literals.real(float(np.float32(tensor.quantization.scale))),
        "zero_point": tensor.quantization.zero_point,
        "far": literals.real(float(2 * (limits.max + 1))),
        "lowest": int(limits.min),
        "highest": int(limits.max),
    }
    return render("model_input.h.j2", context)
