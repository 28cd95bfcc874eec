# SPDX-License-Identifier: Apache-2.0
"""What a build folder has for the report; any part of it may be missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError

Json = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """history.json and quantization.json, and each board's verdict.json by the folder's name."""

    history: Json | None
    quantization: Json | None
    verdicts: tuple[Json, ...]


def read_inputs(build: Path) -> Inputs:
    """Return what is in the build folder. Raises InputError if a file there is no JSON object."""
    return Inputs(
        history=_read(build / "history.json"),
        quantization=_read(build / "quantization.json"),
        verdicts=tuple(v for path in sorted(build.glob("*/verdict.json")) if (v := _read(path))),
    )


def _read(path: Path) -> Json | None:
    if not path.is_file():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}.", hint="Try: delete it, then: tinyml check") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is damaged: no JSON object.", hint="Try: delete it, then: tinyml check")
    return value
