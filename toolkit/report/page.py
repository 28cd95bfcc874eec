# SPDX-License-Identifier: Apache-2.0
"""What the report's page shows, ready formatted: the template only places it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from toolkit.data import Dataset
from toolkit.metrics import score_text
from toolkit.project.provenance import Provenance
from toolkit.report.boards import BoardPart, board_part, boards_table, streams_table
from toolkit.report.charts import Chart
from toolkit.report.classes import ClassScore, class_scores, label_scores, mean_of
from toolkit.report.confusion import Confusion, confusion_of
from toolkit.report.curves import comparison_charts, prediction_charts, training_charts
from toolkit.report.diagnosis import Diagnosis, diagnose_models
from toolkit.report.inputs import Inputs, Json
from toolkit.report.next_steps import NextStep, next_steps
from toolkit.report.pruning import (
    COST_HEADINGS,
    LAYER_HEADINGS,
    cost_rows,
    layer_rows,
    nothing_text,
    step_headings,
    step_rows,
    whole_text,
)
from toolkit.report.samples import DataPart, Tile, data_part, worst_tiles
from toolkit.report.tables import Table, number_text


@dataclass(frozen=True)
class Card:
    """A headline number. tone is "good", "bad" or ""."""

    title: str
    value: str
    note: str
    tone: str = ""


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
    """Everything on the page."""

    title: str
    description: str
    facts: tuple[str, ...]
    cards: tuple[Card, ...]
    next_steps: tuple[NextStep, ...]
    models: Table | None
    findings: tuple[Finding, ...]
    curves: tuple[tuple[str, tuple[Chart, ...]], ...]
    predictions: tuple[Chart, ...]
    pruning: tuple[Table, ...]
    pruning_note: str
    variants: Table | None
    hashes: tuple[tuple[str, str], ...]
    quantization_note: str
    comparison: tuple[Chart, ...]
    operators: tuple[str, ...]
    confusion: Confusion | None
    classes: tuple[ClassScore, ...]
    class_table: Table | None
    worst: Table | None
    worst_note: str
    worst_tiles: tuple[Tile, ...]
    alarms: Table | None
    boards: Table | None
    streams: Table | None
    board_parts: tuple[BoardPart, ...]
    data: DataPart | None
    made_by: Provenance

    @property
    def charts(self) -> list[Chart]:
        """Every chart, as files beside the page have them."""
        return [*(c for _, charts in self.curves for c in charts), *self.predictions, *self.comparison]


def make_page(inputs: Inputs, dataset: Dataset | None = None) -> Page:
    """Return the page for what is there; dataset is what was trained and tested on, if it is still there."""
    history = inputs.history or {}
    quantization = inputs.quantization
    classes = _classes(quantization) if quantization else ()
    mistakes = list((quantization or {}).get("worst") or ())
    findings = _findings(history)
    return Page(
        title=str(history.get("project", "Report")),
        description=str(history.get("description", "")),
        facts=_facts(history),
        cards=_cards(inputs),
        next_steps=next_steps(inputs, classes, findings[0].diagnosis if findings else None),
        models=_models(history),
        findings=findings,
        curves=tuple((label, tuple(charts)) for label, charts in training_charts(history)) if history else (),
        predictions=tuple(prediction_charts(history)) if history else (),
        pruning=_pruning(inputs.pruning) if inputs.pruning else (),
        pruning_note=_pruning_note(inputs.pruning) if inputs.pruning else "",
        variants=_variants(quantization) if quantization else None,
        hashes=_hashes(quantization) if quantization else (),
        quantization_note=_quantization_note(quantization) if quantization else "",
        comparison=tuple(comparison_charts(quantization)) if quantization else (),
        operators=_operators(quantization) if quantization else (),
        confusion=_confusion(quantization) if quantization else None,
        classes=classes,
        class_table=_class_table(classes) if classes else None,
        worst=_worst(mistakes) if mistakes else None,
        worst_note=_WORST_NOTES.get(str((quantization or {}).get("task")), ""),
        worst_tiles=worst_tiles(dataset, mistakes) if dataset and mistakes else (),
        alarms=_alarms(inputs),
        boards=boards_table(inputs.verdicts) if inputs.verdicts else None,
        streams=streams_table(inputs.streams) if inputs.streams else None,
        board_parts=tuple(board_part(verdict) for verdict in inputs.verdicts),
        data=data_part(dataset) if dataset else None,
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


def _facts(history: Json) -> tuple[str, ...]:
    if not history:
        return ()
    samples = ", ".join(f"{count} {name}" for name, count in history["samples"].items())
    return (f"data: {history['data']}", samples, f"seed {history['seed']}")


def _cards(inputs: Inputs) -> tuple[Card, ...]:
    if inputs.quantization:
        return _quantization_cards(inputs.quantization)
    if not inputs.history:
        return ()
    value = score_text(inputs.history["metric"], inputs.history["models"][0]["score"])
    return (Card(metric_text(inputs.history["metric"]), value, "float32, on the test split"),)


def _quantization_cards(quantization: Json) -> tuple[Card, ...]:
    metric = quantization["metric"]
    integer, real = quantization["int8"], quantization["float32"]
    name = quantization.get("scheme", "int8")
    return (
        Card(
            f"{name} {metric_text(metric)}",
            score_text(metric, integer["score"]),
            f"{number_text(quantization['samples'])} test samples; "
            f"float32: {score_text(metric, real['score'])}",
        ),
    )


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


def _pruning_note(found: Json) -> str:
    return " ".join(filter(None, (nothing_text(found), whole_text(found))))


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
        (name, number_text(variant["bytes"]), score_text(metric, variant["score"]))
        for name, variant in _both(quantization)
    ]
    return Table(("model", "bytes", f"{metric_text(metric)} on the test split"), tuple(rows))


def _both(quantization: Json) -> tuple[tuple[str, Json], ...]:
    return (
        ("float32", quantization["float32"]),
        (quantization.get("scheme", "int8"), quantization["int8"]),
    )


def _hashes(quantization: Json) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(variant["sha256"])) for name, variant in _both(quantization))


def _confusion(quantization: Json) -> Confusion | None:
    integer, real = quantization["int8"]["confusion"], quantization["float32"]["confusion"]
    return confusion_of(integer, real, quantization["classes"]) if integer else None


def _quantization_note(quantization: Json) -> str:
    note = (
        f"Both run by TFLite's reference kernels over {quantization['samples']} test samples; "
        f"ranges from {quantization['calibration_samples']} samples of the training split"
        f"{', ' + by if (by := quantization.get('calibrated_by')) else ''}."
    )
    agreement = quantization.get("agreement")
    if agreement is not None:
        note += f" They name the same class for {100 * agreement:.2f} % of the samples."
    return note


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
