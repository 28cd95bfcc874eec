# SPDX-License-Identifier: Apache-2.0
"""tinyml check"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import (
    SampleCount,
    boards_option,
    engine_option,
    json_option,
    open_pipeline,
    place_of,
    place_options,
    project_option,
)

if TYPE_CHECKING:
    from toolkit.pipeline.pipeline import Pipeline
    from toolkit.verify.on_device import Place

_RAW_RECORDINGS, _EVERY = 3, 1 << 31


@click.command("check")
@boards_option
@click.option("--samples", type=SampleCount(), help="How many test samples, or all. Default: all.")
@click.option(
    "--raw", is_flag=True, help="Raw recordings of the test split go in: sound, or a sensor's rows."
)
@place_options
@engine_option
@project_option
@json_option
def command(
    boards: tuple[str, ...],
    samples: int | None,
    raw: bool,
    runner: str | None,
    port: str | None,
    timeout: float,
    engine: str | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Run the test samples on the firmware and compare every output byte with the host's.

    In the emulator, unless --port names the serial port of a board. With --raw the firmware gets whole
    recordings (three, or --samples), computes the features itself, and decides.

    \b
    Examples:
      tinyml check
      tinyml check --board all --samples 20
      tinyml check --board nano33ble --port /dev/ttyUSB0
    """
    from toolkit.pipeline.checking import check_project
    from toolkit.report.diagnosis import diagnosis_lines
    from toolkit.report.text import quantization_notes, verdict_lines
    from toolkit.verify.verdict import require_all

    pipeline = open_pipeline(folder, engine)
    place = place_of(runner, port, timeout)
    if raw:
        _check_raw(pipeline, boards, place, samples, as_json)
        return
    verdicts = [check_project(pipeline, board, place, samples or None) for board in pipeline.boards(boards)]
    report = pipeline.report()
    facts = {verdict.board: verdict.to_json() for verdict in verdicts}
    if not as_json:
        new = pipeline.has_made("train")  # tinyml train and the report say it of an older one
        training = diagnosis_lines(pipeline.read_json("history.json")) if new else []
        lost = quantization_notes(pipeline.read_json("quantization.json"))
        for line in (*training, *lost, *(line for verdict in verdicts for line in verdict_lines(verdict))):
            ui.result(line)
        ui.result(f"{report}")
    require_all(verdicts, facts)
    if as_json:
        ui.result_json(facts)


def _check_raw(
    pipeline: Pipeline, boards: tuple[str, ...], place: Place, samples: int | None, as_json: bool
) -> None:
    from toolkit.listen.listen import ears_of
    from toolkit.listen.on_board import check_raw, raw_lines, require_raw

    most = _EVERY if samples == 0 else samples or _RAW_RECORDINGS
    chosen = pipeline.boards(boards)
    verdicts = [check_raw(pipeline, board, place, most) for board in chosen]
    report = pipeline.report()
    if not as_json:
        feed = ears_of(pipeline, board=chosen[0]).feed
        for line in (line for verdict in verdicts for line in raw_lines(verdict, feed)):
            ui.result(line)
        ui.result(f"{report}")
    require_raw(verdicts)
    if as_json:
        ui.result_json({verdict.board: verdict.to_json() for verdict in verdicts})
