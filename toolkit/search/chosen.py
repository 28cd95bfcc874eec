# SPDX-License-Identifier: Apache-2.0
"""The project file with a candidate's changes: the user's lines and comments stay where they can."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

from toolkit.files import write_atomic
from toolkit.project.edit import toml_value
from toolkit.search.changes import Changes, changed
from toolkit.search.results import Result
from toolkit.targets.board import Board

_SECTION = re.compile(r"\s*\[\s*([A-Za-z0-9_.\-]+)\s*\]\s*(#.*)?$")
_ANY_SECTION = re.compile(r"\s*\[")
_KEY = re.compile(r"\s*([A-Za-z0-9_\-]+)\s*=")


def changes_of(result: Result, board: Board) -> dict[str, Any]:
    """Return all that makes a result's firmware: its own changes, the board, and an arena in patches."""
    changes: dict[str, Any] = {**result.changes, "firmware.board": board.name}
    if result.cost and result.cost.in_patches:
        changes["firmware.ram_bytes"] = result.cost.arena_bytes
    return changes


def with_changes(text: str, changes: Changes) -> str:
    """Return the text of a TOML file with changes: line by line, so that comments stay.

    The result is read again, and has to have the same values as the changed table. Where it has not, because
    of arrays over several lines or dotted keys, the whole table is written anew, without comments.
    """
    wanted = changed(tomli.loads(text), changes)
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    for name, value in changes.items():
        *sections, key = name.split(".")
        if value is None:
            lines = list(_without_section(_without_key(lines, sections, key), name))
        else:
            lines = _with_key(lines, ".".join(sections), key, value)
    edited = end.join(lines).rstrip("\r\n") + end
    try:
        if tomli.loads(edited) == wanted:
            return edited
    except tomli.TOMLDecodeError:
        pass
    return end.join(_dumped(wanted, "")).lstrip("\r\n") + end


def backup_of(file: Path) -> Path:
    """Return a name beside file that nothing has yet."""
    first = file.with_name(f"{file.name}.before-search")
    others = (file.with_name(f"{first.name}-{number}") for number in range(2, 1_000_000))
    return next(path for path in (first, *others) if not path.exists()) if first.exists() else first


def text_of(file: Path) -> str:
    """Return a project file's text with the ends of lines that it has. Raises OSError if it is not there."""
    return file.read_bytes().decode("utf-8-sig")


def write_chosen(file: Path, text: str) -> Path:
    """Write text over a project file; return the copy that was made of it before."""
    backup = backup_of(file)
    write_atomic(backup, file.read_bytes())
    write_atomic(file, text)
    return backup


def _section_at(line: str) -> str | None:
    """Return the section that a line begins; "" for one in double brackets; None if it begins none."""
    if found := _SECTION.match(line):
        return found[1]
    return "" if _ANY_SECTION.match(line) else None


def _without_section(lines: list[str], name: str) -> Iterator[str]:
    """Give the lines without a section and those below it; its comments go with it."""
    inside = False
    for line in lines:
        section = _section_at(line)
        if section is not None:
            inside = section == name or section.startswith(f"{name}.")
        if not inside:
            yield line


def _without_key(lines: list[str], sections: list[str], key: str) -> list[str]:
    return [line for line, section in _placed(lines) if not _is_key(line, section, ".".join(sections), key)]


def _with_key(lines: list[str], section: str, key: str, value: Any) -> list[str]:
    new = f"{key} = {toml_value(value)}"
    places = [place for place, (line, at) in enumerate(_placed(lines)) if _is_key(line, at, section, key)]
    if places:
        return [new if place == places[0] else line for place, line in enumerate(lines)]
    inside = [
        place
        for place, (line, at) in enumerate(_placed(lines))
        if at == section and line.strip() and not line.lstrip().startswith("#")
    ]
    if inside:
        return [*lines[: inside[-1] + 1], new, *lines[inside[-1] + 1 :]]
    return [*lines, "", f"[{section}]", new]


def _placed(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Give each line with the section that it stands in."""
    section = ""
    for line in lines:
        found = _section_at(line)
        section = section if found is None else found or "[[]]"
        yield line, section


def _is_key(line: str, section: str, wanted: str, key: str) -> bool:
    found = _KEY.match(line)
    return section == wanted and found is not None and found[1] == key


def _dumped(table: Mapping[str, Any], name: str) -> Iterator[str]:
    """Give the lines of a table: its own keys, then those of the tables in it."""
    is_table = {key: isinstance(value, Mapping) for key, value in table.items()}
    own = [key for key in table if not is_table[key]]
    if name and (own or not table):
        yield from ("", f"[{name}]")
    for key in own:
        yield (
            f"{json.dumps(key)} = {toml_value(table[key])}"
            if not _KEY.match(f"{key}=")
            else (f"{key} = {toml_value(table[key])}")
        )
    for key in table:
        if is_table[key]:
            bare = key if re.fullmatch(r"[A-Za-z0-9_\-]+", key) else json.dumps(key)
            yield from _dumped(table[key], f"{name}.{bare}" if name else bare)
