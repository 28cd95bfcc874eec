# SPDX-License-Identifier: Apache-2.0
"""Kernels that are faster in no more RAM, where their code is worth its flash or replaces larger code."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.compiler.flat_tables import BYTES_FOR_ALL
from toolkit.compiler.smallest import Option, flash_bytes
from toolkit.ir.graph import Graph
from toolkit.memory.layout import arena_in_order
from toolkit.ops.shared.operator import Variant
from toolkit.ops.shared.variants import with_small_tables, with_variants
from toolkit.targets.target import Target

# Another kernel has to save so large a share of a model's time to be worth its code.
CLEAR_SHARE = 0.001


def use_better_kernels(
    graph: Graph, chosen: Sequence[Variant], options: Sequence[Sequence[Variant]], target: Target
) -> list[Variant]:
    """Return chosen, the variants of graph's operations, with faster ones of options in no more RAM.

    They are worthwhile and have no more scratch. One kernel after the other takes all layers where it is the
    better one, so that the code that it replaces can go. The flash grows by at most 64 KiB times the share of
    the model's time that is saved.
    """
    best = list(chosen)
    better = [_better(*pair) for pair in zip(best, options, strict=True)]
    for kernel in dict.fromkeys(_kernel(variant) for found in better for variant in found):
        tried = [_with_kernel(kernel, *pair) for pair in zip(best, options, strict=True)]
        if _is_worth_flash(graph, best, tried, target.isa) and _fits(graph, best, tried, target):
            best = tried
    return best


def _with_kernel(kernel: str, now: Variant, options: Sequence[Variant]) -> Variant:
    """Return the variant with a kernel if it is better than the one that a layer has now."""
    return next((each for each in _better(now, options) if _kernel(each) == kernel), now)


def _better(now: Variant, options: Sequence[Variant]) -> list[Variant]:
    """Return the worthwhile options that are faster than the one that a layer has now, in no more scratch.

    They have the smaller table of their kernel, which is faster with its larger one as well.
    """
    fastest = {_kernel(each): each.cycles for each in sorted(options, key=lambda v: -v.cycles)}
    return [
        each
        for each in with_small_tables(options)
        if each.is_worthwhile
        and each.cycles < now.cycles
        and fastest[_kernel(each)] < fastest[_kernel(now)]
        and each.scratch_bytes <= now.scratch_bytes
    ]


def _kernel(variant: Variant) -> str:
    return variant.larger_of or variant.name


def _is_worth_flash(graph: Graph, now: Sequence[Variant], tried: Sequence[Variant], isa: str) -> bool:
    total = sum(variant.cycles for variant in now)
    saved = total - sum(variant.cycles for variant in tried)
    if saved <= CLEAR_SHARE * total:
        return False
    before, after = (flash_bytes([Option.of(graph, v) for v in each], isa) for each in (now, tried))
    return after - before <= BYTES_FOR_ALL * saved / total


def _fits(graph: Graph, now: Sequence[Variant], tried: Sequence[Variant], target: Target) -> bool:
    before, after = (arena_in_order(with_variants(graph, each), target) for each in (now, tried))
    return after <= before
