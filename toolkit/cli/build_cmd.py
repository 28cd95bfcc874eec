# SPDX-License-Identifier: Apache-2.0
"""tinyml build"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import boards_option, json_option, open_pipeline, project_option


@click.command("build")
@boards_option
@project_option
@json_option
def command(boards: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Build the firmware with PlatformIO; writes build/BOARD/firmware.elf, .bin and .hex.

    \b
    Examples:
      tinyml build --board nano33ble
      tinyml build --board all
    """
    pipeline = open_pipeline(folder)
    firmwares = [pipeline.build(board) for board in pipeline.boards(boards)]
    if as_json:
        ui.result_json({f.board.name: {"elf": str(f.elf), **dataclasses.asdict(f.sizes)} for f in firmwares})
        return
    rows = [
        (f.board.name, f"{f.sizes.flash_bytes:,}", f"{f.sizes.ram_bytes:,}", str(f.elf)) for f in firmwares
    ]
    ui.table(("board", "flash", "RAM", "firmware"), rows)
