# SPDX-License-Identifier: Apache-2.0
"""tinyml fleet"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Real, SampleCount, json_option, open_pipeline, wait_option

if TYPE_CHECKING:
    from toolkit.fleet.run import Outcome


@click.command("fleet")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--no-flash", is_flag=True, help="Check only: the boards have their firmware.")
@click.option("--samples", type=SampleCount(), help="How many test samples, or all. Default: all.")
@click.option(
    "--timeout", type=Real(min=0.1), default=60.0, show_default=True, help="Seconds for one inference."
)
@wait_option
@json_option
def command(
    file: Path, no_flash: bool, samples: int | None, timeout: float, wait_s: float, as_json: bool
) -> None:
    """Flash and check many boards at once, as FILE lists them.

    \b
    Examples:
      tinyml fleet boards.toml
      tinyml fleet boards.toml --no-flash --samples 20
    """
    from toolkit.flash import Patience
    from toolkit.fleet.listing import load_fleet, require_certain_plugs
    from toolkit.fleet.run import Fleet, require_fleet

    entries = load_fleet(file)
    if not no_flash:
        require_certain_plugs(entries)
    patience = Patience(reset_s=wait_s)
    fleet = Fleet(open_pipeline, ui.note, samples or None, not no_flash, timeout, patience)
    outcomes = fleet.run(entries)
    if not as_json:
        ui.table(("", "board", "port", "flashed", "checked"), [_row(outcome) for outcome in outcomes])
    require_fleet(outcomes)
    if as_json:
        ui.result_json({outcome.entry.name: outcome.to_json() for outcome in outcomes})


def _row(outcome: Outcome) -> tuple[str, ...]:
    said = outcome.error.message.splitlines()[0] if outcome.error else outcome.checked
    return (outcome.entry.name, outcome.entry.board, outcome.port, outcome.flashed, said)
