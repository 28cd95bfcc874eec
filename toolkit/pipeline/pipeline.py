# SPDX-License-Identifier: Apache-2.0
"""Runs the steps of a project: each after what it needs, and only if it is out of date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.compiler.compile import CompiledModel
from toolkit.data import Dataset
from toolkit.errors import InputError, UsageError
from toolkit.firmware import Firmware, load_firmware
from toolkit.pipeline.build import board_folder, built_model
from toolkit.pipeline.compile import compiled_model
from toolkit.pipeline.framework import framework_firmware
from toolkit.pipeline.pricing import Pricing
from toolkit.pipeline.step import Context, Curves, Step
from toolkit.plugins import by_name, load_plugins
from toolkit.project.code_graph import code_digest
from toolkit.project.config import Project
from toolkit.project.stamps import Stamps
from toolkit.pruning.board import board_of
from toolkit.report import write_report
from toolkit.suggest import quoted
from toolkit.targets.board import EVERY, Board, board_names, load_board, use_boards_of
from toolkit.training.tensorboard import live_logs, settle_logs
from toolkit.ui import Progress


def steps() -> dict[str, Step]:
    """Return every step by its name."""
    return by_name(load_plugins("toolkit.pipeline", "STEP"))


class Pipeline:
    """One project's steps; on_step hears what is made and what is reused.

    skip_broken leaves data out that cannot be read, whenever the step data runs. code gives the hash of
    what a module depends on in the toolkit; tests give another.
    """

    def __init__(
        self,
        project: Project,
        *,
        on_step: Callable[[str], None],
        progress: Progress,
        skip_broken: bool = False,
        code: Callable[[str], str] = code_digest,
    ) -> None:
        use_boards_of(project.root)
        board = load_board(project.firmware.board)
        if project.training.prune.is_on:
            board_of(project)  # before hours of training
        pricing = Pricing(project.name, board, code)
        self.context = Context(project, board, on_step, progress, skip_broken, pricing=pricing)
        self._code = code
        self._stamps = Stamps(project.build_dir / ".stamps")
        self._done: set[str] = set()
        self._made: set[str] = set()

    @property
    def project(self) -> Project:
        """The project."""
        return self.context.project

    @property
    def folder(self) -> Path:
        """Where everything that is made goes."""
        return self.context.folder

    @property
    def progress(self) -> Progress:
        """What shows how far something is."""
        return self.context.progress

    def run(self, name: str, context: Context | None = None) -> Context:
        """Run a step, after those that it needs, unless it is current; return what it worked on."""
        step, context = steps()[name], context or self.context
        for needed in step.needs:
            self.run(needed, context)
        title = step.title(context)
        if title not in self._done:
            self._done.add(title)
            self._run(step, context)
        return context

    def has_made(self, name: str) -> bool:
        """Return whether this pipeline ran the step, and did not reuse what was there."""
        return name in self._made

    def is_current(self, name: str, context: Context | None = None) -> bool:
        """Return whether a step, by itself, would be reused as it is."""
        step, context = steps()[name], context or self.context
        return self._stamps.is_current(
            step.title(context), self._inputs(step, context), step.outputs(context)
        )

    def _run(self, step: Step, context: Context) -> None:
        """The stamp is written last, so that a stop in between shows.

        The inputs are those of before the wait for another process: what changes meanwhile shows next time.
        """
        if not step.outputs(context):
            step.make(context)
            return
        title, inputs = step.title(context), self._inputs(step, context)
        if self._reuses(step, context, inputs):
            return
        with self._stamps.only_here(title, lambda: context.say(f"{title}: waiting for another tinyml")):
            if self._reuses(step, context, inputs):
                return
            for guard in step.guards:
                self.run(guard, context)
            step.make(context)
            self._stamps.record(title, inputs, step.outputs(context))
            self._made.add(step.name)
        context.say(f"{title}: made {self._shown(step, context)}")

    def _reuses(self, step: Step, context: Context, inputs: dict[str, str]) -> bool:
        title = step.title(context)
        if not self._stamps.is_current(title, inputs, step.outputs(context)):
            return False
        context.say(f"{title}: up to date, reusing {self._shown(step, context)}")
        return True

    def _shown(self, step: Step, context: Context) -> Path:
        return step.outputs(context)[0].relative_to(self.project.root)

    def _inputs(self, step: Step, context: Context) -> dict[str, str]:
        return {**step.inputs(context), "code": self._code(step.make.__module__)}

    def boards(self, names: Sequence[str]) -> list[Board]:
        """Return the boards of these names; "all" is every one, none the project's own."""
        chosen = names or [self.project.firmware.board]
        if EVERY in chosen:
            chosen = board_names()
        return [load_board(name) for name in chosen]

    def one_board(self, name: str | None) -> Board:
        """Return the board of this name, or the project's own. Raises UsageError for "all"."""
        if name == EVERY:
            raise UsageError("this command takes one board.", hint="See: tinyml boards")
        return self.boards([] if name is None else [name])[0]

    def for_board(self, board: Board) -> Context:
        """Return the context of the steps compile and build for a board."""
        return replace(self.context, board=board)

    def data(self) -> Path:
        """Make data/ if a file of the data has changed; return dataset.json."""
        return self.run("data").folder / "data" / "dataset.json"

    def train(
        self, *, tensorboard: bool = False, on_curves: Callable[[str, Curves], None] | None = None
    ) -> Path:
        """Make model.keras and history.json, and TensorBoard's files if asked; return the first.

        on_curves hears a model's label and its curves so far after each epoch.
        """
        live = live_logs(self.folder) if tensorboard else None
        self.run("train", replace(self.context, logs=live, on_curves=on_curves))
        if tensorboard:
            folder = quoted(settle_logs(self.folder, live).parent)
            self.context.say(f"look at it: tensorboard --logdir {folder}")
        return self.folder / "model.keras"

    def prune(self) -> Path:
        """Make pruned.keras and pruning.json, if the project asks for it; return the model that goes on."""
        return self.run("prune").keras_file

    def quantize(self) -> Path:
        """Make model.tflite and what belongs to it; return it."""
        return self.run("quantize").folder / "model.tflite"

    def compile(self, board: Board | None = None, *, verify: bool = True) -> CompiledModel:
        """Make compiled/<core>/ for a board's core, the project's own board by default; return the model."""
        context = replace(self.context, board=board or self.context.board, verify=verify)
        return compiled_model(self.run("compile", context))

    def build(self, board: Board) -> Firmware:
        """Make <board>/firmware/ and firmware.elf, .bin and .hex; return the firmware."""
        return load_firmware(board, board_folder(self.run("build", self.for_board(board))))

    def build_on(self, framework: str, board: Board) -> Path:
        """Build the firmware for board on a vendor's framework, every time; return its .elf."""
        return framework_firmware(self.run("compile", self.for_board(board)), framework)

    def built_model(self, board: Board) -> CompiledModel:
        """Return the model as it was built for a board: in patches, if it would not have fitted."""
        return built_model(self.run("build", self.for_board(board)))

    def dataset(self) -> Dataset:
        """Return the data as they were split."""
        return self.run("data").dataset()

    def threshold(self, variant: str = "int8") -> float | None:
        """Return the error above which a sample is anomalous for the integer model, or "float32"; or None."""
        return self.run("quantize").threshold(variant)

    def read_json(self, name: str) -> dict[str, Any]:
        """Return one of the build folder's JSON files. Raises InputError if it cannot be read."""
        return self.context.read_json(name)

    def report(self) -> Path:
        """Write report.html from what is there; return its path."""
        if not self.folder.is_dir():
            raise InputError(f"there is nothing to report in {self.folder}.", hint="Try: tinyml check")
        return write_report(self.folder, self.project.name, self.project.project.description)
