# SPDX-License-Identifier: Apache-2.0
"""The kernels for ARMv7E-M: what the core runs and its twins in C, on generated layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.arm_runner import Build, check_on_core
from support.effort import breadth, is_broad, times
from support.firmware import skip_without
from support.kernel_runner import KERNELS, Case, check_kernels
from support.random_dsp import fours, grouped, random_layer, stem
from support.random_dsp_elements import random_elements
from support.random_dsp_rows import random_rows
from support.random_matrices import transpose_conv
from support.variants import each_variant
from support.variants_that_wait import waiting

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core

M4 = find_core("cortex-m4f")
M7 = find_core("cortex-m7f")
TARGET = target_of_core(M4)
BUILDS = [Build(M4), Build(M4, at_end=False), Build(M7, optimize="-O3")]
WAIT = [Build(M4, "zig"), Build(M4, optimize="-Os"), Build(M7, "zig", "-Os")]


STARTS = (
    "tm_conv",
    "tm_depthwise_conv",
    "tm_fully",
    "tm_weighted_sum",
    "tm_sum_s16",
    "tm_product_s",
    "tm_lookup",
    "tm_average",
    "tm_max",
    "tm_mean",
    "tm_transpose_conv",
)
OTHERS: tuple[tuple[Callable[[np.random.Generator], Graph], str], ...] = (
    (transpose_conv, "pairs"),
    (lambda rng: fours(rng).graph, "columns"),
    (lambda rng: stem(rng).graph, "narrow"),
    (lambda rng: grouped(rng).graph, "groups"),
    (lambda rng: grouped(rng).graph, "groups flat"),
)
"""Makers of layers that have such a variant."""


def generated(numbers: Sequence[int]) -> list[Case]:
    """Return layers whose kernels are all the instruction set's own, or have parts that are."""
    made = [varied(random_layer(number), number) for number in numbers]
    made += [varied(random_layer(number, "int16"), number // 2) for number in numbers if number // 4 % 2]
    made += [random_elements(number) for number in numbers]
    made += [random_elements(number, "int16") for number in numbers if number % 5 < 4]
    usual = [case for case in made if kernels_of(case) <= OWN]
    own = [*usual, *map(random_rows, numbers), *filter(None, map(small, numbers))]
    return [*own, *(case for number in numbers[::3] for case in others(number))]


def others(number: int) -> list[Case]:
    """Return a layer of each of the makers by its variant, if it has it."""
    made = [(make(np.random.default_rng(number)), name) for make, name in OTHERS]
    found = [(each_variant(graph, TARGET).get(name), name) for graph, name in made]
    return [Case(f"{graph.operations[0].kind} {number}, {name}", graph) for graph, name in found if graph]


def small(number: int) -> Case | None:
    """Return a layer without an activation by the variant with the least code, if it has one."""
    case = random_layer(number + number // 4 % 2)
    (operation,) = case.graph.operations
    options = {**operation.options, "fused_activation_function": "NONE"}
    graph = replace(case.graph, operations=(replace(operation, options=options),))
    chosen = each_variant(graph, TARGET).get("small")
    return replace(case, name=f"{case.name}, small", graph=chosen) if chosen else None


def varied(case: Case, number: int) -> Case:
    """Return a layer by one of its variants that are the instruction set's own; they take turns."""
    variants = [replace(case, graph=graph) for graph in each_variant(case.graph, TARGET).values()]
    own = [variant for variant in variants if kernels_of(variant) <= OWN]
    return own[number // 4 % len(own)] if own else case


def kernels_of(case: Case) -> set[str]:
    (operation,) = case.graph.operations
    operator = operators()[operation.kind]
    return {call.kernel for call in kernel_calls(operator.lower(case.graph, operation, TARGET))}


OWN = {path.stem for path in (KERNELS / TARGET.isa).glob("*.c")}
LAYERS = generated(range(breadth(220, here=60)))
PART = LAYERS if is_broad() else LAYERS[::4]
"""For further compilers and places in memory."""


@pytest.mark.parametrize("build", waiting([*BUILDS, *WAIT], WAIT), ids=str)
def test_the_core_computes_what_the_references_say(tmp_path: Path, build: Build) -> None:
    skip_without("nano33ble", build.toolchain)
    check_on_core(LAYERS if build == BUILDS[0] else PART, tmp_path, build, seed=1, samples=3)


@pytest.mark.wide
@pytest.mark.fuzz
@pytest.mark.parametrize("first", range(1000, 1000 + 60 * times(1), 60))
def test_more_layers_are_what_the_references_say(tmp_path: Path, first: int) -> None:
    skip_without("nano33ble", "gcc")
    layers = generated(range(first, first + 60))
    check_on_core(layers, tmp_path, Build(M4, at_end=bool(first % 120)), seed=first, samples=3)


def test_the_twins_compute_what_the_references_say(tmp_path: Path) -> None:
    check_kernels(LAYERS, tmp_path, seed=1, samples=4, target=TARGET)


def test_most_layers_get_a_kernel_of_the_instruction_set() -> None:
    found = set().union(*map(kernels_of, LAYERS))
    assert found & OWN == {name for name in OWN if name.startswith(STARTS)}
    assert len(LAYERS) > breadth(400, here=150)
    assert sum("_small_" in kernel for case in LAYERS for kernel in kernels_of(case)) > breadth(60, here=20)
