# SPDX-License-Identifier: Apache-2.0
"""What is said of operators that have no file in toolkit/ops."""

from __future__ import annotations

import pytest

from toolkit.ops.shared.refused import refusal
from toolkit.ops.shared.registry import operators


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("SQUARE", "the operator is not supported, TensorFlow Lite Micro computes it in float32 only"),
        ("POW", "the operator is not supported, TensorFlow Lite Micro does not have it"),
        ("STABLEHLO_ADD", "the operator is not supported, TensorFlow Lite Micro does not have it"),
        ("CUSTOM", "it is a custom operator, which only the program that made the model knows"),
    ],
)
def test_the_reason_is_what_tflm_makes_of_the_operator(kind: str, reason: str) -> None:
    assert refusal(kind) == reason


def test_no_operator_that_is_supported_has_a_reason_against_it() -> None:
    assert {refusal(kind) for kind in operators()} == {"the operator is not supported"}
