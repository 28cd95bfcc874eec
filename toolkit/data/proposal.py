# SPDX-License-Identifier: Apache-2.0
"""A project file for data that were looked at, with what was found as comments."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.data.places import printable
from toolkit.data.survey import Found
from toolkit.errors import InputError
from toolkit.project.config import FILE_NAME


def project_text(found: Found, name: str, folder: Path, board: str) -> str:
    """Return tinyml.toml for a project in folder; a path of the data becomes relative to it."""
    options = {**found.options}
    for key in ("folder", "file"):
        if key in options:
            options[key] = _place(Path(options[key]), folder)
    return "\n".join(
        [
            "# Written by tinyml new --data. What was found:",
            *_comments(found.said),
            *(["# Not sure, please look:", *_comments(found.unsure)] if found.unsure else []),
            "",
            "[project]",
            f"name = {json.dumps(name)}",
            "",
            "[data]",
            f'source = "{found.source}"',
            "",
            "[data.options]",
            *_lines(options),
            "",
            "[model]",
            f'family = "{found.family}"',
            "",
            "[firmware]",
            f"board = {json.dumps(board)}",
            'application = "samples"  # "my_app" is your own, in app/',
            "",
        ]
    )


def _place(place: Path, folder: Path) -> str:
    """Relative where data and project are in one place, so that both can be moved together."""
    data, home = place.resolve(), folder.resolve()
    try:
        str(data).encode("utf-8")
    except UnicodeEncodeError as error:
        named = printable(str(data))
        raise InputError(f"{named} cannot be written into {FILE_NAME}.", hint="Try: another name") from error
    near = home.parent
    return Path(os.path.relpath(data, home)).as_posix() if data.is_relative_to(near) else str(data)


def _comments(lines: Sequence[str]) -> list[str]:
    """Control characters, which a file's name may have, are none of TOML's."""
    return ["#   " + "".join(c if c.isprintable() else "?" for c in " ".join(line.split())) for line in lines]


def _lines(options: Mapping[str, Any]) -> list[str]:
    """A JSON text or list is one of TOML too, but for DEL, which TOML wants escaped."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in options.items()]
    return [line.replace("\x7f", "\\u007f") for line in lines]
