# SPDX-License-Identifier: Apache-2.0
"""Files are regular ones, of a size that memory has room for: looked at before they are opened."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from toolkit.errors import InputError

MOST_MODEL_BYTES = 512 << 20
"""Of a .tflite file; a microcontroller has a few megabytes."""
_MOST_DESCRIPTION_BYTES = 64 << 20
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def require_file(path: Path, most_bytes: int | None = None, hint: str | None = None) -> None:
    """Raise InputError unless path is a regular file of at most so many bytes, None for any number.

    A pipe or a device may never end.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {reason}.", hint=hint) from error
    _require_regular(path, found.st_mode, hint)
    if most_bytes is not None and found.st_size > most_bytes:
        what = f"has {found.st_size:,} bytes; at most {most_bytes:,} are read"
        raise InputError(f"{path} {what}.", hint=hint)


def require_place(path: Path) -> None:
    """Raise InputError if what is there is no regular file: a pipe that is written to waits for a reader."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return  # whoever opens it says why that fails
    _require_regular(path, mode, "Try: move it away")


def _require_regular(path: Path, mode: int, hint: str | None) -> None:
    if not stat.S_ISREG(mode):
        kind = next((f" but {kind}" for is_kind, kind in _KINDS if is_kind(mode)), "")
        raise InputError(f"{path} is no regular file{kind}.", hint=hint)


def read_file(path: Path, most_bytes: int, hint: str | None = None) -> bytes:
    """Return a file's bytes. Raises InputError as require_file does, and if it cannot be read."""
    require_file(path, most_bytes, hint)
    try:
        with path.open("rb") as stream:
            return stream.read(most_bytes)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.", hint=hint) from error


def parse_json(text: str | bytes) -> Any:
    """Return what JSON text says. Raises ValueError if it is none, or nested beyond all measure."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def description_beside(model: Path) -> Any:
    """Return what the quantization.json beside a .tflite file says, which may be of another model.

    Raises ValueError if there is none that can be read.
    """
    try:
        return parse_json(read_file(model.parent / "quantization.json", _MOST_DESCRIPTION_BYTES))
    except InputError as error:
        raise ValueError(error.message) from error
