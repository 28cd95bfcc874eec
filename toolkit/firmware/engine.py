# SPDX-License-Identifier: Apache-2.0
"""Which engine runs a model on the board: its own C, or TensorFlow Lite Micro with what that needs."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from toolkit.compiler.compile import CompiledModel
from toolkit.engines.kept import used_engine
from toolkit.errors import ToolMissingError
from toolkit.firmware import Tflm, find_tree, least_arena
from toolkit.firmware.tflm_optimized import has_optimized_kernels, most_scratch
from toolkit.reference.oracle import ample_arena, tflm_runs_in
from toolkit.targets.target import Target
from toolkit.tflite.reader import read_graph

EngineName = Literal["aot", "tflm"]
KernelsName = Literal["", "reference", "cmsis_nn"]
ENGINES: tuple[EngineName, ...] = ("aot", "tflm")


@dataclass(frozen=True)
class EngineChoice:
    """name is the engine; tree is where TFLM's sources are, relative to root ("": $TINYML_TFLM or the cache).

    arena_bytes is what TFLM may use; 0 is the least with which it runs on this computer. kernels are those of
    the cache: "" is CMSIS-NN's where the core has their instructions, else the reference.
    """

    name: EngineName = "aot"
    tree: str = ""
    arena_bytes: int = 0
    root: Path = Path()
    kernels: KernelsName = ""

    def for_model(self, compiled: CompiledModel, model: bytes) -> Tflm | None:
        """Return TFLM for the .tflite bytes that compiled came from; None for the engine aot.

        Raises ToolMissingError without the sources, or without anybody to ask for the arena.
        """
        if self.name == "aot":
            return None
        tree = self.tree_for(compiled.target)
        if self.arena_bytes:
            return Tflm(tree, model, self.arena_bytes)
        return Tflm(tree, model, _enough_arena(compiled, model, tree), is_ample=True)

    def tree_for(self, target: Target) -> Path:
        """Return the folder of TFLM's sources for a core. Raises as find_tree does."""
        optimized = "cmsis_nn" if "dsp" in target.features else "reference"
        return find_tree(self.tree, self.root, dict(os.environ), self.kernels or optimized)

    def source(self, target: Target) -> str:
        """Return what the engine is, in words. Raises as find_tree does."""
        if self.name == "aot":
            return "the model as C by the toolkit"
        tree, fetched = self.tree_for(target), used_engine()
        is_fetched = fetched is not None and tree.parent == fetched.folder
        where = fetched.commit[:7] if fetched and is_fetched else f"of {tree}"
        kernels = "CMSIS-NN's" if has_optimized_kernels(tree) else "reference"
        return f"TensorFlow Lite Micro {where}, {kernels} kernels"


AHEAD_OF_TIME = EngineChoice()


def _enough_arena(compiled: CompiledModel, model: bytes, tree: Path) -> int:
    """Return the least arena on this computer, with what CMSIS-NN's kernels may add on the board."""
    if not importlib.util.find_spec("tflite_micro"):
        raise ToolMissingError(
            "how much arena TensorFlow Lite Micro needs is asked of tflite-micro, which is not installed.",
            hint="Try: pip install 'tinyml-toolkit[tflm]', or tflm_arena_bytes in the section [firmware]",
        )
    graph = read_graph(model, compiled.name)
    least = least_arena(lambda size: tflm_runs_in(model, graph, size), ample_arena(model, graph))
    return least + (most_scratch(graph) if has_optimized_kernels(tree) else 0)
