# SPDX-License-Identifier: Apache-2.0
"""What to do next, the most urgent first: from what is there, what is wrong, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from toolkit.report.boards import TIGHT, known_board, shares_of
from toolkit.report.classes import ClassScore
from toolkit.report.diagnosis import Diagnosis
from toolkit.report.inputs import Inputs
from toolkit.report.text import quantization_notes

_MOST = 4
_WEAK, _FEWEST = 0.8, 5
"""A class of so many test samples is weak if its recall is below this part of the best one's."""


@dataclass(frozen=True)
class NextStep:
    """A sentence and, if one helps, a command. tone is "bad" for what is wrong, "" for what is to come."""

    text: str
    command: str = ""
    tone: str = ""


def next_steps(
    inputs: Inputs, classes: Sequence[ClassScore], diagnosis: Diagnosis | None
) -> tuple[NextStep, ...]:
    """Return at most four steps."""
    found = (*_wrong(inputs), *_of_training(diagnosis), *_weak(classes), *_tight(inputs), *_ahead(inputs))
    return tuple(islice(found, _MOST))


def _wrong(inputs: Inputs) -> Iterator[NextStep]:
    for verdict in inputs.verdicts:
        if not verdict["passed"]:
            text = f"{verdict['board']} does not compute what the reference computes. Find the first layer:"
            yield NextStep(text, "tinyml bisect", "bad")
    if inputs.quantization:
        for note in quantization_notes(inputs.quantization):
            yield NextStep(note, "", "bad")
    for board in inputs.outdated:
        text = f"{board} is left out, because another model or firmware was checked:"
        yield NextStep(text, f"tinyml check --board {_option(board)}", "bad")


def _of_training(diagnosis: Diagnosis | None) -> Iterator[NextStep]:
    if diagnosis and diagnosis.verdict != "settled":
        yield NextStep(f"Training: {diagnosis.verdict}. {diagnosis.advice}", "", "bad")


def _weak(classes: Sequence[ClassScore]) -> Iterator[NextStep]:
    """Name the class that is found least often, if that is much less often than the others."""
    known = [(c.recall, c) for c in classes if c.recall is not None and c.samples >= _FEWEST]
    if len(known) < 2:
        return
    recall, weakest = min(known, key=lambda pair: pair[0])
    if recall < _WEAK * max(pair[0] for pair in known):
        text = f"{weakest.name} is found in only {100 * recall:.0f} % of its {weakest.samples} test samples"
        yield NextStep(f"{text}: look at them, and collect more.", "tinyml live")


def _tight(inputs: Inputs) -> Iterator[NextStep]:
    for verdict in inputs.verdicts:
        for share in shares_of(verdict):
            if share.share > TIGHT:
                board = verdict["board"]
                text = f"{board} has little {share.name} left: {share.percent} is used."
                yield NextStep(text, f"tinyml inspect build/model.tflite --board {board} --frontier")


def _ahead(inputs: Inputs) -> Iterator[NextStep]:
    if inputs.history is None:
        yield NextStep("Train a model.", "tinyml train")
    elif inputs.quantization is None:
        yield NextStep("Make it an int8 model, and see what that costs.", "tinyml quantize")
    elif not inputs.verdicts:
        yield NextStep("Run it on a board, in emulation, and compare every byte.", "tinyml check")
    else:
        yield from _onto_a_board(inputs)
        yield NextStep("Try it with pictures, sounds or movements of your own.", "tinyml live")
        yield NextStep("See whether a smaller or a better model fits.", "tinyml search")


def _onto_a_board(inputs: Inputs) -> Iterator[NextStep]:
    """The boards that passed and can be flashed; a machine of QEMU's stands for none."""
    for verdict in inputs.verdicts:
        board = known_board(str(verdict["board"]))
        if verdict["passed"] and board is not None and not board.is_host:
            yield NextStep(
                "Put it on the board that lies on your desk.", f"tinyml flash --board {board.name}"
            )
            return


def _option(board: str) -> str:
    """Return what asks for a board again; a machine of QEMU's goes by the board that it stands in for."""
    name = board.removesuffix("_qemu")
    return name if name == board else f"{name} --runner qemu"
