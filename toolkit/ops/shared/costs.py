# SPDX-License-Identifier: Apache-2.0
"""About what the kernels of convolutions and matrices take, in cycles of a Cortex-M4: to compare variants.

The factors were read off `tinyml profile` of layers of many shapes; what counts is the order of variants.
tests/compiler/test_choice.py holds that order against counts.
"""

from __future__ import annotations

_PRODUCT, _OUTPUT, _PLAIN_ROW = 2.1, 65, 82
_TAP = 14
_GATHER, _GATHERED_TAP = 60, 18
_TILE_PRODUCT, _TILE_OUTPUT, _COLUMN_PRODUCT = 1.14, 12, 1.06
_ROW_PRODUCT, _ROW_OUTPUT, _ROW_START = 1.28, 16, 117
_WIDENED, _RUN, _GATHERED_RUN, _TILE_START, _COLUMN = 2, 45, 220, 180, 14
_SMALL_GATHERED, _SMALL_TAP, _SMALL_OUTPUTS, _SMALL_START, _SMALL_PIXELS = 12.7, 38, 31.4, 41, 221
_SMALL_FOURS_WORD, _SMALL_PAIR_WORD = 19.4, 14.2
_TWO_FOURS_3X3, _TWO_PIXELS = 282, 250
_FOUR_TAP, _FOUR, _FOUND_TAP, _PIXEL = 17.2, 35, 45, 95
_SMALL_DEPTHWISE_FOUR, _SMALL_PIXEL, _FOUND_SMALL_TAP = 91, 100, 27
_UNPACKED, _UNPACKED_TAP = 40, 3
_NARROW_TAP, _NARROW_START, _STRIP, _STRIP_INPUT = 11, 220, 70, 5
# Three words, each of which waits for flash: three cycles on an nRF52840.
_READ = 9
_WIDE_WORD, _WIDE_OUTPUT, _SPREAD = 18.5, 9, 3.4
_WIDE_FOUND_TAP = 16
_WIDE_ROW_PRODUCT, _WIDE_ROW_OUTPUT = 1.4, 20
_WIDE_TILE, _WIDE_PIXEL, _WIDE_RUN = 150, 110, 35


def plain_cycles(outputs: int, products: int) -> float:
    """Return the cost of a portable convolution: so many outputs of so many products each."""
    return outputs * (products * _PRODUCT + _OUTPUT)


def plain_row_cycles(rows: int, out_count: int, in_count: int) -> float:
    """Return the cost of a portable matrix."""
    return rows * _PLAIN_ROW + plain_cycles(rows * out_count, in_count)


def gather_cycles(pixels: int, groups: int, taps: int) -> float:
    """Return what it costs to put together the inputs of each group of each pixel."""
    return pixels * groups * (_GATHER + taps * _GATHERED_TAP)


def plain_depthwise_cycles(outputs: int, taps: int) -> float:
    """Return the cost of a portable depthwise convolution."""
    return outputs * (taps * _TAP + _OUTPUT)


def tile_cycles(pixels: int, out_count: int, length: int, gathered: int = 0) -> float:
    """Return the cost of tm_tile_s8 over pixels whose inputs stand side by side, or are gathered from so many
    rows of length.
    """
    runs = max(gathered, 1)
    tiles, pairs, words = -(-pixels // 4), -(-out_count // 2), -(-length // 2)
    widened = runs * ((_GATHERED_RUN if gathered else _RUN) + 4 * length * _WIDENED)
    each = runs * words * 16 * _TILE_PRODUCT + 8 * _TILE_OUTPUT
    return tiles * (_TILE_START + widened + pairs * each)


def column_cycles(pixels: int, out_count: int, in_count: int) -> float:
    """Return the same where windows of 3 x 3 share columns."""
    each = 9 * in_count * 8 * _COLUMN_PRODUCT + 8 * _TILE_OUTPUT
    widened = 18 * (_COLUMN + in_count * _WIDENED)
    return -(-pixels // 4) * (_TILE_START + widened + -(-out_count // 2) * each)


def wide_tile_cycles(pixels: int, out_count: int, length: int, rows: int) -> float:
    """Return the cost of tm_conv_2d_tile_s16 over pixels with so many rows of taps of length."""
    words = rows * -(-length // 2)
    gathered = 4 * (_WIDE_PIXEL + rows * _WIDE_RUN + words * _SPREAD)
    each = words * _WIDE_WORD + 8 * _WIDE_OUTPUT
    return -(-pixels // 4) * (_WIDE_TILE + gathered + -(-out_count // 2) * each)


def wide_row_cycles(rows: int, out_count: int, in_count: int) -> float:
    """Return the cost of tm_row_s16."""
    return rows * out_count * (in_count * _WIDE_ROW_PRODUCT + _WIDE_ROW_OUTPUT)


def wide_tap_cycles(pixels: int, taps: int, channels: int) -> float:
    """Return the cost of tm_depthwise_taps_s16."""
    fours = -(-channels // 4) * (taps * _FOUR_TAP + _FOUR)
    return pixels * (_PIXEL + taps * _WIDE_FOUND_TAP + fours)


def narrow_cycles(
    rows: int, row_pixels: int, out_count: int, pairs: int, strips: int, inputs: int, groups: int = 1
) -> float:
    """Return the cost of tm_strips_s8 over rows of pixels of so many pairs of taps, each row made of strips
    of inputs. out_count and pairs are those of a group.
    """
    each = pairs * 16 * _TILE_PRODUCT + 8 * _TILE_OUTPUT
    tile = _NARROW_START + pairs * _NARROW_TAP + -(-out_count // 2) * each
    return rows * (-(-row_pixels // 4) * groups * tile + strips * (_STRIP + inputs * _STRIP_INPUT))


def row_cycles(rows: int, out_count: int, in_count: int) -> float:
    """Return the cost of tm_row_s8."""
    each = -(-in_count // 4) * 4 * _ROW_PRODUCT + _ROW_OUTPUT
    return rows * (_ROW_START + -(-out_count // 2) * 2 * each)


def fours_3x3_cycles(bands: int, width: int, channels: int) -> float:
    """Return the cost of tm_depthwise_3x3_s8 over bands of two rows."""
    fours = -(-channels // 4)
    return bands * width * (_TWO_PIXELS + fours * _TWO_FOURS_3X3)


def fours_cycles(pixels: int, taps: int, channels: int) -> float:
    """Return the cost of tm_depthwise_taps_s8."""
    fours = -(-channels // 4) * (taps * _FOUR_TAP + _FOUR)
    return pixels * (_PIXEL + taps * _FOUND_TAP + fours)


def small_cycles(pixels: int, out_count: int, length: int, taps: int) -> float:
    """Return the cost of tm_conv_2d_small_s8 over pixels with so many taps and inputs."""
    gathered = 2 * (length * _SMALL_GATHERED + taps * _SMALL_TAP)
    fours, pair = divmod(-(-out_count // 2), 2)
    words = -(-length // 2) * (fours * _SMALL_FOURS_WORD + pair * _SMALL_PAIR_WORD)
    outputs = (fours + pair) * _SMALL_START + out_count * _SMALL_OUTPUTS
    return -(-pixels // 2) * (_SMALL_PIXELS + gathered + words + outputs)


def small_depthwise_cycles(pixels: int, taps: int, channels: int) -> float:
    """Return the cost of tm_depthwise_conv_2d_small_s8."""
    fours = -(-channels // 4) * (taps * _FOUR_TAP + _SMALL_DEPTHWISE_FOUR)
    return pixels * (_SMALL_PIXEL + taps * _FOUND_SMALL_TAP + fours)


def unpacked_cycles(channels: int, taps: int = 0) -> float:
    """Return what it costs to unpack channels; a depthwise convolution adds the weights of its taps."""
    return channels * (_UNPACKED + taps * _UNPACKED_TAP)


def flat_cycles(channels: int) -> float:
    """Return what it costs to read so many channels in all from flash instead of RAM."""
    return channels * _READ
