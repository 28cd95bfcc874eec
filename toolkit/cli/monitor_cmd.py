# SPDX-License-Identifier: Apache-2.0
"""tinyml monitor"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, seconds_option


@click.command("monitor")
@click.option("--port", type=Name(), help="Serial port. Default: the only one that is there.")
@click.option("--baud", default=115200, show_default=True, help="Speed of the line.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Append the lines to this file.")
@seconds_option
def command(port: str | None, baud: int, log: Path | None, seconds: float | None) -> None:
    """Show what a board says, with the time, through unplugging, until Ctrl-C.

    \b
    Examples:
      tinyml monitor --port /dev/ttyUSB0
      tinyml monitor --port /dev/ttyUSB0 --log board.log
    """
    from toolkit.runners.monitor import stop_after, watch
    from toolkit.runners.serial import only_port

    watch(
        port or only_port(),
        lambda line: ui.result(line.formatted()),
        baud=baud,
        log=log,
        stop=stop_after(seconds),
    )
