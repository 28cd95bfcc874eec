# SPDX-License-Identifier: Apache-2.0
"""The targets of a pruning, and how many channels have to go for them: measured, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from toolkit.errors import InputError
from toolkit.project.pruning import COST_FIELDS, PruneConfig, amount_text, number_text
from toolkit.pruning.order import Floors, Scores, fewest, removal_order
from toolkit.pruning.rebuild import rebuild
from toolkit.pruning.structure import Kept, Structure, total, trace
from toolkit.quantization.convert import Activations
from toolkit.sizing.cost import Cost, cost_of
from toolkit.targets.board import Board


def _silent() -> None:
    pass


@dataclass(frozen=True, eq=False)
class Goals:
    """The most that a model may cost on board, by goal, and what the whole model costs.

    config has the goals as they were asked for. counts_macs says that the structure's own sum of products is
    what the compiled model has. on_measure is called before a model is compiled, or run, for its cost.
    """

    board: Board
    activations: Activations
    config: PruneConfig
    before: Cost
    most: dict[str, float]
    counts_macs: bool
    on_measure: Callable[[], None] = _silent

    @classmethod
    def of(
        cls,
        model: Any,
        board: Board,
        activations: Activations,
        config: PruneConfig,
        on_measure: Callable[[], None] = _silent,
    ) -> Goals:
        """Return the goals of config for model on board, which has a memory.

        Raises InputError for a latency that board cannot say.
        """
        on_measure()
        is_timed = "latency" in config.targets
        before = cost_of(model, board, activations, is_timed=is_timed)
        if is_timed and before.latency_ms is None:
            raise InputError(
                f"the latency on {board.name} is not known: {before.reason}",
                hint="Try: macs as the target, or a board with a cycle model: docs/cycle-model.md",
            )
        most = {goal: amount.of(_taken(goal, before)) for goal, amount in config.targets.items()}
        whole = trace(model)
        counts_macs = total(whole.macs, whole.all_kept()) == before.macs
        return cls(board, activations, config, before, most, counts_macs, on_measure)

    def cost(self, model: Any) -> Cost:
        """Return what a model costs, with its time if that is a goal."""
        return self._cost(model, is_timed=self.before.latency_ms is not None)

    def macs(self, structure: Structure) -> int:
        """Return the products of structure's model."""
        return self._macs(structure, structure.all_kept())

    def removals(self, structure: Structure, scores: Scores, floors: Floors) -> list[int]:
        """Return the labels that have to go so that every goal is met, the first to go first.

        For one goal after the other. Raises InputError where floors do not allow it.
        """
        kept, gone = structure.all_kept(), list[int]()
        for goal in self.most:
            order = removal_order(structure, scores, goal, floors, kept)
            found = fewest(order, self._test(structure, kept, goal))
            if found is None:
                lower = removal_order(structure, scores, goal, Floors.of(structure, 0), kept)
                raise self._cannot(structure, kept, order, goal, has_lower=len(lower) > len(order))
            kept[found] = False
            gone += found
        return gone

    def require(self, cost: Cost) -> None:
        """Raise InputError if a model that costs this misses a goal."""
        for goal, most in self.most.items():
            if (taken := _taken(goal, cost)) > most:
                raise InputError(
                    f"{goal}: the pruned model takes {amount_text(goal, taken)}; {self._asked(goal)}.",
                    hint="Try: a higher target",
                )

    def _test(self, structure: Structure, kept: Kept, goal: str) -> Callable[[Sequence[int]], bool]:
        def is_enough(labels: Sequence[int]) -> bool:
            return self._value(structure, _without(kept, labels), goal) <= self.most[goal]

        return is_enough

    def _value(self, structure: Structure, kept: Kept, goal: str) -> float:
        if goal == "macs":
            return self._macs(structure, kept)
        cost = self._cost(rebuild(structure, kept), is_timed=goal == "latency")
        return float(_taken(goal, cost))

    def _macs(self, structure: Structure, kept: Kept) -> int:
        if self.counts_macs:
            return total(structure.macs, kept)
        return self._cost(rebuild(structure, kept), is_timed=False).macs

    def _cost(self, model: Any, *, is_timed: bool) -> Cost:
        self.on_measure()
        return cost_of(model, self.board, self.activations, is_timed=is_timed)

    def _asked(self, goal: str) -> str:
        text = f"{number_text(goal, self.most[goal])} were asked for"
        if not self.config.targets[goal].is_share:
            return text
        return f"{text} ({getattr(self.config, goal)} of {number_text(goal, _taken(goal, self.before))})"

    def _cannot(
        self, structure: Structure, kept: Kept, order: Sequence[int], goal: str, *, has_lower: bool
    ) -> InputError:
        """has_lower says that more could go if every layer had to keep one channel only."""
        least = self._value(structure, _without(kept, order), goal)
        whole = ", ".join(f"{each.layer} ({each.kind})" for each in structure.not_followed)
        why = f" Kept whole, as they are not followed: {whole}." if whole else ""
        ways = ["a lower least in the section [training.prune]"] * has_lower + ["a smaller model"]
        if least < (before := _taken(goal, self.before)):
            ways.insert(0, f"a higher target, from {ceil(100 * least / before)}% on")
        elif not has_lower:
            why = f" No layer has a channel to spare.{why}"
        return InputError(
            f"{goal}: pruning reaches {amount_text(goal, least)}; {self._asked(goal)}.{why}",
            hint=f"Try: {', '.join(ways[:-1])}{', or ' * bool(ways[1:])}{ways[-1]}",
        )


def _without(kept: Kept, labels: Sequence[int]) -> Kept:
    left: Kept = kept.copy()
    left[list(labels)] = False
    return left


def _taken(goal: str, cost: Cost) -> float:
    taken: float = getattr(cost, COST_FIELDS[goal])
    return taken
