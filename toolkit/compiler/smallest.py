# SPDX-License-Identifier: Apache-2.0
"""The variants whose code and tables take the least flash: kernels that layers share count once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from toolkit.compiler.code_bytes import call_bytes, code_bytes
from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Variant, kernel_calls

# TFLM with CMSIS-NN takes 2.1 to 2.4 times the instructions of the fastest variants (docs/operators.md).
_MOST_SLOWER = 1.8
# A byte less may cost so large a share of the fastest choice's time.
_MOST_FOR_A_BYTE = 0.0005


@dataclass(frozen=True, eq=False)
class Option:
    """A variant of a layer with the kernels that it calls and the flash that its calls take."""

    variant: Variant
    kernels: frozenset[str]
    flash_bytes: int

    @classmethod
    def of(cls, graph: Graph, variant: Variant) -> Option:
        """Return what a variant calls."""
        calls = kernel_calls(variant.lower())
        kernels = frozenset(name for call in calls for name in call.kernels)
        return cls(variant, kernels, call_bytes(graph, calls))


Choice = tuple[Option, ...]


def smallest(
    layers: Sequence[Sequence[Option]],
    usual: Sequence[Option],
    isa: str,
    fits: Callable[[Sequence[Variant]], bool],
) -> list[Variant]:
    """Return a variant for each layer: little flash, in choices that fit and are not much slower.

    layers has each layer's options, the fastest first, but small tables before large ones. Starts with the
    first, or with the usual ones, which fit, where those do not, and leaves out, again and again, the kernel
    that saves the most flash for the time.
    """
    best: Choice = tuple(options[0] for options in layers)
    if not fits(_variants(best)):
        best = tuple(usual)
    fastest = sum(min(option.variant.cycles for option in options) for options in layers)
    while True:
        size, cycles = flash_bytes(best, isa), _cycles(best)
        worth = {
            choice: (_cycles(choice) - cycles) / fastest / saved
            for choice in _with_a_kernel_less(layers, best)
            if (saved := size - flash_bytes(choice, isa)) > 0 and _cycles(choice) <= _MOST_SLOWER * fastest
        }
        good = sorted((c for c in worth if worth[c] <= _MOST_FOR_A_BYTE), key=worth.__getitem__)
        found = next((choice for choice in good if fits(_variants(choice))), None)
        if found is None:
            return _variants(best)
        best = found


def flash_bytes(choice: Sequence[Option], isa: str) -> int:
    """Return about what the code, the tables and the calls of all layers take."""
    kernels = frozenset().union(*(option.kernels for option in choice))
    return code_bytes(isa, kernels) + sum(option.flash_bytes for option in choice)


def _variants(choice: Choice) -> list[Variant]:
    return [option.variant for option in choice]


def _with_a_kernel_less(layers: Sequence[Sequence[Option]], choice: Choice) -> Iterator[Choice]:
    """Yield the choices without one of the kernels: by others that are in use, or by one more."""
    used = frozenset().union(*(option.kernels for option in choice))
    known = frozenset().union(*(option.kernels for options in layers for option in options))
    for kernel in sorted(used):
        for more in ("", *sorted(known - used)):
            allowed = used - {kernel} | {more}
            yield tuple(
                _without(kernel, allowed, options, option) if kernel in option.kernels else option
                for options, option in zip(layers, choice, strict=True)
            )


def _without(kernel: str, allowed: frozenset[str], options: Sequence[Option], option: Option) -> Option:
    """Return the fastest option without a kernel, of those allowed if there is one."""
    others = [each for each in options if kernel not in each.kernels]
    shared = [each for each in others if each.kernels <= allowed]
    return next(iter([*shared, *others]), option)


def _cycles(choice: Choice) -> float:
    return sum(option.variant.cycles for option in choice)
