# SPDX-License-Identifier: Apache-2.0
"""tinyml emulate"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import (
    board_option,
    engine_option,
    feed_options,
    open_pipeline,
    project_option,
    seconds_option,
)
from toolkit.errors import InputError, UsageError

if TYPE_CHECKING:
    from toolkit.targets.board import Board


@click.command("emulate")
@board_option
@click.option("--pty", is_flag=True, help="Offer the firmware as a serial port instead, for any terminal.")
@click.option("--usb", is_flag=True, help="Talk over the board's own USB plug, as nano33ble has one.")
@click.option("--led", is_flag=True, help="Show the LED's brightness behind each line.")
@feed_options
@click.option(
    "--noise",
    type=click.IntRange(min=0),
    metavar="SEED",
    help="Add the noise of the sensors' data sheets to what is fed.",
)
@click.option("--press", metavar="TIMES", help="When the button is pressed: 0.5,1.2-2 in seconds.")
@click.option(
    "--screen",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.png",
    help="Write what the board's screen shows at the end.",
)
@seconds_option
@engine_option
@project_option
def command(
    board: str | None,
    pty: bool,
    usb: bool,
    led: bool,
    feeds: tuple[str, ...],
    rates: tuple[str, ...],
    noise: int | None,
    press: str | None,
    screen: Path | None,
    seconds: float | None,
    engine: str | None,
    folder: Path,
) -> None:
    """Run the firmware's application in the emulator and show what it says, until Ctrl-C.

    \b
    Examples:
      tinyml emulate --seconds 1
      tinyml emulate --board nano33ble --led --seconds 1
      tinyml emulate --pty --seconds 1
      tinyml emulate --board nano33ble --feed accel=walk.csv --seconds 1
      tinyml emulate --board stm32f746g_disco --screen lcd.png --seconds 1
      tinyml emulate --board sparkfun_edge --press 0.5,1.2-2 --seconds 1
    """
    from toolkit.files import write_atomic
    from toolkit.pipeline.build import own_code_left_out
    from toolkit.runners.application import watch_application
    from toolkit.runners.emulator import EmulatorLink
    from toolkit.runners.feeds import read_feeds, read_presses
    from toolkit.runners.link import open_link
    from toolkit.runners.pty import serve_until

    pipeline = open_pipeline(folder, engine)
    chosen = pipeline.one_board(board)
    _require_screen(chosen, screen, pty)
    fed = read_presses(chosen, press, read_feeds(chosen, feeds, rates, noise, ui.note))
    firmware = pipeline.build(chosen)
    if left_out := own_code_left_out(pipeline.project):
        ui.note(left_out)
    ui.note(f"emulate {chosen.name}: {ui.one_line(firmware.elf)}; {_until(seconds)}")
    link = open_link(firmware.elf, firmware.board, feeds=fed, usb=usb)
    if pty:
        serve_until(link, seconds, on_open=lambda port: ui.result(f"{port}"))
        return
    try:
        watch_application(
            link,
            lambda spoken: ui.result(spoken.text if not led or spoken.led is None else spoken.with_led()),
            seconds=seconds,
        )
    finally:
        if screen is not None and isinstance(link, EmulatorLink):
            write_atomic(screen, link.screen_png())
            ui.note(f"the screen: {ui.one_line(screen)}")
        link.close()


def _require_screen(board: Board, screen: Path | None, pty: bool) -> None:
    """Raise an error where there is no screen, before anything is built."""
    if screen is None:
        return
    if board.display is None:
        raise InputError(f"--screen: boards/{board.name}.toml has no [display].")
    if pty:
        raise UsageError(
            "--screen is what was shown at the end, and --pty has none.", hint="Try: one of the two"
        )


def _until(seconds: float | None) -> str:
    return "Ctrl-C ends it" if seconds is None else f"for {seconds:g} s"
