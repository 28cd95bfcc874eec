# SPDX-License-Identifier: Apache-2.0
"""The user's own application in a firmware project: copies that tell the compiler where they are from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from toolkit.errors import InputError
from toolkit.firmware.generated import MARK
from toolkit.project.owncode import CODE, FOLDER, LIBRARIES, OwnCode

PLACE = "src/app"
_TEXT = (*CODE, ".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".ipp", ".tpp")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAKEN = "tflite_micro"
_UNDEFINED = re.compile(r"undefined reference to [`']([^'\n]+)'|undefined symbol: ([^\n]+)")
_TWICE = re.compile(r"(?:multiple definition of [`']|duplicate symbol: )([^'`;\n]+)")
_BETWEEN = re.compile(r"first defined here|\n\n")
_OBJECT = re.compile(r"/src/(\S+?)\.o\b")
_FAULTS = "HardFault|MemManage|BusFault|UsageFault|DebugMon|NMI"
_HANDLER = re.compile(
    rb"\bvoid\s+(\w+_IRQHandler|am_\w+_isr|(?:SysTick|PendSV|SVC|" + _FAULTS.encode() + rb")_Handler)"
    rb"\s*\(\s*(?:void)?\s*\)\s*\{"
)
"""As CMSIS and Ambiq name them; with a body, so that a declaration is none."""
_COMMENT = re.compile(rb"//[^\n]*|/\*.*?\*/", re.DOTALL)
_ARDUINO = re.compile(
    rf"^({FOLDER}/[^\n]*?):\d+:\d+: fatal error: '?((?:Arduino|Wire|SPI|Print|Stream|WString)\.h)\b",
    re.MULTILINE,
)
_MISSING = (
    (
        re.compile(r"operator new|_Zn[wa]|_?malloc|_?calloc|_?realloc|_?free|_sbrk"),
        "there is no heap on a board",
        "Try: static variables. printf and what else makes text with the heap: tm_text.h and tm_app_say.h",
    ),
    (
        re.compile(r"_(write|read|close|lseek|fstat|isatty|exit|kill|getpid)(_r)?$|printf|puts|putchar"),
        "there is no operating system on a board",
        "Try: tm_app_say() of tm_app_say.h, which sends a line over the serial port",
    ),
    (
        re.compile(r"_Z|std::|__cxa|__gxx"),
        "the library of C++ is not there",
        "Try: C++ without its library: no exceptions, strings and containers",
    ),
    (
        re.compile(r"[a-z]\w*$"),
        "no file defines it",
        "Try: a file in app/ that does; math.h and string.h come with gcc's C library, zig has none",
    ),
)


def own_files(own: OwnCode) -> dict[str, str | bytes]:
    """Return the files of the application by their place in the firmware project.

    app/ becomes src/app/, and a library in app/lib/ one in lib/. Code starts with a #line, so that the
    compiler names the file that the user edits. Raises InputError for a library with a name that is taken.
    """
    return {_target(place): _content(place, data) for place, data in own.files}


def require_for_tflm(own: OwnCode, name: str) -> None:
    """Raise InputError if the application includes NAME.h, which only the engine aot has."""
    header = f"{name}.h"
    includes = re.compile(rf'^\s*#\s*include\s*["<]{re.escape(header)}[">]'.encode(), re.MULTILINE)
    for place, data in own.files:
        if includes.search(data):
            raise InputError(
                f"{place} includes {header}, which there is not with the engine tflm.",
                hint=f"Try: tm_model.h and tm_tensor.h instead; {name}_feed.h and {name}_decision.h are "
                'there. Or engine = "aot". See: docs/applications.md',
            )


def require_other_names(own: OwnCode, files: Iterable[str]) -> None:
    """Raise InputError for a header in app/ that is called as one of the toolkit's: either could be meant.

    files are the places of the firmware project's files.
    """
    theirs = {
        PurePosixPath(name).name for name in files if not name.startswith((f"{PLACE}/", f"{LIBRARIES}/"))
    }
    for place, _ in own.files:
        name = PurePosixPath(place)
        if name.suffix == ".h" and name.name in theirs and name.parts[1] != LIBRARIES:
            raise InputError(
                f"{place} has the name of a header that is the toolkit's or the model's.",
                hint="Try: another name",
            )


def _target(place: str) -> str:
    parts = PurePosixPath(place).parts
    if parts[:2] != (FOLDER, LIBRARIES):
        return str(PurePosixPath(PLACE, *parts[1:]))
    if len(parts) > 3 and parts[2] == _TAKEN:
        raise InputError(
            f"a library in {FOLDER}/{LIBRARIES}/ cannot be called {_TAKEN}.", hint="Try: another name"
        )
    return str(PurePosixPath(*parts[1:]))


def _content(place: str, data: bytes) -> bytes:
    if PurePosixPath(place).suffix not in _TEXT:
        return data
    line = f'#line 1 "{place}" /* {MARK}: a copy of {place}, which is the file to edit. */\n'
    return line.encode() + data.removeprefix(_BYTE_ORDER_MARK)


@dataclass(frozen=True)
class Mistake:
    """What is wrong with the user's application, in words; hint is what to do."""

    said: str
    hint: str


def own_warnings(output: str) -> list[str]:
    """Return the compiler's warnings of the user's files."""
    return list(dict.fromkeys(line for line in output.splitlines() if is_own(line) and ": warning: " in line))


def unreachable_handlers(own: OwnCode) -> list[str]:
    """Return a line for each handler of an interrupt or a fault: the vectors lead to none of the user's."""
    found = [(place, name) for place, data in own.files for name in _HANDLER.findall(_COMMENT.sub(b"", data))]
    return [f"{place} defines {_why_unreachable(name.decode())}" for place, name in found]


def _why_unreachable(name: str) -> str:
    why = "no interrupt calls: name it TM_INTERRUPT(number), of tm_cortex_m.h"
    if re.match(_FAULTS, name):
        why = "no fault calls: the firmware itself reports faults over the serial line"
    return f"{name}(), which {why}. See: docs/applications.md"


def is_own(line: str) -> bool:
    """Return whether a line of the compiler is about a file of the user's."""
    return line.strip().startswith(f"{FOLDER}/")


def own_mistake(own: OwnCode, output: str) -> Mistake | None:
    """Return what a complaint means for who wrote the application; None for what says it by itself."""
    if header := _ARDUINO.search(output):
        return Mistake(
            f"{header[1]} includes {header[2]}: the firmware has no Arduino core.",
            "Try: a driver in plain C or C++. Or the other way round, the model in your sketch: "
            "tinyml export --to arduino",
        )
    missing = {name or other for name, other in _UNDEFINED.findall(output)}
    for function in sorted(missing & {"app_start", "app_step"}):
        return _without(own, function)
    for piece in _BETWEEN.split(output.rpartition("Linking ")[2]):
        if (twice := _TWICE.search(piece)) and (said := _defined_twice(twice[1], _OBJECT.findall(piece))):
            return said
    for pattern, reason, hint in _MISSING:
        for name in sorted(missing):
            if pattern.match(name):
                return Mistake(f"{FOLDER}/ needs {name}: {reason}.", hint)
    return None


def _defined_twice(name: str, objects: list[str]) -> Mistake | None:
    """objects are the places below src/ of the files that define it; those of libraries are none."""
    mine = sorted({place for place in objects if is_own(place)})
    if not mine:
        return None
    if set(objects) - set(mine):
        return Mistake(
            f"{mine[0]} defines {name}, which is the name of something of the firmware's.",
            "Try: another name for it, or static before it if no other file uses it",
        )
    if name in ("app_start", "app_step"):
        return Mistake(
            f"{name} is defined more than once in {FOLDER}/: all files there are one application.",
            f"Try: a folder for each application, {FOLDER}/NAME/",
        )
    return Mistake(
        f"{name} is defined more than once in {FOLDER}/: {' and '.join(mine)}.",
        "Try: another name for one, or static before it if no other file uses it",
    )


def _without(own: OwnCode, function: str) -> Mistake:
    """A C++ function has another name for the linker, unless it is declared extern "C"."""
    named = re.compile(rf"\b{function}\s*\(".encode())
    for place, data in own.files:
        if named.search(data) and PurePosixPath(place).suffix not in (".c", ".S"):
            return Mistake(
                f"{place} defines {function}() as C++, and the firmware calls it as C.",
                '#include "app.h" there, which declares it extern "C"',
            )
    return Mistake(
        f"no file in {FOLDER}/ defines the function {function}(void), which the firmware calls.",
        f"Try: void {function}(void) {{}} in {_first_code(own)}. See: docs/applications.md",
    )


def _first_code(own: OwnCode) -> str:
    libraries = f"{FOLDER}/{LIBRARIES}/"
    code = (place for place, _ in own.files if PurePosixPath(place).suffix in CODE)
    return next((place for place in code if not place.startswith(libraries)), f"{FOLDER}/my_app.c")
