# SPDX-License-Identifier: Apache-2.0
"""The tables of a study: as Markdown for people, as CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

from toolkit.study.file import Study
from toolkit.study.run import Result
from toolkit.study.statistics import Difference, Spread, difference_of, spread_of

Row = Sequence[str]
ByKey = dict[tuple[str, str], dict[int, dict[str, Any]]]
COLUMNS = (
    "data",
    "model",
    "recipe",
    "seed",
    "metric",
    "score",
    "top5",
    "mean_average_precision",
    "train_score",
    "validation_score",
    "test_loss",
    "epochs",
    "kept_epoch",
    "steps_an_epoch",
    "learning_rate",
    "rate_searched",
    "search_seconds",
    "seconds_to_kept",
    "seconds",
    "parameters",
    "code",
    "reason",
)


def results_csv(results: Iterable[Result]) -> str:
    """Return a row for each training; what was not measured is empty."""
    plain = (result for result in results if not result.cell.is_ablation)
    rows = ({**_of_cell(r), **(r.measured or {}), "reason": r.reason} for r in plain)
    return _csv(COLUMNS, rows)


def ablation_csv(results: Iterable[Result]) -> str:
    """Return a row for each training of an ablation: part is what was off, "" for nothing; on validation."""
    columns = (
        "data",
        "model",
        "recipe",
        "seed",
        "metric",
        "part",
        "score",
        "loss",
        "epochs",
        "learning_rate",
    )
    rows = [
        {**_of_cell(r), "metric": r.measured["metric"], **each}
        for r in results
        if r.measured and r.cell.is_ablation
        for each in r.measured["ablation"]
    ]
    return _csv(columns, rows)


def _of_cell(result: Result) -> dict[str, Any]:
    cell = result.cell
    return {"data": cell.data, "model": cell.model, "recipe": cell.recipe, "seed": cell.seed}


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def markdown(study: Study, results: Sequence[Result], cells: int) -> str:
    """Return all tables of a study, with what is missing of it."""
    plain = {name: _by_key(results, name) for name in study.recipes}
    parts = [f"# {study.study.name}", study.study.description, _about(results, cells)]
    metrics = sorted({r.measured["metric"] for r in results if r.measured})
    for metric in metrics:
        own = {recipe: _of_metric(found, metric) for recipe, found in plain.items()}
        parts += _of_accuracy(study, own, metric)
        parts += _of_gain(study, own, metric)
        parts += _of_time(study, own, metric)
        parts += _of_parts(study, results, metric)
    parts += _of_failures(results)
    return "\n\n".join(part for part in parts if part) + "\n"


def differences(study: Study, results: Sequence[Result]) -> dict[str, dict[str, Difference]]:
    """Return by metric and recipe what it has more than the study's own against."""
    found: dict[str, dict[str, Difference]] = {}
    for metric in sorted({r.measured["metric"] for r in results if r.measured}):
        scores = {
            name: _scores(_of_metric(_by_key(results, name), metric), "score") for name in study.recipes
        }
        for name in study.recipes:
            difference = difference_of(scores[name], scores[study.against])
            if name != study.against and difference:
                found.setdefault(metric, {})[name] = difference
    return found


def _about(results: Sequence[Result], cells: int) -> str:
    done = sum(result.measured is not None for result in results)
    codes = {result.measured["code"] for result in results if result.measured}
    text = f"{done} of {cells} cells are done."
    if len(codes) > 1:
        text += (
            f" They were made by {len(codes)} versions of the toolkit's code (column code of results.csv)."
        )
    return text


def _by_key(results: Sequence[Result], recipe: str) -> ByKey:
    found: ByKey = {}
    for result in results:
        cell = result.cell
        if result.measured and cell.recipe == recipe and not cell.is_ablation:
            found.setdefault((cell.data, cell.model), {})[cell.seed] = result.measured
    return found


def _of_metric(found: ByKey, metric: str) -> ByKey:
    return {key: each for key, each in found.items() if next(iter(each.values()))["metric"] == metric}


def _scores(found: ByKey, name: str) -> dict[tuple[str, str], dict[int, float]]:
    scores = {
        key: {seed: float(m[name]) for seed, m in each.items() if m.get(name) is not None}
        for key, each in found.items()
    }
    return {key: each for key, each in scores.items() if each}


def _keys(study: Study, found: Mapping[str, ByKey]) -> list[tuple[str, str]]:
    there = set().union(*(each.keys() for each in found.values()))
    ordered = ((data, model) for data in study.data for model in study.models_of(data))
    return [key for key in ordered if key in there]


def _of_accuracy(study: Study, found: Mapping[str, ByKey], metric: str) -> list[str]:
    """Return a table of the scores on the test split, and those of top-5 and mAP."""
    is_share = metric.endswith("accuracy")
    tables = [(f"Test {metric}{', %' if is_share else ''}", "score", 100.0 if is_share else 1.0)]
    if is_share:
        tables += [("Top-5 accuracy, %", "top5", 100.0), ("mAP, %", "mean_average_precision", 100.0)]
    parts = []
    for title, name, scale in tables:
        scores = {recipe: _scores(each, name) for recipe, each in found.items()}
        keys = [key for key in _keys(study, found) if any(key in each for each in scores.values())]
        if not keys:
            continue
        rows = [
            [*_named(key), _sizes(found, key), *(_spread(each.get(key), scale) for each in scores.values())]
            for key in keys
        ]
        rows.append(["mean", "", "", *(_mean_of(each, keys, scale) for each in scores.values())])
        head = ["data", "model", "train / validation / test", *scores]
        parts += [f"## {title}", "Mean and standard deviation over the seeds.", _table(head, rows)]
    return parts


def _of_gain(study: Study, found: Mapping[str, ByKey], metric: str) -> list[str]:
    """Return what each recipe gains over the one that all are compared with."""
    if len(study.recipes) < 2:
        return []
    scale = 100.0 if metric.endswith("accuracy") else 1.0
    scores = {recipe: _scores(each, "score") for recipe, each in found.items()}
    rows = []
    for recipe in study.recipes:
        gain = difference_of(scores[recipe], scores[study.against])
        if recipe == study.against or gain is None:
            continue
        error = "" if gain.error is None else f" ± {scale * gain.error:.2f}"
        counts = f"{gain.better} / {gain.equal} / {gain.worse}"
        rows.append([recipe, f"{scale * gain.mean:+.2f}{error}", counts, _p(gain.p), _p(gain.p_t)])
    if not rows:
        return []
    head = ["recipe", "difference", "higher / equal / lower", "p, Wilcoxon", "p, t-test"]
    text = (
        f"What a recipe has more of {metric} than {study.against}"
        f"{', in points' if scale > 1 else ''}: the mean over the data sets with its standard error, on how "
        "many sets it is higher, equal or lower, and the chance of so large a difference if there were none."
    )
    return [f"## Against {study.against}", text, _table(head, rows)]


def _of_time(study: Study, found: Mapping[str, ByKey], metric: str) -> list[str]:
    """Return epochs and seconds, and the rates."""
    rows = []
    for key in _keys(study, found):
        for recipe, each in found.items():
            if key not in each:
                continue
            runs = list(each[key].values())
            rates = [float(run["learning_rate"]) for run in runs]
            rows.append(
                [
                    *_named(key),
                    recipe,
                    _number(mean(run["kept_epoch"] for run in runs)),
                    _number(mean(run["epochs"] for run in runs)),
                    _number(mean(run["search_seconds"] for run in runs)),
                    _number(mean(run["seconds_to_kept"] for run in runs)),
                    f"{min(rates):.3g}" + (f" to {max(rates):.3g}" if max(rates) > min(rates) else ""),
                ]
            )
    head = ["data", "model", "recipe", "best epoch", "epochs", "search, s", "to the best, s", "rate"]
    text = (
        "Means over the seeds. Seconds are of the computers that worked on it, with whatever else they did; "
        "those to the best epoch have the search for the rate in them."
    )
    return [f"## Epochs and time{_of(metric)}", text, _table(head, rows)] if rows else []


def _of_parts(study: Study, results: Sequence[Result], metric: str) -> list[str]:
    """Return what each part of a recipe is worth, on the validation split."""
    parts = []
    scale = 100.0 if metric.endswith("accuracy") else 1.0
    for recipe in study.study.ablate:
        runs = [
            r.measured["ablation"]
            for r in results
            if r.measured
            and r.cell.is_ablation
            and r.cell.recipe == recipe
            and r.measured["metric"] == metric
        ]
        losses: dict[str, list[float]] = {}
        for run in runs:
            whole = run[0]["score"]
            for each in run[1:]:
                losses.setdefault(each["part"], []).append(scale * (whole - each["score"]))
        rows = [
            [part, _spread_text(spread_of(each), 1.0, "+"), str(len(each))] for part, each in losses.items()
        ]
        if rows:
            text = (
                f"By how much the validation {metric} is higher with a part than without it"
                f"{', in points' if scale > 1 else ''}: mean and standard deviation over data sets and "
                "seeds. The rate is searched for once, with all parts on."
            )
            parts += [f"## Parts of {recipe}", text, _table(["part", "worth", "trainings"], rows)]
    return parts


def _of_failures(results: Sequence[Result]) -> list[str]:
    rows = [[result.cell.label, result.reason] for result in results if result.measured is None]
    return ["## Cells without a result", _table(["cell", "why"], rows)] if rows else []


def _of(metric: str) -> str:
    return "" if metric == "accuracy" else f", {metric}"


def _named(key: tuple[str, str]) -> list[str]:
    return list(key)


def _sizes(found: Mapping[str, ByKey], key: tuple[str, str]) -> str:
    run = next(run for each in found.values() if key in each for run in each[key].values())
    return " / ".join(str(count) for count in run["samples"].values())


def _spread(scores: Mapping[int, float] | None, scale: float) -> str:
    return _spread_text(spread_of(list((scores or {}).values())), scale)


def _spread_text(spread: Spread | None, scale: float, sign: str = "") -> str:
    if spread is None:
        return "–"
    places = 1 if scale > 1 or sign else 4
    value = f"{scale * spread.mean:{sign}.{places}f}"
    return f"{value} ± {scale * spread.deviation:.{places}f}" if spread.count > 1 else f"{value} (1)"


def _mean_of(
    scores: Mapping[tuple[str, str], Mapping[int, float]], keys: Sequence[tuple[str, str]], scale: float
) -> str:
    """Nothing unless every set has a score: other means could not be compared."""
    if not all(key in scores for key in keys):
        return "–"
    value = mean(mean(scores[key].values()) for key in keys)
    return f"{scale * value:.1f}" if scale > 1 else f"{value:.4f}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _table(head: Row, rows: Iterable[Row]) -> str:
    clean: Callable[[str], str] = lambda cell: cell.replace("|", r"\|").replace("\n", " ")  # noqa: E731
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(clean(cell) for cell in line) + " |" for line in lines)
