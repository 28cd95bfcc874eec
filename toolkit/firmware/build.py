# SPDX-License-Identifier: Apache-2.0
"""From a rendered project to an ELF that fits its board, by PlatformIO."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import toolkit
from toolkit.errors import CompileError, DoesNotFitError, TinymlError, ToolMissingError
from toolkit.files import write_atomic, write_error
from toolkit.firmware import platformio
from toolkit.firmware.handlers import lost_handlers
from toolkit.firmware.own import is_own, own_mistake, own_warnings, unreachable_handlers
from toolkit.firmware.render import FirmwareProject
from toolkit.firmware.sizes import BuildFacts, Sizes, data_symbols, read_facts, read_sizes, symbol_values
from toolkit.firmware.toolchain import VARIABLE, find_toolchain
from toolkit.firmware.workshop import build_folder
from toolkit.project.owncode import FOLDER
from toolkit.stack.bound import StackBound, prove_stack
from toolkit.stack.extensions import foreign_instructions
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core

ENDINGS = ("elf", "bin", "hex", "map", "json")
"""What a build leaves, of firmware.<ending>; some of them not for every board."""
_SHOWN_ERRORS = 5
_SHOWN_DATA = 3
_ERROR = re.compile(
    r"^\S.*:\d+:(\d+:)? (fatal )?error: |^error: |ld(\.lld)?: error"
    r"|undefined (reference|symbol)|multiple definition"
)
_DISK = {errno.ENOSPC: "No space left on device", errno.EDQUOT: "Disk quota exceeded"}
"""What a compiler or SCons says where it cannot write, in whatever else they then say."""
_PROGRESS = re.compile(r"^(Compiling|Linking|Writing) ")
_BUILD_DIR = re.compile(r"\.pio[/\\]build[/\\][^/\\]+[/\\]")

OnLine = Callable[[str], None]


@dataclass(frozen=True)
class Firmware:
    """A built firmware: elf lies in folder, with firmware.bin and firmware.hex (not for the host).

    compiler is what built it, such as "gcc 12.2.1"; engine is "aot" or "tflm", and version the toolkit's.
    has_own_application: what runs while no command comes is the user's own code.
    """

    board: Board
    elf: Path
    sizes: Sizes
    folder: Path
    compiler: str
    engine: str
    version: str
    has_own_application: bool = False


def build_firmware(
    project: FirmwareProject,
    *,
    toolchain: str | None = None,
    on_line: OnLine | None = None,
    on_word: OnLine | None = None,
) -> Firmware:
    """Build the project and return the firmware, whose files stand beside the project's folder.

    toolchain is gcc or zig, by default what find_toolchain() chooses; on_line hears what is
    compiled, on_word the compiler's warnings of the user's own application. Raises CompileError with the
    compiler's own first errors, DoesNotFitError with both numbers for flash, RAM or stack, ToolMissingError
    without a compiler.
    """
    chosen = find_toolchain(project.board.core, toolchain, platformio.package_dirs())
    with platformio.one_build_at_a_time(project.folder):
        done = platformio.run_pio(
            project.folder, env={VARIABLE: chosen.kind}, on_line=on_line and _progress_to(on_line)
        )
        if done.exit_code != 0:
            _remove_old(project.folder.parent)
            raise _failure(project, done.output)
        if on_word is not None:
            handlers = _handlers_without_interrupt(project)
            for warning in (*own_warnings(done.output), *handlers):
                on_word(warning)
        _require_instructions(project)
        _require_stack(project)
        _keep(project, project.folder.parent)
    return load_firmware(project.board, project.folder.parent)


def _handlers_without_interrupt(project: FirmwareProject) -> list[str]:
    if project.own is None or project.board.is_host:
        return []
    return [*unreachable_handlers(project.own), *lost_handlers(_output_dir(project), project.board)]


def worst_stack(firmware: Firmware) -> StackBound | None:
    """Return the most stack that a firmware can use, proved from its code; None for the host."""
    return None if firmware.board.is_host else prove_stack(firmware.elf)


def _require_instructions(project: FirmwareProject) -> None:
    """Raise CompileError if the firmware has instructions that its core lacks; the emulator runs them."""
    board = project.board
    if board.is_host:
        return
    core = find_core(board.core)
    found = foreign_instructions(_output_dir(project) / "firmware.elf", core.features, core.isa)
    if found:
        _remove_old(project.folder.parent)
        first, more = found[0], f", and {len(found) - 1:,} more like it" if len(found) > 1 else ""
        raise CompileError(
            f"{first.function} has {first.name} at {first.address:#010x}{more}: it needs {first.needs}; the "
            f"{board.core} of {board.name} lacks it.",
            hint="Try: C instead of assembly there, or the compiler's flags of this core",
        )


def _require_stack(project: FirmwareProject) -> None:
    """Raise DoesNotFitError if the firmware can be proved to need, in the worst case, more than its stack."""
    memory = project.board.memory
    if memory is None:
        return
    bound = prove_stack(_output_dir(project) / "firmware.elf")
    if bound.bytes > memory.stack_bytes:
        _remove_old(project.folder.parent)
        chain = " -> ".join(name for name, _ in bound.chain)
        raise DoesNotFitError(
            f"{project.model_name} can need {bound.bytes:,} bytes of stack on {project.board.name}, "
            f"which has {memory.stack_bytes:,}: {chain}.",
            hint=f"Try: {_smaller_array(bound)}a larger stack_bytes in the toolkit's "
            f"boards/{project.board.name}.toml",
        )


def _smaller_array(bound: StackBound) -> str:
    """Return what to make smaller, if most of the stack is one function's of the user's."""
    places = [place for place, (name, _) in enumerate(bound.chain) if name in ("app_start", "app_step")]
    own = bound.chain[places[0] :] if places else ()
    name, size = max(own, key=lambda one: one[1], default=("", 0))
    return f"smaller arrays in {name}(), which takes {size:,}, or " if 2 * size > bound.bytes else ""


def load_firmware(board: Board, folder: Path) -> Firmware:
    """Return the firmware that an earlier build left in folder. Raises InputError if there is none."""
    elf = folder / "firmware.elf"
    facts = read_facts(folder / "firmware.json")
    sizes, has_own = read_sizes(elf, facts), bool(facts.app_sha256)
    return Firmware(board, elf, sizes, folder, facts.compiler, facts.engine, facts.version, has_own)


def _output_dir(project: FirmwareProject) -> Path:
    return build_folder(project.folder) / ".pio" / "build" / project.board.name


def _keep(project: FirmwareProject, folder: Path) -> None:
    """Put what was built beside the project; its facts also say what made the model."""
    output = _output_dir(project)
    facts = replace(
        read_facts(output / "firmware.json"),
        made_by=project.made_by.to_json(),
        app_sha256=project.own.sha256 if project.own else "",
        engine=project.engine,
        version=toolkit.__version__,
    )
    for ending in ENDINGS:
        source = output / f"firmware.{ending}"
        if source.is_file():
            target = folder / source.name
            write_atomic(target, facts.to_json() if ending == "json" else source.read_bytes())
            target.chmod(source.stat().st_mode)


def _remove_old(folder: Path) -> None:
    """A build that failed leaves no firmware behind that could be flashed instead."""
    for ending in ENDINGS:
        (folder / f"firmware.{ending}").unlink(missing_ok=True)


def _progress_to(on_line: OnLine) -> OnLine:
    """Return a listener that passes on what is compiled, linked and written."""

    def hear(line: str) -> None:
        if _PROGRESS.match(line):
            on_line(_BUILD_DIR.sub("", line))

    return hear


def _failure(project: FirmwareProject, output: str) -> TinymlError:
    lines = output.splitlines()
    if any("Installing platformio/tool-scons" in line for line in lines):
        return ToolMissingError(
            "PlatformIO has no SCons package, and could not download it.",
            hint="Try: unset PLATFORMIO_CORE_DIR, then the toolkit makes one from PyPI's scons",
        )
    full = next((code for code, words in _DISK.items() if words in output), None)
    if full is not None:
        return write_error(_output_dir(project), OSError(full, _DISK[full]))
    if any(line.startswith("error: does not fit") for line in lines):
        facts = read_facts(_output_dir(project) / "firmware.json")
        return _too_large(project, facts)
    if project.own is not None and (words := own_mistake(project.own, output)):
        return CompileError(words.said, hint=words.hint)
    errors = list(dict.fromkeys(line.strip() for line in lines if _ERROR.search(line)))
    shown = errors[:_SHOWN_ERRORS] or [line for line in lines if line.strip()][-_SHOWN_ERRORS:]
    more = f"\n  and {len(errors) - _SHOWN_ERRORS} more" if len(errors) > _SHOWN_ERRORS else ""
    return CompileError(
        f"the firmware for {project.board.name} does not compile:\n"
        + "\n".join(f"  {line}" for line in shown)
        + more,
        hint="" if all(map(is_own, shown)) else f"The files are in {project.folder}",
    )


def _too_large(project: FirmwareProject, facts: BuildFacts) -> DoesNotFitError:
    needed = f"{facts.ram_bytes:,} bytes of RAM and {facts.flash_bytes:,} bytes of flash"
    there = f"{facts.ram_limit_bytes:,} bytes of RAM and {facts.flash_limit_bytes:,} bytes of flash"
    wish = []
    if facts.ram_bytes > facts.ram_limit_bytes:
        wish.append(f"--min-ram {-(-facts.ram_bytes // 1024)}k")
    if facts.flash_bytes > facts.flash_limit_bytes:
        wish.append(f"--min-flash {-(-facts.flash_bytes // 1024)}k")
    short = max(0, facts.ram_bytes - facts.ram_limit_bytes)
    message = f"{project.model_name} needs {needed}; {project.board.name} has {there}."
    smaller = "a smaller model or input"
    data = _own_data(project) if short else []
    own_bytes = sum(size for _, size in data)
    if own_bytes >= short > 0:
        shown = [(what, size) for what, size in data if size >= data[0][1] / 10][:_SHOWN_DATA]
        message += f" Your code takes {own_bytes:,} bytes of the RAM: "
        message += ", ".join(f"{what} {size:,}" for what, size in shown) + "."
        smaller = f"a smaller {shown[0][0]}"
    return DoesNotFitError(
        message,
        hint=f"Try: {smaller}, or a larger board: tinyml boards {' '.join(wish)}",
        facts={
            "ram_short_bytes": short,
            "flash_short_bytes": max(0, facts.flash_bytes - facts.flash_limit_bytes),
            "own_is_too_large": own_bytes >= facts.ram_limit_bytes,
        },
    )


def _own_data(project: FirmwareProject) -> list[tuple[str, int]]:
    """Return what the user's own files keep in RAM, such as "rows in app/a.c", and bytes; largest first."""
    sources, elf = _output_dir(project) / "src", _output_dir(project) / "firmware.elf"
    if project.own is None or not elf.is_file():
        return []
    linked = symbol_values(elf)
    found = [
        (f"{name} in {file.relative_to(sources).with_suffix('')}", size)
        for file in sorted((sources / FOLDER).rglob("*.o"))
        for name, size in data_symbols(file)
        if name in linked
    ]
    return sorted(found, key=lambda one: -one[1])
