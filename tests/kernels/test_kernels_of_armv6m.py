# SPDX-License-Identifier: Apache-2.0
"""The kernels for ARMv6-M: what the core runs and its twins in C, on generated layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.arm_runner import Build, check_on_core
from support.effort import breadth, times
from support.firmware import skip_without
from support.kernel_runner import KERNELS, SANITIZERS, WARNINGS, Case, check_kernels
from support.objects import host_compiler
from support.random_dsp import random_layer
from support.random_dsp_elements import random_elements
from support.variants import each_variant
from support.variants_that_wait import waiting

from toolkit import process
from toolkit.ops.shared.operator import ConstantArgument, kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core

M0 = find_core("cortex-m0plus")
TARGET = target_of_core(M0)
OWN = {path.stem for path in (KERNELS / TARGET.isa).glob("*.c")}
BUILDS = [Build(M0), Build(M0, optimize="-Os", at_end=False)]
WAIT = [Build(M0, optimize="-O3"), Build(M0, "zig"), Build(M0, "zig", "-Os")]


def generated(numbers: Sequence[int]) -> list[Case]:
    """Return layers by each of the variants that are the instruction set's own."""
    cases = []
    for number in numbers:
        case = gentle(random_layer(number)) if number % 8 >= 4 else random_layer(number)
        for name, graph in each_variant(case.graph, TARGET).items():
            chosen = replace(case, name=f"{case.name}, {name}", graph=graph)
            cases += [chosen] if kernels_of(chosen) <= OWN else []
    return cases


def gentle(case: Case) -> Case:
    """Return a layer with weights of a third: four of them make sums within 16 bits."""
    (operation,) = case.graph.operations
    tensors = list(case.graph.tensors)
    weights = tensors[operation.inputs[1]]
    assert weights.data is not None
    tensors[weights.id] = replace(weights, data=(weights.data // 3).astype(np.int8))
    return replace(case, graph=replace(case.graph, tensors=tuple(tensors)))


def takes_fours(case: Case) -> set[bool]:
    """Return whether channels of a convolution take four weights in a sum of 16 bits, or two."""
    (operation,) = case.graph.operations
    (call,) = kernel_calls(operators()[operation.kind].lower(case.graph, operation, TARGET))
    tables = [each.data for each in call.arguments if isinstance(each, ConstantArgument)]
    if call.kernel != "tm_conv_2d_packed_s8" or tables[0].shape[1] < 4:
        return set()
    return {bool(word & 1 == 0) for word in tables[0][:, 0]}


def kernels_of(case: Case) -> set[str]:
    (operation,) = case.graph.operations
    operator = operators()[operation.kind]
    return {call.kernel for call in kernel_calls(operator.lower(case.graph, operation, TARGET))}


LAYERS = generated(range(breadth(90, here=50)))
# Portable kernels that scale by tm_high_mul.h and add by tm_add.h of this instruction set.
ELEMENTS = [random_elements(number) for number in range(breadth(24, here=12))]


@pytest.mark.parametrize("build", waiting([*BUILDS, *WAIT], WAIT), ids=str)
def test_the_core_computes_what_the_references_say(tmp_path: Path, build: Build) -> None:
    skip_without("nano33ble", build.toolchain)
    check_on_core([*LAYERS, *ELEMENTS], tmp_path, build, seed=1, samples=3)


@pytest.mark.wide
@pytest.mark.fuzz
@pytest.mark.parametrize("first", range(1000, 1000 + 60 * times(1), 60))
def test_more_layers_are_what_the_references_say(tmp_path: Path, first: int) -> None:
    skip_without("nano33ble", "gcc")
    layers = generated(range(first, first + 60))
    check_on_core(layers, tmp_path, Build(M0, at_end=bool(first % 120)), seed=first, samples=3)


def test_the_twins_compute_what_the_references_say(tmp_path: Path) -> None:
    check_kernels([*LAYERS, *ELEMENTS], tmp_path, seed=1, samples=4, target=TARGET)


@pytest.mark.parametrize("folder", [KERNELS, KERNELS / TARGET.isa], ids=lambda path: path.name)
def test_the_upper_part_of_a_product_is_that_of_64_bits(tmp_path: Path, folder: Path) -> None:
    source, program = Path(__file__).with_name("high_mul.c"), tmp_path / "high_mul"
    command = [host_compiler(), *WARNINGS, "-O1", *SANITIZERS, "-I", folder, source, "-o", program]
    done = process.run([str(word) for word in command], timeout_s=60)
    assert done.exit_code == 0, done.output
    done = process.run([program], timeout_s=60)
    assert (done.exit_code, done.output) == (0, "")


def test_all_kernels_are_among_these_layers() -> None:
    found = set().union(*map(kernels_of, LAYERS))
    assert found == {name for name in OWN if name.startswith(("tm_conv", "tm_depthwise", "tm_fully"))}
    assert len(LAYERS) > breadth(90, here=45)
    assert set().union(*map(takes_fours, LAYERS)) == {True, False}
