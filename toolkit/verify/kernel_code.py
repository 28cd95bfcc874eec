# SPDX-License-Identifier: Apache-2.0
"""What kernels are as machine code: bytes, stack, and whether they divide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.compiler.compile import CompiledModel
from toolkit.emulator.image import Image, load_image
from toolkit.errors import InputError, ToolMissingError
from toolkit.stack.bound import reach_of
from toolkit.targets.board import Board
from toolkit.timing.thumb import Kind, decode
from toolkit.verify.bare import built_bare
from toolkit.verify.generated_c import random_rows


@dataclass(frozen=True)
class KernelCode:
    """A kernel with all functions that it calls. stack_bytes is None where no bound is known.

    divides: the functions with an instruction whose time depends on its operands: SDIV, UDIV, VDIV, VSQRT.
    """

    code_bytes: int
    stack_bytes: int | None
    divides: tuple[str, ...]


def kernel_code(compiled: CompiledModel, board: Board) -> dict[str, KernelCode]:
    """Return the code of each kernel that a model calls, compiled for board as for its firmware.

    Raises as count_layers() does.
    """
    with built_bare(compiled, board, random_rows(compiled.graph, 1)) as elf:
        return kernel_code_in(elf, compiled)


def kernel_code_in(elf: Path, compiled: CompiledModel) -> dict[str, KernelCode]:
    """Return the same of an image that has the kernels."""
    image = load_image(elf)
    places = {name: (address, size) for address, size, name in image.functions}
    found = reach_of(elf, sorted({call.kernel for calls in compiled.calls for call in calls}))
    return {
        kernel: KernelCode(
            sum(places[name][1] for name in reach.functions if name in places),
            reach.stack_bytes,
            tuple(name for name in sorted(reach.functions) if _divides(image, places, name)),
        )
        for kernel, reach in found.items()
    }


def kernel_code_where_known(compiled: CompiledModel, board: Board) -> dict[str, KernelCode]:
    """Return the same, nothing for this computer or where a compiler or the emulator is missing."""
    try:
        return {} if board.is_host else kernel_code(compiled, board)
    except (ToolMissingError, InputError):
        return {}


def _divides(image: Image, places: Mapping[str, tuple[int, int]], name: str) -> bool:
    if name not in places:
        return False
    address, size = places[name]
    for segment in image.segments:
        start = address - segment.address
        if 0 <= start < len(segment.data):
            code = segment.data[start : start + size]
            return any(one.kind in (Kind.DIVIDE, Kind.FPU_DIVIDE) for one in decode(code, address))
    return False
