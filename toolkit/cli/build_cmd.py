# SPDX-License-Identifier: Apache-2.0
"""tinyml build"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from toolkit import ui
from toolkit.cli.options import (
    benchmark_option,
    boards_option,
    engine_option,
    json_option,
    open_pipeline,
    project_option,
)
from toolkit.errors import UsageError
from toolkit.project.benchmarks import BENCHMARKS

if TYPE_CHECKING:
    from toolkit.firmware import Firmware
    from toolkit.listen.cost import StreamCost
    from toolkit.stack.bound import StackBound
    from toolkit.verify.estimate import Estimate

_DEFAULT_BOARD = "nano33ble"


@click.command("build")
@click.argument("model", type=click.Path(path_type=Path), required=False)
@boards_option
@benchmark_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the firmware of MODEL goes, in a folder for each board. Default: MODEL_firmware.",
)
@engine_option
@click.option(
    "--framework",
    type=click.Choice(["arduino"]),
    help="On the vendor's framework, by PlatformIO's public platforms; writes build/BOARD_arduino/.",
)
@project_option
@json_option
def command(
    model: Path | None,
    boards: tuple[str, ...],
    benchmark: str | None,
    output: Path | None,
    engine: str | None,
    framework: str | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Build the firmware with PlatformIO; writes build/BOARD/firmware.elf, .bin and .hex.

    With MODEL, a quantized .tflite, no project is needed. ms is what an inference takes, modelled, with its
    error (docs/cycle-model.md): +- ? is one nobody knows.

    \b
    Examples:
      tinyml build --board nano33ble
      tinyml build --board all
      tinyml build kws.tflite --board nano33ble --benchmark kws --output kws_firmware
    """
    from toolkit.firmware import worst_stack

    if framework:
        if model is not None or benchmark:
            raise UsageError("--framework is for a project.", hint="Try: without MODEL and --benchmark")
        _on_framework(framework, boards, engine, folder, as_json)
        return
    if output is not None and model is None:
        raise UsageError("--output is for a MODEL.", hint="Try: tinyml build model.tflite --output FOLDER")
    if model is not None:
        made, streams = _of_model(model, boards, benchmark, engine, output), list["StreamCost"]()
    else:
        made, streams = _of_project(boards, benchmark, engine, folder)
    firmwares = [each.firmware for each in made]
    stacks = [worst_stack(firmware) for firmware in firmwares]
    with ui.progress("count what an inference takes"):
        estimates = {each.firmware.board.name: each.estimate() for each in made}
    if as_json:
        pairs = zip(firmwares, stacks, strict=True)
        values: dict[str, dict[str, Any]] = {
            f.board.name: {
                "elf": str(f.elf),
                **dataclasses.asdict(f.sizes),
                "time": estimates[f.board.name].to_json(),
            }
            for f in firmwares
        }
        for firmware, stack in pairs:
            values[firmware.board.name]["worst_stack_bytes"] = stack and stack.bytes
        for cost in streams:
            values[cost.board]["stream"] = dataclasses.asdict(cost)
        ui.result_json(values)
        return
    _show(firmwares, stacks, estimates)
    for cost in streams:
        ui.result(f"of it the stream on {cost.board}: {cost.words()}")


def _show(firmwares: list[Firmware], stacks: list[StackBound | None], estimates: dict[str, Estimate]) -> None:
    rows = [
        (
            f.board.name,
            f"{f.sizes.flash_bytes:,}",
            f"{f.sizes.ram_bytes:,}",
            _stack_text(stack),
            estimates[f.board.name].short_text() or "-",
            str(f.elf),
        )
        for f, stack in zip(firmwares, stacks, strict=True)
    ]
    ui.table(("board", "flash", "RAM", "stack at most", "ms, modelled", "firmware"), rows)
    for name, estimate in estimates.items():
        if estimate.latency_ms is None:
            ui.result(f"ms on {name}: {estimate.text()}")


@dataclass(frozen=True)
class _Made:
    """A firmware, and what says how long its model takes."""

    firmware: Firmware
    estimate: Callable[[], Estimate]


def _of_model(
    model: Path, boards: tuple[str, ...], benchmark: str | None, engine: str | None, output: Path | None
) -> list[_Made]:
    from toolkit.firmware.engine import EngineChoice
    from toolkit.firmware.loose import build_loose
    from toolkit.targets.board import board_names, load_board
    from toolkit.verify.estimate import estimate_of

    def made(name: str) -> _Made:
        board = load_board(name)
        place = (output or Path(f"{model.stem}_firmware")) / board.name
        chosen = BENCHMARKS[benchmark] if benchmark else None
        choice = EngineChoice("tflm" if engine == "tflm" else "aot")
        with ui.progress(f"build {board.name}: PlatformIO") as on_progress:
            built = build_loose(
                model,
                board,
                place,
                chosen,
                engine=choice,
                on_line=lambda line: on_progress(0, 0, line),
                on_word=ui.note,
            )
        return _Made(built.firmware, lambda: estimate_of(built.firmware, lambda: built.compiled))

    names = board_names() if "all" in boards else list(dict.fromkeys(boards)) or [_DEFAULT_BOARD]
    return [made(name) for name in names]


def _of_project(
    boards: tuple[str, ...], benchmark: str | None, engine: str | None, folder: Path
) -> tuple[list[_Made], list[StreamCost]]:
    from toolkit.listen.cost import stream_cost
    from toolkit.pipeline.build import own_code, own_code_left_out
    from toolkit.verify.estimate import estimate_of, estimate_on

    pipeline = open_pipeline(folder, engine, benchmark)
    firmwares = [pipeline.build(board) for board in pipeline.boards(boards)]

    def estimate(firmware: Firmware) -> Estimate:
        # A person's own application may do anything before it answers.
        is_own = own_code(pipeline.for_board(firmware.board)) is not None
        answers = pipeline.project.firmware.protocol and not is_own
        if answers:
            return estimate_of(firmware, lambda: pipeline.built_model(firmware.board))
        return estimate_on(pipeline.built_model(firmware.board), firmware.board)

    streams = [stream_cost(pipeline, firmware.board) for firmware in firmwares]
    if left_out := own_code_left_out(pipeline.project):
        ui.note(left_out)
    return [_Made(each, partial(estimate, each)) for each in firmwares], [*filter(None, streams)]


def _on_framework(
    framework: str, boards: tuple[str, ...], engine: str | None, folder: Path, as_json: bool
) -> None:
    pipeline = open_pipeline(folder, engine)
    built = {board.name: pipeline.build_on(framework, board) for board in pipeline.boards(boards)}
    if as_json:
        ui.result_json({name: {"elf": str(elf)} for name, elf in built.items()})
    else:
        ui.table(("board", "firmware"), [(name, str(elf)) for name, elf in built.items()])


def _stack_text(stack: StackBound | None) -> str:
    """Return the proved bound; nothing for this computer, whose stack is not ours."""
    if stack is None:
        return ""
    return f"not known: {stack.why_unknown}" if stack.why_unknown else f"{stack.bytes:,}"
