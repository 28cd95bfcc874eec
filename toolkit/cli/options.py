# SPDX-License-Identifier: Apache-2.0
"""Options that several verbs share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import click

from toolkit import ui
from toolkit.errors import InputError, UsageError
from toolkit.project.benchmarks import BENCHMARKS, BenchmarkName
from toolkit.project.goals import GOALS

if TYPE_CHECKING:
    from toolkit.pipeline.pipeline import Pipeline
    from toolkit.project.config import Project
    from toolkit.runners.link import RunnerName
    from toolkit.verify.on_device import Place

F = TypeVar("F", bound=Callable[..., Any])


class ByteSize(click.ParamType):  # type: ignore[type-arg]
    """A size such as 65536, 64k or 1M."""

    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the size in bytes."""
        match = re.fullmatch(r"([0-9]+)([kKmM]?)i?[bB]?", value)
        if not match:
            self.fail(f"{value!r} is not a size such as 65536, 64k or 1M", param, ctx)
        return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2}[match[2].lower()]


class Name(click.ParamType):  # type: ignore[type-arg]
    """A text that names something: never an empty one, as of a shell's variable that is not set."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it is."""
        if not value.strip():
            option = param.opts[0] if param else "an option"
            raise InputError(
                f"{option} is empty.", hint="Try: a value, or leave the option out for its default"
            )
        return value


class Real(click.FloatRange):
    """A finite number within limits; NaN lies within all of them for click."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class SampleCount(click.ParamType):  # type: ignore[type-arg]
    """How many samples: a whole number from 1 on, or "all", which is 0."""

    name = "number|all"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, 0 for all."""
        text = str(value)
        if text == "all":
            return 0
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
            self.fail(f"{text!r} is neither a whole number from 1 on nor the word all", param, ctx)
        return int(text)


class Hop(click.ParamType):  # type: ignore[type-arg]
    """A number of rows from 1 on; "", no number, is 0: as few as possible."""

    name = "HOP"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; a file's name is what stands there by mistake."""
        if not value:
            return 0
        if str(value).isdecimal() and int(value) == 0:
            self.fail("a hop is 1 row at least; --stream without HOP takes as few as possible.", param, ctx)
        if not str(value).isdecimal():
            self.fail(f"{value!r} is not a number of rows; MODELS go before --stream.", param, ctx)
        return int(value)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
ram_option = click.option(
    "--ram",
    "ram_bytes",
    type=ByteSize(),
    help="The most that the arena may take, such as 20k; layers run in patches where it takes more.",
)
stream_option = click.option(
    "--stream",
    "hop",
    type=Hop(),
    is_flag=False,
    flag_value="",
    help="For an input that is a window which slides by HOP rows: take the new rows alone, and compute what "
    "is new. Without HOP: as few rows as the model can.",
)
optimize_option = click.option(
    "--optimize",
    "goal",
    type=click.Choice(GOALS),
    help="What kernels are chosen for: the fastest, the smallest, or (the default) fast with little RAM.",
)
board_option = click.option(
    "--board", type=Name(), help="Board; default is the one in tinyml.toml. See: tinyml boards"
)
boards_option = click.option(
    "--board",
    "boards",
    type=Name(),
    multiple=True,
    help='Board, once or more; "all" is every board. Default: the one in tinyml.toml.',
)
_SKIP_BROKEN = "tinyml.skip_broken"
_SERIAL_NUMBER = "tinyml.serial_number"


def project_option(command: F) -> F:
    """Add --project and, for open_pipeline, --skip-broken: any command may be the one that reads the data."""
    skip_broken = click.option(
        "--skip-broken",
        is_flag=True,
        expose_value=False,
        callback=lambda context, _, value: context.meta.update({_SKIP_BROKEN: value}),
        help="Leave out files of the data that cannot be used.",
    )
    folder = click.option(
        "--project",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        show_default="this folder",
        help="Folder with tinyml.toml.",
    )
    return folder(skip_broken(command))


engine_option = click.option(
    "--engine",
    type=click.Choice(["aot", "tflm"]),
    help="aot: the model as C; tflm: TensorFlow Lite Micro. Default: the one in tinyml.toml.",
)
kernels_option = click.option(
    "--tflm-kernels",
    "kernels",
    type=click.Choice(["reference", "cmsis_nn"]),
    help="Of what tinyml engine fetch brought. Default: cmsis_nn on Cortex-M, else reference.",
)
benchmark_option = click.option(
    "--benchmark",
    type=click.Choice(list(BENCHMARKS)),
    help="Answer the runner of this benchmark of MLPerf Tiny: its model's name, and how it codes data.",
)
wait_option = click.option(
    "--wait",
    "wait_s",
    type=Real(min=0),
    default=60.0,
    show_default=True,
    help="Seconds for a person who must press reset, or plug the board in.",
)
seconds_option = click.option("--seconds", type=Real(min=0.001), help="Stop after this long.")


def feed_options(command: F) -> F:
    """Add --feed and --feed-rate: what an emulated board's sensors sense."""
    for option in (
        click.option(
            "--feed-rate",
            "rates",
            metavar="NAME=HZ",
            multiple=True,
            help="Rows a second of a file without a time.",
        ),
        click.option(
            "--feed",
            "feeds",
            metavar="NAME=FILE",
            multiple=True,
            help="In emulation: what a sensor of the board senses, by its name.",
        ),
    ):
        command = option(command)
    return command


def place_options(command: F) -> F:
    """Add --runner, --port, --serial-number and --timeout: where the firmware runs."""
    runners = click.Choice(["host", "emulator", "renode", "qemu"])
    limit = Real(min=0.1)
    for option in (
        click.option(
            "--timeout", type=limit, default=60.0, show_default=True, help="Seconds for one inference."
        ),
        click.option(
            "--serial-number",
            type=Name(),
            expose_value=False,
            callback=lambda context, _, value: context.meta.update({_SERIAL_NUMBER: value}),
            help="The real board whose port has this serial number on USB.",
        ),
        click.option(
            "--port",
            type=Name(),
            help="Serial port of a real board, such as /dev/ttyUSB0; auto: the one that fits the board.",
        ),
        click.option("--runner", type=runners, help="Default: emulator; host for the board host."),
    ):
        command = option(command)
    return command


def place_of(runner: str | None, port: str | None, timeout_s: float) -> Place:
    """Return what the place options say. Raises DeviceError for a port that is not there, before any work."""
    from toolkit.verify.on_device import Place

    number = click.get_current_context().meta.get(_SERIAL_NUMBER)
    if number:
        from toolkit.runners.ports import Wanted, line_port

        port = line_port(None, Wanted(port, number))
    if port and runner:
        raise UsageError("--port is a real board, --runner an emulated one.", hint="Try: one of the two")
    if port and port != "auto":
        from toolkit.runners.serial import require_port

        require_port(port)
    return Place(cast("RunnerName | None", runner), port, timeout_s)


def open_pipeline(
    folder: Path,
    engine: str | None = None,
    benchmark: str | None = None,
    change: Callable[[Project], Project] = lambda project: project,
) -> Pipeline:
    """Return the pipeline of the project in folder, telling its steps on stderr.

    engine and benchmark, where they are given, and change go before the project's own; --skip-broken counts.
    """
    from toolkit.pipeline.pipeline import Pipeline
    from toolkit.project.config import load_project

    project = load_project(folder.resolve())
    if engine:
        chosen = cast('Literal["aot", "tflm"]', engine)
        project = project.with_firmware(replace(project.firmware, engine=chosen))
    if benchmark:
        asked = cast("BenchmarkName", benchmark)
        project = project.with_firmware(replace(project.firmware, benchmark=asked))
    project = change(project)
    return Pipeline(project, on_step=ui.note, progress=ui.progress, skip_broken=skips_broken())


def skips_broken() -> bool:
    """Return whether the command that runs was given --skip-broken."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_SKIP_BROKEN))
