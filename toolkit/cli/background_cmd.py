# SPDX-License-Identifier: Apache-2.0
"""tinyml background"""

from __future__ import annotations

from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Real
from toolkit.errors import InputError


@click.command("background")
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--minutes", type=Real(min=0.01, max=1440), default=60.0, show_default=True, help="How long.")
@click.option("--without", multiple=True, metavar="WORD", help="A word that is never said. Can be repeated.")
@click.option(
    "--words",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A text file of words to say instead of the built-in ones.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Recordings of your own, of which pieces come too.",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which sound.")
def command(
    output: Path, minutes: float, without: tuple[str, ...], words: Path | None, folder: Path | None, seed: int
) -> None:
    """Write sound in which nobody calls the device into OUTPUT, a .wav, to count false accepts in.

    Other words by espeak-ng in many voices, noises and music, in turns: all synthetic. A .csv beside it says
    that none of it is an event.

    \b
    Examples:
      tinyml background night.wav --minutes 0.2 --without computer
    """
    from toolkit.listen.background import Background, write_background

    if output.suffix.lower() != ".wav":
        raise InputError(f"{output}: this is no .wav.", hint=f"Try: {output.with_suffix('.wav')}")
    if output.exists() or output.with_suffix(".csv").exists():
        raise InputError(f"{output} or its .csv is there already.", hint="Try: another name")
    text = () if words is None else tuple(words.read_text(encoding="utf-8").split())
    background = Background(minutes * 60, seed, text, without, folder)
    with ui.progress(f"background: {minutes:g} minutes") as on_progress:
        write_background(output, background, on_progress)
    labels = output.with_suffix(".csv").name
    ui.result(f"{minutes:g} minutes in {output}; {labels} says that none of it is an event")
