# SPDX-License-Identifier: Apache-2.0
"""tinyml live"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, board_option, project_option, seconds_option, skips_broken

if TYPE_CHECKING:
    from toolkit.live.site import Site


@click.command("live")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@board_option
@click.option("--port", type=Name(), help="Serial port of a real board that runs this model, or auto.")
@click.option("--at", type=click.IntRange(0, 65535), default=0, help="Port of the page; default: a free one.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@project_option
@seconds_option
def command(
    model: Path | None,
    board: str | None,
    port: str | None,
    at: int,
    opens: bool,
    folder: Path,
    seconds: float | None,
) -> None:
    """Show the project's model, or MODEL, a .tflite or .keras file, on a page of this computer, until Ctrl-C.

    The link is the first line on stdout; whoever has it may use the page, from this computer alone. The
    page takes pictures, sounds, tables and recordings, the camera, the microphone and drawings, and shows
    side by side what the float model, the int8 model and the firmware say.

    \b
    Examples:
      tinyml live --seconds 0.5
      tinyml live build/model.tflite --board host --seconds 0.5
    """
    from toolkit.live.site import open_site

    site = open_site(model, folder, board, port, skip_broken=skips_broken())
    show_page(site, at, opens, seconds)


def show_page(site: Site, at: int, opens: bool, seconds: float | None) -> None:
    """Serve a page on the port at, and say its link."""
    from toolkit.live.server import serve

    def show(link: str) -> None:
        ui.result(link)
        ui.note("Ctrl-C ends it.")
        if opens:
            import webbrowser

            if not webbrowser.open(link):
                ui.note("--open: no browser is found here; open the link in one.")

    serve(site, at, seconds, show)
