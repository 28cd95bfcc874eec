# SPDX-License-Identifier: Apache-2.0
"""One model by several engines on one board, side by side: what each takes, in all and by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.compiler.files import read_model
from toolkit.firmware.engine import EngineChoice
from toolkit.report.profile import Profile, profile_of
from toolkit.report.profile_difference import compare_profiles, difference_lines
from toolkit.report.text import aligned
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.timing.text import digits
from toolkit.verify.any_model import Trial
from toolkit.verify.kernel_code import kernel_code_where_known

_FIGURES = (
    ("instructions", "instructions"),
    ("cycles", "cycles"),
    ("flash_wait_cycles", "cycles waiting for flash"),
    ("latency_ms", "ms"),
    ("arena_bytes", "arena, B"),
    ("ram_bytes", "RAM of the firmware, B"),
    ("stack_bytes", "stack of an inference, B"),
    ("flash_beyond_weights_bytes", "model's flash beyond weights, B"),
    ("flash_bytes", "flash of the firmware, B"),
)
"""What Trial.to_json() says, and how it is called."""


@dataclass(frozen=True)
class EngineProfile:
    """A model by one engine: its layers, and the figures of Trial.to_json(). source is the engine's own."""

    engine: str
    source: str
    profile: Profile
    figures: Mapping[str, Any]


def profile_by(engine: EngineChoice, trial: Trial, model: Path, board: str) -> EngineProfile:
    """Return what came of trying model, a .tflite, by engine on board."""
    chosen, compiled = load_board(board), trial.compiled
    if engine.name == "aot":
        profile = profile_of(trial, chosen, kernel_code_where_known(compiled, chosen))
    else:
        profile = profile_of(trial, chosen, interpreted=read_graph(read_model(model), compiled.name))
    source = f"{engine.source(compiled.target)}, {trial.firmware.compiler}"
    return EngineProfile(engine.name, source, profile, trial.to_json())


def engines_json(found: Sequence[EngineProfile]) -> dict[str, Any]:
    """Return everything as plain values."""
    return {
        "model": found[0].profile.model,
        "board": found[0].profile.board,
        "engines": {
            each.engine: {
                "source": each.source,
                **{name: each.figures.get(name) for name, _ in _FIGURES},
                "verdict": each.figures.get("verdict"),
                "profile": each.profile.to_json(),
            }
            for each in found
        },
    }


def engines_lines(found: Sequence[EngineProfile]) -> list[str]:
    """Return a table of what each engine takes and, for two, one of their layers."""
    names = [each.engine for each in found]
    ratio = [f"{names[1]}/{names[0]}"] if len(found) == 2 else []
    rows = [("", *names, *ratio), *(_row(name, title, found) for name, title in _FIGURES)]
    lines = aligned(rows, left=(0,))
    if len(found) == 2:
        difference = compare_profiles(found[0].profile, found[1].profile.to_json())
        lines += ["", *difference_lines(difference, (names[0], names[1]))]
    return [*lines, "", *(f"{each.engine}: {each.source}" for each in found)]


def _row(name: str, title: str, found: Sequence[EngineProfile]) -> tuple[str, ...]:
    values = [each.figures.get(name) for each in found]
    return (title, *map(_text, values), *_ratio(values))


def _ratio(values: Sequence[Any]) -> Iterator[str]:
    if len(values) == 2:
        first, second = values
        yield f"{second / first:.2f}" if first and second is not None else "-"


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return digits(value) if isinstance(value, float) else f"{value:,}"
