# SPDX-License-Identifier: Apache-2.0
"""The PlatformIO project of a firmware: templates filled in, sources copied, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import toolkit
from toolkit import paths
from toolkit.codegen import literals
from toolkit.codegen.kernels import kernel_files
from toolkit.codegen.stream_glue import GLUE
from toolkit.codegen.templates import render
from toolkit.compiler.compile import CompiledModel
from toolkit.errors import InputError, TinymlError
from toolkit.firmware.application import Application, app_data
from toolkit.firmware.bmi270 import SOURCE_FILE, require_chip_config, without_chip
from toolkit.firmware.coding import coding_defines
from toolkit.firmware.defines import require_defines
from toolkit.firmware.facilities import SENSORS, SENSORS_HEADER, sensors_header, without_unused
from toolkit.firmware.generated import GeneratedFiles
from toolkit.firmware.ini import ini_of
from toolkit.firmware.own import own_files, require_other_names
from toolkit.firmware.platformio import one_build_at_a_time
from toolkit.firmware.tflm import Files, Tflm, tflm_files
from toolkit.ir.graph import Tensor
from toolkit.project.owncode import OwnCode
from toolkit.project.provenance import Provenance
from toolkit.suggest import did_you_mean
from toolkit.targets.board import Board, Memory
from toolkit.targets.cores import find_core
from toolkit.targets.target import PORTABLE, Target, target_of

_CODE = ("*.c", "*.h", "*.S", "*.ld")
_OWNED = ("src", "include", "platforms", "lib")


@dataclass(frozen=True)
class FirmwareProject:
    """A rendered project: `pio run` in folder builds it for board. made_by is what its model is from.

    engine, "aot" or "tflm", is what runs the model; own is the user's application, where there is one.
    """

    folder: Path
    board: Board
    model_name: str
    made_by: Provenance
    engine: str
    own: OwnCode | None = None


@dataclass(frozen=True)
class MemoryScript:
    """The context of memory.ld.j2; addresses and sizes as C text."""

    board: str
    flash_origin: str
    flash_bytes: int
    ram_origin: str
    ram_bytes: int
    ram_end: str
    stack_bytes: int


@dataclass(frozen=True)
class BoardConfig:
    """The context of board_config.h.j2; defines are name and C text."""

    board: str
    board_literal: str
    version_literal: str
    made_by_literal: str
    defines: tuple[tuple[str, str], ...]


def render_project(
    model: CompiledModel,
    board: Board,
    application: Application,
    folder: Path,
    templates: Path | None = None,
    tflm: Tflm | None = None,
    on_word: Callable[[str], None] | None = None,
    *,
    keeps_input: bool = True,
    adapt: Callable[[Files], Files] = lambda files: files,
) -> FirmwareProject:
    """Write the project into folder, changed files only, and remove what was generated and no longer is.

    A person's own files below src/ are left there and built too; on_word hears of generated ones that a
    person edited, before they are generated again.

    keeps_input has the firmware keep a copy of its input, so that one is good for many inferences, and take
    a stream by its protocol. adapt changes the files before they are written.
    With tflm TensorFlow Lite Micro runs the model, instead of its C. templates is the folder of
    firmware_templates, for tests. Raises InputError if folder refuses, TinymlError for a model that was
    compiled for another core, and as Application.source and tflm_files do.
    """
    root = templates or paths.templates()
    _require_for(board, model.target)
    name, engine = _engine(root, model, application, tflm)
    runtime, port = _runtime(root / "runtime", application), _port(root / "ports", board)
    files: Files = {
        **_configuration(model, board, application, _InputBuffer.of(model, keeps_input, tflm)),
        **_sensors(root / "sensors", board, application),
        **runtime,
        **port,
        **engine,
        **_copies(root / "platform", "platforms/tinyml", ("*.py", "*.json")),
    }
    files = adapt(without_unused(files, board))
    require_defines(board, port, runtime, (name for name, _ in given_defines(board)), files)
    if application.own is not None:
        require_other_names(application.own, files)
    with one_build_at_a_time(folder):
        GeneratedFiles(folder, on_word).replace_with(files, _OWNED)
    return FirmwareProject(folder, board, model.name, model.made_by, name, application.own)


def _sensors(folder: Path, board: Board, application: Application) -> Files:
    """Return the drivers, and what says which the board has: no BMI270 without its configuration."""
    files = _copies(folder, SENSORS)
    if application.bmi270:
        files[f"{SENSORS}/{SOURCE_FILE}"] = application.bmi270.source()
    else:
        own = application.own
        if own is not None and not application.without_bmi270:
            require_chip_config(board, own.files)
        board = without_chip(board)
    return {SENSORS_HEADER: render("tm_sensors.h.j2", vars(sensors_header(board))), **files}


def _runtime(folder: Path, application: Application) -> Files:
    """Return the runtime with the one application that is used, and the main loop that goes with it."""
    every = _copies(folder, "src/runtime")
    files = {name: content for name, content in every.items() if name.count("/") == 2}
    if application.own is not None:
        del files["src/runtime/tm_pace.c"]
        files |= {name: content for name, content in every.items() if "/own/" in name}
        files |= own_files(application.own)
    else:
        source = application.source(folder / "apps")
        files[f"src/runtime/apps/{source.name}"] = source.read_bytes()
    if application.recorder_bytes:
        files |= {name: content for name, content in every.items() if "/recorder/" in name}
    if not application.protocol:
        files["src/runtime/main.c"] = every["src/runtime/alone/main.c"]
    return files


def _engine(
    root: Path, model: CompiledModel, application: Application, tflm: Tflm | None
) -> tuple[str, Files]:
    """Return the name of what runs the model, and its files."""
    if application.recorder_bytes:
        return "none", _copies(root / "engines" / "none", "src/model")
    if tflm:
        return "tflm", _tflm(root, tflm, model)
    return "aot", _aot(root, model)


def _aot(root: Path, model: CompiledModel) -> Files:
    return {
        **_copies(root / "engines" / "aot", "src/model"),
        **{f"src/model/{name}": text for name, text in model.sources.items()},
        **kernel_files(root / "kernels", model.target.isa, model.kernels),
    }


def _tflm(root: Path, tflm: Tflm, model: CompiledModel) -> Files:
    """The same; what makes the input from a stream needs <name>_input.h of the C that is left out."""
    header = f"{model.name}_input.h"
    beside: Files = {f"src/model/{header}": model.sources[header]} if header in model.sources else {}
    return {
        **_copies(root / "engines" / "tflm", "src/model", ("*.cc",)),
        **beside,
        **tflm_files(tflm, model),
    }


@dataclass(frozen=True)
class _InputBuffer:
    """The bytes of all inputs, as the engine has them, and whether the firmware keeps a copy of them."""

    bytes: int
    is_kept: bool
    tensors: tuple[Tensor, ...]

    @classmethod
    def of(cls, model: CompiledModel, is_kept: bool, tflm: Tflm | None) -> _InputBuffer:
        ids = model.graph.given if tflm else model.graph.inputs
        tensors = tuple(model.graph.tensors[i] for i in ids)
        return cls(sum(each.bytes for each in tensors), is_kept, tensors)

    def defines(self) -> tuple[tuple[str, str], ...]:
        return ("TM_INPUT_BYTES", f"{self.bytes}u"), (
            "TM_KEEPS_INPUT",
            f"{int(self.is_kept and self.bytes > 0)}u",
        )


def _configuration(
    model: CompiledModel, board: Board, application: Application, inputs: _InputBuffer
) -> Files:
    facts = (*model.made_by.facts(), *application.facts())
    config = BoardConfig(
        board=board.name,
        board_literal=literals.string(board.name),
        version_literal=literals.string(toolkit.__version__),
        made_by_literal=literals.string("".join(f",{key}={value}" for key, value in facts)),
        defines=(
            *inputs.defines(),
            _has_feed(application, inputs),
            *_coding(model, application, inputs),
            *_recorder(application),
            *_defines(board),
        ),
    )
    files: Files = {
        "platformio.ini": render("platformio.ini.j2", vars(ini_of(board, model.optimization.flag))),
        "include/board_config.h": render("board_config.h.j2", vars(config)),
        "src/runtime/app_data.c": render("app_data.c.j2", vars(app_data(application))),
    }
    if application.input_header:
        files["include/model_input.h"] = _input_header(model, application.input_header)
    files.update({_place_of_feed(name): text for name, text in application.feed.items()})
    if board.memory is not None:
        files["memory.ld"] = render("memory.ld.j2", vars(memory_script(board.name, board.memory)))
    return files


def _input_header(model: CompiledModel, whole: str) -> str:
    """Return model_input.h: no more than an include where src/model/<name>_input.h is the same."""
    name = f"{model.name}_input.h"
    if model.sources.get(name) != whole:
        return whole
    return f'/* SPDX-License-Identifier: Apache-2.0 */\n#include "{name}"\n'


def _has_feed(application: Application, inputs: _InputBuffer) -> tuple[str, str]:
    """Whether the protocol takes a stream: not where RAM is short, as that has memory of its own."""
    return "TM_HAS_FEED", f"{int(GLUE in application.feed and inputs.is_kept)}u"


def _coding(
    model: CompiledModel, application: Application, inputs: _InputBuffer
) -> tuple[tuple[str, str], ...]:
    if application.benchmark is None:
        return ()
    outputs = tuple(model.graph.tensors[i] for i in model.graph.outputs)
    return coding_defines(application.benchmark, inputs.tensors, outputs)


def _recorder(application: Application) -> tuple[tuple[str, str], ...]:
    bytes_ = application.recorder_bytes
    return (("TM_RECORDER_BYTES", f"{bytes_}u"),) if bytes_ else ()


def _place_of_feed(name: str) -> str:
    is_kernel = name.startswith("tm_") and name != GLUE
    return f"src/features/{name}" if is_kernel else f"src/model/{name}"


def _defines(board: Board) -> Iterator[tuple[str, str]]:
    yield from given_defines(board)
    for name, value in board.defines.items():
        yield f"TM_{name.upper()}", f"{value}u" if value >= 0 else f"({value})"


def given_defines(board: Board) -> Iterator[tuple[str, str]]:
    """Yield the macros that do not stand in [defines]."""
    yield "TM_CLOCK_HZ", f"{board.clock.hz}u"
    if find_core(board.core).locks_dwt:
        yield "TM_DWT_LOCKED", "1u"
    if board.memory is not None:
        yield "TM_STACK_BYTES", f"{board.memory.stack_bytes}u"
    if board.uart is not None:
        yield "TM_UART_BASE", f"0x{board.uart.base:08X}u"
        yield "TM_UART_BAUD", f"{board.uart.baud}u"
    if board.led is not None:
        yield "TM_LED_ACTIVE_LOW", f"{int(board.led.active_low)}u"
    yield from _senses(board)
    if board.usb.own_plug:
        ids = board.usb.lines[0]
        yield "TM_USB_VENDOR", f"0x{ids.vendor:04X}u"
        yield "TM_USB_PRODUCT", f"0x{ids.product:04X}u"
        yield "TM_USB_NAME", literals.string(board.title)


def _senses(board: Board) -> Iterator[tuple[str, str]]:
    """Yield what drivers and optional parts of the ports know of the board."""
    if board.i2c is not None:
        yield "TM_I2C_BASE", f"0x{board.i2c.base:08X}u"
        yield "TM_I2C_HZ", f"{board.i2c.hz}u"
    if board.microphone is not None:
        yield "TM_MICROPHONE_BASE", f"0x{board.microphone.base:08X}u"
    if board.analog is not None:
        yield "TM_ANALOG_BASE", f"0x{board.analog.base:08X}u"
    if board.display is not None:
        yield "TM_DISPLAY_BASE", f"0x{board.display.base:08X}u"
        yield "TM_DISPLAY_WIDTH", f"{board.display.width}u"
        yield "TM_DISPLAY_HEIGHT", f"{board.display.height}u"
    for sensor in board.sensors:
        if sensor.address:
            yield f"TM_{sensor.driver}_{sensor.name}_ADDRESS".upper(), f"0x{sensor.address:02X}u"
    if board.button is not None:
        yield "TM_BUTTON_PIN", f"{board.button.number}u"
        yield "TM_BUTTON_ACTIVE_LOW", f"{int(board.button.active_low)}u"


def memory_script(board: str, memory: Memory) -> MemoryScript:
    """Return what the linker script of an image for a board says of its memory."""
    flash, ram = memory.flash, memory.ram
    return MemoryScript(
        board=board,
        flash_origin=f"0x{flash.origin:08X}",
        flash_bytes=flash.bytes,
        ram_origin=f"0x{ram.origin:08X}",
        ram_bytes=ram.bytes,
        ram_end=f"0x{ram.origin + ram.bytes:08X}",
        stack_bytes=memory.stack_bytes,
    )


def _port(ports: Path, board: Board) -> Files:
    known = port_names(ports)
    if board.port not in known:
        raise InputError(f"{board.name}: there is no port {board.port!r}. {did_you_mean(board.port, known)}")
    if board.memory is None and not board.is_host:
        raise InputError(f"boards/{board.name}.toml has no [memory], which a {board.core} needs.")
    startup = find_core(board.core).startup
    shared = _copies(ports / startup, "src/port") if startup else {}
    family = board.port.rpartition("/")[0]
    if family:
        shared |= _files_of(ports / family, "src/port")
    return {**shared, **_copies(ports / board.port, "src/port")}


def port_names(ports: Path) -> list[str]:
    """Return the names of the ports in a folder: stm32/l4r5 is one of those that share what is in stm32/."""
    alone = {path.parent for path in ports.glob("*/port.c")}
    members = {path.parent for path in ports.glob("*/*/clock.c")}
    names = (alone - {member.parent for member in members}) | members
    return sorted(path.relative_to(ports).as_posix() for path in names)


def _require_for(board: Board, target: Target) -> None:
    if target not in (PORTABLE, target_of(board)):
        raise TinymlError(f"the model was compiled for {target.name}; {board.name} has a {board.core}.")


def _copies(source: Path, target: str, patterns: Iterable[str] = _CODE) -> Files:
    found = [path for pattern in patterns for path in source.rglob(pattern)]
    return {f"{target}/{path.relative_to(source).as_posix()}": path.read_bytes() for path in found}


def _files_of(source: Path, target: str) -> Files:
    """As _copies, without what is in folders within source."""
    return {f"{target}/{path.name}": path.read_bytes() for pattern in _CODE for path in source.glob(pattern)}
