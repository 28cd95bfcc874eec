# SPDX-License-Identifier: Apache-2.0
"""tinyml.toml on the page: checked as every command checks it, in the same words, before it is written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from toolkit.errors import InputError, TinymlError
from toolkit.files import write_atomic
from toolkit.live.form import changed_text, form_of
from toolkit.project.config import FILE_NAME, load_project
from toolkit.project.runs import HEADINGS, differences, find_run, load_runs

_MOST_BYTES = 1 << 20


def read_settings(root: Path) -> dict[str, Any]:
    """Return the file's text and the runs so far, as JSON."""
    text = (root / FILE_NAME).read_text(encoding="utf-8")
    return {
        "text": text,
        "form": form_of(root, text),
        "headings": list(HEADINGS),
        "runs": [list(row) for run in _runs(root) for row in run.rows()],
    }


def write_settings(root: Path, content: bytes, *, only_check: bool) -> dict[str, Any]:
    """Check a text for tinyml.toml and write it, unless it is only to be checked.

    Raises InputError with line and key, as load_project does, and writes nothing then.
    """
    if len(content) > _MOST_BYTES:
        raise InputError(f"{FILE_NAME} has at most {_MOST_BYTES:,} bytes.")
    with tempfile.TemporaryDirectory(prefix="tinyml-live-") as folder:
        copy = Path(folder) / FILE_NAME
        copy.write_bytes(content)
        if (root / "app").is_dir():
            (Path(folder) / "app").symlink_to(root / "app", target_is_directory=True)
        try:
            load_project(Path(folder))
        except TinymlError as error:
            error.message = error.message.replace(str(copy), FILE_NAME)
            raise
    if not only_check:
        write_atomic(root / FILE_NAME, content)
    return {"written": not only_check}


def change_setting(root: Path, content: bytes, name: str, value: str) -> dict[str, Any]:
    """Return the text with one key changed, its form, and what is wrong with it, "" if nothing is.

    Nothing is written. Raises InputError for what is no TOML, or a key that the form does not have.
    """
    text = changed_text(root, content.decode("utf-8", "replace"), name, value)
    problem = ""
    try:
        write_settings(root, text.encode(), only_check=True)
    except TinymlError as error:
        problem = "\n".join(filter(None, (error.message, error.hint)))
    return {"text": text, "form": form_of(root, text), "problem": problem}


def compare_runs(root: Path, first: int, second: int) -> dict[str, Any]:
    """Return what differs in two runs, as `tinyml runs compare` says. Raises UsageError without one."""
    runs = load_runs(root / "build")
    rows = differences(find_run(runs, first), find_run(runs, second))
    return {"rows": [[name, *map(_text, (a, b))] for name, a, b in rows]}


def _text(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _runs(root: Path) -> list[Any]:
    try:
        return list(load_runs(root / "build"))
    except TinymlError:
        return []
