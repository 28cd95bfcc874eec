# SPDX-License-Identifier: Apache-2.0
"""What a study has come to: each candidate's result, the Pareto front, and which of it is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from toolkit import metrics
from toolkit.errors import InputError, UsageError
from toolkit.extras import load_extra
from toolkit.search.question import Question
from toolkit.search.rungs import dominates
from toolkit.search.worker import OWN, place_of
from toolkit.sizing.cost import Cost
from toolkit.targets.cores import find_core
from toolkit.timing.model import latency_error
from toolkit.timing.text import digits, error_text
from toolkit.training.keeping import error_of_difference

_SHOWN = 5


@dataclass(frozen=True)
class Result:
    """A candidate: its number in the study, what it changes, and its values; or why it has none.

    cost is None where the candidate came to nothing before it could be measured.
    """

    number: int
    is_own: bool
    label: str
    changes: Mapping[str, Any]
    values: tuple[float, ...] | None
    reason: str
    cost: Cost | None
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def results_of(study: Any, question: Question) -> tuple[Result, ...]:
    """Return the results of a study, each place once, in order of their numbers."""
    states = load_extra("optuna").trial.TrialState
    found: dict[int, Result] = {}
    for trial in study.get_trials(deepcopy=False, states=(states.COMPLETE, states.PRUNED)):
        about, place = trial.user_attrs, place_of(trial)
        found.setdefault(
            place,
            Result(
                number=trial.number,
                is_own=place == OWN,
                label=about.get("label", ""),
                changes=about.get("changes", {}),
                values=tuple(trial.values) if trial.state == states.COMPLETE else None,
                reason=about.get("reason", ""),
                cost=Cost(**about["cost"]) if "cost" in about else None,
                seconds=float(about.get("seconds", 0.0)),
            ),
        )
    return tuple(sorted(found.values(), key=lambda result: result.number))


def front_of(results: Sequence[Result], question: Question) -> tuple[Result, ...]:
    """Return the candidates that no other is as good as everywhere and better somewhere, best score first.

    Of those with the same values it is the first.
    """
    points: dict[tuple[float, ...], Result] = {}
    for result in results:
        if result.values is not None:
            points.setdefault(question.lowest(result.values), result)
    return tuple(points[p] for p in sorted(points) if not any(dominates(other, p) for other in points))


def require_front(results: Sequence[Result], question: Question) -> tuple[Result, ...]:
    """Return the front. Raises InputError, with what became of the candidates, if there is none."""
    front = front_of(results, question)
    if not front:
        reasons = dict.fromkeys(f"{r.label or 'trial'}: {r.reason}" for r in results if r.reason)
        shown = "".join(f"\n  {reason}" for reason in list(reasons)[:_SHOWN])
        raise InputError(
            f"no candidate of {len(results)} fits the budget and was trained.{shown}",
            hint="Try: a larger budget, or more --trials; see: tinyml models",
            facts={"results": [result.to_json() for result in results]},
        )
    return front


def choose(results: Sequence[Result], question: Question, samples: int, number: int | None = None) -> Result:
    """Return the candidate number of the front; without one the fastest of those as good as the best.

    Of accuracies that is within one standard error of a difference on so many samples: on 180 of them two or
    three decide about nothing. Of errors it is the best alone. If some of these beat the project's own model
    in something and lose to it in nothing, it is the fastest of them. Raises UsageError for a number that is
    not on the front, which some result has to be on.
    """
    front = front_of(results, question)
    if number is not None:
        for result in front:
            if result.number == number:
                return result
        known = ", ".join(str(r.number) for r in front)
        raise UsageError(f"trial {number} is not on the front.", hint=f"Try: one of {known}")
    best = front[0]
    assert best.values is not None
    margin = error_of_difference(best.values[0], samples) if question.metric.endswith("accuracy") else 0.0
    alike = [r for r in front if r.values and abs(r.values[0] - best.values[0]) <= margin]
    own = next((question.lowest(r.values) for r in results if r.is_own and r.values), None)
    if own is not None:
        better = [r for r in alike if r.values and dominates(question.lowest(r.values), own)]
        alike = better or alike
    return min(alike, key=lambda r: r.values[1] if r.values else 0.0)


def headings(question: Question) -> tuple[str, ...]:
    """Return the headings of rows_of()."""
    return ("trial", "model", f"{question.metric}", question.names[1], "RAM, B", "flash, B", "MACs", "rate")


def row_of(result: Result, question: Question) -> tuple[str, ...]:
    """Return a candidate with values as a row."""
    assert result.values is not None
    assert result.cost is not None
    cost = result.cost
    time = digits(result.values[1]) if question.is_timed else f"{cost.macs:,}"
    rate = result.changes.get("training.learning_rate")
    recipe = result.changes.get("training.recipe", "")
    return (
        f"{result.number}{' (yours)' if result.is_own else ''}",
        result.label,
        metrics.score_text(question.metric, result.values[0]),
        time,
        f"{cost.ram_bytes:,}{' in patches' if cost.in_patches else ''}",
        f"{cost.flash_bytes:,}",
        f"{cost.macs:,}",
        " ".join(filter(None, (recipe, f"{rate:g}" if rate else ""))) or "–",
    )


def summary_of(results: Sequence[Result], question: Question) -> str:
    """Return a line that says what became of all candidates."""
    trained = sum(result.values is not None for result in results)
    counts: dict[str, int] = {}
    for result in results:
        if result.values is None:
            kind = result.reason.partition(":")[0]
            counts[kind] = counts.get(kind, 0) + 1
    others = "".join(f", {count} {kind}" for kind, count in sorted(counts.items()))
    error = latency_error(find_core(question.board.core).timing, question.board.flash_timing)
    modelled = f"; ms are {error_text(error)}" if question.is_timed else ""
    count = f"{len(results)} candidate{'' if len(results) == 1 else 's'}"
    return f"{count}: {trained} trained to the end{others}{modelled}"
