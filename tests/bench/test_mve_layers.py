# SPDX-License-Identifier: Apache-2.0
"""Layers of the kinds that models have on QEMU's Cortex-M55: portable kernels and those for MVE.

Instructions only: an instruction of MVE takes two cycles on a Cortex-M55, of which one can overlap with
the next instruction's, and no public model of that is known.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.test_dsp_layers import IMAGE, convolution, depthwise, lookup, matrix, mean, pool, two
from support.arm_runner import Build
from support.firmware import skip_without
from support.kernel_runner import Case
from support.qemu_runner import instructions_in_qemu, skip_without_qemu

from toolkit.targets.cores import find_core
from toolkit.targets.target import PORTABLE, target_of_core

pytestmark = pytest.mark.bench
M55 = find_core("cortex-m55")
LAYERS = {
    "point 64 -> 64": (convolution(64, 64, kernel=1), 0.37),
    "point 8 -> 16": (convolution(8, 16, kernel=1), 2.35),
    "point 128 -> 128": (convolution(128, 128, kernel=1), 0.27),
    "3 x 3, 16 -> 16": (convolution(16, 16), 0.38),
    "3 x 3, 64 -> 64": (convolution(64, 64), 0.2),
    "3 x 3, 3 -> 16": (convolution(3, 16), 1.28),
    "3 x 3, 64 -> 64 in 4 groups": (convolution(64, 64, groups=4), 0.39),
    "depthwise 3 x 3, 64": (depthwise(64), 2.4),
    "depthwise 3 x 3, 64, stride 2": (depthwise(64, stride=2), 2.4),
    "depthwise 3 x 3, 13": (depthwise(13), 3.85),
    "depthwise 5 x 5, 32": (depthwise(32, kernel=(5, 5)), 1.6),
    "matrix 640 -> 128": (matrix(640, 128, "int8 int8"), 0.19),
    "matrix 64 -> 12": (matrix(64, 12, "int8 int8"), 0.65),
    "3 x 3, 16 -> 16, int4": (convolution(16, 16, types="int8 int4"), 0.61),
    "matrix 256 -> 32, int4": (matrix(256, 32, "int8 int4"), 0.36),
    "3 x 3, 16 -> 16, 16x8": (convolution(16, 16, types="int16 int8"), 0.63),
    "point 32 -> 32, 16x8": (convolution(32, 32, kernel=1, types="int16 int8"), 1.15),
    "matrix 256 -> 32, 16x8": (matrix(256, 32, "int16 int8"), 0.44),
    "depthwise 3 x 3, 32, int4": (depthwise(32, types="int8 int4"), 2.75),
    "depthwise 3 x 3, 32, 16x8": (depthwise(32, types="int16 int8"), 4.6),
    "ADD of two images": (two("ADD", IMAGE, IMAGE), 4.9),
    "ADD of a row": (two("ADD", IMAGE, (1, 1, 1, 32)), 8.9),
    "SUB of two images": (two("SUB", IMAGE, IMAGE), 6.9),
    "MUL of two images": (two("MUL", IMAGE, IMAGE), 3.9),
    "MUL by a number for each pixel": (two("MUL", IMAGE, (1, 16, 16, 1)), 6.8),
    "AVERAGE_POOL_2D 16 x 16": (pool("AVERAGE_POOL_2D", 16, 1), 0.79),
    "AVERAGE_POOL_2D 2 x 2": (pool("AVERAGE_POOL_2D", 2, 2), 4.8),
    "MAX_POOL_2D 2 x 2": (pool("MAX_POOL_2D", 2, 2), 1.17),
    "MAX_POOL_2D 3 x 3": (pool("MAX_POOL_2D", 3, 2), 0.7),
    "MEAN of 16 x 16": (mean(), 0.58),
    "HARD_SWISH, a table": (lookup(), 0.26),
}
"""What the kernels for MVE may take: instructions by product, by gcc 12 -O2."""


def test_layers_take_as_few_instructions_as_recorded(tmp_path: Path) -> None:
    skip_without_qemu()
    skip_without("nano33ble", "gcc")
    cases = [Case(name, graph) for name, ((graph, _), _) in LAYERS.items()]
    plain, fast = (
        instructions_in_qemu(cases, tmp_path, Build(M55), target)
        for target in (PORTABLE, target_of_core(M55))
    )
    slow = []
    for (name, ((_, products), limit)), before, after in zip(LAYERS.items(), plain, fast, strict=True):
        print(f"{name:30} {before / products:5.2f} {after / products:5.2f}")
        slow += [name] if not after / products <= limit else []
    assert not slow
