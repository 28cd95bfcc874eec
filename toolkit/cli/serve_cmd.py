# SPDX-License-Identifier: Apache-2.0
"""tinyml serve"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from toolkit import ui
from toolkit.cli.options import Name, benchmark_option, seconds_option


@click.command("serve")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--pty", "pty", is_flag=True, default=True, help="As a pseudo terminal; there is no other way.")
@click.option("--board", type=Name(), default="nano33ble", show_default=True, help="See: tinyml boards")
@benchmark_option
@click.option("--fast", is_flag=True, help="As fast as this computer can, not as slow as the board.")
@seconds_option
def command(
    model: Path, pty: bool, board: str, benchmark: str | None, fast: bool, seconds: float | None
) -> None:
    """Put any quantized .tflite on a serial port, for programs of others, until Ctrl-C.

    The port is a pseudo terminal; its name is the first line on stdout. Behind it is an emulated board, or
    with --board host a program.

    \b
    Examples:
      tinyml serve model.tflite --pty --seconds 0.5
      tinyml serve kws.tflite --board host --benchmark kws --fast --seconds 0.5
    """
    from toolkit.firmware.loose import build_loose
    from toolkit.project.benchmarks import BENCHMARKS
    from toolkit.runners.link import open_link
    from toolkit.runners.pty import serve_until
    from toolkit.targets.board import load_board
    from toolkit.verify.any_model import naming_no_file_of
    from toolkit.verify.on_device import Place

    chosen = load_board(board)
    Place().require_possible(chosen)
    with tempfile.TemporaryDirectory(prefix="tinyml-serve-") as folder, naming_no_file_of(folder):
        with ui.progress(f"build {model.name} for {board}") as on_progress:
            built = build_loose(
                model,
                chosen,
                Path(folder),
                BENCHMARKS[benchmark] if benchmark else None,
                on_line=lambda line: on_progress(0, 0, line),
                on_word=ui.note,
            )
        link = open_link(built.firmware.elf, chosen, counts="cycles")
        serve_until(link, seconds, on_open=lambda port: ui.result(port), in_real_time=not fast)
