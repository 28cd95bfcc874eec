# SPDX-License-Identifier: Apache-2.0
"""Commands and answers that prove themselves: each line carries a tag, its number and a CRC-32.

A line may lose, change, double or delay bytes, in both directions. What the firmware runs and what the
computer believes is only what came whole; what did not is asked for again. See docs/protocol.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from toolkit.runners import protocol

_LINE = re.compile(r"m-tm-line-\[(([0-9A-F]{1,8}),([0-9]{1,6}),(.*)),([0-9A-F]{8})\]")
_END = "end"
_AROUND_BYTES = 48
"""The most that a command has around the hex digits that it carries."""


def exact_words(words: str, tag: int) -> str:
    """Return the command that has words run only if they come as they were sent."""
    text = f"{tag:X} {words}"
    return f"tm exact {protocol.crc_of(text.encode('ascii')):08X} {text}"


def put_words(sample: bytes, start: int, count: int) -> str:
    """Return the command that writes count bytes of sample into the input, from start on."""
    return f"tm put {start} {sample[start : start + count].hex().upper()}"


def put_bytes(command_bytes: int) -> int:
    """Return how many bytes of the input a command of command_bytes carries."""
    return max(1, (command_bytes - _AROUND_BYTES) // 2)


@dataclass
class Answer:
    """The answer to what was sent under one tag, as far as it has come."""

    _lines: dict[int, str] = field(default_factory=dict)
    _count: int | None = None

    def take(self, number: int, text: str) -> None:
        """Add a line, which may come twice."""
        if text == _END:
            self._count = number
        else:
            self._lines[number] = text

    def whole(self) -> list[str] | None:
        """Return the lines in their order, or None while one is missing."""
        if self._count is None or set(self._lines) != set(range(self._count)):
            return None
        return [self._lines[number] for number in range(self._count)]


class Answers:
    """The answers to one question, which may have been sent several times, each under another tag."""

    def __init__(self) -> None:
        self._by_tag: dict[int, Answer] = {}

    def expect(self, tag: int) -> None:
        """Say that the question was sent under this tag."""
        self._by_tag[tag] = Answer()

    def take(self, line: str) -> tuple[int, list[str]] | None:
        """Return the tag and the lines of an answer that this line makes whole; else None.

        What is garbled, and what belongs to another question, is left out.
        """
        for match in _LINE.finditer(line):
            text, tag, number, content, crc = match.groups()
            answer = self._by_tag.get(int(tag, 16))
            if answer is None or protocol.crc_of(text.encode()) != int(crc, 16):
                continue
            answer.take(int(number), content)
            whole = answer.whole()
            if whole is not None:
                return int(tag, 16), whole
        return None
