# SPDX-License-Identifier: Apache-2.0
"""tinyml search"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from toolkit import ui
from toolkit.cli.options import ByteSize, Name, json_option, open_pipeline, project_option

if TYPE_CHECKING:
    from toolkit.pipeline.pipeline import Pipeline
    from toolkit.search.question import Question
    from toolkit.search.results import Result
    from toolkit.search.samplers import SamplerName
    from toolkit.search.space import Part
    from toolkit.search.study import Found, Method

_UNITS_S = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A time such as 100ms, 90s, 30m, 8h or 2d, in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|min|h|d)", str(value))
        if not found or not float(found[1]):
            self.fail(f"{value!r} is not a time such as 100ms, 90s, 30m or 8h", param, ctx)
        return float(found[1]) * {"ms": 0.001, **_UNITS_S}[found[2]]


@click.command("search")
@click.option("--board", type=Name(), help="Default: the one in tinyml.toml.")
@click.option(
    "--max-ram", "ram_bytes", type=ByteSize(), help="The most RAM of the firmware. Default: the board's."
)
@click.option("--max-flash", "flash_bytes", type=ByteSize(), help="The most flash. Default: the board's.")
@click.option("--max-latency", "latency_s", type=Duration(), help="The longest inference, such as 100ms.")
@click.option(
    "--method",
    type=click.Choice(["trials", "one-shot"]),
    default="trials",
    show_default=True,
    help="trials trains each candidate; one-shot trains one mobilenet_v2 that holds many, picks parts of it "
    "by evolution, and trains the best.",
)
@click.option("--trials", type=click.IntRange(1, 1_000_000), help="Results that the study is to have.")
@click.option(
    "--time", "seconds", type=Duration(), help="Begin no new candidate after this long, such as 8h."
)
@click.option(
    "--storage",
    type=Name(),
    help="Where the study is kept: a file, sqlite:///FILE, or, for many computers, "
    "postgresql://USER@HOST/NAME. Default: build/search/journal.log.",
)
@click.option("--study", type=Name(), help="The study's name. Default: the project's and the board's.")
@click.option("--family", "families", type=Name(), multiple=True, help="Try only this family, or these.")
@click.option(
    "--keep",
    type=click.Choice(["family", "model", "features", "recipe"]),
    multiple=True,
    help="Leave this as it stands in tinyml.toml.",
)
@click.option("--epochs", type=click.IntRange(1, 1_000_000), help="Of each training. Default: the project's.")
@click.option(
    "--sampler",
    type=click.Choice(["evolution", "tpe", "nsga2", "random"]),
    default="evolution",
    show_default=True,
    help="evolution changes a little of the best so far, your own model first; the others are Optuna's.",
)
@click.option(
    "--heartbeat",
    "heartbeat_s",
    type=click.IntRange(1, 3600),
    default=60,
    show_default=True,
    help="Seconds between a worker's signs of life; after two it counts as dead.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Train one that no other beats so often, from other first weights: its score is the mean.",
)
@click.option("--choose", "number", type=int, help="Choose this trial of the front.")
@click.option("--write", is_flag=True, help="Write what is chosen to tinyml.toml; a copy of it is kept.")
@project_option
@json_option
def command(
    board: str | None,
    ram_bytes: int | None,
    flash_bytes: int | None,
    latency_s: float | None,
    method: str,
    trials: int | None,
    seconds: float | None,
    storage: str | None,
    study: str | None,
    families: tuple[str, ...],
    keep: tuple[str, ...],
    epochs: int | None,
    sampler: str,
    heartbeat_s: int,
    repeats: int,
    number: int | None,
    write: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Search for a model under a board's budget: family, size, features of sound, recipe, learning rate.

    Each candidate is quantized and compiled untrained first: what cannot fit costs seconds. Others are
    trained, and stopped early where others do better; the int8 model is judged on the validation split. The
    same command goes on where it was; with the same --storage it is one more worker. It ends with the
    candidates that no other beats, front.png, and the chosen one as build/search/tinyml.toml.

    \b
    Examples:
      tinyml search --max-ram 64k --max-latency 100ms --trials 40
      tinyml search --family mlp --keep recipe --trials 2
      tinyml search --method one-shot --max-latency 50ms --time 1h
    """
    from toolkit.renewal import Beginning, GrownError
    from toolkit.search.question import question_for
    from toolkit.search.study import Wanted, search
    from toolkit.sizing.cost import Budget

    beginning = Beginning()
    pipeline = open_pipeline(folder)
    dataset = pipeline.dataset()
    budget = Budget(ram_bytes, flash_bytes, None if latency_s is None else 1000 * latency_s)
    question = question_for(pipeline.one_board(board), budget, dataset.task, len(dataset.validation))
    wanted = Wanted(
        question=question,
        trials=trials if trials or seconds or method == "one-shot" else 50,
        seconds=beginning.left(seconds),
        storage=storage or "",
        study=study or "",
        families=families,
        keep=cast("tuple[Part, ...]", keep),
        epochs=epochs or 0,
        sampler=cast("SamplerName", sampler),
        heartbeat_s=heartbeat_s,
        method=cast("Method", method),
        repeats=repeats,
    )
    try:
        with ui.progress(f"search: {pipeline.project.name} on {question.board.name}") as on_progress:

            def on_result(results: Sequence[Result]) -> None:
                on_progress(len(results), wanted.results or 0, results[-1].label if results else "")

            found = search(pipeline.project, dataset, wanted, ui.note, on_result)
    except GrownError as error:
        beginning.anew(error)
    _show(pipeline, question, found, len(dataset.validation), number, write, as_json)


def _show(
    pipeline: Pipeline,
    question: Question,
    found: Found,
    samples: int,
    number: int | None,
    write: bool,
    as_json: bool,
) -> None:
    """Show the front, draw it, and write the chosen project file."""
    from toolkit.files import write_atomic
    from toolkit.search.chosen import changes_of, text_of, with_changes, write_chosen
    from toolkit.search.picture import front_png
    from toolkit.search.results import choose, headings, require_front, row_of, summary_of
    from toolkit.search.study import after_search

    front = require_front(found.results, question)
    chosen = choose(found.results, question, samples, number)
    folder, file = pipeline.folder / "search", pipeline.project.file
    picture = folder / "front.png"
    write_atomic(picture, front_png(found.results, front, chosen, question))
    text = with_changes(text_of(file), changes_of(chosen, question.board))
    write_atomic(folder / "tinyml.toml", text)
    backup = write_chosen(file, text) if write else None
    if as_json:
        ui.result_json(
            {
                "study": found.study,
                "storage": found.storage,
                "question": dict(question.to_json()),
                "results": [result.to_json() for result in found.results],
                "front": [result.number for result in front],
                "chosen": chosen.number,
                "picture": str(picture),
                "written": str(file) if write else None,
                "backup": str(backup) if backup else None,
            }
        )
        return
    ui.table(headings(question), [row_of(result, question) for result in front])
    ui.result(f"\n{summary_of(found.results, question)}")
    if later := after_search(pipeline.project):
        ui.result(later)
    ui.result(f"chosen: trial {chosen.number}, {chosen.label}; {picture}")
    _say_next(pipeline, question, file, backup, folder)


def _say_next(pipeline: Pipeline, question: Question, file: Path, backup: Path | None, folder: Path) -> None:
    from toolkit.search.study import sections_after

    check = f"tinyml check --board {question.board.name}"
    if backup is None:
        ui.result(f"{folder / 'tinyml.toml'} has it; the same command with --write puts it into {file.name}")
    else:
        ui.result(f"{file} has it now; {backup.name} is what stood there. Prove it: {check}")
        if sections := sections_after(pipeline.project):
            ui.result(f"{sections} stands in it, and is done to that model next: leave it out to prove this")
