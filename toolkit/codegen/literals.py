# SPDX-License-Identifier: Apache-2.0
"""Values as C text that reads back as exactly the same values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import TinymlError

C_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "int8": "int8_t",
        "uint8": "uint8_t",
        "bool": "uint8_t",
        "int16": "int16_t",
        "uint16": "uint16_t",
        "int32": "int32_t",
        "uint32": "uint32_t",
        "int64": "int64_t",
        "uint64": "uint64_t",
        "float32": "float",
    }
)
WIDTH = 100
INDENT = "    "


def integer(value: int) -> str:
    """Return an integer constant for any value of int64_t or uint64_t, without a warning."""
    number = int(value)
    if number == -(2**31):
        return "(-2147483647 - 1)"
    if number == -(2**63):
        return "(-9223372036854775807LL - 1)"
    if 2**31 <= number < 2**32:
        return f"{number}u"
    if number >= 2**63:
        return f"{number}ULL"
    return str(number) if -(2**31) < number < 2**31 else f"{number}LL"


def real(value: float) -> str:
    """Return a floating constant: float if value is a float32 exactly, else double.

    Nine digits bring every float32 back, seventeen every float64.
    """
    if not math.isfinite(value):
        raise TinymlError(f"{value} cannot be written as a C constant.")
    with np.errstate(over="ignore"):
        is_float = float(np.float32(value)) == value
    text = f"{value:.9g}" if is_float else f"{value:.17g}"
    if not set(text) & {".", "e"}:
        text += ".0"
    return f"{text}f" if is_float else text


def string(text: str) -> str:
    """Return a string literal with the UTF-8 bytes of text; what is not plain ASCII in octal."""
    return '"' + "".join(_character(byte) for byte in text.encode("utf-8")) + '"'


def initializer(data: NDArray[np.generic]) -> str:
    """Return the lines of an array's initializer, row-major, without the braces."""
    flat = data.reshape(-1).tolist()
    if data.dtype.kind == "f":
        return wrap(real(value) for value in flat)
    if data.dtype.itemsize <= 2:
        return wrap(map(str, map(int, flat)))
    return wrap(integer(value) for value in flat)


def wrap(items: Iterable[str], indent: str = INDENT) -> str:
    """Return items with commas between them in indented lines of at most 100 columns."""
    lines: list[str] = []
    line: list[str] = []
    width = len(indent)
    for item in items:
        width += len(item) + 2
        if line and width > WIDTH + 1:
            lines.append(indent + ", ".join(line))
            line, width = [], len(indent) + len(item) + 2
        line.append(item)
    return ",\n".join([*lines, indent + ", ".join(line)])


def group(opening: str, items: Sequence[str], closing: str) -> str:
    """Return opening, items with commas and closing as code: one line, or more if it gets too long."""
    line = f"{INDENT}{opening}{', '.join(items)}{closing}"
    if len(line) <= WIDTH:
        return line
    return f"{INDENT}{opening}\n{wrap(items, 2 * INDENT)}{closing}"


def _character(byte: int) -> str:
    if byte in b'"\\?':
        return f"\\{chr(byte)}"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
