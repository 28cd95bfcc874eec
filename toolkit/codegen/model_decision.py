# SPDX-License-Identifier: Apache-2.0
"""The rule from scores to detections as C: data and static memory for tm_decision.c."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit import paths
from toolkit.codegen import literals
from toolkit.codegen.names import comment_text, naming
from toolkit.codegen.templates import render
from toolkit.decision.rule import DecisionRule
from toolkit.ir.graph import Tensor
from toolkit.project.provenance import Provenance


def decision_sources(
    rule: DecisionRule,
    classes: Sequence[str],
    output: Tensor,
    symbol: str,
    made_by: Provenance | None = None,
    stem: str = "model",
) -> dict[str, str]:
    """Return <stem>_decision.c and <stem>_decision.h. They need decision_kernels() beside them."""
    context = {
        **naming(symbol, made_by, stem),
        "type": literals.C_TYPES[output.dtype],
        "rule": rule.words(),
        "labels": comment_text(", ".join(classes), 200),
        "classes": len(classes),
        "thresholds": literals.initializer(np.array(rule.thresholds, np.int32)),
        **{key: getattr(rule, key) for key in ("average", "need", "of", "refractory")},
    }
    return {f"{stem}_decision.{end}": render(f"model_decision.{end}.j2", context) for end in ("c", "h")}


def decision_kernels() -> dict[str, str]:
    """Return the C that decision_sources calls, by file name."""
    every = sorted(paths.templates("decision").glob("tm_decision.[ch]"))
    return {path.name: path.read_text(encoding="utf-8") for path in every}


def decision_ram_bytes(rule: DecisionRule) -> int:
    """Return the static memory of what decision_sources returns, by 4-byte pointers."""
    classes, state = len(rule.thresholds), 4 * 7
    return 2 * rule.average * classes + 8 * classes + 2 * rule.of + state
