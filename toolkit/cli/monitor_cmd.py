# SPDX-License-Identifier: Apache-2.0
"""tinyml monitor"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, seconds_option


@click.command("monitor")
@click.option("--port", type=Name(), help="Serial port. Default: the only one that is there.")
@click.option("--serial-number", type=Name(), help="The port of what has this serial number on USB.")
@click.option("--baud", default=115200, show_default=True, help="Speed of the line.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Append the lines to this file.")
@seconds_option
def command(
    port: str | None, serial_number: str | None, baud: int, log: Path | None, seconds: float | None
) -> None:
    """Show what a board says, with the time, through unplugging, until Ctrl-C.

    \b
    Examples:
      tinyml monitor --port /dev/ttyUSB0
      tinyml monitor --port /dev/ttyUSB0 --log board.log
    """
    from toolkit.runners.monitor import stop_after, watch
    from toolkit.runners.ports import Wanted, line_port

    watch(
        line_port(None, Wanted(port, serial_number)),
        lambda line: ui.result(line.formatted()),
        baud=baud,
        log=log,
        stop=stop_after(seconds),
    )
