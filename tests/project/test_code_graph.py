# SPDX-License-Identifier: Apache-2.0
"""What a module depends on is read off its code: every way in which code names other code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import toolkit
from toolkit import paths
from toolkit.errors import InputError, TinymlError
from toolkit.project import code_graph
from toolkit.project.code_graph import CodeGraph, code_digest

PACKAGE = Path(toolkit.__file__).parent


def graph_of(folder: Path, files: dict[str, str], templates: dict[str, str] | None = None) -> CodeGraph:
    """Return the graph of a package of these files; every folder gets an __init__.py."""
    for root, tree in (("toolkit", files), ("templates", templates or {})):
        (folder / root).mkdir(exist_ok=True)
        for name, text in tree.items():
            path = folder / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    for path in [folder / "toolkit", *(p for p in (folder / "toolkit").rglob("*") if p.is_dir())]:
        (path / "__init__.py").touch()
    return CodeGraph(folder / "toolkit", folder / "templates")


def names_of(graph: CodeGraph, module: str) -> set[str]:
    return {graph.name_of(path).removeprefix("toolkit/") for path in graph.files_of(module)}


@pytest.mark.parametrize(
    "line",
    [
        "import toolkit.a.deep",
        "from toolkit.a import deep",
        "from toolkit.a.deep import value",
        "def f():\n    from toolkit.a.deep import value",
        "if True:\n    from toolkit.a import deep as other",
        'WORKER = ["-m", "toolkit.a.deep"]',
    ],
)
def test_an_import_or_a_modules_name_counts(line: str, tmp_path: Path) -> None:
    graph = graph_of(tmp_path, {"a/deep.py": "value = 1\n", "a/not_read.py": "", "x.py": line})
    assert "a/deep.py" in names_of(graph, "toolkit.x")
    assert "a/not_read.py" not in names_of(graph, "toolkit.x")


def test_an_import_for_types_only_does_not_count(tmp_path: Path) -> None:
    x = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toolkit.a import value\n"
    assert names_of(graph_of(tmp_path, {"a.py": "", "x.py": x}), "toolkit.x") == {"x.py"}


def test_what_a_dependency_depends_on_counts(tmp_path: Path) -> None:
    files = {"a.py": "import toolkit.b", "b.py": "import toolkit.c", "c.py": "import toolkit.a"}
    graph = graph_of(tmp_path, files)
    assert names_of(graph, "toolkit.a") == {"a.py", "b.py", "c.py"}


def test_a_name_that_a_package_hands_on_counts_as_from_the_module_that_defines_it(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path, {"a/one.py": "One = 1", "a/two.py": "Two = 2", "x.py": "from toolkit.a import One"}
    )
    (tmp_path / "toolkit/a/__init__.py").write_text(
        "from toolkit.a.one import One\nfrom toolkit.a.two import Two\n"
    )
    assert names_of(graph, "toolkit.x") == {"x.py", "a/__init__.py", "a/one.py"}


def test_plugins_are_the_modules_of_the_package_that_define_the_name(tmp_path: Path) -> None:
    plugin = "import toolkit.b\nPLUGIN = 1\n"
    files = {"a/one.py": plugin, "a/typed.py": "PLUGIN: int = 1", "a/none.py": "", "a/deeper/two.py": plugin}
    x = 'load_plugins("toolkit.a", "PLUGIN")'
    found = names_of(graph_of(tmp_path, {**files, "b.py": "", "x.py": x}), "toolkit.x")
    assert found - {"a/__init__.py"} == {"x.py", "a/one.py", "a/typed.py", "b.py"}


def test_templates_that_are_named_count_and_no_others(tmp_path: Path) -> None:
    templates = {"kernels/a.c": "", "kernels/deep/b.S": "", "runtime/main.c": ""}
    graph = graph_of(tmp_path, {"x.py": 'paths.templates("kernels")'}, templates)
    found = {name for name in names_of(graph, "toolkit.x") if name.startswith("firmware")}
    assert found == {"firmware_templates/kernels/a.c", "firmware_templates/kernels/deep/b.S"}


def test_templates_that_are_not_named_by_literals_are_a_bug(tmp_path: Path) -> None:
    with pytest.raises(TinymlError, match=r"takes only literals: paths.templates\(name\)"):
        graph_of(tmp_path, {"x.py": "paths.templates(name)"}).files_of("toolkit.x")


def test_a_relative_import_is_refused_as_it_could_be_overlooked(tmp_path: Path) -> None:
    with pytest.raises(TinymlError, match=r"imports are absolute here: from \.deep import value"):
        graph_of(tmp_path, {"a/x.py": "from .deep import value"}).files_of("toolkit.a.x")


def test_a_module_that_is_no_python_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.py is no Python"):
        graph_of(tmp_path, {"x.py": "def ("}).files_of("toolkit.x")


def test_what_an_editor_leaves_does_not_count(tmp_path: Path) -> None:
    templates = {"kernels/a.c": "", "kernels/.a.c.swp": "", "kernels/a.c~": ""}
    graph = graph_of(tmp_path, {"x.py": 'paths.templates("kernels")'}, templates)
    assert names_of(graph, "toolkit.x") == {"x.py", "firmware_templates/kernels/a.c"}


def test_a_file_beside_the_module_counts_where_it_is_named(tmp_path: Path) -> None:
    files = {"a/page.j2": "", "a/other.c": "", "a/x.py": 'TEMPLATE = "page.j2"'}
    assert names_of(graph_of(tmp_path, files), "toolkit.a.x") == {"a/x.py", "a/page.j2"}


def test_the_digest_changes_with_bytes_and_with_names(tmp_path: Path) -> None:
    files = {"x.py": "import toolkit.a", "a.py": "value = 1"}
    first = graph_of(tmp_path, files).digest("toolkit.x")
    assert CodeGraph(tmp_path / "toolkit", tmp_path / "templates").digest("toolkit.x") == first
    changed = graph_of(tmp_path, {"a.py": "value = 2"}).digest("toolkit.x")
    moved = graph_of(tmp_path, {"x.py": "import toolkit.b", "b.py": "value = 1"}).digest("toolkit.x")
    assert len({first, changed, moved}) == 3


def test_every_file_of_the_toolkit_that_is_no_module_is_read_by_one() -> None:
    graph = CodeGraph()
    read = {path for module in graph.modules for path in graph.reads(module).files}
    assert not graph.others - read


def test_every_template_is_read_by_a_step() -> None:
    graph = CodeGraph()
    read = {path for module in graph.modules for path in graph.reads(module).files}
    ours = {path for path in graph.hashes if path.is_relative_to(graph.templates)}
    assert ours <= read


def test_templates_are_named_in_the_one_way_that_is_read_off() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.name not in ("paths.py", "code_graph.py"):
            assert '"firmware_templates"' not in path.read_text(encoding="utf-8"), path


def test_packages_only_hand_names_on() -> None:
    """So that what an __init__.py imports beside the name in question has no effect."""
    for path in PACKAGE.rglob("__init__.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if line.startswith(("def", "class"))], path


def test_digests_are_kept_until_any_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(PACKAGE, tmp_path / "toolkit", ignore=shutil.ignore_patterns("__pycache__", "_data"))
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))

    def digest() -> tuple[str, bool]:
        graph = CodeGraph(tmp_path / "toolkit", paths.templates())
        monkeypatch.setattr(code_graph, "_graph", lambda: graph)
        found = code_digest.__wrapped__("toolkit.ir.graph")
        return found, bool(graph._reads)

    first, was_read = digest()
    assert was_read
    assert digest() == (first, False)
    (tmp_path / "cache" / "code.json").write_text("{")
    assert digest() == (first, True)
    (tmp_path / "toolkit" / "ui.py").write_text("# another\n")
    assert digest() == (first, True)
    (tmp_path / "toolkit" / "ir" / "graph.py").write_text("# another\n")
    assert digest()[0] != first
