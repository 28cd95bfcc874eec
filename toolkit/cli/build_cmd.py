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
    from toolkit.stack.bound import StackBound


@click.command("build")
@boards_option
@engine_option
@project_option
@json_option
def command(boards: tuple[str, ...], engine: str | None, folder: Path, as_json: bool) -> None:
    """Build the firmware with PlatformIO; writes build/BOARD/firmware.elf, .bin and .hex.

    \b
    Examples:
      tinyml build --board nano33ble
      tinyml build --board all
    """
    from toolkit.firmware import worst_stack

    pipeline = open_pipeline(folder, engine)
    firmwares = [pipeline.build(board) for board in pipeline.boards(boards)]
    stacks = [worst_stack(firmware) for firmware in firmwares]
    if as_json:
        pairs = zip(firmwares, stacks, strict=True)
        values: dict[str, dict[str, Any]] = {
            f.board.name: {"elf": str(f.elf), **dataclasses.asdict(f.sizes)} for f in firmwares
        }
        for firmware, stack in pairs:
            values[firmware.board.name]["worst_stack_bytes"] = stack and stack.bytes
        ui.result_json(values)
        return
    rows = [
        (f.board.name, f"{f.sizes.flash_bytes:,}", f"{f.sizes.ram_bytes:,}", _stack_text(stack), str(f.elf))
        for f, stack in zip(firmwares, stacks, strict=True)
    ]
    ui.table(("board", "flash", "RAM", "stack at most", "firmware"), rows)


def _stack_text(stack: StackBound | None) -> str:
    """Return the proved bound; nothing for this computer, whose stack is not ours."""
    if stack is None:
        return ""
    return f"not known: {stack.why_unknown}" if stack.why_unknown else f"{stack.bytes:,}"
