# SPDX-License-Identifier: Apache-2.0
"""The kernels for ARMv7E-M: what the core runs and its twins in C, on generated layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.arm_runner import Build, check_on_core
from support.firmware import skip_without
from support.kernel_runner import KERNELS, Case, check_kernels
from support.random_layers import add_convolution, add_fully_connected, add_input
from support.tflite_writer import GraphBuilder

from toolkit.ops.shared.operator import kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core

M4 = find_core("cortex-m4f")
M7 = find_core("cortex-m7f")
TARGET = target_of_core(M4)
BUILDS = [
    Build(M4),
    Build(M4, at_end=False),
    Build(M7, optimize="-O3"),
    Build(M4, optimize="-Os"),
    Build(M4, "zig"),
    Build(M7, "zig", "-Os"),
]
Rng = np.random.Generator


def layer(seed: int) -> Case:
    """A layer with a random shape, options, scales and weights."""
    rng = np.random.default_rng(seed)
    builder = GraphBuilder()
    kind = ("matrix", "point")[seed % 2]
    if kind == "matrix":
        shape = (int(rng.integers(1, 12)), int(rng.integers(1, 40)))
        source = add_input(builder, rng, shape)
        result = add_fully_connected(builder, rng, source)
    else:
        shape = (int(rng.integers(1, 3)), *(int(n) for n in rng.integers(1, 8, 2)), int(rng.integers(1, 24)))
        source = add_input(builder, rng, shape)
        result = add_convolution(builder, rng, source)
    return Case(f"{kind} {seed}", builder.graph([source], [result]))


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_the_core_computes_what_the_references_say(tmp_path: Path, build: Build) -> None:
    skip_without("nano33ble", build.toolchain)
    check_on_core([layer(seed) for seed in range(120)], tmp_path, build, seed=1, samples=4)


def test_the_twins_compute_what_the_references_say(tmp_path: Path) -> None:
    cases = [layer(seed) for seed in range(200)]
    check_kernels(cases, tmp_path, seed=1, samples=6, target=TARGET)


def kernels_of(case: Case) -> set[str]:
    (operation,) = case.graph.operations
    operator = operators()[operation.kind]
    return {call.kernel for call in kernel_calls(operator.lower(case.graph, operation, TARGET))}


def test_many_layers_get_a_kernel_of_the_instruction_set() -> None:
    own = {path.stem for path in (KERNELS / TARGET.isa).glob("*.c")}
    found = [kernels_of(layer(seed)) for seed in range(200)]
    assert sum(kernels <= own for kernels in found) > 60
