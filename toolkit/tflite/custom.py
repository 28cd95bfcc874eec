# SPDX-License-Identifier: Apache-2.0
"""TFLM's custom operators: what they are called here, and their options.

Options are a map in FlexBuffers: the root's width, type and value stand at the end of the bytes, and every
offset goes backwards. Only a flat map of numbers is read, which is all that these operators have.
Source: FlexBuffers internals, in FlatBuffers' documentation.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType

from toolkit.ir.graph import OptionValue

CUSTOM_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "SignalDelay": "SIGNAL_DELAY",
        "SignalEnergy": "SIGNAL_ENERGY",
        "SignalFftAutoScale": "SIGNAL_FFT_AUTO_SCALE",
        "SignalFilterBank": "SIGNAL_FILTER_BANK",
        "SignalFilterBankLog": "SIGNAL_FILTER_BANK_LOG",
        "SignalFilterBankSpectralSubtraction": "SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION",
        "SignalFilterBankSquareRoot": "SIGNAL_FILTER_BANK_SQUARE_ROOT",
        "SignalFramer": "SIGNAL_FRAMER",
        "SignalIrfft": "SIGNAL_IRFFT",
        "SignalOverlapAdd": "SIGNAL_OVERLAP_ADD",
        "SignalPCAN": "SIGNAL_PCAN",
        "SignalRfft": "SIGNAL_RFFT",
        "SignalStacker": "SIGNAL_STACKER",
        "SignalWindow": "SIGNAL_WINDOW",
    }
)
"""The operators' names in a .tflite file, and the kinds that stand for them in a Graph."""

COMPILED_FOR: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ethos-u": ("Arm's Ethos-U NPUs", "Vela"),
        "edgetpu-custom-op": ("Google's Edge TPU", "the Edge TPU compiler"),
        "NeutronGraph": ("NXP's Neutron NPUs", "NXP's Neutron converter"),
    }
)
"""Operators that stand for code of another chip: which chip, and what makes them."""

_MOST_OPTIONS = 64
_INT, _UINT, _FLOAT, _MAP, _BOOL = 1, 2, 3, 9, 26
_NUMBERS = {
    _INT: {1: "<b", 2: "<h", 4: "<i", 8: "<q"},
    _UINT: {1: "<B", 2: "<H", 4: "<I", 8: "<Q"},
    _FLOAT: {4: "<f", 8: "<d"},
    _BOOL: {1: "<B", 2: "<H", 4: "<I", 8: "<Q"},
}


def custom_options(data: bytes) -> dict[str, OptionValue]:
    """Return the numbers and truths of a FlexBuffers map by name; {} where data is no such map.

    What else a map holds is left out. Damaged data gives less, and never raises.
    """
    try:
        return _options(data)
    except (struct.error, ValueError):
        return {}


def _options(data: bytes) -> dict[str, OptionValue]:
    width, packed = data[-1:], data[-2:-1]
    if not width or not packed or packed[0] >> 2 != _MAP:
        return {}
    root = len(data) - 2 - width[0]
    start = root - _unsigned(data, root, width[0])
    width_of_values = 1 << (packed[0] & 3)
    count = _unsigned(data, start - width_of_values, width_of_values)
    if count > _MOST_OPTIONS:
        return {}
    width_of_keys = _unsigned(data, start - 2 * width_of_values, width_of_values)
    place = start - 3 * width_of_values
    keys = place - _unsigned(data, place, width_of_values)
    found: dict[str, OptionValue] = {}
    for i in range(count):
        key = keys + i * width_of_keys
        name = _text(data, key - _unsigned(data, key, width_of_keys))
        kind = _unsigned(data, start + count * width_of_values + i, 1) >> 2
        if kind in _NUMBERS and width_of_values in _NUMBERS[kind]:
            value = _number(data, start + i * width_of_values, _NUMBERS[kind][width_of_values])
            found[name] = bool(value) if kind == _BOOL else value
    return found


def _unsigned(data: bytes, place: int, width: int) -> int:
    return int(_number(data, place, _NUMBERS[_UINT].get(width, "")))


def _number(data: bytes, place: int, layout: str) -> int | float:
    if place < 0 or not layout:
        raise ValueError("an offset leads nowhere")
    (value,) = struct.unpack_from(layout, data, place)
    return value if isinstance(value, int | float) else 0


def _text(data: bytes, place: int) -> str:
    if place < 0:
        raise ValueError("an offset leads nowhere")
    return data[place : data.index(b"\0", place)].decode("ascii")
