# SPDX-License-Identifier: Apache-2.0
"""What is searched for: under which budget, on which board, by which figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from toolkit.errors import InputError, UsageError
from toolkit.firmware.platformio import package_dirs
from toolkit.firmware.toolchain import compiler_name
from toolkit.inspection.board_fit import BoardFit
from toolkit.metrics import metric_name, score_text
from toolkit.sizing.cost import Budget, Cost
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core
from toolkit.timing.model import cost_of as cycle_model
from toolkit.timing.text import digits

_BETTER_AT_ZERO = "mae"


@dataclass(frozen=True)
class Question:
    """The board with its whole memory, the budget, and the metric of the validation split.

    is_timed says that the board's cycles are modelled: time is in milliseconds then, in MACs else.
    """

    board: Board
    budget: Budget
    metric: str
    is_timed: bool

    @property
    def names(self) -> tuple[str, str, str]:
        """The names of a candidate's three values."""
        return (self.metric, "ms" if self.is_timed else "MACs", "RAM")

    @property
    def directions(self) -> tuple[str, str, str]:
        """Which way each is better, as Optuna has it."""
        return ("minimize" if self.metric == _BETTER_AT_ZERO else "maximize", "minimize", "minimize")

    def values(self, score: float, cost: Cost) -> tuple[float, float, float]:
        """Return the three values of a candidate."""
        time = cost.latency_ms if self.is_timed else cost.macs
        assert time is not None
        return (score, float(time), float(cost.ram_bytes))

    def text(self, values: tuple[float, ...]) -> str:
        """Return the three values of a candidate for a person."""
        score, time, ram = values
        count = f"{digits(time)} ms" if self.is_timed else f"{time:,.0f} MACs"
        return f"validation {self.metric} {score_text(self.metric, score)}, {count}, {ram:,.0f} B of RAM"

    def lowest(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """Return values so that lower is better in each."""
        signs = [-1 if way == "maximize" else 1 for way in self.directions]
        return tuple(sign * value for sign, value in zip(signs, values, strict=True))

    def violation(self, fit: BoardFit, cost: Cost | None) -> tuple[float, float, float]:
        """Return by which part of each limit a candidate is beyond it: RAM, flash, time; below 0 is within.

        The time is not known before the memory fits.
        """
        ram = fit.ram_bytes / fit.ram_limit_bytes - 1
        flash = fit.flash_bytes / fit.flash_limit_bytes - 1
        time = 0.0
        if self.budget.latency_ms and cost and cost.latency_ms is not None:
            time = cost.latency_ms / self.budget.latency_ms - 1
        return (ram, flash, time)

    def to_json(self) -> Mapping[str, Any]:
        """Return what two workers on one study must have alike."""
        limits = self.budget
        return {
            "board": self.board.name,
            "max_ram": limits.ram_bytes,
            "max_flash": limits.flash_bytes,
            "max_latency_ms": limits.latency_ms,
            "values": list(self.names),
        }


def question_for(board: Board, budget: Budget, task: Any, validation_samples: int) -> Question:
    """Return the question. Raises UsageError for a board without limits, InputError for data that cannot say
    which model is better.
    """
    if board.memory is None:
        raise UsageError(f"{board.name} has no memory to fit into.", hint="See: tinyml boards")
    if not validation_samples:
        raise InputError(
            "the validation split is empty: nothing says which model is better.",
            hint="Try: a split such as [0.6, 0.2, 0.2] in the section [data]",
        )
    if task == "anomaly":
        raise InputError(
            "the validation split of an anomaly detector has normal samples alone, which do not judge it.",
            hint="Try: tinyml ablate, or detectors of different size by hand",
        )
    is_timed = _is_timed(board)
    if budget.latency_ms is not None and not is_timed:
        raise InputError(
            f"the time of an inference on {board.name} is not known: its core has no cycle model, or a "
            "compiler for it or the emulator is missing.",
            hint="Try: without --max-latency; or see: tinyml doctor",
        )
    return Question(board, budget, metric_name(task), is_timed)


def _is_timed(board: Board) -> bool:
    """Return whether milliseconds can be modelled: by a core with a model, a compiler, the emulator."""
    has_model = cycle_model(find_core(board.core).timing) is not None
    return has_model and bool(compiler_name(board.core, package_dirs())) and find_spec("unicorn") is not None
