# SPDX-License-Identifier: Apache-2.0
"""A TOML file as frozen dataclasses; what does not belong is an error with its line."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

import tomli

from toolkit.errors import InputError
from toolkit.reading import read_file
from toolkit.suggest import did_you_mean, shorten

T = TypeVar("T")

MOST_BYTES = 1 << 20
_MOST_BITS = 63
"""As TOML has it."""
_LONG = re.compile(r"'[^'\n]{61,}'|\[[^\n]{61,}\]|\S{61,}")
"""What a message repeats of a file and nobody reads to its end."""
_TYPE_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def load(path: Path, schema: type[T], section: tuple[str, ...] = ()) -> T:
    """Return the file, or one table of it, as an instance of the dataclass schema.

    section names the table ("data", "options"); a table that is not there counts as empty.

    Tables become nested dataclasses, arrays tuples, and a field without a default is required. A
    schema with a classmethod complete(table) adds to its table what does not stand there.
    Raises InputError that names file, line, key and the nearest right name.
    """
    text, table = _read(path)
    for name in section:
        table = table.get(name, {})
    return _Reader(path, text).build(schema, table, section)


def load_table(path: Path) -> dict[str, Any]:
    """Return the file as it stands. Raises InputError if it is not TOML."""
    return _read(path)[1]


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    return parse(path, read_file(path, MOST_BYTES))


def parse(path: Path, content: bytes) -> tuple[str, dict[str, Any]]:
    """Return text and table of a file's content; path is for messages. Raises InputError for no TOML."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: byte {error.start} is not.") from error
    try:
        return text, tomli.loads(text)
    except RecursionError as error:
        raise InputError(f"{path} is not valid TOML: its arrays or tables are nested too deep.") from error
    except tomli.TOMLDecodeError as error:
        raise InputError(
            f"{path} is not valid TOML: {_LONG.sub(_cut, str(error))}.", hint=_syntax_hint(text, error)
        ) from error
    except ValueError as error:  # what Python says of a number of thousands of digits
        raise InputError(f"{path} is not valid TOML: a number has too many digits.") from error


def from_table(path: Path, schema: type[T], table: dict[str, Any], section: tuple[str, ...]) -> T:
    """Return a table that was read before as an instance of the dataclass schema.

    For options whose schema is known only once the rest of the file is read. section is where the
    table stands in path, for messages; they go without a line if path cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return _Reader(path, text).build(schema, table, section)


def _syntax_hint(text: str, error: tomli.TOMLDecodeError) -> str | None:
    """Return what to try for the mistakes that people make: a path of Windows, a text without quotes."""
    found = re.search(r"at line (\d+)", str(error))
    lines = text.splitlines()
    number = int(found[1]) if found else 0
    line = lines[number - 1].strip() if 1 <= number <= len(lines) else ""
    if twice := _stands_twice(lines, number, str(error)):
        return twice
    if "\\" in line and '"' in line:
        return f"In {shorten(line)}: a backslash starts a sign of its own. Try: / instead, or single quotes"
    if re.fullmatch(r"[\w.-]+\s*=\s*[^\s\"'\[{].*", line) and "value" in str(error):
        return f'In {shorten(line)}: texts stand in quotes. Try: {line.split("=")[0].strip()} = "..."'
    return f"In {shorten(line)}" if line else None


def _stands_twice(lines: list[str], number: int, message: str) -> str | None:
    """Return the two lines of a key or section that stands twice, if that is what tomli says."""
    if "overwrite" not in message and "twice" not in message:
        return None
    line = lines[number - 1] if 1 <= number <= len(lines) else ""
    wanted = _start_of(line)
    for first in range(number - 1, 0, -1):
        if wanted and _start_of(lines[first - 1]) == wanted:
            return f"{wanted} stands twice: in line {first} and in line {number}. Try: one of the two"
    return None


def _start_of(line: str) -> str:
    """Return the key or the section of a line of TOML, "" for another line."""
    found = re.match(r"\s*(?:(\[[^\]]*\])|([\w.\"-]+)\s*=)", line)
    return (found[1] or found[2]) if found else ""


def error_at(path: Path, where: tuple[str, ...], reason: str) -> InputError:
    """Return the error that a TOML file has at a key, ("section", "key"), with its line."""
    return _Reader(path, path.read_text(encoding="utf-8-sig"))._error(where, reason)


class _Reader:
    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._whole: type[Any] | None = None

    def build(self, schema: type[T], table: dict[str, Any], where: tuple[str, ...]) -> T:
        self._whole = self._whole or schema
        complete = getattr(schema, "complete", None)
        table = complete(table) if complete else table
        hints = typing.get_type_hints(schema)
        fields = {f.name: f for f in dataclasses.fields(schema) if f.init}  # type: ignore[arg-type]
        values = {}
        for key, value in table.items():
            if key not in fields:
                other = self._home_of(key) if where else ""
                raise self._error((*where, key), f"unknown key. {other or did_you_mean(key, fields)}")
            values[key] = self._value(hints[key], value, (*where, key))
        for name, f in fields.items():
            if name not in values and _is_required(f):
                raise self._error((*where, name), f"{name} is missing; it is required.")
        try:
            return schema(**values)
        except ValueError as error:
            raise self._error(where, f"{error}") from error

    def _home_of(self, key: str) -> str:
        """Return in which section a key of another one belongs, as a sentence; "" if in none."""
        sections = typing.get_type_hints(self._whole) if self._whole else {}
        homes = [
            f"[{name}]"
            for name, kind in sections.items()
            if dataclasses.is_dataclass(kind) and any(key == f.name for f in dataclasses.fields(kind))
        ]
        return f"It belongs in the section {' or '.join(homes)}." if homes else ""

    def _value(self, hint: Any, value: Any, where: tuple[str, ...]) -> Any:
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise self._error(where, f"is a whole number of more than {_MOST_BITS} bits.")
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._value(next(a for a in arguments if a is not type(None)), value, where)
        if origin is typing.Literal:
            return self._choice(arguments, value, where)
        if origin is tuple and isinstance(value, list):
            return tuple(self._value(arguments[0], item, where) for item in value)
        if origin is dict and isinstance(value, dict):
            if arguments[1] is object:
                return value
            return {key: self._value(arguments[1], item, (*where, key)) for key, item in value.items()}
        if dataclasses.is_dataclass(hint) and isinstance(value, dict):
            return self.build(typing.cast("type[Any]", hint), value, where)
        return self._scalar(hint, value, where)

    def _choice(self, choices: tuple[Any, ...], value: Any, where: tuple[str, ...]) -> Any:
        if value not in choices or isinstance(value, bool):
            near = did_you_mean(str(value), filter(None, map(str, choices)))
            raise self._error(where, f"{_shown(value)} is not known. {near}")
        return value

    def _scalar(self, hint: Any, value: Any, where: tuple[str, ...]) -> Any:
        if hint is float and type(value) is int:
            return float(value)
        if type(value) is not hint:
            wanted = _TYPE_NAMES.get(hint, "a list" if typing.get_origin(hint) is tuple else "a table")
            if typing.get_origin(hint) is tuple and isinstance(value, str):
                wanted = f'a list, such as ["{shorten(value)}"]'
            raise self._error(where, f"must be {wanted}, not {_shown(value)}.")
        return value

    def _error(self, where: tuple[str, ...], reason: str) -> InputError:
        line = self._line_of(where)
        place = f"{self._path}:{line}" if line else str(self._path)
        key = f"{shorten('.'.join(where))}: " if where else ""
        return InputError(f"{place}: {key}{_LONG.sub(_cut, reason)}")

    def _line_of(self, where: tuple[str, ...]) -> int | None:
        """The line where a key stands; tomli does not say, so look for it in its section."""
        section: tuple[str, ...] = ()
        found = None
        for number, line in enumerate(self._text.splitlines(), 1):
            header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line)
            key = re.match(r"\s*([A-Za-z0-9_.\-\"]+)\s*=", line)
            if header:
                section = tuple(part.strip().strip('"') for part in header.group(1).split("."))
                if section == where[: len(section)]:
                    found = number
            elif key:
                full = (*section, *(part.strip('"') for part in key.group(1).split(".")))
                if full == where[: len(full)]:
                    found = number
                    if full == where:
                        return number
        return found


def _shown(value: object) -> str:
    try:
        return shorten(repr(value))
    except ValueError:  # a number in it has thousands of digits
        return "a number of thousands of digits"


def _cut(match: re.Match[str]) -> str:
    return shorten(match[0])


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
