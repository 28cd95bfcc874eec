# SPDX-License-Identifier: Apache-2.0
"""tinyml flash"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, board_option, engine_option, open_pipeline, project_option, wait_option
from toolkit.errors import UsageError
from toolkit.targets.board import Board, load_board

if TYPE_CHECKING:
    from toolkit.firmware.build import Firmware

_LIST = "list"


@click.command("flash")
@board_option
@click.option("--port", type=Name(), help="Serial port of the board. Default: the one that fits the board.")
@click.option("--serial-number", type=Name(), help="The board on USB with this serial number, of two alike.")
@click.option(
    "--method",
    type=Name(),
    help="How to flash. Default: the first that can be used. list: which ones there are.",
)
@click.option(
    "--elf",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Flash this firmware.elf, with .bin and .hex beside it, without a project.",
)
@click.option(
    "--recorder", is_flag=True, help="Flash the firmware that records what the sensors sense: tinyml record."
)
@wait_option
@engine_option
@project_option
def command(
    board: str | None,
    port: str | None,
    serial_number: str | None,
    method: str | None,
    elf: Path | None,
    recorder: bool,
    wait_s: float,
    engine: str | None,
    folder: Path,
) -> None:
    """Build if needed, then put the firmware on the board.

    \b
    Examples:
      tinyml flash --board nano33ble --method list
      tinyml flash --board nano33ble
      tinyml flash --board nano33ble --port /dev/ttyACM0
      tinyml flash --elf build/nano33ble/firmware.elf
      tinyml flash --recorder --board nano33ble
    """
    from toolkit.flash import ElfFile, Patience, choose_way, flash_firmware, require_flashable
    from toolkit.record.places import board_for
    from toolkit.runners.ports import Wanted

    if recorder and elf is not None:
        raise UsageError("--recorder and --elf do not go together.", hint="Try: one of the two")
    if elf is not None:
        chosen = _board_of(elf, board)
    elif recorder:
        chosen = board_for(board, folder)
    else:
        pipeline = open_pipeline(folder, engine)
        chosen = pipeline.one_board(board)
    if method == _LIST:
        _list(chosen)
        return
    require_flashable(chosen, Wanted(port, serial_number), method)
    way = choose_way(chosen, method)
    if (port or serial_number) and way.method.port(way.upload) == "none":
        named = "--port" if port else "--serial-number"
        ui.note(f"{named} says nothing to {way.upload.tool}: it flashes whichever {chosen.name} it finds")
    firmware: ElfFile | Firmware
    if elf is not None:
        firmware = ElfFile(elf.absolute(), chosen)
    elif recorder:
        firmware = _built_recorder(chosen, folder)
    else:
        firmware = pipeline.build(chosen)
    with ui.progress(f"flash {chosen.name}") as on_progress:
        flash_firmware(
            firmware,
            port=port,
            serial_number=serial_number,
            method=method,
            patience=Patience(reset_s=wait_s),
            on_line=ui.note,
            on_progress=on_progress,
        )
    following = "record --port auto --label LABEL" if recorder else "check --port auto"
    ui.result(f"{firmware.elf} is on {chosen.title}. Next: tinyml {following}")


def _built_recorder(board: Board, folder: Path) -> Firmware:
    from toolkit.firmware.recorder import build_recorder
    from toolkit.record.places import chip_config_for, recorder_folder

    with ui.progress(f"build {board.name}: PlatformIO") as on_progress:
        return build_recorder(
            board,
            recorder_folder(board, folder),
            bmi270=chip_config_for(board, folder),
            on_line=lambda line: on_progress(0, 0, line),
            on_word=ui.note,
        )


def _board_of(elf: Path, name: str | None) -> Board:
    """Return the board that was named, or else the one that a firmware says it was built for."""
    from toolkit.flash.image import load_flash_image

    found = name or load_flash_image(elf).board_name
    if not found:
        raise UsageError(f"{elf} does not say which board it was built for.", hint="Try: --board BOARD")
    return load_board(found)


def _list(board: Board) -> None:
    from toolkit.flash import require_ways, ways

    require_ways(board)
    rows = [
        (way.upload.tool, "yes" if way.usable else f"no: {way.usable.lacks}", way.method.about)
        for way in ways(board)
    ]
    ui.table(("method", "can be used", ""), rows)
    for way in ways(board):
        if not way.usable:
            ui.result(f"{way.upload.tool}: {way.usable.get}")
