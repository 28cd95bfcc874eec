# SPDX-License-Identifier: Apache-2.0
"""Which of CMSIS-NN's sources a firmware with TensorFlow Lite Micro needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from toolkit.ir.graph import Graph, Operation

_FOLDER = "third_party/cmsis_nn"
# A definition starts a line: "... arm_convolve_s8(", or "const ... table[256] =".
_DEFINED = re.compile(r"^(?!static\b|typedef\b)\w[^;={}()]*?\b(\w+)\s*(?:\(|(?:\[\w*\])+\s*=)", re.MULTILINE)
_ALIGNMENT = 64
_WORD = re.compile(r"\b[A-Za-z_]\w{3,}\b")


def optimized_sources(tree: Path, users: Iterable[Path]) -> set[Path]:
    """Return the .c files that define what users, and these files themselves, name; nothing without CMSIS-NN.

    All of CMSIS-NN's headers come with them.
    """
    folder = tree / _FOLDER
    defined = {name: path for path in folder.glob("Source/*/*.c") for name in _names(path, _DEFINED)}
    found: set[Path] = set()
    waiting = [path for path in users if path.suffix != ".h"] if defined else []
    while waiting:
        sources = {defined[word] for word in _names(waiting.pop(), _WORD) if word in defined}
        waiting += sources - found
        found |= sources
    return found | set(folder.glob("Include/**/*.h")) if found else set()


def has_optimized_kernels(tree: Path) -> bool:
    """Return whether a tree of TFLM was made with CMSIS-NN's kernels."""
    return (tree / _FOLDER).is_dir()


def most_scratch(graph: Graph) -> int:
    """Return bytes of working memory that no operation of graph exceeds with CMSIS-NN's kernels.

    They ask for sums or copies of 4 bytes an element, of an input or output or of one output channel's
    weights (CMSIS-NN's Include/arm_nnfunctions.h, the functions ..._get_buffer_size).
    """
    return max((_most_of(graph, operation) for operation in graph.operations), default=0)


def _most_of(graph: Graph, operation: Operation) -> int:
    ends = [graph.tensors[i] for i in (*operation.inputs, *operation.outputs) if i >= 0]
    moving = max((each.elements for each in ends if not each.is_constant), default=0)
    weights = [each.elements // each.shape[0] for each in ends if each.is_constant and each.elements]
    return 4 * (moving + max(weights, default=0)) + _ALIGNMENT


def _names(path: Path, pattern: re.Pattern[str]) -> set[str]:
    return set(pattern.findall(path.read_text(encoding="utf-8", errors="replace")))
