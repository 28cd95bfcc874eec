# SPDX-License-Identifier: Apache-2.0
"""Which engine runs a model on the board: its own C, or TensorFlow Lite Micro with what that needs."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import ToolMissingError
from toolkit.firmware import Tflm, find_tree, least_arena
from toolkit.reference.oracle import ample_arena, tflm_runs_in
from toolkit.tflite.reader import read_graph

EngineName = Literal["aot", "tflm"]
ENGINES: tuple[EngineName, ...] = ("aot", "tflm")


@dataclass(frozen=True)
class EngineChoice:
    """name is the engine; tree is where TFLM's sources are, relative to root ("": $TINYML_TFLM).

    arena_bytes is what TFLM may use; 0 is the least with which it runs on this computer.
    """

    name: EngineName = "aot"
    tree: str = ""
    arena_bytes: int = 0
    root: Path = Path()

    def for_model(self, compiled: CompiledModel, model: bytes) -> Tflm | None:
        """Return TFLM for the .tflite bytes that compiled came from; None for the engine aot.

        Raises ToolMissingError without the sources, or without anybody to ask for the arena.
        """
        if self.name == "aot":
            return None
        tree = find_tree(self.tree, self.root, dict(os.environ))
        return Tflm(tree, model, self.arena_bytes or _least_arena(compiled, model))


AHEAD_OF_TIME = EngineChoice()


def _least_arena(compiled: CompiledModel, model: bytes) -> int:
    if not importlib.util.find_spec("tflite_micro"):
        raise ToolMissingError(
            "how much arena TensorFlow Lite Micro needs is asked of tflite-micro, which is not installed.",
            hint="Try: pip install 'tinyml-toolkit[tflm]', or tflm_arena_bytes in the section [firmware]",
        )
    graph = read_graph(model, compiled.name)
    return least_arena(lambda size: tflm_runs_in(model, graph, size), ample_arena(model, graph))
