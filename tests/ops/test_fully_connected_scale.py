# SPDX-License-Identifier: Apache-2.0
"""FULLY_CONNECTED with one scale: sums on which a multiplier of float32 products is one step off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from support.kernel_runner import Case, check_cases
from support.tflite_writer import GraphBuilder

from toolkit.ops.shared.requantize import quantize_multiplier, requantize


def test_the_scales_are_multiplied_in_float64_as_tflm_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    cases = []
    for number in range(60):
        into, weight, out = (
            float(np.float32(2 ** rng.uniform(*ends))) for ends in ((-6, -4), (-6, -4), (-2, 0))
        )
        product = float(np.float32(into) * np.float32(weight))
        limit = int(120 * out / product)
        sums = rng.integers(-limit, limit, 200_000)
        found = [requantize(sums, *quantize_multiplier(p / out)) for p in (product, into * weight)]
        decisive = sums[found[0] != found[1]][:50]
        if not len(decisive):
            continue
        b = GraphBuilder()
        n = len(decisive)
        x, w = b.tensor((1, 1), scale=into), b.tensor((n, 1), scale=weight, data=np.zeros((n, 1)))
        bias, y = b.tensor((n,), "int32", scale=product, data=decisive), b.tensor((1, n), scale=out)
        b.operation("FULLY_CONNECTED", [x, w, bias], [y], fused_activation_function="NONE")
        cases.append(Case(f"scales {number}", b.graph([x], [y]), [[np.zeros((1, 1), np.int8)]]))
    assert len(cases) > 3
    check_cases(cases, tmp_path, seed=3)
