# SPDX-License-Identifier: Apache-2.0
"""What Apollo3's bootloader installs, against the values of published upload logs."""

from __future__ import annotations

import struct
import zlib

import pytest

from toolkit.errors import DoesNotFitError, InputError
from toolkit.flash.apollo3 import image
from toolkit.targets.board import load_board


def program(size: int, start: int = 0xC101) -> bytes:
    return struct.pack("<II", 0x1000_4000, start) + (bytes(range(256)) * (size // 256 + 1))[: size - 8]


@pytest.mark.parametrize(
    ("size", "first_word"),
    # "original app_size" and "w0" of SparkFun_Edge_BSP, issues 3 and 6, and of Arduino_Apollo3, issue 461
    [(0x461C, 0xCB00469C), (0x2BA5C, 0xCB02BADC), (0x2224, 0xCB0022A4)],
)
def test_the_header_has_the_words_of_published_logs(size: int, first_word: int) -> None:
    whole = image.wrap_program(program(size))
    words = struct.unpack_from("<3I", whole)
    assert words == (first_word, zlib.crc32(whole[8:]), 0x1000_8080)
    assert not any(whole[12:112])
    assert struct.unpack_from("<4I", whole, 112) == (0xC000, 0, 0xFFFF_FFFF, 0xFFFF_FFFF)
    assert whole[128:] == program(size)


def test_an_update_says_where_it_goes_and_how_long_it_is() -> None:
    whole = image.wrap_program(program(0x2BA5C))
    (only,) = image.updates(whole, 0x4FFA0)
    assert len(only) == 0x2BADC + 0x60
    assert only[80:84] == bytes([6, 1, 0, 0])
    assert struct.unpack_from("<3I", only, 84) == (0x12344321, 0x20000, 0x2BADC)
    assert only[96:] == whole


def test_a_long_image_goes_in_pieces_of_whole_pages_one_after_the_other() -> None:
    whole = image.wrap_program(program(700_001 // 4 * 4))
    parts = image.updates(whole, 0x48060)
    assert b"".join(part[96:] for part in parts) == whole
    assert [part[81] for part in parts] == [1, 0, 0]
    assert [struct.unpack_from("<2I", part, 88) for part in parts] == [
        (0x20000, 0x48000),
        (0x68000, 0x48000),
        (0xB0000, len(whole) - 0x90000),
    ]


def test_a_program_that_ends_within_a_word_is_filled_up() -> None:
    assert image.wrap_program(program(1001))[128:] == program(1001) + b"\xff" * 3


def test_the_longest_program_ends_where_the_descriptor_begins() -> None:
    assert image.MOST_PROGRAM_BYTES + 128 == 909_312
    memory = load_board("sparkfun_edge").memory
    assert memory is not None
    assert (memory.flash.origin, memory.flash.bytes) == (image.LOAD_ADDRESS, image.MOST_PROGRAM_BYTES)
    whole = image.wrap_program(program(image.MOST_PROGRAM_BYTES))
    assert image.STAGING_ADDRESS + len(whole) == image.DESCRIPTOR_ADDRESS
    with pytest.raises(DoesNotFitError, match="909,185 bytes; the bootloader's update takes 909,184"):
        image.wrap_program(program(image.MOST_PROGRAM_BYTES + 1))


@pytest.mark.parametrize("start", [0xC100, 0x101, 0x1_0101, 0xC000 + 0x401])
def test_a_program_for_another_address_is_refused(start: int) -> None:
    with pytest.raises(InputError, match=f"it would start at {start:#x}"):
        image.wrap_program(program(0x400, start))


@pytest.mark.parametrize("data", [b"", b"\x01\xc0", bytes(7)])
def test_bytes_too_few_for_a_program_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no program"):
        image.wrap_program(data)
