# SPDX-License-Identifier: Apache-2.0
"""The runtime's small parts, called by ctypes: text, CRC, clock, tensors."""

from __future__ import annotations

import ctypes
import math
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.firmware_image import FAKES, RUNTIME, compile_for_host

FLAGS = ("-O1", "-shared", "-fPIC", "-fsanitize=undefined", "-fno-sanitize-recover=all")
INT8 = 0
INT16 = 1
INT32 = 2
FLOAT32 = 3
UINT8 = 5


class Text(ctypes.Structure):
    _fields_ = (("data", ctypes.c_char_p), ("capacity", ctypes.c_uint32), ("length", ctypes.c_uint32))


class Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("bytes", ctypes.c_uint32),
        ("type", ctypes.c_int),
        ("scale", ctypes.c_float),
        ("zero_point", ctypes.c_int32),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    sources = [RUNTIME / f"tm_{part}.c" for part in ("text", "crc32", "clock", "tensor")]
    sources += [FAKES / "clock_driver.c", FAKES / "fake_model.c"]
    built = ctypes.CDLL(str(compile_for_host(sources, tmp_path_factory.mktemp("parts") / "parts.so", FLAGS)))
    built.tm_text_over.restype = Text
    built.tm_tensor_value.restype = ctypes.c_float
    built.microseconds_at.restype = ctypes.c_uint64
    built.tm_crc32.restype = ctypes.c_uint32
    return built


def written(library: ctypes.CDLL, function: str, *arguments: object, capacity: int = 40) -> str:
    buffer = ctypes.create_string_buffer(capacity)
    text = library.tm_text_over(buffer, capacity)
    getattr(library, function)(ctypes.byref(text), *arguments)
    return buffer.raw[: text.length].decode()


@given(st.integers(0, 2**64 - 1))
def test_unsigned_numbers_are_written_in_full(library: ctypes.CDLL, value: int) -> None:
    assert written(library, "tm_text_unsigned", ctypes.c_uint64(value)) == str(value)


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_numbers_are_written_in_full(library: ctypes.CDLL, value: int) -> None:
    assert written(library, "tm_text_signed", ctypes.c_int64(value)) == str(value)


@given(st.integers(0, 2**32 - 1), st.integers(0, 8))
def test_hex_has_the_lowest_digits(library: ctypes.CDLL, value: int, digits: int) -> None:
    expected = f"{value:08X}"[8 - digits :]
    assert written(library, "tm_text_hex", ctypes.c_uint32(value), ctypes.c_uint32(digits)) == expected


@given(st.floats(width=32), st.integers(0, 6))
def test_floats_are_right_to_half_a_unit_of_the_last_digit(
    library: ctypes.CDLL, value: float, decimals: int
) -> None:
    text = written(library, "tm_text_float", ctypes.c_float(value), ctypes.c_uint32(decimals))
    if math.isnan(value) or math.isinf(value):
        assert text == str(value)
        return
    unit = 10.0**-decimals
    if abs(value) >= 1e9:
        unit *= 10.0 ** int(text.partition("e")[2])
    rounding = abs(value) * 2.0**-19  # of float32 division by ten, up to 29 times
    assert abs(float(text) - value) <= 0.5 * unit * 1.001 + (rounding if abs(value) >= 1e9 else 1e-7)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.99609375, 3, "0.996"),
        (0.9996, 3, "1.000"),
        (-1.5, 0, "-2"),
        (1.5708, 4, "1.5708"),
        (0.0, 3, "0.000"),
        (3e9, 2, "3.00e9"),
    ],
)
def test_floats_have_the_forms_of_the_protocol(
    library: ctypes.CDLL, value: float, decimals: int, text: str
) -> None:
    assert written(library, "tm_text_float", ctypes.c_float(value), ctypes.c_uint32(decimals)) == text


def test_text_that_does_not_fit_is_cut(library: ctypes.CDLL) -> None:
    assert written(library, "tm_text_string", b"abcdef", capacity=4) == "abcd"


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_crc_is_that_of_zlib_in_one_or_two_parts(library: ctypes.CDLL, a: bytes, b: bytes) -> None:
    first = library.tm_crc32(0, a, len(a))
    assert library.tm_crc32(first, b, len(b)) == zlib.crc32(a + b)


def test_clock_goes_on_when_the_counter_wraps(library: ctypes.CDLL) -> None:
    start = library.microseconds_at(0xFFFF0000)
    later = library.microseconds_at(0x00010000)
    assert later - start == 0x20000 // 64
    for _ in range(4):
        library.microseconds_at(0x80010000)
        now = library.microseconds_at(0x00010000)
    assert now - later == 4 * 2**32 // 64


@given(st.floats(-200, 200, width=32), st.floats(0.015625, 4, width=32), st.integers(-128, 127))
def test_a_real_number_becomes_the_nearest_int8(
    library: ctypes.CDLL, value: float, scale: float, zero_point: int
) -> None:
    cell = ctypes.c_int8(0)
    tensor = Tensor(ctypes.addressof(cell), 1, INT8, scale, zero_point)
    library.tm_tensor_set(ctypes.byref(tensor), 0, ctypes.c_float(value))
    exact = min(max(value / scale + zero_point, -128), 127)
    assert abs(cell.value - exact) <= 0.501
    back = library.tm_tensor_value(ctypes.byref(tensor), 0)
    assert back == struct.unpack("f", struct.pack("f", scale * (cell.value - zero_point)))[0]


@pytest.mark.parametrize(
    ("value", "number"), [(0.25, 1), (-0.25, -1), (9999.0, 19998), (1e9, 32767), (-1e9, -32768)]
)
def test_a_real_number_becomes_the_nearest_int16(library: ctypes.CDLL, value: float, number: int) -> None:
    cell = ctypes.c_int16(0)
    tensor = Tensor(ctypes.addressof(cell), 2, INT16, 0.5, 0)
    library.tm_tensor_set(ctypes.byref(tensor), 0, ctypes.c_float(value))
    assert cell.value == number
    assert library.tm_tensor_value(ctypes.byref(tensor), 0) == number / 2


def test_a_float_tensor_holds_the_number_itself(library: ctypes.CDLL) -> None:
    cell = ctypes.c_float(0)
    tensor = Tensor(ctypes.addressof(cell), 4, FLOAT32, 1.0, 0)
    library.tm_tensor_set(ctypes.byref(tensor), 0, ctypes.c_float(0.25))
    assert cell.value == 0.25
    assert library.tm_tensor_value(ctypes.byref(tensor), 0) == 0.25


@pytest.mark.parametrize(
    ("cell", "kind", "scale", "zero_point", "value"),
    [
        (ctypes.c_uint8(200), UINT8, 0.5, 100, 50.0),
        (ctypes.c_uint8(200), UINT8, 0.0, 0, 200.0),
        (ctypes.c_int32(-70000), INT32, 0.0, 0, -70000.0),
    ],
)
def test_a_tensor_that_is_not_quantized_holds_the_number_itself(
    library: ctypes.CDLL,
    cell: ctypes._SimpleCData[int],
    kind: int,
    scale: float,
    zero_point: int,
    value: float,
) -> None:
    tensor = Tensor(ctypes.addressof(cell), ctypes.sizeof(cell), kind, scale, zero_point)
    assert library.tm_tensor_elements(ctypes.byref(tensor)) == 1
    assert library.tm_tensor_value(ctypes.byref(tensor), 0) == value
