# SPDX-License-Identifier: Apache-2.0
"""What the report's page shows, ready formatted: the template only places it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from toolkit.metrics import score_text
from toolkit.project.provenance import Provenance
from toolkit.report.classes import ClassScore, class_scores, label_scores, mean_of
from toolkit.report.diagnosis import Diagnosis, diagnose_models
from toolkit.report.inputs import Inputs, Json
from toolkit.report.pruning import (
    COST_HEADINGS,
    LAYER_HEADINGS,
    cost_rows,
    layer_rows,
    step_headings,
    step_rows,
    whole_text,
)
from toolkit.report.text import quantization_notes
from toolkit.timing.text import digits, error_text


@dataclass(frozen=True)
class Card:
    """A headline number. tone is "good", "bad" or ""."""

    title: str
    value: str
    note: str
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first column names the row, the others are numbers."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Bar:
    """A layer's share of the inference: percent is of all, width of the widest."""

    label: str
    value: str
    percent: str
    width: str


@dataclass(frozen=True)
class BoardPart:
    """What the check of one board said."""

    name: str
    passed: bool
    summary: str
    difference: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Finding:
    """What the curves of one model say."""

    model: str
    diagnosis: Diagnosis

    @property
    def tone(self) -> str:
        """Return "good", "bad" or ""."""
        return {"settled": "good", "still learning": "", "unclear": ""}.get(self.diagnosis.verdict, "bad")


@dataclass(frozen=True)
class Page:
    """Everything on the page but its plots."""

    title: str
    description: str
    facts: tuple[str, ...]
    cards: tuple[Card, ...]
    models: Table | None
    findings: tuple[Finding, ...]
    pruning: tuple[Table, ...]
    pruning_note: str
    variants: Table | None
    quantization_note: str
    operators: tuple[str, ...]
    classes: tuple[ClassScore, ...]
    class_table: Table | None
    worst: Table | None
    worst_note: str
    alarms: Table | None
    boards: Table | None
    streams: Table | None
    board_parts: tuple[BoardPart, ...]
    outdated: str
    made_by: Provenance


def make_page(inputs: Inputs) -> Page:
    """Return the page for what is there."""
    history = inputs.history or {}
    quantization = inputs.quantization
    classes = _classes(quantization) if quantization else ()
    return Page(
        title=str(history.get("project", "Report")),
        description=str(history.get("description", "")),
        facts=_facts(history),
        cards=_cards(inputs),
        models=_models(history),
        findings=_findings(history),
        pruning=_pruning(inputs.pruning) if inputs.pruning else (),
        pruning_note=whole_text(inputs.pruning) if inputs.pruning else "",
        variants=_variants(quantization) if quantization else None,
        quantization_note=_quantization_note(quantization) if quantization else "",
        operators=_operators(quantization) if quantization else (),
        classes=classes,
        class_table=_class_table(classes) if classes else None,
        worst=_worst(quantization["worst"]) if quantization and quantization.get("worst") else None,
        worst_note=_WORST_NOTES.get(str((quantization or {}).get("task")), ""),
        alarms=_alarms(inputs),
        boards=_boards(inputs.verdicts) if inputs.verdicts else None,
        streams=_streams(inputs.streams) if inputs.streams else None,
        board_parts=tuple(_board_part(verdict) for verdict in inputs.verdicts),
        outdated=_outdated(inputs.outdated),
        made_by=_made_by(quantization or {}),
    )


def page_json(page: Page) -> str:
    """Return report.json: what the page finds out beyond the files that it is from."""
    about = {
        "made_by": page.made_by.to_json(),
        "classes": [asdict(score) for score in page.classes],
        "diagnoses": [{"model": finding.model, **asdict(finding.diagnosis)} for finding in page.findings],
    }
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def metric_text(metric: str) -> str:
    """Return the metric's name for people."""
    names = {"mae": "mean absolute error", "auc": "AUC", "binary_accuracy": "accuracy of the labels"}
    return names.get(metric, metric)


def number_text(value: float | None) -> str:
    """Return a whole number with thousands separated, and a dash for none."""
    return "–" if value is None else f"{value:,.0f}"


def _facts(history: Json) -> tuple[str, ...]:
    if not history:
        return ()
    samples = ", ".join(f"{count} {name}" for name, count in history["samples"].items())
    return (f"data: {history['data']}", samples, f"seed {history['seed']}")


def _cards(inputs: Inputs) -> tuple[Card, ...]:
    cards = []
    if inputs.quantization:
        cards += _quantization_cards(inputs.quantization)
    elif inputs.history:
        first = inputs.history["models"][0]
        value = score_text(inputs.history["metric"], first["score"])
        cards.append(Card(metric_text(inputs.history["metric"]), value, "on the test split"))
    if inputs.verdicts:
        passed = sum(bool(verdict["passed"]) for verdict in inputs.verdicts)
        total = len(inputs.verdicts)
        tone = "good" if passed == total else "bad"
        cards.append(Card("boards right to the byte", f"{passed} of {total}", "every output compared", tone))
    return tuple(cards)


def _quantization_cards(quantization: Json) -> list[Card]:
    metric = quantization["metric"]
    integer, real = quantization["int8"], quantization["float32"]
    name = quantization.get("scheme", "int8")
    return [
        Card(
            f"{name} {metric_text(metric)}",
            score_text(metric, integer["score"]),
            f"float32: {score_text(metric, real['score'])}",
        ),
        Card(
            f"{name} model file",
            f"{number_text(integer['bytes'])} B",
            f"float32: {number_text(real['bytes'])} B",
        ),
    ]


def _made_by(quantization: Json) -> Provenance:
    return Provenance.from_json(quantization.get("made_by", {}))


def _models(history: Json) -> Table | None:
    if not history:
        return None
    metric = history["metric"]
    rows = []
    for number, model in enumerate(history["models"]):
        validation = model["curves"].get(f"val_{metric}", [None])[-1]
        rows.append(
            (
                model["label"] + (" (to deploy)" if number == 0 else ""),
                number_text(model["parameters"]),
                number_text(len(model["curves"]["loss"])),
                score_text(metric, validation),
                score_text(metric, model["score"]),
            )
        )
    name = metric_text(metric)
    return Table(("model", "parameters", "epochs", f"validation {name}", f"test {name}"), tuple(rows))


def _findings(history: Json) -> tuple[Finding, ...]:
    return tuple(Finding(label, diagnosis) for label, diagnosis in diagnose_models(history))


def _pruning(found: Json) -> tuple[Table, ...]:
    """Return what pruning saved, each layer's channels, and the steps with their scores."""
    return (
        Table((f"on {found['board']}", *COST_HEADINGS[1:]), tuple(cost_rows(found))),
        Table(LAYER_HEADINGS, tuple(layer_rows(found))),
        Table(step_headings(found), tuple(step_rows(found))),
    )


def _variants(quantization: Json) -> Table:
    metric = quantization["metric"]
    rows = [
        (name, number_text(variant["bytes"]), score_text(metric, variant["score"]), variant["sha256"][:12])
        for name, variant in (
            ("float32", quantization["float32"]),
            (quantization.get("scheme", "int8"), quantization["int8"]),
        )
    ]
    return Table(("model", "bytes", f"{metric_text(metric)} on the test split", "SHA-256"), tuple(rows))


def _quantization_note(quantization: Json) -> str:
    note = (
        f"Both run by TFLite's reference kernels over {quantization['samples']} test samples; "
        f"ranges from {quantization['calibration_samples']} samples of the training split"
        f"{', ' + by if (by := quantization.get('calibrated_by')) else ''}."
    )
    agreement = quantization.get("agreement")
    if agreement is not None:
        note += f" They name the same class for {100 * agreement:.2f} % of the samples."
    return " ".join([note, *quantization_notes(quantization)])


def _operators(quantization: Json) -> tuple[str, ...]:
    return tuple(f"{name} × {count}" for name, count in quantization["operators"].items())


def _classes(quantization: Json) -> tuple[ClassScore, ...]:
    integer, names = quantization["int8"], quantization["classes"]
    if integer.get("label_counts"):
        return label_scores(integer["label_counts"], names)
    return class_scores(integer["confusion"], names) if integer["confusion"] else ()


def _class_table(classes: tuple[ClassScore, ...]) -> Table:
    rows = [(c.name, number_text(c.samples), *map(_percent, (c.precision, c.recall, c.f1))) for c in classes]
    means = [mean_of([getattr(c, name) for c in classes]) for name in ("precision", "recall", "f1")]
    total = number_text(sum(c.samples for c in classes))
    return Table(
        ("class", "test samples", "precision", "recall", "F1"),
        (*rows, ("mean of the classes", total, *map(_percent, means))),
    )


def _percent(value: float | None) -> str:
    return score_text("accuracy", value)


_WORST_NOTES = {
    "multilabel": "Of each sample the label that was named, or left out, most surely and wrongly.",
    "anomaly": "The anomalous samples with the lowest errors and the normal ones with the highest: how far "
    "that is on the wrong side of the threshold; a negative number is on the right side.",
}


def _worst(mistakes: list[Json]) -> Table:
    rows = [
        (str(m["name"]) or f"sample {m['sample']}", str(m["truth"]), str(m["said"]), f"{m['by']:.4g}")
        for m in mistakes
    ]
    return Table(("test sample", "truth", "the model said", "wrong by"), tuple(rows))


def _alarms(inputs: Inputs) -> Table | None:
    """Return what the threshold of an anomaly detector is worth: float, int8 and on each board."""
    quantization = inputs.quantization or {}
    found = [(name, (quantization.get(name) or {}).get("detection")) for name in ("float32", "int8")]
    found += [(str(v["board"]), (v.get("score") or {}).get("detection")) for v in inputs.verdicts]
    rows = [
        (name, f"{d['threshold']:.4g}", *map(_percent, (d["recall"], d["precision"], d["false_alarms"])))
        for name, d in found
        if d
    ]
    return Table(("model", "threshold", "recall", "precision", "false alarms"), tuple(rows)) if rows else None


_SIZES = {
    "instructions": "instructions",
    "cycles": "cycles",
    "waiting for flash": "flash_wait_cycles",
    "arena": "arena_bytes",
    "stack": "stack_bytes",
    "RAM": "ram_bytes",
    "weights": "weights_bytes",
    "model in flash": "model_flash_bytes",
    "flash": "flash_bytes",
}


def _boards(verdicts: tuple[Json, ...]) -> Table:
    headings = ("board", "equal samples", "on the board", "on the host", "milliseconds", *_SIZES)
    return Table(headings, tuple(_board_row(verdict) for verdict in verdicts))


def _board_row(verdict: Json) -> tuple[str, ...]:
    score: Mapping[str, Any] = verdict.get("score") or {}
    metric = str(score.get("metric", ""))
    return (
        str(verdict["board"]),
        f"{number_text(verdict['equal'])} of {number_text(verdict['samples'])}",
        score_text(metric, score.get("device")),
        score_text(metric, score.get("host")),
        _latency_text(verdict),
        *(number_text(verdict.get(key)) for key in _SIZES.values()),
    )


def _streams(streams: tuple[Json, ...]) -> Table:
    headings = ("board", "equal windows", "a frame or row", "RAM of the stream")
    rows = [
        (
            str(stream["board"]),
            f"{number_text(stream['equal'])} of {number_text(stream['windows'])}",
            f"{number_text(stream['row_cycles'])} {stream['unit']}",
            number_text(stream["ram_bytes"]),
        )
        for stream in streams
    ]
    return Table(headings, tuple(rows))


def _latency_text(verdict: Json) -> str:
    """Return milliseconds; modelled ones never without their error."""
    milliseconds = verdict.get("latency_ms")
    if milliseconds is None:
        return number_text(None)
    if not verdict.get("latency_is_modelled"):
        return digits(milliseconds)
    return f"{digits(milliseconds)} {error_text(verdict.get('latency_error'))}"


def _outdated(boards: tuple[str, ...]) -> str:
    if not boards:
        return ""
    commands = ", ".join(f"tinyml check --board {_option(board)}" for board in boards)
    return f"Left out, because another model or firmware was checked: {', '.join(boards)}. Try: {commands}"


def _option(board: str) -> str:
    """Return what asks for a board again; a machine of QEMU's goes by the board that it stands in for."""
    name = board.removesuffix("_qemu")
    return name if name == board else f"{name} --runner qemu"


def _board_part(verdict: Json) -> BoardPart:
    passed = bool(verdict["passed"])
    what = "all equal" if passed else f"{verdict['samples'] - verdict['equal']} differ"
    return BoardPart(
        name=str(verdict["board"]),
        passed=passed,
        summary=f"{verdict['samples']} samples, run by {verdict.get('remark') or verdict['runner']}, "
        f"compared with {verdict['oracle']}: {what}",
        difference=_difference(verdict.get("first_difference")),
        bars=_bars(verdict.get("layers") or []),
    )


def _difference(first: Json | None) -> str:
    if not first:
        return ""
    return (
        f"First difference: sample {first['sample']}, output {first['output']} "
        f"(written by {first['layer']}), index {first['index']}: "
        f"expected {first['expected']:g}, got {first['got']:g}."
    )


def _bars(layers: list[Json]) -> tuple[Bar, ...]:
    counts = [count for layer in layers if (count := _count(layer)) is not None]
    if len(counts) < len(layers):
        return ()  # nothing counts there: QEMU's machines have no cycle counter
    total, widest = sum(counts) or 1, max(counts, default=1) or 1
    return tuple(
        Bar(
            label=f"{layer['index']} {layer['name']}",
            value=number_text(count),
            percent=f"{100 * count / total:.1f} %",
            width=f"{100 * count / widest:.1f}",
        )
        for layer, count in zip(layers, counts, strict=True)
    )


def _count(layer: Json) -> int | None:
    """What a layer took: cycles, or instructions where no cycles are known; None where neither is."""
    cycles = layer.get("cycles")
    count = layer["instructions"] if cycles is None else cycles
    return None if count is None else int(count)
