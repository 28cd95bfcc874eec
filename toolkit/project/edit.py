# SPDX-License-Identifier: Apache-2.0
"""A section of tinyml.toml written for the user, the rest of the file left as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import tomli

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.files import write_atomic
from toolkit.project.config import Project
from toolkit.reading import read_file

_HEADER = re.compile(r"\s*\[")


def write_section(project: Project, section: str, values: Mapping[str, Any]) -> None:
    """Write [section] with values into the project's file as it is now. Raises as with_section() does."""
    write_atomic(project.file, with_section(project, section, values))


def with_section(project: Project, section: str, values: Mapping[str, Any]) -> str:
    """Return the text of the project's file with values in [section], in place of the one there.

    Where the section stands there in another form, InputError says what to write.
    """
    text, table = tomlfile.parse(project.file, read_file(project.file, tomlfile.MOST_BYTES))
    *path, name = section.split(".")
    place = table
    for each in path:
        place = place.setdefault(each, {})
    place[name] = dict(values)
    new = "\n".join([f"[{section}]", *(f"{key} = {toml_value(value)}" for key, value in values.items())])
    try:
        if tomli.loads(changed := replaced(text, section, new)) == table:
            return changed
    except tomli.TOMLDecodeError:
        pass
    raise InputError(
        f"{project.file} has {section} in a form that is not changed here.",
        hint=f"Try: this in it instead\n{new}",
    )


def replaced(text: str, section: str, new: str) -> str:
    """Return a TOML file's text with new instead of its section, or at its end; its ends of lines stay."""
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    header = re.compile(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?")
    start = next((n for n, line in enumerate(lines) if header.fullmatch(line)), None)
    if start is None:
        return ending.join([*lines, "", *new.split("\n"), ""])
    rest = (n for n in range(start + 1, len(lines)) if _HEADER.match(lines[n]))
    end = next(rest, len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return ending.join([*lines[:start], *new.split("\n"), *lines[end:], ""])


def toml_value(value: Any) -> str:
    """Return a value as it stands behind a key of a TOML file."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)
