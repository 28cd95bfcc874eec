# SPDX-License-Identifier: Apache-2.0
"""The targets of a pruning, and how many channels have to go for them: measured, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.project.pruning import PruneConfig
from toolkit.pruning.order import Floors, Scores, fewest, removal_order
from toolkit.pruning.rebuild import rebuild
from toolkit.pruning.structure import Kept, Structure, total, trace
from toolkit.quantization.convert import Activations
from toolkit.sizing.cost import Cost, cost_of
from toolkit.targets.board import Board

_FIELDS = {"macs": "macs", "latency": "latency_ms", "ram": "arena_bytes", "flash": "flash_bytes"}
_WORDS = {"macs": "MACs", "latency": "ms", "ram": "bytes of arena", "flash": "bytes of flash"}


@dataclass(frozen=True, eq=False)
class Goals:
    """The most that a model may cost on board, by goal, and what the whole model costs.

    counts_macs says that the structure's own sum of products is what the compiled model has.
    """

    board: Board
    activations: Activations
    before: Cost
    most: dict[str, float]
    counts_macs: bool

    @classmethod
    def of(cls, model: Any, board: Board, activations: Activations, config: PruneConfig) -> Goals:
        """Return the goals of config for model. Raises InputError for what board cannot say."""
        if board.memory is None:
            raise InputError(
                f"{board.name} has no memory to fit into: nothing says what a model costs there.",
                hint="Try: a board of the list: tinyml boards",
            )
        is_timed = "latency" in config.targets
        before = cost_of(model, board, activations, is_timed=is_timed)
        if is_timed and before.latency_ms is None:
            raise InputError(
                f"the latency on {board.name} is not known: {before.reason}",
                hint="Try: macs as the target, or a board with a cycle model: docs/cycle-model.md",
            )
        most = {goal: amount.of(getattr(before, _FIELDS[goal])) for goal, amount in config.targets.items()}
        whole = trace(model)
        counts_macs = total(whole.macs, whole.all_kept()) == before.macs
        return cls(board, activations, before, most, counts_macs)

    def cost(self, model: Any) -> Cost:
        """Return what a model costs, with its time if that is a goal or was asked for."""
        return cost_of(model, self.board, self.activations, is_timed=self.before.latency_ms is not None)

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
                raise self._cannot(structure, kept, order, goal)
            kept[found] = False
            gone += found
        return gone

    def require(self, cost: Cost) -> None:
        """Raise InputError if a model that costs this misses a goal."""
        for goal, most in self.most.items():
            if getattr(cost, _FIELDS[goal]) > most:
                raise InputError(
                    f"{goal}: the pruned model takes {_amount(goal, cost)}, {most:g} were asked."
                )

    def _test(self, structure: Structure, kept: Kept, goal: str) -> Callable[[Sequence[int]], bool]:
        def is_enough(labels: Sequence[int]) -> bool:
            return self._value(structure, _without(kept, labels), goal) <= self.most[goal]

        return is_enough

    def _value(self, structure: Structure, kept: Kept, goal: str) -> float:
        if goal == "macs":
            return self._macs(structure, kept)
        cost = cost_of(rebuild(structure, kept), self.board, self.activations, is_timed=goal == "latency")
        return float(getattr(cost, _FIELDS[goal]))

    def _macs(self, structure: Structure, kept: Kept) -> int:
        if self.counts_macs:
            return total(structure.macs, kept)
        return cost_of(rebuild(structure, kept), self.board, self.activations, is_timed=False).macs

    def _cannot(self, structure: Structure, kept: Kept, order: Sequence[int], goal: str) -> InputError:
        least = self._value(structure, _without(kept, order), goal)
        whole = ", ".join(f"{each.layer} ({each.kind})" for each in structure.not_followed)
        why = f" Kept whole, as they are not followed: {whole}." if whole else ""
        asked = f"{self.most[goal]:,.6g} were asked for"
        return InputError(
            f"{goal}: pruning reaches {least:,.6g} {_WORDS[goal]}; {asked}.{why}",
            hint="Try: a higher target, a lower least in the section [training.prune], or a smaller model",
        )


def _without(kept: Kept, labels: Sequence[int]) -> Kept:
    left: Kept = kept.copy()
    left[list(labels)] = False
    return left


def _amount(goal: str, cost: Cost) -> str:
    return f"{getattr(cost, _FIELDS[goal]):,.6g} {_WORDS[goal]}"
