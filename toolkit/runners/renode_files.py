# SPDX-License-Identifier: Apache-2.0
"""Renode's files for a board: a script, a platform description and a test."""

from __future__ import annotations

import jinja2

from toolkit import paths
from toolkit.errors import InputError
from toolkit.targets.board import Board

DEFAULT_PORT = 3456


def renode_files(board: Board, port: int = DEFAULT_PORT) -> dict[str, str]:
    """Return file name -> text: <board>.resc, .repl and .robot; nothing where Renode has no platform.

    They belong beside firmware.elf; port is that of the TCP server for the UART.
    """
    if board.renode is None:
        return {}
    if board.memory is None:
        raise InputError(f"{board.name} has [renode] but no [memory].")
    loader = jinja2.FileSystemLoader(paths.templates("renode"))
    templates = jinja2.Environment(
        loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    context = {
        "name": board.name,
        "title": board.title,
        "platform": board.renode.platform,
        "uart": board.renode.uart,
        "port": port,
        "flash_origin": f"{board.memory.flash.origin:#x}",
    }
    endings = ("resc", "repl", "robot")
    return {
        f"{board.name}.{end}": templates.get_template(f"board.{end}.j2").render(context) for end in endings
    }
