# SPDX-License-Identifier: Apache-2.0
"""About what the kernels of convolutions and matrices take, in cycles of a Cortex-M4: to compare variants.

The factors were read off `tinyml profile` of layers of many shapes; what counts is the order of variants.
tests/compiler/test_choice.py holds that order against counts.
"""

from __future__ import annotations

_PRODUCT, _OUTPUT = 2.1, 65
_TAP = 14
_GATHER, _GATHERED_TAP = 60, 18
_TILE_PRODUCT, _TILE_OUTPUT, _COLUMN_PRODUCT = 1.14, 12, 1.06
_ROW_PRODUCT, _ROW_OUTPUT = 1.28, 16
_WIDENED, _RUN, _TILE_START, _COLUMN = 2, 45, 180, 14
_SMALL_GATHERED, _SMALL_TAP, _SMALL_WORD, _SMALL_OUTPUTS, _SMALL_FOUR = 11, 35, 23, 208, 25
_FOURS_3X3, _FOURS_TAP, _FOURS_OUTPUT = 38, 4.3, 20


def plain_cycles(outputs: int, products: int) -> float:
    """Return the cost of a portable convolution or matrix: so many outputs of so many products each."""
    return outputs * (products * _PRODUCT + _OUTPUT)


def gather_cycles(pixels: int, groups: int, taps: int) -> float:
    """Return what it costs to put together the inputs of each group of each pixel."""
    return pixels * groups * (_GATHER + taps * _GATHERED_TAP)


def plain_depthwise_cycles(outputs: int, taps: int) -> float:
    """Return the cost of a portable depthwise convolution."""
    return outputs * (taps * _TAP + _OUTPUT)


def tile_cycles(pixels: int, out_count: int, length: int, runs: int = 1) -> float:
    """Return the cost of tm_tile_s8 over pixels whose inputs stand in so many runs of length."""
    tiles, pairs, words = -(-pixels // 4), -(-out_count // 2), -(-length // 2)
    widened = runs * (_RUN + 4 * length * _WIDENED)
    each = runs * words * 16 * _TILE_PRODUCT + 8 * _TILE_OUTPUT
    return tiles * (_TILE_START + widened + pairs * each)


def column_cycles(pixels: int, out_count: int, in_count: int) -> float:
    """Return the same where windows of 3 x 3 share columns."""
    each = 9 * in_count * 8 * _COLUMN_PRODUCT + 8 * _TILE_OUTPUT
    widened = 18 * (_COLUMN + in_count * _WIDENED)
    return -(-pixels // 4) * (_TILE_START + widened + -(-out_count // 2) * each)


def row_cycles(rows: int, out_count: int, in_count: int) -> float:
    """Return the cost of tm_row_s8."""
    return rows * out_count * (-(-in_count // 4) * 4 * _ROW_PRODUCT + _ROW_OUTPUT)


def fours_3x3_cycles(outputs: int) -> float:
    """Return the cost of tm_depthwise_3x3_s8."""
    return outputs * _FOURS_3X3


def fours_cycles(outputs: int, taps: int) -> float:
    """Return the cost of tm_depthwise_taps_s8."""
    return outputs * (taps * _FOURS_TAP + _FOURS_OUTPUT)


def small_cycles(pixels: int, out_count: int, length: int, taps: int) -> float:
    """Return the cost of tm_conv_2d_small_s8 over pixels with so many taps and inputs."""
    gathered = 2 * (length * _SMALL_GATHERED + taps * _SMALL_TAP)
    fours = -(-out_count // 4) * (-(-length // 2) * _SMALL_WORD + _SMALL_OUTPUTS)
    return -(-pixels // 2) * (gathered + fours)


def small_depthwise_cycles(outputs: int, taps: int, channels: int) -> float:
    """Return the cost of tm_depthwise_conv_2d_small_s8."""
    pixels = outputs // channels
    return pixels * taps * _SMALL_TAP + outputs * (taps * _FOURS_TAP + _SMALL_FOUR)
