# SPDX-License-Identifier: Apache-2.0
"""What changed between two results of `tinyml check --json`: sizes, cycles, accuracy, board by board."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.reading import parse_json, read_file
from toolkit.suggest import shorten

_MOST_BYTES = 16 << 20
_NO_NAME = re.compile(r"[^\w .]")
_LARGEST = 1e15
"""Not reached by NaN and infinity either."""
_LOWER_IS_BETTER = {"mae"}
_SIZES = {
    "flash_bytes": "flash, bytes",
    "model_flash_bytes": "flash of the model, bytes",
    "weights_bytes": "weights, bytes",
    "ram_bytes": "RAM, bytes",
    "arena_bytes": "arena, bytes",
    "stack_bytes": "stack used, bytes",
    "instructions": "instructions of an inference",
    "cycles": "cycles of an inference",
    "latency_ms": "ms of an inference",
}
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One figure of one board, before and now; None where there is none.

    worse is by how much it got worse, as a share of what it was; negative where it got better.
    """

    board: str
    figure: str
    before: float | None
    now: float | None
    worse: float | None = None

    def row(self) -> tuple[str, str, str, str, str]:
        """Return board, figure, before, now and the change in percent, as text."""
        change = ""
        if self.before is not None and self.now is not None:
            change = f"{(self.now / self.before - 1) * 100:+.1f} %" if self.before else "from 0"
        return self.board, self.figure, _text(self.before), _text(self.now), change


HEADINGS = ("board", "figure", "before", "now", "change")


def read_figures(path: Path) -> dict[str, Facts]:
    """Return a board's name -> its figures, from what `tinyml check --json` printed.

    Raises InputError if the file is something else, or says that the check could not be made.
    """
    try:
        boards = parse_json(read_file(path, _MOST_BYTES))
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}.", hint=_MAKE) from error
    if not isinstance(boards, dict):
        raise InputError(f"{path} is not what tinyml check --json prints.", hint=_MAKE)
    if isinstance(boards.get("error"), str):
        raise InputError(f"{path} has no figures; tinyml check said: {boards['error']}", hint=_MAKE)
    if not all(isinstance(facts, dict) and "board" in facts for facts in boards.values()):
        raise InputError(f"{path} is not what tinyml check --json prints.", hint=_MAKE)
    return boards


_MAKE = "Try: tinyml check --json > figures.json"


def changes_of(before: Mapping[str, Facts], now: Mapping[str, Facts]) -> list[Change]:
    """Return the figures that are not the same, by board; a board that only one has is there with all."""
    found = []
    for board in sorted({*before, *now}):
        old, new = (dict(_figures(boards.get(board, {}))) for boards in (before, now))
        for name in {**old, **new}:
            figure, lower_is_better = name
            a, b = old.get(name), new.get(name)
            if a != b:
                found.append(Change(board, figure, a, b, _worse(a, b, lower_is_better)))
    return found


def equal_outputs(now: Mapping[str, Facts]) -> list[str]:
    """Return a line for each board: how many of its outputs are those of the host."""
    return [
        f"{board}: {shorten(str(facts.get('equal')))} of {shorten(str(facts.get('samples')))} outputs equal"
        + _differs(facts)
        for board, facts in sorted(now.items())
    ]


def markdown(name: str, before: Mapping[str, Facts] | None, now: Mapping[str, Facts]) -> str:
    """Return the change as Markdown for a comment; the first line, which nobody sees, is how to find it.

    before is None where there is nothing to compare with.
    """
    lines = [f"<!-- tinyml: {re.sub(_NO_NAME, ' ', name)} -->", f"### {_plain(name)}", ""]
    lines += [*(f"- {_plain(line)}" for line in equal_outputs(now)), ""]
    changes = changes_of(before or {}, now)
    if before is None:
        lines += ["There are no figures to compare with yet.", ""]
    elif not changes:
        lines += ["No figure has changed.", ""]
    if changes:
        lines += [_line(HEADINGS), _line(("---", "---", "---:", "---:", "---:"))]
        lines += [_line(change.row()) for change in changes]
    return "\n".join(lines).rstrip() + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _plain(text: str) -> str:
    """Return text of any origin as one line that means nothing in Markdown, and calls nobody."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split())).replace("@", "@\u200b")


def _figures(facts: Facts) -> Iterator[tuple[tuple[str, bool], float]]:
    """Give each figure's name with whether lower is better, and its value."""
    score = facts.get("score")
    if isinstance(score, dict) and score.get("device") is not None:
        metric = str(score.get("metric", "score"))
        yield (metric, metric in _LOWER_IS_BETTER), _number(metric, score["device"])
    for key, name in _SIZES.items():
        if facts.get(key) is not None:
            yield (name, True), _number(name, facts[key])


def _number(name: str, value: object) -> float:
    """Return a figure as a number. Raises InputError for what no check prints."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return float(value)
    raise InputError(f"the figure {name} is {shorten(repr(value))}, which is no number.", hint=_MAKE)


def _worse(before: float | None, now: float | None, lower_is_better: bool) -> float | None:
    if before is None or now is None:
        return None
    if not before:
        return float("inf") if lower_is_better and now > 0 else 0.0
    return (now - before if lower_is_better else before - now) / abs(before)


def _text(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 2 else f"{value:.4g}"


def _differs(facts: Facts) -> str:
    return "" if facts.get("passed") else " - NOT PASSED"
