# SPDX-License-Identifier: Apache-2.0
"""The kernels for MVE: what QEMU's Cortex-M55 runs and its twins in C, on generated layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.arm_runner import Build
from support.effort import breadth, is_broad, times
from support.firmware import skip_without
from support.kernel_runner import Case, check_kernels
from support.qemu_runner import check_in_qemu, skip_without_qemu
from support.random_dsp import random_layer
from support.random_dsp_elements import random_elements
from support.random_dsp_rows import random_rows
from support.random_lanes import random_lanes
from support.variants_that_wait import waiting

from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core

M55 = find_core("cortex-m55")
BUILDS = [Build(M55)]
WAIT = [Build(M55, optimize=f"-{level}") for level in ("Os", "O3")] + [
    Build(M55, "zig", level) for level in ("-O2", "-Os")
]


def generated(numbers: Sequence[int]) -> list[Case]:
    """Return layers of each number, with weights and without, of all widths; but none with a state."""
    makers = (random_layer, random_elements, random_lanes, random_rows)
    made = [make(number) for number in numbers for make in makers]
    return [case for case in made if all(tensor.state is None for tensor in case.graph.tensors)]


LAYERS = generated(range(breadth(60, here=10)))
TWINS = LAYERS if is_broad() else LAYERS[:8]
"""Each kernel is compiled with sanitizers here: make fuzz has all."""


@pytest.mark.parametrize("build", waiting([*BUILDS, *WAIT], WAIT), ids=str)
def test_the_core_computes_what_the_references_say(tmp_path: Path, build: Build) -> None:
    skip_without_qemu()
    skip_without("nano33ble", build.toolchain)
    check_in_qemu(LAYERS, tmp_path, build, seed=1, samples=4)


@pytest.mark.wide
@pytest.mark.fuzz
@pytest.mark.parametrize("first", range(1000, 1000 + 100 * times(1), 100))
def test_more_layers_are_what_the_references_say(tmp_path: Path, first: int) -> None:
    skip_without_qemu()
    skip_without("nano33ble", "gcc")
    check_in_qemu(generated(range(first, first + 100)), tmp_path, Build(M55), seed=first, samples=4)


def test_the_twins_compute_what_the_references_say(tmp_path: Path) -> None:
    check_kernels(TWINS, tmp_path, seed=1, samples=4, target=target_of_core(M55))
