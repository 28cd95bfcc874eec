# SPDX-License-Identifier: Apache-2.0
"""tinyml boards"""

from __future__ import annotations

import dataclasses
import shlex

import click

from toolkit import ui
from toolkit.cli.options import ByteSize, json_option
from toolkit.targets.board import Board, board_names, load_board

_HEX = ("origin", "base", "vendor", "product")
_COMMANDS = ("command", "prepare")


@click.command("boards")
@click.argument("name", required=False)
@click.option("--min-ram", type=ByteSize(), default="0", help="Only boards with this much RAM: 64k, 1M.")
@click.option("--min-flash", type=ByteSize(), default="0", help="Only boards with this much flash.")
@json_option
def command(name: str | None, min_ram: int, min_flash: int, as_json: bool) -> None:
    """List the boards, or show all that is known of the board NAME.

    \b
    Examples:
      tinyml boards
      tinyml boards nano33ble
      tinyml boards --min-ram 300k
    """
    boards = [load_board(name)] if name else [load_board(each) for each in board_names()]
    chosen = [board for board in boards if name or _is_enough(board, min_ram, min_flash)]
    if as_json:
        ui.result_json({board.name: dataclasses.asdict(board) for board in chosen})
    elif name:
        _show(chosen[0])
    else:
        ui.table(("board", "", "MCU", "core", "MHz", "flash", "RAM"), [_row(board) for board in chosen])


def _is_enough(board: Board, min_ram: int, min_flash: int) -> bool:
    if board.memory is None:
        return True
    return board.memory.ram.bytes >= min_ram and board.memory.flash.bytes >= min_flash


def _row(board: Board) -> tuple[str, ...]:
    sizes = (
        [f"{r.bytes // 1024} kB" for r in (board.memory.flash, board.memory.ram)]
        if board.memory
        else ["", ""]
    )
    mhz = f"{board.clock.hz / 1e6:g}" if board.memory else ""
    return (board.name, board.title, board.mcu, board.core, mhz, *sizes)


def _show(board: Board) -> None:
    table = dataclasses.asdict(board)
    for key, value in {"notes": table.pop("notes"), **table}.items():
        _show_value(key, value, "")


def _show_value(key: str, value: object, indent: str) -> None:
    if isinstance(value, dict):
        ui.result(f"{indent}{key}:")
        for inner, item in value.items():
            _show_value(inner, item, indent + "  ")
    elif isinstance(value, tuple) and value and isinstance(value[0], dict | tuple):
        for item in value:
            _show_value(key, item, indent)
    elif value not in (None, "", ()):
        ui.result(f"{indent}{key}: {_shown(key, value)}")


def _shown(key: str, value: object) -> str:
    """Return a value as people read it: addresses and ids in hex, a command as a line for a shell."""
    if key in _HEX and isinstance(value, int):
        return f"{value:#06x}"
    if isinstance(value, tuple):
        return shlex.join(map(str, value)) if key in _COMMANDS else " ".join(map(str, value))
    return str(value)
