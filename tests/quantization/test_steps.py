# SPDX-License-Identifier: Apache-2.0
"""What a regression's output cannot tell apart, and what to do then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from toolkit.quantization.steps import coarse_note, smallest_deviation


def quantization(step: float, deviation: float | None, scheme: str = "int8") -> dict[str, Any]:
    return {"outputs": [{"scale": step}], "target_deviation": deviation, "scheme": scheme}


def test_the_smallest_deviation_is_that_of_a_target_that_varies() -> None:
    targets = np.array([[5.1, 100, 1], [5.1, 200, 3]], np.float32)
    assert smallest_deviation(targets) == 1
    assert smallest_deviation(targets[:, :1]) is None


@pytest.mark.parametrize(("step", "deviation"), [(3529.0, 180_000.0), (0.02, 1.0), (3.0, None)])
def test_steps_that_are_fine_enough_need_no_word(step: float, deviation: float | None) -> None:
    assert coarse_note(quantization(step, deviation)) == ""


def test_a_pressure_in_steps_of_hundreds_is_told_with_what_to_try() -> None:
    note = coarse_note(quantization(398.2, 50.4))
    assert note.startswith("The int8 output comes in steps of 398, and a target deviates by 50.4 only")
    assert 'Try: activations = "int16" in the section [quantization], or targets less a constant' in note


@pytest.mark.parametrize("given", [quantization(398.2, 0.3), quantization(3.1, 0.3, "16x8")])
def test_where_int16_would_not_help_it_is_not_advised(given: dict[str, Any]) -> None:
    assert "int16" not in coarse_note(given)
    assert "Try: targets less a constant" in coarse_note(given)
