# SPDX-License-Identifier: Apache-2.0
"""tinyml monitor"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, seconds_option

if TYPE_CHECKING:
    from toolkit.runners.monitor import Watched


@click.command("monitor")
@click.option("--port", type=Name(), help="Serial port. Default: the only one that is there.")
@click.option("--serial-number", type=Name(), help="The port of what has this serial number on USB.")
@click.option("--baud", default=115200, show_default=True, help="Speed of the line.")
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="Append the lines to this file.")
@click.option(
    "--plot", is_flag=True, help="Draw lines of numbers as curves, such as `1.5, -2` or `x:1.5 y:-2`."
)
@seconds_option
def command(
    port: str | None,
    serial_number: str | None,
    baud: int,
    log: Path | None,
    plot: bool,
    seconds: float | None,
) -> None:
    """Show what a board says, with the time, through unplugging, until Ctrl-C.

    \b
    Examples:
      tinyml monitor --port /dev/ttyUSB0
      tinyml monitor --port /dev/ttyUSB0 --log board.log
      tinyml monitor --port /dev/ttyUSB0 --plot
    """
    from toolkit.runners.monitor import stop_after, watch
    from toolkit.runners.ports import Wanted, line_port

    at = line_port(None, Wanted(port, serial_number))
    with _plotting() if plot else nullcontext(_say) as show:
        watch(at, show, baud=baud, log=log, stop=stop_after(seconds))


def _say(line: Watched) -> None:
    ui.result(line.formatted())


@contextmanager
def _plotting() -> Iterator[Callable[[Watched], None]]:
    """Yield what draws a line of numbers, and says any other."""
    from toolkit.runners.curves import Curves, read_numbers

    curves = Curves()
    with ui.picture() as show:

        def hear(line: Watched) -> None:
            numbers = {} if line.is_note else read_numbers(line.text)
            if not numbers:
                _say(line)
                return
            curves.add(numbers)
            show(curves.drawn)

        yield hear
