# SPDX-License-Identifier: Apache-2.0
"""What would make a model fit the boards that it does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from toolkit.compiler.patching import Patching
from toolkit.inspection.board_fit import BoardFit


def advise(
    fits: Sequence[BoardFit],
    arena_bytes: int,
    weights_bytes: int,
    in_patches: Callable[[int], Patching | None],
) -> Iterator[str]:
    """Yield a sentence for each thing that is short on a board, with the number to reach.

    in_patches tells how near layers in patches come to an arena that is so many bytes smaller.
    """
    for fit in fits:
        short = fit.ram_bytes - fit.ram_limit_bytes
        if short > 0:
            yield _ram_advice(fit.board, short, arena_bytes)
            patching = in_patches(short)
            if patching is not None:
                does = "does it" if patching.arena_bytes <= patching.ram_bytes else "is not enough"
                yield f"{fit.board}: {patching}: {does}. tinyml build tries it by itself."
        short = fit.flash_bytes - fit.flash_limit_bytes
        if short > 0:
            yield _flash_advice(fit.board, short, weights_bytes)


def _ram_advice(board: str, short: int, arena_bytes: int) -> str:
    there = arena_bytes - short
    if there <= 0:
        return f"{board}: {short:,} B of RAM too few; the firmware without a model leaves none."
    area = 100 * there / arena_bytes
    return (
        f"{board}: {short:,} B of RAM too few. The arena may have {there:,} B of "
        f"its {arena_bytes:,} B: an input with {10 * area**0.5:.0f} % of the width and height, or "
        f"{area:.0f} % of the channels in the layers at the fullest step."
    )


def _flash_advice(board: str, short: int, weights_bytes: int) -> str:
    there = weights_bytes - short
    if there <= 0:
        return f"{board}: {short:,} B of flash too few; the firmware without weights leaves none."
    return (
        f"{board}: {short:,} B of flash too few. The weights may have {there:,} B of their "
        f"{weights_bytes:,} B: {100 * (there / weights_bytes) ** 0.5:.0f} % of the channels in every layer."
    )
