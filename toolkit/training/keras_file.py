# SPDX-License-Identifier: Apache-2.0
"""A Keras model as a .keras file: equal models give equal bytes."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.files import write_atomic

_NO_DATE = "1980-01-01@00:00:00"


def save_model(model: Any, path: Path) -> None:
    """Write model to path, without its optimizer.

    Keras puts the date and memory addresses into the file; here they are replaced by constants.
    """
    model.compiled = False
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "model.keras"
        model.save(written)
        write_atomic(path, _without_dates(written.read_bytes()))


def load_model(path: Path) -> Any:
    """Return the model in path, loaded in safe mode: no code of the file's runs.

    Raises InputError if path is not there or holds no model.
    """
    if not path.is_file():
        raise InputError(f"there is no model {path}.", hint="Try: tinyml train")
    try:
        return load_extra("keras").saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is not a Keras model, or damaged: {error}.", hint="Try: tinyml train"
        ) from error


def _without_dates(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w") as after:
        for name in sorted(before.namelist()):
            data = before.read(name)
            if name == "metadata.json":
                data = _json({**json.loads(data), "date_saved": _NO_DATE})
            elif name == "config.json":
                data = _json(_numbered(json.loads(data), {}))
            after.writestr(zipfile.ZipInfo(name), data)
    return stream.getvalue()


def _numbered(value: Any, seen: dict[int, int]) -> Any:
    """Replace shared_object_id, an address, by the order in which objects first appear."""
    if isinstance(value, dict):
        return {
            key: seen.setdefault(item, len(seen)) if key == "shared_object_id" else _numbered(item, seen)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_numbered(item, seen) for item in value]
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
