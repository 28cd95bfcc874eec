# SPDX-License-Identifier: Apache-2.0
"""What a build folder has for the report; any part of it may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.files import sha256_of
from toolkit.reading import parse_json

Json = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """history.json, quantization.json, and the boards' verdict.json in the order of the boards' names;
    streams are the boards' raw.json, of the firmware that is there; pruning is pruning.json, if it is of the
    model that is there.

    outdated names the boards whose verdict is of another model than quantization.json, or of another firmware
    than the one that is there.
    """

    history: Json | None
    quantization: Json | None
    verdicts: tuple[Json, ...]
    outdated: tuple[str, ...] = ()
    streams: tuple[Json, ...] = ()
    pruning: Json | None = None


def read_inputs(build: Path) -> Inputs:
    """Return what is in the build folder. Raises InputError if a file there is no JSON object."""
    quantization = _read(build / "quantization.json")
    files = sorted(build.glob("*/verdict.json"))
    found = [(path, verdict) for path in files if (verdict := _read(path))]
    model = quantization["int8"]["sha256"] if quantization else None
    current = [
        v for path, v in found if model in (None, v["model_sha256"]) and _is_of_firmware(v, path.parent)
    ]
    return Inputs(
        history=_read(build / "history.json"),
        quantization=quantization,
        verdicts=tuple(current),
        outdated=tuple(str(v["board"]) for _, v in found if v not in current),
        streams=tuple(
            stream
            for path in sorted(build.glob("*/raw.json"))
            if (stream := _read(path)) and _is_of_firmware(stream, path.parent)
        ),
        pruning=_pruning(build),
    )


def _pruning(build: Path) -> Json | None:
    """Return pruning.json, unless another model was trained since."""
    found, model = _read(build / "pruning.json"), build / "model.keras"
    is_of_it = found and model.is_file() and sha256_of(model) == found.get("model_sha256")
    return found if is_of_it else None


def _is_of_firmware(verdict: Json, folder: Path) -> bool:
    """Whether the firmware that was checked is the one in folder; one that is gone is not asked for."""
    elf, checked = folder / "firmware.elf", verdict.get("firmware_sha256")
    return not checked or not elf.is_file() or sha256_of(elf) == checked


def _read(path: Path) -> Json | None:
    if not path.is_file():
        return None
    try:
        value = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error}.", hint="Try: delete it, then: tinyml check") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is damaged: no JSON object.", hint="Try: delete it, then: tinyml check")
    return value
