# SPDX-License-Identifier: Apache-2.0
"""Operators that move elements, over their shapes, axes and types, against TFLM."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.effort import breadth
from support.kernel_runner import Case, check_cases
from support.random_moves import MOVES, random_move

CASES = breadth(40, here=14)


@pytest.mark.parametrize("kind", MOVES)
def test_a_moving_operator_equals_tflm(tmp_path: Path, kind: str) -> None:
    cases = [Case(f"{kind} seed {seed}", random_move(kind, seed)) for seed in range(CASES)]
    check_cases(cases, tmp_path, seed=1, samples=5)
