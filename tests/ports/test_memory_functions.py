# SPDX-License-Identifier: Apache-2.0
"""The ports' own memcpy, memmove and memset, under other names on this computer, against Python."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.firmware_image import TEMPLATES, compile_for_host

ROOM = 200
places = st.integers(0, 60)
lengths = st.integers(0, 130)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    names = [f"-D{name}=port_{name}" for name in ("memcpy", "memmove", "memset")]
    flags = [*names, "-O2", "-fno-builtin", "-shared", "-fPIC", "-fsanitize=undefined"]
    source = TEMPLATES / "ports" / "cortex_m" / "memory.c"
    return ctypes.CDLL(str(compile_for_host([source], tmp_path_factory.mktemp("memory") / "m.so", flags)))


def buffer() -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(bytes(i * 37 % 251 for i in range(ROOM)), ROOM)


def at(memory: ctypes.Array[ctypes.c_char], offset: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(ctypes.addressof(memory) + offset)


@pytest.mark.parametrize("name", ["port_memmove", "__aeabi_memmove", "__aeabi_memmove4", "__aeabi_memmove8"])
@given(to=places, source=places, length=lengths)
def test_memmove_moves_what_overlaps(
    library: ctypes.CDLL, name: str, to: int, source: int, length: int
) -> None:
    memory, expected = buffer(), bytearray(buffer().raw)
    expected[to : to + length] = bytes(expected[source : source + length])
    getattr(library, name)(at(memory, to), at(memory, source), ctypes.c_size_t(length))
    assert memory.raw == bytes(expected)


@pytest.mark.parametrize("name", ["port_memcpy", "__aeabi_memcpy", "__aeabi_memcpy4", "__aeabi_memcpy8"])
@given(to=places, source=places, length=lengths)
def test_memcpy_copies_just_the_bytes(
    library: ctypes.CDLL, name: str, to: int, source: int, length: int
) -> None:
    memory, other = buffer(), ctypes.create_string_buffer(bytes(ROOM), ROOM)
    getattr(library, name)(at(other, to), at(memory, source), ctypes.c_size_t(length))
    assert other.raw == bytes(to) + memory.raw[source : source + length] + bytes(ROOM - to - length)


@given(to=places, length=lengths, value=st.integers(-300, 300))
def test_memset_sets_just_the_bytes(library: ctypes.CDLL, to: int, length: int, value: int) -> None:
    expected = bytearray(buffer().raw)
    expected[to : to + length] = bytes([value & 0xFF]) * length
    plain, swapped = buffer(), buffer()
    library.port_memset(at(plain, to), value, ctypes.c_size_t(length))
    getattr(library, "__aeabi_memset")(at(swapped, to), ctypes.c_size_t(length), value)
    assert plain.raw == swapped.raw == bytes(expected)


@pytest.mark.parametrize("name", ["__aeabi_memclr", "__aeabi_memclr4", "__aeabi_memclr8"])
def test_memclr_clears(library: ctypes.CDLL, name: str) -> None:
    memory = buffer()
    getattr(library, name)(at(memory, 4), ctypes.c_size_t(33))
    assert memory.raw == buffer().raw[:4] + bytes(33) + buffer().raw[37:]
