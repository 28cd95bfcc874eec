# SPDX-License-Identifier: Apache-2.0
"""What the compiler generates code for."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.targets.board import Board
from toolkit.targets.cores import Core, find_core


@dataclass(frozen=True)
class Target:
    """What kernels, layouts of weights, scratch sizes and walks depend on: never on the host.

    name is the core's, and the folder in build/compiled/. Code for PORTABLE runs on every core.
    """

    name: str = "portable"
    isa: str = "portable"
    features: tuple[str, ...] = ()


PORTABLE = Target()


def target_of_core(core: Core) -> Target:
    """Return the target that makes the most of a core."""
    return Target(core.name, core.isa, core.features)


def target_of(board: Board) -> Target:
    """Return the target that makes the most of a board's core."""
    return target_of_core(find_core(board.core))
