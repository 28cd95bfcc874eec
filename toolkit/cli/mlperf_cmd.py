# SPDX-License-Identifier: Apache-2.0
"""tinyml mlperf"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from toolkit import ui
from toolkit.cli.options import Name, Real, json_option, open_pipeline, project_option
from toolkit.errors import CheckFailedError, UsageError
from toolkit.project.benchmarks import BENCHMARKS

if TYPE_CHECKING:
    from toolkit.firmware.loose import LooseFirmware
    from toolkit.mlperf.run import Outcome, Plan
    from toolkit.project.benchmarks import Benchmark

_DEFAULT_BOARD = "nano33ble"
MODELLED = "ms_an_inference_modelled"
"""The line with what an inference takes of an emulated board, waits for flash among it."""


@click.command("mlperf")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--benchmark", "name", type=click.Choice(list(BENCHMARKS)), required=True)
@click.option("--board", type=Name(), help="Emulated, or host. Default: nano33ble, or the project's.")
@click.option("--port", type=Name(), help="Serial port of a real board with firmware for the benchmark.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="The benchmark's files, as MLPerf Tiny's runner has them: y_labels.csv and what it names.",
)
@click.option(
    "--window", "seconds", type=Real(min=0.001), default=10.0, show_default=True, help="Seconds of a window."
)
@click.option("--windows", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Write results and log here."
)
@click.option(
    "--timeout", type=Real(min=0.1), default=600.0, show_default=True, help="Seconds for one window, at most."
)
@project_option
@json_option
def command(
    model: Path | None,
    name: str,
    board: str | None,
    port: str | None,
    data: Path | None,
    seconds: float,
    windows: int,
    output: Path | None,
    timeout: float,
    folder: Path,
    as_json: bool,
) -> None:
    """Run a benchmark of MLPerf Tiny: its performance, and with --data its accuracy.

    MODEL is a quantized .tflite; without it, the project's. With --port a board is asked that has the
    firmware of `tinyml build --benchmark`. An emulated board's time is modelled, and said to be.

    \b
    Examples:
      tinyml mlperf kws.tflite --benchmark kws --window 0.01 --windows 1
      tinyml mlperf kws.tflite --benchmark kws --board host --window 0.01
    """
    from toolkit.mlperf.files import labelled_files
    from toolkit.mlperf.run import Plan, performance_lines, quality_lines, write_outcome

    if port and (model or board):
        raise UsageError(
            "--port is a real board, which has its firmware.", hint="Try: without MODEL and --board"
        )
    benchmark = BENCHMARKS[name]
    if data and benchmark.metric == "detections":
        raise UsageError(
            f"{name} is judged by detections in a stream of sound, which no board takes here yet.",
            hint="Try: without --data, for the performance of a window; tinyml listen counts detections",
        )
    files = labelled_files(data, benchmark) if data else []
    plan = Plan(benchmark, files, seconds, windows, timeout)
    outcome, facts = _on_port(port, plan) if port else _built(model, board, folder, plan)
    if output is not None:
        write_outcome(outcome, output)
    figures = {**outcome.to_json(), **facts}
    if not as_json:
        for line in (*performance_lines(outcome), *quality_lines(outcome)):
            ui.result(line)
        for key, value in facts.items():
            ui.result(f"{key}: {value}")
    if outcome.passed is False:
        what = f"{benchmark.name} misses its quality target on {outcome.board}."
        raise CheckFailedError(what, facts=figures)
    if as_json:
        ui.result_json(figures)


def _on_port(port: str, plan: Plan) -> tuple[Outcome, dict[str, object]]:
    from toolkit.mlperf.run import run_plan
    from toolkit.runners.serial import SerialLink

    link = SerialLink(port)
    try:
        with ui.progress(f"{plan.benchmark.name} on {port}") as on_progress:
            return run_plan(link, plan, "its own clock", on_progress), {}
    finally:
        link.close()


def _built(
    model: Path | None, board: str | None, folder: Path, plan: Plan
) -> tuple[Outcome, dict[str, object]]:
    """Build the firmware, run the plan on it, and return also what it takes of its board."""
    from toolkit.mlperf.run import clock_of, run_plan
    from toolkit.runners.link import open_link
    from toolkit.verify.any_model import naming_no_file_of
    from toolkit.verify.on_device import Place

    with tempfile.TemporaryDirectory(prefix="tinyml-mlperf-") as place, naming_no_file_of(place):
        built = (
            _loose(model, board, plan.benchmark, Path(place)) if model else _of_project(board, folder, plan)
        )
        firmware = built.firmware
        Place().require_possible(firmware.board)
        link = open_link(firmware.elf, firmware.board, counts="cycles")
        try:
            with ui.progress(f"{plan.benchmark.name} on {firmware.board.name}") as on_progress:
                outcome = run_plan(link, plan, clock_of(firmware.board), on_progress)
        finally:
            link.close()
        return outcome, _facts(built)


def _loose(model: Path, board: str | None, benchmark: Benchmark, place: Path) -> LooseFirmware:
    from toolkit.firmware.loose import build_loose
    from toolkit.targets.board import load_board

    chosen = load_board(board or _DEFAULT_BOARD)
    with ui.progress(f"build {model.name} for {chosen.name}") as on_progress:
        return build_loose(
            model,
            chosen,
            place,
            benchmark,
            on_line=lambda line: on_progress(0, 0, line),
            on_word=ui.note,
        )


def _of_project(board: str | None, folder: Path, plan: Plan) -> LooseFirmware:
    from toolkit.firmware.loose import LooseFirmware

    pipeline = open_pipeline(folder, benchmark=plan.benchmark.name)
    chosen = pipeline.one_board(board)
    firmware = pipeline.build(chosen)
    return LooseFirmware(pipeline.built_model(chosen), firmware)


def _facts(built: LooseFirmware) -> dict[str, object]:
    from toolkit.verify.estimate import estimate_of

    sizes, firmware = built.firmware.sizes, built.firmware
    estimate = estimate_of(firmware, lambda: built.compiled).short_text()
    return {
        "model_sha256": built.compiled.sha256,
        "engine": firmware.engine,
        "compiler": firmware.compiler,
        "flash_bytes": sizes.flash_bytes,
        "ram_bytes": sizes.ram_bytes,
        **({MODELLED: estimate} if estimate else {}),
    }
