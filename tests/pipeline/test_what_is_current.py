# SPDX-License-Identifier: Apache-2.0
"""A step runs anew when anything changed that it was made from: data, settings, outputs, our own code."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from support.variants_that_wait import waiting

import toolkit
from toolkit.pipeline.pipeline import Pipeline, steps
from toolkit.project.code_graph import CodeGraph
from toolkit.project.config import load_project
from toolkit.targets.board import load_board

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("what is current")]

ROOT = Path(toolkit.__file__).parents[1]
NAMES = ("data", "train", "quantize", "compile", "build")
PROJECT = """
[project]
name = "wave"

[data]
source = "sine"

[model]
family = "mlp"

[training]
epochs = 1

[firmware]
board = "host"
application = "sine"
"""
LEFT_OUT = shutil.ignore_patterns("__pycache__", "_data")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with everything made, for this computer."""
    folder = tmp_path_factory.mktemp("wave")
    (folder / "tinyml.toml").write_text(PROJECT)
    pipeline(folder).build(load_board("host"))
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the toolkit, to change files in."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("toolkit", "firmware_templates", "boards", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    return folder


def pipeline(folder: Path, graph: CodeGraph | None = None, said: list[str] | None = None) -> Pipeline:
    def progress(*_: object, **__: object) -> nullcontext[object]:
        return nullcontext(lambda *_, **__: None)

    more = {"code": graph.digest} if graph else {}
    on_step = [].append if said is None else said.append
    return Pipeline(load_project(folder), on_step=on_step, progress=progress, **more)  # type: ignore[arg-type]


def stale(folder: Path, graph: CodeGraph) -> set[str]:
    made = pipeline(folder, graph)
    return {name for name in NAMES if not made.is_current(name)}


def graph_of(tree: Path) -> CodeGraph:
    return CodeGraph(tree / "toolkit", tree / "firmware_templates")


@pytest.fixture(scope="module")
def graph(tree: Path) -> CodeGraph:
    """The tree as it is: reading it takes a second."""
    return graph_of(tree)


def test_nothing_is_stale_in_a_copy_of_the_same_toolkit(project: Path, graph: CodeGraph) -> None:
    assert stale(project, graph) == set()


def test_a_changed_file_has_another_hash_in_the_next_picture_and_in_no_earlier_one(
    project: Path, tree: Path, graph: CodeGraph
) -> None:
    path = tree / "toolkit" / "models" / "mlp.py"
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    try:
        after = graph_of(tree)
        assert {each for each in graph.hashes if after.hashes[each] != graph.hashes[each]} == {path}
        assert stale(project, after) == {"train"} and stale(project, graph) == set()
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("firmware_templates/project/model.c.j2", {"quantize", "compile", "build"}),
        ("firmware_templates/project/model_data.c.j2", {"quantize", "compile", "build"}),
        ("firmware_templates/kernels/tm_channels.h", {"compile", "build"}),
        ("firmware_templates/kernels/tm_fully_connected_s8.c", {"compile", "build"}),
        ("firmware_templates/native/main.c", {"compile", "build"}),
        ("firmware_templates/ports/nrf52840/port.c", {"build"}),
        ("firmware_templates/platform/builder/compilers.py", {"compile", "build"}),
        ("firmware_templates/renode/board.resc.j2", {"build"}),
        ("toolkit/data/balance.py", {"train"}),
        ("toolkit/data/csv.py", {"data", "train", "quantize"}),
        ("toolkit/models/mlp.py", {"train"}),
        ("toolkit/ops/fully_connected.py", {"quantize", "compile", "build"}),
        ("toolkit/reference/tflm_worker.py", {"quantize", "compile", "build"}),
        ("toolkit/errors.py", {"data", "train", "quantize", "compile", "build"}),
        ("toolkit/cli/main.py", set()),
        ("toolkit/sizing/alternatives.py", set()),
    ],
)
def test_a_change_of_the_toolkit_makes_stale_what_reads_it(
    name: str,
    expected: set[str],
    project: Path,
    tree: Path,
    graph: CodeGraph,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (tree / name) in graph.hashes
    monkeypatch.setitem(graph.hashes, tree / name, "touched")
    assert stale(project, graph) == expected


def test_every_file_that_a_step_reads_makes_it_stale_when_it_is_touched(graph: CodeGraph) -> None:
    """Every file of the toolkit in turn, by the graph, in one process."""
    modules = {name: step.make.__module__ for name, step in steps().items()}
    before = {name: graph.digest(module) for name, module in modules.items()}
    touched = 0
    for path in graph.hashes:
        graph.hashes[path], kept = "touched", graph.hashes[path]
        for name, module in modules.items():
            reads = path in graph.files_of(module)
            assert (graph.digest(module) != before[name]) == reads, (name, path)
            touched += reads
        graph.hashes[path] = kept
    assert touched > 1000


WATCHED = """
import cProfile, json, sys, threading
from pathlib import Path
name, folder, root = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
from toolkit.extras import settle_tensorflow
settle_tensorflow()
from contextlib import nullcontext
from toolkit.pipeline.pipeline import Pipeline, steps
from toolkit.project.code_graph import code_digest
from toolkit.project.config import load_project
progress = lambda *_, **__: nullcontext(lambda *_, **__: None)
pipeline = Pipeline(load_project(folder), on_step=lambda _: None, progress=progress)
step, seen = steps()[name], set()
code_digest(step.make.__module__)  # reads every file, and is kept

def watch(frame, event, _):
    if event == "call":
        seen.add(frame.f_code.co_filename)

def opened(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, Path)):
        seen.add(str(arguments[0]))

sys.addaudithook(opened)
seen.clear()
threading.setprofile(watch)
profile = cProfile.Profile(builtins=False)  # in C: watch() costs TensorFlow three times as much
profile.enable()
step.make(pipeline.context)
profile.disable()
threading.setprofile(None)
seen |= {each.code.co_filename for each in profile.getstats() if not isinstance(each.code, str)}
kinds = (".pyc", ".tmp")
print(json.dumps(sorted(n for n in seen if n.startswith(root) and not n.endswith(kinds))))
"""


@pytest.mark.parametrize("name", NAMES)
def test_what_a_step_really_runs_and_opens_is_in_its_graph(name: str, project: Path, tmp_path: Path) -> None:
    """Every function that ran and every file that was opened, seen from outside, in a process of its own."""
    folder = tmp_path / "wave"
    shutil.copytree(project, folder)
    words = [sys.executable, "-c", WATCHED, name, str(folder), str(ROOT)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    graph = CodeGraph()
    read = {str(path) for path in graph.files_of(steps()[name].make.__module__)}
    seen = {n for n in json.loads(done.stdout.splitlines()[-1]) if Path(n) in graph.hashes}
    opened_by_import = {str(path) for path in graph.modules.values() if path.name == "__init__.py"}
    assert len(seen) > 10
    assert {graph.name_of(Path(n)) for n in seen - read - opened_by_import} == set()


def test_inputs_are_the_same_in_every_process(project: Path) -> None:
    """Python's hashes of texts differ between processes, and so does the order of sets."""
    code = (
        "import sys; from pathlib import Path; from dataclasses import replace\n"
        "from toolkit.pipeline.pipeline import Pipeline, steps\n"
        "from toolkit.project.config import load_project\n"
        "from toolkit.targets.board import load_board\n"
        "pipeline = Pipeline(load_project(Path(sys.argv[1])), on_step=print, progress=None)\n"
        "context = pipeline.for_board(load_board('nano33ble'))\n"
        "names = ('data', 'train', 'quantize', 'compile')\n"
        "print({name: dict(steps()[name].inputs(context)) for name in names})"
    )
    said = []
    for each in ("0", "1"):
        words = [sys.executable, "-c", code, str(project)]
        env = {**os.environ, "PYTHONHASHSEED": each}
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, env=env)
        said.append(done.stdout)
    assert said[0] == said[1]


def test_c_that_nobody_could_verify_is_verified_as_soon_as_somebody_can(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "wave"
    shutil.copytree(project, folder)
    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        find = importlib.util.find_spec
        patch.setattr(importlib.util, "find_spec", lambda n, *p: None if n == "ziglang" else find(n, *p))
        pipeline(folder, said=said).compile()
    assert said[-2].startswith("verify: NOT DONE")
    pipeline(folder, said=said).compile()
    assert said[-2].startswith("verify: 4 random inputs equal")
    pipeline(folder, said=said).compile()
    assert said[-1].startswith("compile native: up to date")


def test_another_compiler_builds_anew_and_another_name_of_the_same_one_does_not(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ziglang", reason="needs ziglang: pip install 'tinyml-toolkit[zig]'")
    folder, board = tmp_path / "wave", load_board("host")
    shutil.copytree(project, folder)
    said: list[str] = []

    def build(toolchain: str) -> tuple[str, str]:
        monkeypatch.setenv("TINYML_TOOLCHAIN", toolchain)
        firmware = pipeline(folder, said=said).build(board)
        return said[-1].split()[2], firmware.compiler.split()[0]

    assert build("gcc") == ("up", "gcc")
    assert build("zig") == ("made", "zig")
    assert build("zig") == ("up", "zig")
    assert build("gcc") == ("made", "gcc")


def test_words_of_the_project_train_nothing_again(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wave"
    shutil.copytree(project, folder)
    file = folder / "tinyml.toml"
    file.write_text(file.read_text().replace('name = "wave"', 'name = "sea"\ndescription = "of waves"'))
    made = pipeline(folder)
    assert {name for name in NAMES if made.is_current(name)} == {"data", "train"}


def test_what_is_up_to_date_needs_no_leave_to_write(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "wave"
    shutil.copytree(project, folder)
    for lock in (folder / "build" / ".stamps").glob("*.lock"):
        lock.unlink()
        lock.mkdir()  # nobody, not even root, can open this for writing
    said: list[str] = []
    pipeline(folder, said=said).build(load_board("host"))
    assert [line.split(": ")[1].split(",")[0] for line in said] == ["up to date"] * len(NAMES)


def test_an_edit_below_the_rendered_project_is_noticed(project: Path) -> None:
    source = project / "build" / "host" / "firmware" / "src" / "model" / "model.c"
    before = source.read_bytes()
    said: list[str] = []
    source.write_bytes(before + b"/* edited */\n")
    pipeline(project, said=said).build(load_board("host"))
    assert said[-1].startswith("build host: made ")
    assert source.read_bytes() == before
    (source.parent / "extra.c").write_text("int extra;\n")
    pipeline(project, said=said).build(load_board("host"))
    assert said[-1].startswith("build host: made ")
    pipeline(project, said=said).build(load_board("host"))
    assert said[-1].startswith("build host: up to date")


WRONG = [["compile"], ["build", "--board", "host"]]


@pytest.mark.parametrize("words", waiting(WRONG, WRONG[1:]))
def test_a_kernel_made_wrong_stops_what_was_up_to_date(
    words: list[str], project: Path, tree: Path, tmp_path: Path
) -> None:
    """The real command, from a toolkit whose requantization adds 1."""
    folder = tmp_path / "wave"
    shutil.copytree(project, folder)
    header = tree / "firmware_templates" / "kernels" / "tm_to_output.h"
    before = header.read_text()
    wrong = before.replace("return ", "return 1 + ", 1)
    assert wrong != before
    header.write_text(wrong)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "toolkit", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(tree)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    finally:
        header.write_text(before)
    assert done.returncode == 1, done.stderr
    assert "is not what the model says" in done.stderr
