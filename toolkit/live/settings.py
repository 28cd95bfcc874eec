# SPDX-License-Identifier: Apache-2.0
"""tinyml.toml on the page: checked as every command checks it, in the same words, before it is written."""

from __future__ import annotations

import codecs
import hashlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from toolkit import tomlfile
from toolkit.data.load import source_of
from toolkit.errors import InputError, TinymlError
from toolkit.files import write_atomic
from toolkit.live.form import changed_text, form_of
from toolkit.models.build import model_options
from toolkit.project.config import FILE_NAME, load_project
from toolkit.project.runs import HEADINGS, differences, find_run, load_runs
from toolkit.pruning.board import board_of
from toolkit.reading import read_file
from toolkit.targets.board import load_board

_WRITING = threading.Lock()


def read_settings(root: Path) -> dict[str, Any]:
    """Return the file's text, the digest of its bytes, its form, and the runs so far, as JSON.

    problem says why there is no form, "" if nothing is wrong. Raises InputError for what is no text.
    """
    content = read_file(root / FILE_NAME, tomlfile.MOST_BYTES)
    text, form, problem = _text(content), [], ""
    try:
        form = form_of(root, text)
    except InputError as error:
        problem = _words(error)
    return {
        "text": text,
        "digest": _digest(content),
        "form": form,
        "problem": problem,
        "headings": list(HEADINGS),
        "runs": [list(row) for run in _runs(root) for row in run.rows()],
    }


def check_settings(root: Path, content: bytes) -> dict[str, Any]:
    """Raise InputError with line and key, as every command does, for what is wrong in a text for tinyml.toml.

    What was checked before it is written: the file itself, the options of the data and the model, the board.
    """
    with tempfile.TemporaryDirectory(prefix="tinyml-live-") as folder:
        copy = Path(folder) / FILE_NAME
        copy.write_bytes(content)
        if (root / "app").is_dir():
            (Path(folder) / "app").symlink_to(root / "app", target_is_directory=True)
        try:
            project = load_project(Path(folder))
            source_of(project)
            if project.model.family:
                model_options(project, project.model)
            load_board(project.firmware.board)
            if project.training.prune.is_on:
                board_of(project)
        except TinymlError as error:
            error.message = error.message.replace(str(copy), FILE_NAME)
            raise
    return {"written": False}


def write_settings(root: Path, content: bytes, digest: str) -> dict[str, Any]:
    """Check a text and write it over tinyml.toml, with the ends of lines that this has.

    digest is that of what the page read. Raises InputError as check_settings() does, and if another program
    has changed the file since; nothing is written then.
    """
    check_settings(root, content)
    file = root / FILE_NAME
    with _WRITING:
        before = read_file(file, tomlfile.MOST_BYTES) if os.path.lexists(file) else b""
        if before and digest != _digest(before):
            raise InputError(
                f"{FILE_NAME} was changed by another program since the page read it; nothing is written.",
                hint="Try: copy what you want to keep, then Read again",
            )
        if not root.is_dir():
            raise InputError(f"there is no folder {root} any more.")
        content = _as_before(content, before)
        write_atomic(file, content)
    return {"written": True, "digest": _digest(content)}


def change_setting(root: Path, content: bytes, name: str, value: str) -> dict[str, Any]:
    """Return the text with one key changed, its form, and what is wrong with it, "" if nothing is.

    Nothing is written. Raises InputError for what is no TOML, or a key that the form does not have.
    """
    text = changed_text(root, _text(content), name, value)
    problem = ""
    try:
        check_settings(root, text.encode())
    except TinymlError as error:
        problem = _words(error)
    return {"text": text, "form": form_of(root, text), "problem": problem}


def _words(error: TinymlError) -> str:
    return "\n".join(filter(None, (error.message, error.hint)))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{FILE_NAME} is not UTF-8 text: byte {error.start} is not.", hint="Try: save it again as UTF-8"
        ) from error


def _as_before(content: bytes, before: bytes) -> bytes:
    """Return a text with the mark and the ends of lines of the file before: a browser has neither."""
    if before.count(b"\n") and before.count(b"\r\n") == before.count(b"\n"):
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    mark = codecs.BOM_UTF8
    return content if content.startswith(mark) or not before.startswith(mark) else mark + content


def compare_runs(root: Path, first: int, second: int) -> dict[str, Any]:
    """Return what differs in two runs, as `tinyml runs compare` says. Raises UsageError without one."""
    runs = load_runs(root / "build")
    rows = differences(find_run(runs, first), find_run(runs, second))
    return {"rows": [[name, *map(_value, (a, b))] for name, a, b in rows]}


def _value(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _runs(root: Path) -> list[Any]:
    try:
        return list(load_runs(root / "build"))
    except TinymlError:
        return []
