# SPDX-License-Identifier: Apache-2.0
"""The C of firmware_templates: nobody includes or calls upwards, and no two files need each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from toolkit import paths

TEMPLATES = paths.templates()
APPS = Path("runtime", "apps")

# What a folder may need beside itself: folders and single files. tm_port.h, tm_model.h and tm_app.h are
# seams: the runtime calls what they declare, and ports, engines and applications give it. "project" is what
# is generated.
ANY_PORT = {
    "runtime/tm_port_i2c.h",
    "runtime/tm_port_adc.h",
    "runtime/tm_port_display.h",
    "runtime/tm_port_text.h",
    "runtime/tm_port_pdm.h",
    "runtime/tm_port_mic.h",
    "runtime/tm_port_pins.h",
    "runtime/tm_port_nap.h",
    "runtime/tm_port_sleep.h",
    "runtime/tm_port_ticks.h",
    "runtime/tm_port.h",
    "runtime/tm_rest.c",
    "runtime/tm_rest.h",
    "runtime/tm_losses.h",
    "project/board_config.h",
    "runtime/tm_text.h",
    "runtime/tm_text.c",
}
# Of each port one stands beside the start-up that all share.
OF_EACH_PORT = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("tm_interrupts.h")}
MAY_NEED = {
    "kernels": set[str](),
    "features": set[str](),
    "decision": set[str](),
    "runtime": {"project/board_config.h", "runtime/apps", "runtime/recorder"},
    "runtime/own": {"runtime"},
    "runtime/alone": {"runtime", "project/board_config.h"},
    "runtime/apps": {"runtime"},
    "runtime/recorder": {
        "runtime",
        "sensors/tm_sensor.h",
        "project/tm_sensors.h",
        "project/board_config.h",
    },
    "ports": ANY_PORT | {"ports/cortex_m"},
    "ports/arduino": ANY_PORT | {"sensors/tm_sensor.h"},
    "ports/cortex_m": ANY_PORT | OF_EACH_PORT | {"runtime/tm_crc32.h", "runtime/tm_crc32.c"},
    "sensors": {
        "runtime/tm_port.h",
        "runtime/tm_losses.h",
        "runtime/tm_port_i2c.h",
        "runtime/tm_port_adc.h",
        "runtime/tm_port_display.h",
        "runtime/tm_port_text.h",
        "runtime/tm_port_pdm.h",
        "runtime/tm_port_mic.h",
        "runtime/tm_port_ticks.h",
        "project/board_config.h",
    },
    "engines": {"runtime/tm_model.h", "project"},
    "native": {"runtime/tm_model.h"},
    "bare": {"runtime/tm_model.h", "runtime/tm_port.h", "runtime/tm_losses.h", "ports/cortex_m"},
    "project": {
        "runtime/tm_model.h",
        "runtime/tm_feed.h",
        "runtime/app_data.h",
        "features",
        "decision",
        "sensors",
    },
    "export": set[str](),
}
# Where there is no C library, ports/cortex_m/memory.c stands for it.
C_LIBRARY = {"memcpy", "memmove", "memset"}

# What runtime/own/app.h declares, and the code in a project's app/ defines.
GIVEN_BY_THE_USER = {"app_start", "app_step"}

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)\s*")
_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
# As clang-format leaves them: what is at the top level of a file begins in the first column.
_DEFINITION = re.compile(r"^(?!static|typedef)\w[^;{}=\n]*?(\w+)\([^;{}]*\)\s*\{", re.MULTILINE)
_DECLARATION = re.compile(r"^(?!static )\w[\w *]*?(\w+)\([^;{}]*\);", re.MULTILINE)
_GIVEN = re.compile(r"tm_port_\w+\.h")
_PROTOTYPE = re.compile(r"^\w[^;{}=]*\([^;{}]*\);", re.MULTILINE)


@dataclass(frozen=True)
class Need:
    """One file needs another for a name: a header's, or a function's that it alone defines."""

    user: Path
    file: Path
    name: str

    def __str__(self) -> str:
        return f"{self.user.as_posix()} needs {self.name} of {self.file.as_posix()}"


def read_sources(root: Path) -> dict[Path, str]:
    """Return the text of every C file below root by its place there, without comments and attributes.

    A template counts as the file that it becomes.
    """
    found = {path: path.name.removesuffix(".j2") for path in sorted(root.rglob("*.*"))}
    return {
        path.relative_to(root).with_name(name): _ATTRIBUTE.sub("", _COMMENT.sub("", path.read_text("utf-8")))
        for path, name in found.items()
        if name.endswith((".c", ".h", ".cc"))
    }


def needs_of(sources: Mapping[Path, str]) -> Iterator[Need]:
    """Return what the files need of each other.

    A function with several definitions is a seam, and no need; so is what a runtime/tm_port_*.h declares.
    """
    headers = {path.name: path for path in sources if path.suffix == ".h"}
    definitions = definitions_of(sources)
    given = {name for path, text in sources.items() if _GIVEN.match(path.name) for name in declared_in(text)}
    alone = {name: u.pop() for name, u in definitions.items() if len(u) == 1 and name not in given}
    for path, text in sources.items():
        for header in set(_INCLUDE.findall(text)) & set(headers):
            yield Need(path, headers[header], header)
        code = _PROTOTYPE.sub("", _TEXT.sub('""', text))
        for name in set(re.findall(r"\w+", code)) & set(alone) - C_LIBRARY:
            yield Need(path, alone[name], name)


def declared_in(header: str) -> set[str]:
    """Return the functions that a header declares, but for those that who includes it gives."""
    return set(_DECLARATION.findall(header))


def definitions_of(sources: Mapping[Path, str]) -> dict[str, set[Path]]:
    """Return where each function that other files can call is defined."""
    found: dict[str, set[Path]] = {}
    for path, text in sources.items():
        for name in _DEFINITION.findall(text):
            found.setdefault(name, set()).add(unit_of(path))
    return found


def unit_of(path: Path) -> Path:
    """Return what counts as one file: a header and its C, or all applications, as only one is built in.

    A kernel counts as one with those that replace it on some cores.
    """
    if path.parts[:2] == APPS.parts:
        return APPS
    if path.parts[0] == "kernels":
        path = Path("kernels", path.name)
    return path.with_suffix(".c")


def folder_of(path: Path) -> str:
    """Return the folder of MAY_NEED in which a file stands."""
    name = path.as_posix()
    return max((folder for folder in MAY_NEED if f"{name}/".startswith(f"{folder}/")), key=len)


def is_allowed(need: Need) -> bool:
    mine, its = folder_of(need.user), folder_of(need.file)
    return mine == its or bool({its, need.file.as_posix()} & MAY_NEED[mine])


def circle_of(sources: Mapping[Path, str]) -> list[str]:
    """Return the files of a circle, the first one again at the end, or nothing."""
    graph: dict[str, set[str]] = {}
    for need in needs_of(sources):
        user, file = unit_of(need.user).as_posix(), unit_of(need.file).as_posix()
        graph.setdefault(user, set()).update({file} - {user})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def tree(root: Path, files: Mapping[str, str]) -> dict[Path, str]:
    """Return the sources of a made-up tree."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return read_sources(root)


def test_no_two_files_of_the_c_need_each_other() -> None:
    assert circle_of(read_sources(TEMPLATES)) == []


def test_nothing_in_the_c_needs_what_is_above_it() -> None:
    assert [str(need) for need in needs_of(read_sources(TEMPLATES)) if not is_allowed(need)] == []


def test_every_function_that_a_header_declares_is_seen_where_it_is_defined() -> None:
    """So that no need is overlooked because of how a function is written."""
    sources = read_sources(TEMPLATES)
    headers = "".join(text for path, text in sources.items() if path.suffix == ".h" and "{{" not in text)
    declared = declared_in(headers)
    assert len(declared) > 100
    assert declared - set(definitions_of(sources)) == GIVEN_BY_THE_USER


@pytest.mark.parametrize(
    "files",
    [
        {"a.c": '#include "b.h"\n', "b.c": '#include "a.h"\n'},
        {"a.c": "void a(void) {\n    b();\n}\n", "b.c": "int b(int x,\n      int y) {\n    a();\n}\n"},
        {
            "a.c": "void a(void) {\n    table[0]();\n}\nvoid (*table[])(void) = {b};\n",
            "b.h": '#include "a.h"\n',
        },
        {"a.h": '#include "b.h"\n', "b.h": '#include "c.h"\n', "c.h": '#include "a.h"\n'},
    ],
)
def test_a_circle_is_found(files: dict[str, str], tmp_path: Path) -> None:
    files = {"a.h": "", "b.h": "", "b.c": "void b(void) {}\n", **files}
    circle = circle_of(tree(tmp_path, {f"runtime/{name}": text for name, text in files.items()}))
    assert {"runtime/a.c", "runtime/b.c"} <= set(circle)


def test_an_application_that_calls_who_calls_it_is_a_circle(tmp_path: Path) -> None:
    app = "void tm_app_step(void) {\n    %s();\n}\n"
    files = {
        "runtime/tm_pace.c": "void tm_pace_start(void) {\n    tm_app_step();\n}\n",
        "runtime/apps/good.c": app % "tm_say",
        "runtime/apps/bad.c": app % "tm_pace_start",
    }
    assert set(circle_of(tree(tmp_path, files))) == {"runtime/tm_pace.c", "runtime/apps"}


def test_what_is_no_need_makes_no_circle(tmp_path: Path) -> None:
    """Declarations, comments, texts, and functions with two definitions."""
    files = {
        "a.h": "void b(void);\n",
        "a.c": '/* b */\nvoid a(void) {\n    say("b");\n    seam();\n}\n',
        "b.c": "void b(void) {\n    a();\n}\nvoid seam(void) {}\n",
        "c.c": "void seam(void) {\n    b();\n}\n",
    }
    assert circle_of(tree(tmp_path, {f"runtime/{name}": text for name, text in files.items()})) == []


@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("kernels/k.c", '#include "tm_model.h"\n'),
        ("runtime/tm_say.c", '#include "k.h"\n'),
        ("runtime/tm_say.c", "void tm_say(void) {\n    board();\n}\n"),
        ("runtime/apps/new.c", "void tm_app_step(void) {\n    board();\n}\n"),
        ("ports/one/port.c", '#include "tm_say.h"\n'),
        ("ports/cortex_m/fault.c", "void tm_fault(void) {\n    board();\n}\n"),
        ("engines/aot/tm_aot.c", '#include "tm_port.h"\n'),
    ],
)
def test_a_need_for_what_is_above_is_found(user: str, text: str, tmp_path: Path) -> None:
    files = {
        "kernels/k.h": "",
        "runtime/tm_model.h": "",
        "runtime/tm_port.h": "",
        "runtime/tm_say.h": "",
        "ports/one/board.c": "void board(void) {}\n",
    }
    sources = tree(tmp_path, {**files, user: text})
    assert [need.user.as_posix() for need in needs_of(sources) if not is_allowed(need)] == [user]
