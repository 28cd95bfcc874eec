# SPDX-License-Identifier: Apache-2.0
"""The few lines that a person reads after a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.metrics import Detection, score_text
from toolkit.passes.dropped import Dropped
from toolkit.quantization.loss import loss_note
from toolkit.quantization.narrowed import Narrow, narrow_lines
from toolkit.quantization.steps import coarse_note
from toolkit.quantization.widened import Wide, price_lines
from toolkit.targets.board import load_board
from toolkit.timing.text import modelled_text
from toolkit.verify.verdict import Score, Verdict


def quantization_lines(report: Mapping[str, Any]) -> list[str]:
    """Return float and int8 side by side, from quantization.json."""
    metric = report["metric"]
    rows = [f"{'':9}  {metric:>9}  {'size':>9}"]
    for name, variant in (("float32", report["float32"]), (_integers(report), report["int8"])):
        rows.append(f"{name:9}  {score_text(metric, variant['score']):>9}  {variant['bytes']:>7,} B")
    operators = ", ".join(f"{name} {count}" for name, count in report["operators"].items())
    found = report["int8"]["detection"]
    alarms = [detection_text(Detection(**found))] if found else []
    return [
        *rows,
        *alarms,
        *quantization_notes(report),
        *bits_lines(report),
        f"{report['samples']} test samples; operators: {operators}",
    ]


def _integers(report: Mapping[str, Any]) -> str:
    scheme = str(report.get("scheme", "int8"))
    return f"{scheme}+int4" if any(each["is_narrow"] for each in report.get("narrow", ())) else scheme


def bits_lines(report: Mapping[str, Any]) -> list[str]:
    """Return what 16 and 4 bits cost in each place, if a model was to have such."""
    wide = [Wide(**each) for each in report.get("mixed", ())]
    return [*price_lines(wide), *narrow_lines([Narrow(**each) for each in report.get("narrow", ())])]


def quantization_notes(report: Mapping[str, Any]) -> list[str]:
    """Return what the integers lost, why, and what in the model does nothing, from quantization.json.

    Nothing if it is little.
    """
    dropped = Dropped(**report["dropped"]).advice if report.get("dropped") else ""
    return [note for note in (coarse_note(report), loss_note(report), dropped) if note]


def detection_text(found: Detection) -> str:
    """Return what a threshold is worth, for a person."""
    names = ("recall", "precision", "false_alarms")
    shares = (f"{name.replace('_', ' ')} {score_text('accuracy', getattr(found, name))}" for name in names)
    return f"anomalous above an error of {found.threshold:.4g}: {', '.join(shares)}"


def verdict_lines(verdict: Verdict) -> list[str]:
    """Return what was compared with what, how good it was, and what it took."""
    what = "every output byte" if verdict.passed else "DIFFERENT"
    lines = [
        f"{verdict.board} ({verdict.runner}): {verdict.equal} of {verdict.samples} {verdict.compared} equal, "
        f"{what}",
        f"  against   {verdict.oracle}",
    ]
    if verdict.remark:
        lines.append(f"  ran on    {verdict.remark}")
    if verdict.first_difference:
        lines.append(f"  first     {verdict.first_difference}")
    if verdict.score:
        lines.append(f"  {_score_text(verdict.score)}")
        if verdict.score.detection:
            lines.append(f"  {detection_text(verdict.score.detection)}")
    if verdict.instructions is not None or verdict.cycles is not None:
        lines.append(f"  inference {_inference_text(verdict)}")
    model = f"the model {verdict.model_flash_bytes:,} B, " if verdict.model_flash_bytes else ""
    lines.append(f"  flash     {verdict.flash_bytes:,} B; {model}weights {verdict.weights_bytes:,} B")
    lines.append(
        f"  RAM       {verdict.ram_bytes:,} B; arena {verdict.arena_bytes:,} B as planned, "
        f"stack {verdict.stack_bytes:,} B used"
    )
    return lines


def aligned(rows: Sequence[Sequence[str]], left: Sequence[int]) -> list[str]:
    """Return rows of cells as lines of a table; the columns in left are aligned to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _inference_text(verdict: Verdict) -> str:
    counts = ((verdict.instructions, "instructions"), (verdict.cycles, "cycles"))
    text = ", ".join(f"{count:,} {unit}" for count, unit in counts if count is not None)
    if verdict.flash_wait_cycles:
        text += f" and {verdict.flash_wait_cycles:,} waiting for flash"
    if verdict.latency_ms is None:
        return text
    clock_hz = load_board(verdict.board).clock.hz
    if not verdict.latency_is_modelled:
        return f"{text}: {verdict.latency_ms:.4g} ms"
    return f"{text}: {modelled_text(verdict.latency_ms, verdict.latency_error, clock_hz)}"


def _score_text(score: Score) -> str:
    device, host = score_text(score.metric, score.device), score_text(score.metric, score.host)
    return f"{score.metric:9} {device} on the device, {host} on the host"
