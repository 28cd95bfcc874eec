# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/architecture.md about who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import toolkit

pytestmark = pytest.mark.xdist_group("layers")
PACKAGE = Path(toolkit.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_data" not in path.parts)

# Lower floors first; a module may import from its own room and from any room on a floor below.
FLOORS = (
    {"errors", "suggest", "metrics", "paths", "signals", "thumb"},
    {"reading"},
    {"files", "plugins", "process", "ui", "tomlfile", "extras", "ir", "stack", "timing"},
    {"engines", "plots", "project", "renewal", "targets", "tflite"},
    {"data", "decision", "emulator", "ops"},
    {"memory", "models", "passes", "reference"},
    {"codegen", "training"},
    {"compiler", "quantization"},
    {"firmware", "inspection"},
    {"runners"},
    {"flash", "record"},
    {"doctor", "verify"},
    {"ci", "export", "mlperf", "report", "sizing"},
    {"pruning"},
    {"pipeline"},
    {"fleet", "listen", "predict", "search"},
    {"live", "study"},
    {"cli"},
    {"__main__"},
)
TENSORFLOW_ROOMS = {"data", "models", "training", "pruning", "quantization", "reference"}


class Import(NamedTuple):
    """One import: of what, and whether it stands at the top level of the file."""

    name: str
    at_top: bool


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def known_modules() -> frozenset[str]:
    return frozenset(map(module_of, MODULES))


def calls_of(path: Path, function: str) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == function]


@cache
def imports_of(path: Path) -> list[Import]:
    """Every import of a file; of `from a import b` the module a.b, if there is one."""
    top = set(map(id, tree_of(path).body))
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found += [Import(name, id(node) in top) for name in (names & known_modules()) or {node.module}]
    return found


def test_imports_point_downwards() -> None:
    wrong = []
    for path in MODULES:
        room = room_of(path)
        rooms = {name.split(".")[1] for name, _ in imports_of(path) if name.startswith("toolkit.")}
        if room != "__init__":
            wrong += [f"{path}: {other}" for other in rooms - {room} if floor_of(other) >= floor_of(room)]
    assert not wrong, "imports of rooms that are not below"


def test_every_room_stands_on_one_floor() -> None:
    rooms = {room_of(path) for path in MODULES} - {"__init__"}
    assert rooms == set().union(*FLOORS)
    assert len(rooms) == sum(map(len, FLOORS))


def test_no_file_imports_itself_through_others() -> None:
    graph = {module_of(path): {name for name, _ in imports_of(path)} for path in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError with the circle


def test_tensorflow_is_imported_only_in_functions_of_the_training_rooms() -> None:
    for path in MODULES:
        found = [i for i in imports_of(path) if i.name.split(".")[0] in ("tensorflow", "keras")]
        loaded = {ast.literal_eval(call.args[0]).split(".")[0] for call in calls_of(path, "load_extra")}
        if found or {"tensorflow", "keras"} & loaded:
            assert room_of(path) in TENSORFLOW_ROOMS, path
        assert not any(i.at_top for i in found), path


def test_only_ui_prints() -> None:
    assert [path.name for path in MODULES if calls_of(path, "print")] == ["ui.py"]


def test_help_loads_neither_tensorflow_nor_platformio_nor_numpy() -> None:
    code = (
        "import sys; from toolkit.cli.main import run; run(['--help']);"
        "print(sorted({'tensorflow', 'platformio', 'numpy', 'unicorn'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr.strip() == "[]"
    assert "check" in done.stdout
