# SPDX-License-Identifier: Apache-2.0
"""A section of tinyml.toml written for the user, the rest of the file left as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from toolkit.errors import InputError
from toolkit.files import write_atomic
from toolkit.project.config import Project, load_project

_HEADER = re.compile(r"\s*\[")


def write_section(project: Project, section: str, values: Mapping[str, Any], wanted: Any) -> Project:
    """Write [section] with values into the project's file, in place of the one there; return the project.

    wanted is the section as a dataclass, which the file has to give. Where it does not, since the
    section stands there in another form, the file stays and InputError says what to write.
    """
    before = project.file.read_text(encoding="utf-8")
    lines = [f"[{section}]", *(f"{name} = {toml_value(value)}" for name, value in values.items())]
    write_atomic(project.file, replaced(before, section, "\n".join(lines)))
    try:
        found = load_project(project.root)
        if _at(found, section) == wanted:
            return found
    except InputError:
        pass
    write_atomic(project.file, before)
    raise InputError(
        f"{project.file} has {section} in a form that is not changed here.",
        hint="Try: this in it instead\n" + "\n".join(lines),
    )


def replaced(text: str, section: str, new: str) -> str:
    """Return a TOML file's text with new instead of its section, or at its end."""
    lines = text.splitlines()
    header = re.compile(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?")
    start = next((n for n, line in enumerate(lines) if header.fullmatch(line)), None)
    if start is None:
        return text.rstrip("\n") + "\n\n" + new + "\n"
    rest = (n for n in range(start + 1, len(lines)) if _HEADER.match(lines[n]))
    end = next(rest, len(lines))
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return "\n".join([*lines[:start], *new.splitlines(), *lines[end:]]) + "\n"


def _at(project: Project, section: str) -> Any:
    found: Any = project
    for name in section.split("."):
        found = getattr(found, name)
    return found


def toml_value(value: Any) -> str:
    """Return a value as it stands behind a key of a TOML file."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)
