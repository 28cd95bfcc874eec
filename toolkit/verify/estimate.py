# SPDX-License-Identifier: Apache-2.0
"""How long a model would take on a board, before any firmware is built."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from toolkit.compiler.choice import Optimization
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import DeviceError, InputError, ToolMissingError
from toolkit.files import sha256_of, write_atomic
from toolkit.firmware import Firmware
from toolkit.firmware.platformio import package_dirs
from toolkit.firmware.toolchain import compiler_name
from toolkit.inspection.board_fit import BoardFit
from toolkit.paths import cache_dir
from toolkit.project.code_graph import code_digest
from toolkit.project.goals import Goal
from toolkit.project.stamps import digest_of
from toolkit.reading import parse_json
from toolkit.targets.board import Board, load_board
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of
from toolkit.timing.model import latency_error
from toolkit.timing.text import digits, modelled_text
from toolkit.verify.bare import count_layers
from toolkit.verify.generated_c import random_rows
from toolkit.verify.on_device import times_in_emulation

_RANDOM_ROW = 3


@dataclass(frozen=True)
class Estimate:
    """What an inference takes on a board, counted and modelled with the model alone on its core.

    Without the protocol around it, so a little less than a check says. None is what nobody knows; reason
    says why, "" if all is known.
    """

    board: str
    instructions: int | None = None
    cycles: int | None = None
    flash_wait_cycles: int | None = None
    latency_ms: float | None = None
    latency_error: float | None = None
    reason: str = ""

    def text(self) -> str:
        """Return the milliseconds with their error, or what is known instead."""
        if self.latency_ms is not None:
            return modelled_text(self.latency_ms, self.latency_error, load_board(self.board).clock.hz)
        counted = "" if self.instructions is None else f"{self.instructions:,} instructions; "
        return f"{counted}not known: {self.reason}"

    def short_text(self) -> str:
        """Return the milliseconds with their error for a table's cell; "" where they are not known."""
        if self.latency_ms is None:
            return ""
        error = "+- ?" if self.latency_error is None else f"+- {100 * self.latency_error:.0f} %"
        return f"{digits(self.latency_ms)} {error}"

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain values, without the board's name."""
        return {name: value for name, value in asdict(self).items() if name != "board"}


def estimate_on(compiled: CompiledModel, board: Board) -> Estimate:
    """Return what a model that was compiled for board takes there; of what was counted before it is read.

    Where there is no compiler for its core, no emulator, or too little memory, it says so and has no numbers.
    """
    if board.is_host:
        return Estimate(board.name, reason="tinyml check counts it.")
    compiler = compiler_name(board.core, package_dirs())
    return _kept(
        (compiled.sources, compiled.optimization.flag, board, compiler), lambda: _estimate(compiled, board)
    )


def _kept(made_from: object, estimate: Callable[[], Estimate]) -> Estimate:
    """Return the estimate that was counted before from the same, or what is counted now."""
    path = cache_dir() / "latency" / f"{digest_of((made_from, code_digest(__name__)))}.json"
    try:
        return Estimate(**parse_json(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        found = estimate()
    if not found.reason:
        write_atomic(path, json.dumps(asdict(found)) + "\n")
    return found


def estimate_of(firmware: Firmware, compiled: Callable[[], CompiledModel]) -> Estimate:
    """Return what a built firmware with the protocol takes in emulation, by its own counter; of what was
    counted before it is read. compiled gives the model that is in it.

    No numbers for a firmware with another engine or of this computer.
    """
    board = firmware.board
    if firmware.engine != "aot" or board.is_host:
        return Estimate(board.name, reason="tinyml check counts it.")
    return _kept((sha256_of(firmware.elf), board), lambda: _counted(firmware, compiled()))


def _counted(firmware: Firmware, compiled: CompiledModel) -> Estimate:
    board = firmware.board
    row = random_rows(compiled.graph, _RANDOM_ROW)[-1]
    try:
        found = times_in_emulation(firmware, compiled, row.tobytes())
    except (ToolMissingError, DeviceError) as error:
        return Estimate(board.name, reason=error.message)
    names = {each.name for each in fields(Estimate)} & set(found)
    reason = "" if "latency_ms" in found else f"the core {board.core} has no cycle model."
    return Estimate(board.name, **{name: found[name] for name in names}, reason=reason)


def _estimate(compiled: CompiledModel, board: Board) -> Estimate:
    row = random_rows(compiled.graph, _RANDOM_ROW)[-1:]
    try:
        (layers,) = count_layers(compiled, board, row)
    except (ToolMissingError, DeviceError, InputError) as error:
        return Estimate(board.name, reason=error.message)
    instructions = sum(layer.instructions or 0 for layer in layers)
    if any(layer.cycles is None for layer in layers):
        return Estimate(board.name, instructions, reason=f"the core {board.core} has no cycle model.")
    cycles = sum(layer.cycles or 0 for layer in layers)
    waits = sum(layer.flash_wait_cycles or 0 for layer in layers) if board.flash_timing else None
    return Estimate(
        board.name,
        instructions,
        cycles,
        waits,
        1000 * (cycles + (waits or 0)) / board.clock.hz,
        latency_error(find_core(board.core).timing, board.flash_timing),
    )


def estimate_where_it_fits(
    data: bytes,
    name: str,
    fits: Sequence[BoardFit],
    goal: Goal = "balanced",
    hop: int | None = None,
    *,
    is_untrained: bool = False,
) -> list[Estimate]:
    """Return what the .tflite file data takes on each board; no numbers for one that it does not fit.

    goal is what kernels are chosen for, hop that of a window which slides, None for whole windows.
    is_untrained says that the weights are not the real ones.
    """

    def estimate(fit: BoardFit) -> Estimate:
        if not fit.fits:
            return Estimate(fit.board, reason="it does not fit.")
        board = load_board(fit.board)
        compiled = compile_model(
            data,
            name,
            target_of(board),
            hop=hop,
            optimization=Optimization(goal),
            keeps_channels=is_untrained,
        )
        return estimate_on(compiled, board)

    return [estimate(fit) for fit in fits]
