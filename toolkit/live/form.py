# SPDX-License-Identifier: Apache-2.0
"""The fields of tinyml.toml for a form: what the file's own schema says, nothing twice.

What a form cannot hold, such as lists, stays in the text beside it.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from toolkit import tomlfile
from toolkit.data.load import source_of
from toolkit.errors import InputError, TinymlError
from toolkit.models.build import options_type
from toolkit.project.config import FILE_NAME, Project
from toolkit.search.changes import project_from
from toolkit.search.chosen import with_changes

_KINDS = {str: "text", int: "whole", float: "number", bool: "flag"}


@dataclasses.dataclass(frozen=True)
class Field:
    """A key of a section: kind is text, whole, number, flag or choice; value is None if the file has none."""

    name: str
    kind: str
    choices: tuple[str, ...]
    default: Any
    value: Any

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return dataclasses.asdict(self)


def form_of(root: Path, text: str) -> list[dict[str, Any]]:
    """Return the sections of a project file's text with their fields, as JSON.

    Raises InputError if it is no TOML.
    """
    table = table_of(text)
    found = list(_sections(Project, table, ()))
    with suppress(TinymlError):  # it says so when it is checked
        project = project_from(table, root / FILE_NAME)
        of_model = options_type(project.model)
        of_data = type(source_of(project)[1])
        found.append(_section(of_data, _at(table, ("data", "options")), ("data", "options")))
        if of_model is not None:
            found.append(_section(of_model, _at(table, ("model", "options")), ("model", "options")))
    return [section for section in found if section["fields"]]


def changed_text(root: Path, text: str, name: str, value: str) -> str:
    """Return the text with one key changed, other lines and comments as they are; value "" takes it away.

    What is no number where one has to be is written as it is: the check then says so in its own words.
    Raises InputError for a key that the form does not have.
    """
    fields = [Field(**each) for section in form_of(root, text) for each in section["fields"]]
    found = next((each for each in fields if each.name == name), None)
    if found is None:
        raise InputError(f"the form has no {name!r}.")
    _require_tables(table_of(text), name.split(".")[:-1])
    try:
        return with_changes(text, {name: _typed(found.kind, value) if value else None})
    except RecursionError as error:
        raise InputError(f"{FILE_NAME}: its tables are nested too deep for the form.") from error


def _require_tables(table: Any, sections: Sequence[str]) -> None:
    for i, section in enumerate(sections):
        table = table.get(section, {})
        if not isinstance(table, Mapping):
            raise InputError(f"{FILE_NAME}: {'.'.join(sections[: i + 1])} must be a table: no key fits in.")


def table_of(text: str) -> dict[str, Any]:
    """Return the table of a TOML text. Raises InputError as every command does."""
    return tomlfile.parse(Path(FILE_NAME), text.encode("utf-8", "surrogatepass"))[1]


def _sections(
    schema: type[Any], table: Mapping[str, Any], place: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    hints = typing.get_type_hints(schema)
    for each in dataclasses.fields(schema):
        hint = hints[each.name]
        if each.init and dataclasses.is_dataclass(hint):
            where = (*place, each.name)
            inner = _at(table, (each.name,))
            section = _section(typing.cast("type[Any]", hint), inner, where)
            if section["fields"]:
                yield section
            yield from _sections(typing.cast("type[Any]", hint), inner, where)


def _section(schema: type[Any], table: Mapping[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    hints = typing.get_type_hints(schema)
    fields = [
        _field(each, hints[each.name], table, place) for each in dataclasses.fields(schema) if each.init
    ]
    return {"section": ".".join(place), "fields": [each.to_json() for each in fields if each is not None]}


def _field(
    each: dataclasses.Field[Any], hint: Any, table: Mapping[str, Any], place: tuple[str, ...]
) -> Field | None:
    """Return a key for the form; None for what it cannot hold."""
    choices: tuple[str, ...] = ()
    if typing.get_origin(hint) is typing.Literal:
        kind, choices = "choice", tuple(map(str, typing.get_args(hint)))
    elif hint in _KINDS:
        kind = _KINDS[hint]
    else:
        return None
    default = None if each.default is dataclasses.MISSING else each.default
    return Field(".".join((*place, each.name)), kind, choices, default, _plain(table.get(each.name)))


def _plain(value: Any) -> Any:
    """Return a value of TOML as JSON has it; what JSON has not, such as nan or a date, as text."""
    if value is None or isinstance(value, str | bool):
        return value
    try:
        return value if isinstance(value, int | float) and math.isfinite(value) else str(value)
    except (OverflowError, ValueError, RecursionError):  # thousands of digits, or tables in tables
        return "..."


def _at(table: Mapping[str, Any], place: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = table
    for name in place:
        found = found.get(name, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _typed(kind: str, value: str) -> Any:
    if kind not in ("whole", "number"):
        return value == "true" if kind == "flag" else value
    if re.fullmatch(r"[+-]?[0-9]{1,400}", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"[+-]?([0-9.]+([eE][+-]?[0-9]+)?|inf|nan)", value):
        with suppress(ValueError):
            return float(value)
    return value
