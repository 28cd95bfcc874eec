# SPDX-License-Identifier: Apache-2.0
"""The messages between a computer and Apollo3's secure bootloader (SBL), as bytes.

Each message: CRC-32 of all that follows it, type (2 bytes), length of the whole message (2 bytes), body;
little-endian. The computer asks, the SBL answers HELLO with STATUS and everything else with ACK.
Source: Apollo3 Blue Secure Update User's Guide (Ambiq), wired update: message types, ACK status, bodies.
"""

from __future__ import annotations

import enum
import struct
import zlib
from dataclasses import dataclass

HEADER_BYTES = 8
MOST_MESSAGE_BYTES = 8192
"""The SBL's buffer."""
MOST_DATA_BYTES = MOST_MESSAGE_BYTES - HEADER_BYTES - 4
_HEADER = struct.Struct("<IHH")
_STATUS = struct.Struct("<4I")
"""The rest is for Ambiq."""
_ACK = struct.Struct("<3I")
_RESTART = 1
"""Start again as after a power-on, as far as the program sees."""


class Kind(enum.IntEnum):
    """The type of a message."""

    HELLO = 0
    STATUS = 1
    DESCRIPTOR = 2
    UPDATE = 3
    ABORT = 4
    RECOVER = 5
    RESET = 6
    ACK = 7
    DATA = 8


OK = 0
BAD_CRC = 3
REFUSALS = {
    1: "it failed",
    2: "its settings in INFO0 are not valid",
    BAD_CRC: "the CRC is wrong",
    4: "its security settings do not allow it",
    5: "the message is too long",
    6: "it does not know the message",
    7: "the address is not allowed",
    8: "that is not allowed now",
    9: "a value is not valid",
    10: "data is missing or came twice",
    11: "there is too much data",
}
"""What the status of an ACK means; 0 is success."""


class GarbledError(Exception):
    """Bytes that are no message: noise, another speed, or not the bootloader."""


@dataclass(frozen=True)
class Status:
    """The SBL's answer to HELLO; most_bytes is the longest update, its header included."""

    version: int
    most_bytes: int
    status: int
    state: int


@dataclass(frozen=True)
class Ack:
    """The SBL's answer to a message of type kind; status is OK or a key of REFUSALS."""

    kind: int
    status: int
    sequence: int


def hello() -> bytes:
    """Return the question whether the bootloader is there."""
    return _message(Kind.HELLO)


def descriptor(address: int) -> bytes:
    """Return the message that says in which page of flash the waiting images are listed."""
    return _message(Kind.DESCRIPTOR, struct.pack("<I", address))


def update(whole: bytes) -> bytes:
    """Return the message that announces an update: its length and CRC. None of it is in the message."""
    return _message(Kind.UPDATE, struct.pack("<3I", len(whole), zlib.crc32(whole), 0))


def data(offset: int, part: bytes) -> bytes:
    """Return the message with a part of the update; its sequence number is the part's offset."""
    return _message(Kind.DATA, struct.pack("<I", offset) + part)


def reset() -> bytes:
    """Return the message that ends the update: the SBL restarts and installs what waits."""
    return _message(Kind.RESET, struct.pack("<I", _RESTART))


def _message(kind: Kind, body: bytes = b"") -> bytes:
    covered = struct.pack("<HH", kind, HEADER_BYTES + len(body)) + body
    return struct.pack("<I", zlib.crc32(covered)) + covered


def length_of(header: bytes, kind: Kind) -> int:
    """Return the length of the message that begins with these HEADER_BYTES.

    Raises GarbledError unless it can be a message of that kind.
    """
    _, found, length = _HEADER.unpack(header)
    if found != kind or length < HEADER_BYTES + _body(kind).size or length > MOST_MESSAGE_BYTES:
        raise GarbledError(f"type {found}, length {length}")
    return int(length)


def parse_status(message: bytes) -> Status:
    """Return what the SBL says of itself. Raises GarbledError."""
    return Status(*_parse(message, Kind.STATUS))


def parse_ack(message: bytes) -> Ack:
    """Return the answer. Raises GarbledError."""
    return Ack(*_parse(message, Kind.ACK))


def _parse(message: bytes, kind: Kind) -> tuple[int, ...]:
    if len(message) < HEADER_BYTES or length_of(message[:HEADER_BYTES], kind) != len(message):
        raise GarbledError(f"{len(message)} bytes")
    if int.from_bytes(message[:4], "little") != zlib.crc32(message[4:]):
        raise GarbledError("wrong CRC")
    return _body(kind).unpack_from(message, HEADER_BYTES)


def _body(kind: Kind) -> struct.Struct:
    return _STATUS if kind is Kind.STATUS else _ACK
