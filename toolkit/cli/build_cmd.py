# SPDX-License-Identifier: Apache-2.0
"""tinyml build"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit import ui
from toolkit.cli.options import boards_option, engine_option, json_option, open_pipeline, project_option

if TYPE_CHECKING:
    from toolkit.firmware import Firmware
    from toolkit.stack.bound import StackBound


@click.command("build")
@boards_option
@engine_option
@project_option
@json_option
def command(boards: tuple[str, ...], engine: str | None, folder: Path, as_json: bool) -> None:
    """Build the firmware with PlatformIO; writes build/BOARD/firmware.elf, .bin and .hex.

    ms is what an inference takes, modelled, with its error (docs/cycle-model.md): +- ? is one nobody knows.

    \b
    Examples:
      tinyml build --board nano33ble
      tinyml build --board all
    """
    from toolkit.firmware import worst_stack
    from toolkit.listen.cost import stream_cost
    from toolkit.pipeline.build import own_code, own_code_left_out
    from toolkit.verify.estimate import Estimate, estimate_of, estimate_on

    pipeline = open_pipeline(folder, engine)
    firmwares = [pipeline.build(board) for board in pipeline.boards(boards)]
    stacks = [worst_stack(firmware) for firmware in firmwares]

    def estimate(firmware: Firmware) -> Estimate:
        # A person's own application may do anything before it answers.
        is_own = own_code(pipeline.for_board(firmware.board)) is not None
        answers = pipeline.project.firmware.protocol and not is_own
        if answers:
            return estimate_of(firmware, lambda: pipeline.built_model(firmware.board))
        return estimate_on(pipeline.built_model(firmware.board), firmware.board)

    with ui.progress("count what an inference takes"):
        estimates = {firmware.board.name: estimate(firmware) for firmware in firmwares}
    streams = [stream_cost(pipeline, firmware.board) for firmware in firmwares]
    if left_out := own_code_left_out(pipeline.project):
        ui.note(left_out)
    if as_json:
        pairs = zip(firmwares, stacks, strict=True)
        values: dict[str, dict[str, Any]] = {
            f.board.name: {
                "elf": str(f.elf),
                **dataclasses.asdict(f.sizes),
                "time": estimates[f.board.name].to_json(),
            }
            for f in firmwares
        }
        for firmware, stack in pairs:
            values[firmware.board.name]["worst_stack_bytes"] = stack and stack.bytes
        for cost in filter(None, streams):
            values[cost.board]["stream"] = dataclasses.asdict(cost)
        ui.result_json(values)
        return
    rows = [
        (
            f.board.name,
            f"{f.sizes.flash_bytes:,}",
            f"{f.sizes.ram_bytes:,}",
            _stack_text(stack),
            estimates[f.board.name].short_text() or "-",
            str(f.elf),
        )
        for f, stack in zip(firmwares, stacks, strict=True)
    ]
    ui.table(("board", "flash", "RAM", "stack at most", "ms, modelled", "firmware"), rows)
    for cost in filter(None, streams):
        ui.result(f"of it the stream on {cost.board}: {cost.words()}")


def _stack_text(stack: StackBound | None) -> str:
    """Return the proved bound; nothing for this computer, whose stack is not ours."""
    if stack is None:
        return ""
    return f"not known: {stack.why_unknown}" if stack.why_unknown else f"{stack.bytes:,}"
