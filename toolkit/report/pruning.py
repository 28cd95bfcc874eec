# SPDX-License-Identifier: Apache-2.0
"""What pruning.json says, as rows and lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.metrics import score_text
from toolkit.project.pruning import COST_FIELDS, GOALS, amount_text, parse_amount
from toolkit.targets.board import load_board
from toolkit.targets.cores import find_core
from toolkit.timing.model import latency_error
from toolkit.timing.text import digits

Json = dict[str, Any]
Rows = list[tuple[str, ...]]


def step_headings(found: Json) -> tuple[str, ...]:
    """Return what stands above step_rows."""
    metric = found["metric"]
    return ("step", "channels", "MACs", "parameters", f"{metric} after the cut", f"{metric} fine-tuned")


def step_rows(found: Json) -> Rows:
    """Return each step with what was left, and the scores on the validation split."""
    metric = found["metric"]
    return [
        (
            str(step["name"]),
            *(f"{step[name]:,}" for name in ("groups", "macs", "parameters")),
            *(score_text(metric, step[name]) for name in ("cut", "tuned")),
        )
        for step in found["steps"]
    ]


LAYER_HEADINGS = ("layer", "channels before", "channels after")


def layer_rows(found: Json) -> Rows:
    """Return the channels of each layer before and after."""
    return [(str(each["layer"]), f"{each['before']}", f"{each['after']}") for each in found["layers"]]


_COSTS = {
    "parameters": "parameters",
    "MACs": "macs",
    "arena": "arena_bytes",
    "flash of a firmware": "flash_bytes",
    "cycles": "cycles",
}
COST_HEADINGS = ("cost", "before", "after", "left")


def cost_rows(found: Json) -> Rows:
    """Return what the model cost before and costs after, on the board that the targets are for."""
    rows = []
    for name, key in _COSTS.items():
        pair = [found[when][key] for when in ("before", "after")]
        if None not in pair:
            rows.append((name, *(f"{value:,}" for value in pair), _left(*pair)))
    times = [found[when]["latency_ms"] for when in ("before", "after")]
    return rows if None in times else [*rows, _time_row(found, *times)]


def _left(before: float, after: float) -> str:
    return f"{100 * after / before:.0f} %"


def _time_row(found: Json, before: float, after: float) -> tuple[str, ...]:
    """Return milliseconds, each with how far it may be off."""
    error = _error(found)
    off = "+- ?" if error is None else f"+- {100 * error:.0f} %"
    clock = f"{load_board(found['board']).clock.hz / 1e6:g} MHz"
    return (
        f"ms (modelled, {clock})",
        *(f"{digits(value)} {off}" for value in (before, after)),
        _left(before, after),
    )


def _error(found: Json) -> float | None:
    board = load_board(found["board"])
    return latency_error(find_core(board.core).timing, board.flash_timing)


def doubt_text(found: Json) -> str:
    """Return that a target in milliseconds lies within the error of what the pruned model takes, "" else."""
    asked, after = found["config"]["latency"], found["after"]["latency_ms"]
    target = parse_amount("latency", asked) if asked else None
    error = _error(found)
    if target is None or target.is_share or after is None or error is None:
        return ""
    if after * (1 + error) <= target.value:
        return ""
    return (
        f"The target of {asked} lies within the error: {digits(after)} ms +- {100 * error:.0f} % may be "
        f"up to {digits(after * (1 + error))} ms on a board; tinyml check measures it there."
    )


def whole_text(found: Json) -> str:
    """Return which layers kept all channels as nobody knows what depends on what in them; "" if none."""
    layers = ", ".join(f"{each['layer']} ({each['kind']})" for each in found["kept_whole"])
    return f"Not followed, so that what they read was kept whole: {layers}." if layers else ""


def nothing_text(found: Json) -> str:
    """Return why no channel went, "" if some did."""
    if any(each["before"] != each["after"] for each in found["layers"]):
        return ""
    asked = [name for name in GOALS if found["config"][name]]
    if not asked:
        return "nothing to prune: no channel is constant on the data."
    takes = [
        f'{name} = "{found["config"][name]}" ({amount_text(name, found["before"][COST_FIELDS[name]])})'
        for name in asked
    ]
    return f"nothing to prune: the whole model is already within {', '.join(takes)}."


def pruning_lines(found: Json) -> Iterator[str]:
    """Give lines for a person: costs, channels, steps; or that there was nothing to prune."""
    if text := nothing_text(found):
        yield text
        return
    yield from _lines((f"on {found['board']}", *COST_HEADINGS[1:]), cost_rows(found))
    if text := doubt_text(found):
        yield text
    yield ""
    yield from _lines(LAYER_HEADINGS, layer_rows(found))
    yield ""
    yield from _lines(step_headings(found), step_rows(found))
    if text := whole_text(found):
        yield text


def _lines(headings: tuple[str, ...], rows: Rows) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        yield "  ".join(cells).rstrip()
