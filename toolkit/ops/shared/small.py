# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices by kernels with little code (kernels/armv7em/tm_small.h)."""

from __future__ import annotations

from toolkit.ops.shared import channels, costs, fours, paired
from toolkit.ops.shared.layer import MOST_POINTER_BYTES, Layer, Way
from toolkit.ops.shared.operator import Variant
from toolkit.ops.shared.walk import band_walks, window_tile_walks


def conv_variants(layer: Layer) -> tuple[Variant, ...]:
    """Return the variant of a convolution that is not grouped, or of a matrix, if there is one."""
    if not _is_taken(layer):
        return ()
    window, found = layer.window, layer.found
    pixels, taps = window.out_h * window.out_w, window.kernel_h * window.kernel_w
    length = taps * window.in_c
    way = Way(
        name="small",
        kernel="tm_conv_2d_small_s8",
        cycles=costs.small_cycles(pixels, window.out_c, length, taps),
        readings=-(-pixels // 2),
        places=paired.in_twos(window.out_c),
        # two pixels' inputs as words of two, where taps are, and a pixel outside
        scratch=(2 * 4 * -(-length // 2) + MOST_POINTER_BYTES * taps + 4 * -(-window.in_c // 4),),
        weights=lambda: paired.small_weights(channels.by_channel(found, axis=0)),
        walks=lambda: window_tile_walks(found.source, found.result, window, tile=2),
    )
    return (layer.variant(way),)


def depthwise_variants(layer: Layer) -> tuple[Variant, ...]:
    """Return the variant of a depthwise convolution that fours.can_take(), if there is one."""
    found, window = layer.found, layer.window
    if found.weights.dtype != "int8" or not _is_taken(layer):
        return ()
    pixels, taps = window.out_h * window.out_w, window.kernel_h * window.kernel_w
    places = fours.channels_by_four(window.in_c)
    way = Way(
        name="small",
        kernel="tm_depthwise_conv_2d_small_s8",
        cycles=costs.small_depthwise_cycles(pixels, taps, window.in_c),
        readings=pixels,
        places=places,
        scratch=(MOST_POINTER_BYTES * taps + len(places),),
        weights=lambda: fours.weights_by_four(found, by_column=False),
        walks=lambda: band_walks(found.source, found.result, window, 1),
    )
    return (layer.variant(way),)


def _is_taken(layer: Layer) -> bool:
    """Return whether the kernels take a layer: of one batch, without an activation."""
    return layer.window.batches == 1 and layer.has_all_outputs
