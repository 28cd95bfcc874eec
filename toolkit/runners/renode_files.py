# SPDX-License-Identifier: Apache-2.0
"""Renode's files for a board: scripts, a platform description and a test."""

from __future__ import annotations

from typing import Any

import jinja2

from toolkit import paths
from toolkit.errors import InputError
from toolkit.targets.board import Board, Renode

_FILES = (".repl", ".resc", "_watch.resc", ".robot")


def renode_files(board: Board) -> dict[str, str]:
    """Return file name -> text, to stand beside firmware.elf; nothing where Renode has no platform.

    <board>.resc loads the firmware and does not start it; <board>_watch.resc shows its serial line and
    starts; <board>.repl is the platform, <board>.robot a test.
    """
    if board.renode is None:
        return {}
    context = _context(board, board.renode)
    return {f"{board.name}{end}": render_for_renode(f"board{end}.j2", context) for end in _FILES}


def render_for_renode(template: str, context: dict[str, Any]) -> str:
    """Return one of the templates for Renode, filled in."""
    loader = jinja2.FileSystemLoader(paths.templates("renode"))
    templates = jinja2.Environment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,
    )
    return templates.get_template(template).render(context)


def _context(board: Board, renode: Renode) -> dict[str, Any]:
    if board.memory is None:
        raise InputError(f"{board.name} has [renode] but no [memory].")
    has_led, is_inverted = bool(renode.led_port), board.led is not None and board.led.active_low
    led = {"port": renode.led_port, "pin": renode.led_pin, "invert": str(is_inverted).lower()}
    return {
        "name": board.name,
        "title": board.title,
        "platform": _platform(renode),
        "uart": renode.uart,
        "leds": [led] if has_led else [],
        "clock_hz": board.clock.hz,
        "clock_mhz": board.clock.hz // 1_000_000,
        "flash_origin": f"{board.memory.flash.origin:#x}",
    }


def _platform(renode: Renode) -> str:
    """Return the lines that bring the platform: a reference to Renode's own, or all of ours."""
    if "/" in renode.platform:
        return f'using "{renode.platform}"'
    text = (paths.templates("renode") / renode.platform).read_text(encoding="utf-8")
    return text.partition("\n")[2].rstrip()  # without its SPDX line
