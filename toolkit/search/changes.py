# SPDX-License-Identifier: Apache-2.0
"""What a candidate changes in tinyml.toml: keys with dots, and their values; None takes a key or section
away.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toolkit import tomlfile
from toolkit.project.config import Project
from toolkit.project.stamps import digest_of

Changes = Mapping[str, Any]


def changed(table: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Return the table of a project file with changes made in their order: "model.options" goes before
    "model.options.width".
    """
    result = copy.deepcopy(dict(table))
    for name, value in changes.items():
        *sections, key = name.split(".")
        place = result
        for section in sections:
            place = place.setdefault(section, {})
        if value is None:
            place.pop(key, None)
        else:
            place[key] = list(value) if isinstance(value, tuple) else value
    return result


def project_from(table: Mapping[str, Any], file: Path) -> Project:
    """Return the project that file would be with this table. Raises InputError for what is wrong in it."""
    project = tomlfile.from_table(file, Project, dict(table), ())
    object.__setattr__(project, "root", file.parent)
    return project


def digest_of_table(table: Mapping[str, Any]) -> str:
    """Return a hash of a table, whatever the order of its keys."""
    return digest_of(_sorted(table))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted((key, _sorted(item)) for key, item in value.items())
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value
