# SPDX-License-Identifier: Apache-2.0
"""The trainings of a project, kept in build/runs/<number>/ so that they can be compared.

A run is tinyml.toml, history.json and, once it was quantized, quantization.json, and pruning.json where the
trained model was pruned before. Runs are numbered
from 1; the same configuration with the same outcome is the same run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli

from toolkit.errors import InputError, UsageError
from toolkit.files import write_atomic
from toolkit.metrics import score_text
from toolkit.reading import parse_json

FOLDER = "runs"
_CONFIG, _HISTORY, _QUANTIZATION = "tinyml.toml", "history.json", "quantization.json"
_PRUNING = "pruning.json"
_WEIGHTS = "model.keras"


@dataclass(frozen=True)
class Run:
    """One run: config is tinyml.toml with dots between a section and a key, the others are the files."""

    number: int
    config: Mapping[str, Any]
    history: Mapping[str, Any]
    quantization: Mapping[str, Any] | None
    pruning: Mapping[str, Any] | None = None

    def figures(self) -> dict[str, Any]:
        """Return what a run came to; scores by its metric, None where it was not quantized, or not pruned.

        Those of int8 are of the pruned model where there is one.
        """
        model, quantized = self.history["models"][0], self.quantization
        pruned = self.pruning
        validation = model["curves"].get(f"val_{self.history['metric']}")
        return {
            "model": model["label"],
            "parameters": model["parameters"],
            "epochs": len(model["curves"]["loss"]),
            "metric": self.history["metric"],
            "validation": validation[model.get("kept_epoch", 0) - 1] if validation else None,
            "test": model["score"],
            "pruned_parameters": pruned["steps"][-1]["parameters"] if pruned else None,
            "pruned_validation": pruned["steps"][-1]["tuned"] if pruned else None,
            "pruned_test": pruned["score"] if pruned else None,
            "int8_test": quantized["int8"]["score"] if quantized else None,
            "int8_bytes": quantized["int8"]["bytes"] if quantized else None,
            "data_sha256": self.history["data_sha256"],
        }

    def rows(self) -> list[tuple[str, ...]]:
        """Return the figures as a person reads them, under HEADINGS; a pruned model has a row of its own."""
        f = self.figures()
        metric, number, epochs = f["metric"], str(self.number), str(f["epochs"])
        size = "–" if f["int8_bytes"] is None else f"{f['int8_bytes']:,} B"
        integer = (score_text(metric, f["int8_test"]), size)

        def floats(kind: str) -> list[str]:
            return [score_text(metric, f[f"{kind}{name}"]) for name in ("validation", "test")]

        whole = (number, f["model"], f"{f['parameters']:,}", epochs, metric, *floats(""))
        if self.pruning is None:
            return [(*whole, *integer)]
        parameters = f"{f['pruned_parameters']:,}"
        pruned = (number, f"{f['model']}, pruned", parameters, "–", metric, *floats("pruned_"))
        return [(*whole, "–", "–"), (*pruned, *integer)]


HEADINGS = ("run", "model", "parameters", "epochs", "metric", "validation", "test", "int8 test", "int8 size")


def keep_run(build: Path, config: Path, *, quantized: bool) -> int:
    """Keep what build holds, with the project file config, and return the run's number.

    quantized says whether its quantization.json is of this training, not of one before.
    """
    files = {_CONFIG: config.read_bytes(), _HISTORY: (build / _HISTORY).read_bytes()}
    kept = _numbers(build)
    same = [n for n in kept if all(_content(build, n, name) == content for name, content in files.items())]
    number = same[-1] if same else next_run(build)
    if quantized:
        files[_QUANTIZATION] = (build / _QUANTIZATION).read_bytes()
        if (build / _PRUNING).is_file():
            files[_PRUNING] = (build / _PRUNING).read_bytes()
    for name, content in files.items():
        write_atomic(build / FOLDER / str(number) / name, content)
    return number


def keep_weights(build: Path) -> Path:
    """Keep build's model.keras with the run that it is of, and return the copy's place.

    Raises InputError if no run is kept of this training.
    """
    number = run_of(build)
    if number is None:
        raise InputError(f"{build} holds no training that was kept.", hint="Try: tinyml train")
    place = build / FOLDER / str(number) / _WEIGHTS
    write_atomic(place, (build / _WEIGHTS).read_bytes())
    return place


def varied(runs: Sequence[Run]) -> dict[int, str]:
    """Return what tells each run from the others, by its number: the settings that are not the same in all.

    "as the others" where none differs.
    """
    keys = dict.fromkeys(key for run in runs for key in run.config)
    telling = [key for key in keys if any(run.config.get(key) != runs[0].config.get(key) for run in runs)]
    texts = {
        run.number: ", ".join(
            f"{key.rpartition('.')[2]} = {run.config[key]}" for key in telling if key in run.config
        )
        for run in runs
    }
    return {number: text or "as the others" for number, text in texts.items()}


def next_run(build: Path) -> int:
    """Return the number that the next run with another outcome gets."""
    return max(_numbers(build), default=0) + 1


def run_of(build: Path) -> int | None:
    """Return the number of the run whose history.json build holds; None if it was not kept."""
    content = (build / _HISTORY).read_bytes()
    return next((n for n in reversed(_numbers(build)) if _content(build, n, _HISTORY) == content), None)


def load_runs(build: Path) -> list[Run]:
    """Return the kept runs by number. Raises InputError for a damaged one, or if there is none."""
    runs = [_load(build, number) for number in _numbers(build)]
    if not runs:
        raise InputError(f"there are no runs in {build / FOLDER}.", hint="Try: tinyml train")
    return runs


def find_run(runs: Sequence[Run], number: int) -> Run:
    """Return the run of this number. Raises UsageError if it is not there."""
    for run in runs:
        if run.number == number:
            return run
    known = ", ".join(str(run.number) for run in runs)
    raise UsageError(f"there is no run {number}; there are {known}.", hint="See: tinyml runs")


def differences(first: Run, second: Run) -> list[tuple[str, Any, Any]]:
    """Return what is not the same in two runs, as (name, first, second): configuration, then figures."""
    pairs = (first.config, second.config), (first.figures(), second.figures())
    return [
        (name, a.get(name), b.get(name))
        for a, b in pairs
        for name in dict.fromkeys((*a, *b))
        if a.get(name) != b.get(name)
    ]


def _numbers(build: Path) -> list[int]:
    return sorted(int(path.name) for path in (build / FOLDER).glob("*") if path.name.isdecimal())


def _content(build: Path, number: int, name: str) -> bytes | None:
    path = build / FOLDER / str(number) / name
    return path.read_bytes() if path.is_file() else None


def _load(build: Path, number: int) -> Run:
    folder = build / FOLDER / str(number)
    try:
        config = tomli.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        history = parse_json((folder / _HISTORY).read_text(encoding="utf-8"))
        later = [_content(build, number, name) for name in (_QUANTIZATION, _PRUNING)]
        run = Run(
            number, dict(_flat(config)), history, *(parse_json(text) if text else None for text in later)
        )
        run.rows()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{folder} is damaged: {error!r}.", hint="Try: delete it") from error
    return run


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
