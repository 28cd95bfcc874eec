# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices by kernels with little code (kernels/armv7em/tm_small.h)."""

from __future__ import annotations

from toolkit.ops.shared import channels, costs, fours, paired
from toolkit.ops.shared.layer import CHANNEL_BYTES, MOST_POINTER_BYTES, Layer
from toolkit.ops.shared.operator import KernelCall, Variant
from toolkit.ops.shared.walk import band_walks, window_tile_walks


def conv_variants(layer: Layer) -> tuple[Variant, ...]:
    """Return the variant of a convolution that is not grouped, or of a matrix, if there is one."""
    if not _is_taken(layer):
        return ()
    window = layer.window
    length = window.kernel_h * window.kernel_w * window.in_c
    return (
        Variant(
            name="small",
            cycles=costs.small_cycles(
                window.out_h * window.out_w, window.out_c, length, window.kernel_h * window.kernel_w
            ),
            scratch_bytes=_conv_bytes(layer),
            lower=lambda: _conv_call(layer),
            walks=lambda: layer.walks(
                window_tile_walks(layer.found.source, layer.found.result, window, tile=2)
            ),
        ),
    )


def depthwise_variants(layer: Layer) -> tuple[Variant, ...]:
    """Return the variant of a depthwise convolution that fours.can_take(), if there is one."""
    found, window = layer.found, layer.window
    if found.weights.dtype != "int8" or not _is_taken(layer):
        return ()
    taps, places = window.kernel_h * window.kernel_w, fours.channels_by_four(window.in_c)
    scratch_bytes = MOST_POINTER_BYTES * taps + CHANNEL_BYTES * len(places) + window.in_c
    return (
        Variant(
            name="small",
            cycles=costs.small_depthwise_cycles(window.out_h * window.out_w, taps, window.in_c),
            scratch_bytes=scratch_bytes,
            lower=lambda: layer.call(
                "tm_depthwise_conv_2d_small_s8",
                fours.weights_by_four(found, by_column=False),
                places,
                [scratch_bytes],
            ),
            walks=lambda: layer.walks(band_walks(found.source, found.result, window, 1)),
        ),
    )


def _is_taken(layer: Layer) -> bool:
    """Return whether the kernels take a layer: of one batch, without an activation."""
    return layer.window.batches == 1 and layer.has_all_outputs


def _conv_bytes(layer: Layer) -> int:
    """Return the scratch: channels in pairs, two pixels' inputs as words of two, where taps are, a pixel
    outside.
    """
    window = layer.window
    taps = window.kernel_h * window.kernel_w
    made = CHANNEL_BYTES * 2 * -(-window.out_c // 2) + 2 * 4 * -(-taps * window.in_c // 2)
    return made + MOST_POINTER_BYTES * taps + window.in_c


def _conv_call(layer: Layer) -> KernelCall:
    places = paired.in_twos(layer.window.out_c)
    weights = paired.small_weights(channels.by_channel(layer.found, axis=0))
    return layer.call("tm_conv_2d_small_s8", weights, places, [_conv_bytes(layer)])
