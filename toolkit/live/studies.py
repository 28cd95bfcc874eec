# SPDX-License-Identifier: Apache-2.0
"""What `tinyml search` has come to, on the page: its candidates, the front, and the choice of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.data import load_saved_dataset
from toolkit.errors import TinymlError, UsageError
from toolkit.project.config import load_project
from toolkit.search.chosen import changes_of, text_of, with_changes, write_chosen
from toolkit.search.question import Question, question_for
from toolkit.search.results import Result, choose, front_of, headings, row_of, summary_of
from toolkit.search.study import kept_results
from toolkit.sizing.cost import Budget
from toolkit.targets.board import Board


def show_study(root: Path, board: Board) -> dict[str, Any]:
    """Return the candidates of the project's study for board, as JSON; has is false if there is none yet."""
    try:
        question, results, _ = _known(root, board)
    except TinymlError as error:
        return {"has": False, "why": error.message, "count": 0}
    front = front_of(results, question)
    best = {result.number for result in front}
    return {
        "has": bool(results),
        "why": "",
        "count": len(results),
        "names": list(question.names),
        "headings": list(headings(question)),
        "front": [{"number": r.number, "row": list(row_of(r, question))} for r in front],
        "points": [_point(r, r.number in best) for r in results if r.values is not None],
        "summary": summary_of(results, question) if results else "",
    }


def choose_trial(root: Path, board: Board, number: int) -> dict[str, Any]:
    """Write a candidate of the front into tinyml.toml, as `tinyml search --choose N --write` does.

    Raises UsageError for one that is not on the front.
    """
    question, results, samples = _known(root, board)
    if not results:
        raise UsageError("nothing was searched yet.", hint="Try: tinyml search")
    chosen = choose(results, question, samples, number)
    file = load_project(root).file
    text = with_changes(text_of(file), changes_of(chosen, board))
    backup = write_chosen(file, text)
    return {"chosen": chosen.number, "label": chosen.label, "backup": backup.name}


def _known(root: Path, board: Board) -> tuple[Question, tuple[Result, ...], int]:
    project = load_project(root)
    dataset = load_saved_dataset(project.build_dir / "data")
    samples = len(dataset.validation)
    question = question_for(board, Budget(), dataset.task, samples)
    return question, kept_results(project, question), samples


def _point(result: Result, is_best: bool) -> dict[str, Any]:
    assert result.values is not None
    score, time, ram = result.values
    about = {"number": result.number, "label": result.label, "is_best": is_best, "is_own": result.is_own}
    return {**about, "score": score, "time": time, "ram": ram}
