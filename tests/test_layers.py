# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/architecture.md about who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import toolkit

PACKAGE = Path(toolkit.__file__).parent

# Lower floors first; a module may import from its own floor's room and from any floor below.
FLOORS = (
    {"errors", "suggest", "metrics"},
    {"files", "paths", "process", "ui", "tomlfile", "extras", "usercode", "recipe"},
    {"hashes"},
    {"stamps", "board", "project", "tflm_worker"},
    {"ir", "scaffold", "provenance"},
    {"ops"},
    {"tflite", "passes", "memory", "samples"},
    {"codegen", "patching"},
    {"compiler", "comparison", "protocol", "renode_files"},
    {"bundle", "data", "emulator", "platformio", "elf", "toolchain", "stack"},
    {"models", "quantization"},
    {"training", "firmware", "oracle"},
    {"runners", "verdict", "plots", "native", "embedding"},
    {
        "report",
        "runs",
        "contact_sheet",
        "check",
        "summary",
        "flashing",
        "monitor",
        "inspection",
        "verification",
        "bisection",
    },
    {"sizing", "compilation", "tensorboard"},
    {"pipeline", "doctor", "trial"},
    {"prediction"},
    {"loose_model"},
    {"cli"},
    {"__main__"},
)
TENSORFLOW_ROOMS = {"data", "models", "training", "quantization"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def extras_of(path: Path) -> set[str]:
    """The modules that a file loads through load_extra, by their top-level names."""
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    loads = [n for n in calls if isinstance(n.func, ast.Name) and n.func.id == "load_extra"]
    return {ast.literal_eval(n.args[0]).split(".")[0] for n in loads}


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """Every imported module with whether the import stands at the top level of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "toolkit" else []
            )
            found += [(name, id(node) in top) for name in names or [node.module]]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for name, _ in imports_of(path):
        target = name.split(".")[1] if name.startswith("toolkit.") else None
        if target not in (None, room, "__version__"):
            assert floor_of(target) < floor_of(room), f"{room} imports {target}, which is not below it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tensorflow_is_imported_only_in_functions_of_the_training_rooms(path: Path) -> None:
    for name, at_top in imports_of(path):
        if name.split(".")[0] in ("tensorflow", "keras"):
            assert room_of(path) in TENSORFLOW_ROOMS
            assert not at_top
    if {"tensorflow", "keras"} & extras_of(path):
        assert room_of(path) in TENSORFLOW_ROOMS


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_ui_prints(path: Path) -> None:
    calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
    printing = [n for n in calls if isinstance(n.func, ast.Name) and n.func.id == "print"]
    assert not printing or room_of(path) == "ui"


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
