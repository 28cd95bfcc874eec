# SPDX-License-Identifier: Apache-2.0
"""Convolutions of few input channels: whole rows of inputs as words, once for all windows over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.ir.graph import Graph
from toolkit.ops.shared import costs, paired
from toolkit.ops.shared.layer import Layer, Way
from toolkit.ops.shared.macs import count_macs
from toolkit.ops.shared.operator import KernelCall, Variant, kernel_calls
from toolkit.ops.shared.walk import strip_walks
from toolkit.ops.shared.window import Window

_TILE = 4
# What the variant has to save of the time for four pixels' windows, and of all products' where those stay
# another layer's; and how much more scratch it may take.
_LAYER_SHARE, _MODEL_SHARE, _MORE_BYTES = 0.05, 0.02, 1024
_PRODUCT_CYCLES = 2


def narrow_variant(graph: Graph, layer: Layer, pairs: Variant) -> Variant:
    """Return the variant of a convolution that is not grouped, of a dilation of 1 along rows.

    pairs is the one that it is worthwhile instead of.
    """
    variant = layer.variant(_way("narrow", layer, groups=1))
    return replace(variant, is_worthwhile=_is_worthwhile(graph, variant, pairs))


def groups_variant(layer: Layer, groups: int) -> Variant:
    """Return the variant of a convolution of groups with an even number of outputs each, of a dilation of 1
    along rows.
    """
    variant = layer.variant(_way("groups", layer, groups))

    def lower() -> KernelCall:
        (call,) = kernel_calls(variant.lower())
        return replace(call, params={**call.params, "groups": groups})

    return replace(variant, lower=lower)


def _way(name: str, layer: Layer, groups: int) -> Way:
    window, found = layer.window, layer.found
    weights = found.weights.data
    assert weights is not None
    rows, tiles = window.batches * window.out_h, -(-window.out_w // _TILE)
    return Way(
        name=name,
        kernel=f"tm_conv_2d_{name}_s8",
        cycles=costs.narrow_cycles(
            rows,
            window.out_w,
            window.out_c // groups,
            _pairs(window, groups),
            -(-window.kernel_h // 2),
            min(window.in_w * window.in_c, _strip_length(window)),
            groups,
        ),
        readings=rows * tiles,
        places=paired.in_twos(window.out_c),
        scratch=(_scratch_bytes(window, groups),),
        weights=lambda: paired.strip_weights(weights.astype(np.int64), _runs(window, groups)),
        walks=lambda: strip_walks(found.source, found.result, window),
    )


def _is_worthwhile(graph: Graph, variant: Variant, pairs: Variant) -> bool:
    """Return whether the variant is clearly faster and needs hardly more scratch, and its code is the only
    one for windows or saves much of the model's time.
    """
    saved = pairs.cycles - variant.cycles
    if saved < _LAYER_SHARE * pairs.cycles or variant.scratch_bytes > pairs.scratch_bytes + _MORE_BYTES:
        return False
    kernels = [graph.tensors[o.inputs[1]].shape for o in graph.operations if o.kind == "CONV_2D"]
    windows = sum(shape[1:3] != (1, 1) for shape in kernels)
    products = sum(count_macs(graph, operation) for operation in graph.operations)
    return windows <= 1 or saved >= _MODEL_SHARE * _PRODUCT_CYCLES * products


def _runs(window: Window, groups: int) -> int:
    """Return in how many runs the taps of a row come."""
    return 1 if groups == 1 else window.kernel_w


def _pairs(window: Window, groups: int) -> int:
    """Return the words of a pixel's inputs of a group."""
    runs = _runs(window, groups)
    run = window.kernel_w * window.in_c // (runs * groups)
    return runs * (window.kernel_h // 2 * run + window.kernel_h % 2 * -(-run // 2))


def _strip_length(window: Window) -> int:
    """Return the words of two rows of inputs."""
    pixels = -(-window.out_w // _TILE) * _TILE
    return ((pixels - 1) * window.stride_w + window.kernel_w) * window.in_c


def _scratch_bytes(window: Window, groups: int) -> int:
    """Return the scratch without channels: inputs of four pixels and of rows as words, a row outside of the
    image, and four pixels' outputs.
    """
    words = _TILE * _pairs(window, groups) + -(-window.kernel_h // 2) * _strip_length(window)
    return 4 * words + window.in_w * window.in_c + _TILE * window.out_c
