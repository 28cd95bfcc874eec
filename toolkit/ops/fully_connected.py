# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED: 8x8, 16x8 and 8x4, input of any rank, weights per tensor or per channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import channels
from toolkit.ops.shared.matrix import matrix_variants
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import Array, Variant
from toolkit.ops.shared.variants import VariedOperator
from toolkit.targets.target import Target

_BIAS_TOLERANCE = 0.02


class FullyConnected(VariedOperator):
    """Weights are (outputs, inputs); all of the input but its last axes counts as batches."""

    kind = "FULLY_CONNECTED"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = channels.operand_problems(
            graph, operation, weights_rank=2, weights_dtypes=("int8", "int4"), short_bias=True
        )
        if problems:
            return problems
        found = channels.operands_of(graph, operation)
        out_len, in_len = found.weights.shape
        layout = operation.options.get("weights_format", "DEFAULT")
        if layout != "DEFAULT":
            problems.append(f"its weights have the format {layout}, not DEFAULT")
        batches = found.source.elements // in_len
        if batches < 1 or batches * in_len != found.source.elements:
            problems.append(f"its input of {found.source.elements} elements is not rows of {in_len}")
        if found.result.shape[-1:] != (out_len,) or found.result.elements != batches * out_len:
            problems.append(f"its output {list(found.result.shape)} is not {batches} x {out_len}")
        if found.weights.dtype == "int4" and len(quantization_of(found.weights).scales) > 1:
            problems.append("its weights are int4 and quantized per channel, which TFLM refuses")
        problems += channels.channel_problems(operation, found, axis=0, zero_point=True)
        return problems or _bias_scale_problems(found)

    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        return matrix_variants(graph, operation, target)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        found = channels.operands_of(graph, operation)
        source = inputs[0]
        assert source is not None
        weights = channels.by_channel(found, axis=0)
        rows = (
            source.astype(np.int64).reshape(-1, weights.shape[1]) - quantization_of(found.source).zero_point
        )
        sums = rows @ weights.T + channels.bias_values(found, len(weights))
        return [
            channels.to_outputs(sums, operation, found, channels.convolution_scales(found)).reshape(
                found.result.shape
            )
        ]


def _bias_scale_problems(found: channels.Operands) -> list[str]:
    """Return a reason if TFLM refuses the bias; it looks only where all weights have one scale."""
    if found.bias is None or len(quantization_of(found.weights).scales) > 1:
        return []
    product = _product_scale(found)
    scales = found.bias.quantization.scales if found.bias.quantization else ()
    scale = scales[0] if scales else 0.0
    if abs(product - scale) / quantization_of(found.result).scale <= _BIAS_TOLERANCE:
        return []
    return [f"its bias has the scale {scale:g}, but its sums have {product:g}, which TFLM refuses"]


def _product_scale(found: channels.Operands) -> float:
    """Return input times weights in float32, as TFLM multiplies them to look at the bias."""
    into, weights = quantization_of(found.source), quantization_of(found.weights)
    return float(np.float32(into.scale) * np.float32(weights.scale))


OPERATOR = FullyConnected()
