# SPDX-License-Identifier: Apache-2.0
"""The serial line's text protocol, both ways and pure: MLPerf Tiny's commands and our own.

Commands end in "%", replies are lines, the last line of each answer is m-ready.
Source: the firmware API of MLPerf Tiny (EEMBC), benchmark/api; ours are in docs/protocol.md.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.errors import DeviceError

_LONGEST_LINE = 1 << 16
_LOSS = re.compile(r"e-\[Lost (\d+ .*)\]")
_FAULT = re.compile(r"(e-\[fault .*) crc=0x([0-9A-F]{8})\]")


class ProtocolError(DeviceError):
    """The device sent a line that is not what the protocol says; line is that line."""

    def __init__(self, line: str, reason: str) -> None:
        shown = line if len(line) <= 120 else f"{line[:117]}..."
        super().__init__(
            f'the board sent "{shown}": {reason}.', hint="Try: the same again, with a better cable"
        )
        self.line = line


@dataclass(frozen=True)
class Ready:
    """m-ready: the answer is over, the next command may come."""


@dataclass(frozen=True)
class Marker:
    """A line that is only a word: init-done, warmup-done, infer-done, load-done, tm-reset-done."""

    word: str


@dataclass(frozen=True)
class Number:
    """A line with one number: warmup-start, infer-start, lap-us, expecting, cycles."""

    word: str
    value: int


@dataclass(frozen=True)
class Named:
    """A line with one text in brackets: name-dut, profile, model."""

    word: str
    text: str


@dataclass(frozen=True)
class Results:
    """m-results: the outputs as real numbers."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Buffer:
    """m-buffer: some bytes of the input."""

    data: bytes


@dataclass(frozen=True)
class Info:
    """m-tm-info: what the firmware is, as keys and values."""

    values: dict[str, str]


@dataclass(frozen=True)
class Raw:
    """m-tm-raw: output bytes from offset on."""

    offset: int
    data: bytes


@dataclass(frozen=True)
class Checksum:
    """m-tm-crc: CRC-32 of all output bytes."""

    crc: int


@dataclass(frozen=True)
class LayerCycles:
    """m-tm-layer: the cycles of one layer."""

    index: int
    name: str
    cycles: int


@dataclass(frozen=True)
class Put:
    """m-tm-put: count input bytes were written from offset on."""

    offset: int
    count: int


@dataclass(frozen=True)
class Run:
    """m-tm-run: the inference with this number is done, and took cycles."""

    number: int
    cycles: int


@dataclass(frozen=True)
class MemoryUse:
    """m-tm-memory: bytes of arena and stack."""

    arena_bytes: int
    stack_used: int
    stack_size: int


@dataclass(frozen=True)
class Complaint:
    """e-[...]: the firmware says what was wrong with a command, or that it faulted."""

    text: str


@dataclass(frozen=True)
class Text:
    """Any other line: the application's output, a boot message, noise."""

    text: str


Reply = (
    Ready
    | Marker
    | Number
    | Named
    | Results
    | Buffer
    | Info
    | Raw
    | Checksum
    | LayerCycles
    | Put
    | Run
    | MemoryUse
    | Complaint
    | Text
)


class LineSplitter:
    """Cuts what comes from the line into lines, whatever pieces it comes in.

    Bytes that are not printable ASCII become \\xHH, so that every line is text.
    """

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """Take bytes and return the lines that are now complete, without their ends."""
        self._rest += data
        if b"\n" not in data and b"\r" not in data and len(self._rest) <= _LONGEST_LINE:
            return []
        *lines, rest = re.split(rb"[\r\n]+", bytes(self._rest))
        self._rest = bytearray(rest)
        if len(rest) > _LONGEST_LINE:
            lines.append(rest)
            self._rest.clear()
        return [readable(line) for line in lines if line]

    def rest(self) -> str:
        """Return what came since the last line's end, and forget it."""
        text = readable(bytes(self._rest))
        self._rest.clear()
        return text


def readable(data: bytes) -> str:
    """Return bytes as text: printable ASCII as it is, everything else as \\xHH."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in data)


def command(words: str) -> bytes:
    """Return a command as the firmware expects it."""
    return f"{words}%".encode("ascii")


def parse_reply(line: str) -> Reply:
    """Return what a line says; a line that is no reply of the protocol is a Text.

    Raises ProtocolError for a line that begins like a reply and goes on wrongly.
    """
    if line.startswith("e-["):
        return Complaint(_inside(line, "e-["))
    if line == "m-ready":
        return Ready()
    for prefix, parse in _PARSERS:
        if line.startswith(prefix):
            return _checked(line, prefix, parse)
    return Text(line)


def fault_in(line: str) -> str:
    """Return what a line says of a fault, without its CRC-32; "" for another line or a garbled one."""
    match = _FAULT.search(line)
    if match is None or crc_of(match[1].encode("ascii")) != int(match[2], 16):
        return ""
    return match[1].removeprefix("e-[")


def loss_in(line: str) -> str:
    """Return what a line says of bytes that the board did not receive whole, "" for another line."""
    match = _LOSS.fullmatch(line)
    return match[1] if match else ""


def crc_of(data: bytes | bytearray) -> int:
    """Return the CRC-32 that tm raw ends with."""
    return zlib.crc32(data)


def _checked(line: str, prefix: str, parse: Callable[[str, str], Reply]) -> Reply:
    try:
        return parse(line, prefix)
    except ProtocolError:
        raise
    except (ValueError, KeyError) as error:
        raise ProtocolError(line, f"{prefix} is followed by what cannot be read") from error


def _inside(line: str, prefix: str) -> str:
    if not line.endswith("]"):
        raise ProtocolError(line, "the closing bracket is missing")
    return line[len(prefix) : -1]


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise ValueError(text)
    return int(text)


def _hex(text: str) -> bytes:
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", text):
        raise ValueError(text)
    return bytes.fromhex(text)


def _pairs(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    if any(not (key and equals) for key, equals, _ in pairs):
        raise ValueError(text)
    return {key: value for key, _, value in pairs}


def _marker(line: str, prefix: str) -> Reply:
    if line != prefix:
        raise ValueError(line)
    return Marker(line[2:])


def _plain_number(line: str, prefix: str) -> Reply:
    return Number(prefix[2:-1], _number(line[len(prefix) :]))


def _expecting(line: str, prefix: str) -> Reply:
    text = _inside(line, prefix)
    if not text.endswith(" bytes"):
        raise ValueError(text)
    return Number("expecting", _number(text[: -len(" bytes")]))


def _named(line: str, prefix: str) -> Reply:
    return Named(prefix[2:-2], _inside(line, prefix))


def _results(line: str, prefix: str) -> Reply:
    text = _inside(line, prefix)
    return Results(tuple(float(value) for value in text.split(",")) if text else ())


def _buffer(line: str, prefix: str) -> Reply:
    return Buffer(_hex(line[len(prefix) :].replace("-", "")))


def _info(line: str, prefix: str) -> Reply:
    return Info(_pairs(_inside(line, prefix)))


def _raw(line: str, prefix: str) -> Reply:
    offset, _, digits = _inside(line, prefix).partition(",")
    return Raw(_number(offset), _hex(digits))


def _checksum(line: str, prefix: str) -> Reply:
    data = _hex(_inside(line, prefix))
    if len(data) != 4:
        raise ValueError(line)
    return Checksum(int.from_bytes(data, "big"))


def _cycles(line: str, prefix: str) -> Reply:
    return Number("cycles", _number(_inside(line, prefix)))


def _layer(line: str, prefix: str) -> Reply:
    index, name, cycles = _inside(line, prefix).split(",")
    return LayerCycles(_number(index), name, _number(cycles))


def _two_numbers(line: str, prefix: str) -> tuple[int, int]:
    first, second = _inside(line, prefix).split(",")
    return _number(first), _number(second)


def _put(line: str, prefix: str) -> Reply:
    return Put(*_two_numbers(line, prefix))


def _run(line: str, prefix: str) -> Reply:
    return Run(*_two_numbers(line, prefix))


def _memory(line: str, prefix: str) -> Reply:
    pairs = _pairs(_inside(line, prefix))
    return MemoryUse(*(_number(pairs[key]) for key in ("arena", "stack_used", "stack_size")))


_PARSERS: tuple[tuple[str, Callable[[str, str], Reply]], ...] = (
    ("m-init-done", _marker),
    ("m-warmup-done", _marker),
    ("m-infer-done", _marker),
    ("m-load-done", _marker),
    ("m-tm-reset-done", _marker),
    ("m-warmup-start-", _plain_number),
    ("m-infer-start-", _plain_number),
    ("m-lap-us-", _plain_number),
    ("m-[Expecting ", _expecting),
    ("m-name-dut-[", _named),
    ("m-profile-[", _named),
    ("m-model-[", _named),
    ("m-results-[", _results),
    ("m-buffer-", _buffer),
    ("m-tm-info-[", _info),
    ("m-tm-raw-[", _raw),
    ("m-tm-crc-[", _checksum),
    ("m-tm-cycles-[", _cycles),
    ("m-tm-layer-[", _layer),
    ("m-tm-put-[", _put),
    ("m-tm-run-[", _run),
    ("m-tm-memory-[", _memory),
)
