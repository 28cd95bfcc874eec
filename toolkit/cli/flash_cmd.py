# SPDX-License-Identifier: Apache-2.0
"""tinyml flash"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, board_option, engine_option, open_pipeline, project_option


@click.command("flash")
@board_option
@click.option("--port", type=Name(), help="Serial port of the board, for methods that need one.")
@click.option(
    "--method",
    type=Name(),
    help="Upload tool. Default: the first that is installed. See: tinyml boards BOARD",
)
@engine_option
@project_option
def command(
    board: str | None, port: str | None, method: str | None, engine: str | None, folder: Path
) -> None:
    """Build if needed, then put the firmware on the board.

    \b
    Example:
      tinyml flash --board nano33ble --port /dev/ttyACM0
    """
    from toolkit.runners.flash import flash_firmware, require_flashable

    pipeline = open_pipeline(folder, engine)
    chosen = pipeline.one_board(board)
    require_flashable(chosen, port, method)
    firmware = pipeline.build(chosen)
    flash_firmware(firmware, port=port, method=method, on_line=ui.note)
    ui.result(f"{firmware.elf} is on {chosen.title}. Next: tinyml check --port PORT")
