# SPDX-License-Identifier: Apache-2.0
"""What a module's results depend on in the toolkit itself: derived from its code, never listed.

A module depends on itself and on what it reads: every module that it imports, also inside a function,
and the templates that it names; and on what these depend on. A name that a package only hands on counts
as imported from the module that defines it. What stands under `if TYPE_CHECKING:` never runs and does not
count. Four things count beside imports, each as a literal that can be read in the code:

- `templates("kernels")` (toolkit/paths.py): every file of that folder of firmware_templates/;
- `load_plugins("toolkit.ops", "OPERATOR")` (toolkit/plugins.py): the modules that define this name;
- `"toolkit.reference.tflm_worker"`, the name of a module: it runs in a process of its own;
- `"count_blocks.c"`, the name of a file beside the module, or `"page"`, that of a folder without modules.

tests/project/test_code_graph.py holds this against what a run really executes and opens.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from toolkit import paths
from toolkit.errors import InputError, TinymlError
from toolkit.files import sha256_of, write_atomic
from toolkit.reading import parse_json

_PACKAGE = Path(__file__).resolve().parents[1]
_TEMPLATES, _PLUGINS = "templates", "load_plugins"


@dataclass(frozen=True)
class Reads:
    """What one file names: modules by their dotted names, and files that are no modules."""

    modules: frozenset[str]
    files: frozenset[Path]


class CodeGraph:
    """The files of the toolkit and which reads which. package and templates are folders, others in tests.

    It is a picture of one moment: files that change afterwards are not read again.
    """

    def __init__(self, package: Path | None = None, templates: Path | None = None) -> None:
        self.package = package or _PACKAGE
        self.templates = templates or paths.data_dir("firmware_templates")
        self._reads: dict[str, Reads] = {}
        self._trees: dict[str, ast.Module] = {}
        self._exports: dict[str, dict[str, ast.ImportFrom]] = {}
        self._files_of: dict[str, frozenset[Path]] = {}
        self._names: dict[Path, str] = {}

    @cached_property
    def _inside(self) -> list[Path]:
        """The package's files; a wheel also carries the data folders inside, which are none of them."""
        data = self.package / "_data"
        return [path for path in _files_below(self.package) if not path.is_relative_to(data)]

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Every module's file by the module's dotted name; a package's is its __init__.py."""
        found = {}
        for path in (path for path in self._inside if path.suffix == ".py"):
            parts = path.relative_to(self.package).with_suffix("").parts
            found[".".join(("toolkit", *parts)).removesuffix(".__init__")] = path
        return found

    @cached_property
    def _in_folders(self) -> dict[Path, frozenset[Path]]:
        """The files of each folder that has no modules."""
        folders = {path.parent for path in self.others} - {path.parent for path in self.modules.values()}
        return {folder: frozenset(p for p in self.others if p.parent == folder) for folder in folders}

    @cached_property
    def others(self) -> frozenset[Path]:
        """The package's files that are no modules."""
        return frozenset(path for path in self._inside if path.suffix != ".py")

    @cached_property
    def hashes(self) -> dict[Path, str]:
        """Every file's hash, the templates' too."""
        files = (*self.modules.values(), *self.others, *_files_below(self.templates))
        return {path: sha256_of(path) for path in files}

    @cached_property
    def tree_digest(self) -> str:
        """A hash of the names and bytes of all files."""
        return self._digest(self.hashes)

    def files_of(self, module: str) -> frozenset[Path]:
        """Return every file that what this module does depends on."""
        if module not in self._files_of:
            self._files_of[module] = self._reached(module)
        return self._files_of[module]

    def _reached(self, module: str) -> frozenset[Path]:
        seen: set[str] = set()
        files: set[Path] = set()
        waiting = [module]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            files.add(self.modules[name])
            if name == module or not self._is_package(name):
                reads = self.reads(name)
                files |= reads.files
                waiting += reads.modules
        return frozenset(files)

    def digest(self, module: str) -> str:
        """Return a hash of the names and bytes of files_of(module)."""
        return self._digest(self.files_of(module))

    def _digest(self, files: Iterable[Path]) -> str:
        named = sorted(f"{self.name_of(path)}:{self.hashes[path]}" for path in files)
        return hashlib.sha256("\n".join(named).encode()).hexdigest()

    def name_of(self, path: Path) -> str:
        """Return a file's name below toolkit/ or firmware_templates/, with that."""
        if path not in self._names:
            inside = path.is_relative_to(self.package)
            root, name = (self.package, "toolkit") if inside else (self.templates, "firmware_templates")
            self._names[path] = f"{name}/{path.relative_to(root).as_posix()}"
        return self._names[path]

    def reads(self, module: str) -> Reads:
        """Return what the file of one module names itself.

        Raises TinymlError, a bug of the toolkit, for a name that is no literal.
        """
        if module not in self._reads:
            nodes = list(_running(self._tree(module)))
            imported = {name for node in nodes for name in self._imported(node)}
            named = {name for node in nodes for name in self._named(node)}
            files = {path for node in nodes for path in self._files(node, self.modules[module])}
            self._reads[module] = Reads(frozenset(imported | named), frozenset(files))
        return self._reads[module]

    def _tree(self, module: str) -> ast.Module:
        if module not in self._trees:
            self._trees[module] = _parse(self.modules[module])
        return self._trees[module]

    def _imported(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in self.modules)
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise TinymlError(f"imports are absolute here: {ast.unparse(node)}.")
        elif isinstance(node, ast.ImportFrom) and node.module in self.modules:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in self.modules:
                    yield inner
                    continue
                yield node.module
                yield from self._handed_on(node.module, alias.name)

    def _handed_on(self, package: str, name: str) -> Iterator[str]:
        """Where a package has a name from that it hands on."""
        if package not in self._exports:
            given = [node for node in self._tree(package).body if isinstance(node, ast.ImportFrom)]
            self._exports[package] = {alias.name: node for node in given for alias in node.names}
        node = self._exports[package].get(name)
        if node is not None and self._is_package(package):
            yield from self._imported(node)

    def _named(self, node: ast.AST) -> Iterator[str]:
        """The module that a text names, and the plugins that a call finds."""
        if isinstance(node, ast.Constant) and node.value in self.modules and "." in str(node.value):
            yield str(node.value)
        elif isinstance(node, ast.Call) and _called(node) == _PLUGINS and node.args:
            package, attribute = _literals(node)
            inside = (m for m in self.modules if m.rpartition(".")[0] == package)
            yield from (m for m in inside if _defines(self._tree(m), attribute))

    def _files(self, node: ast.AST, module: Path) -> Iterator[Path]:
        """The files that a text names, one beside the module, or a call of templates()."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            beside = module.parent / node.value
            yield from {beside} & self.others or self._in_folders.get(beside, frozenset())
        elif isinstance(node, ast.Call) and _called(node) == _TEMPLATES:
            place = self.templates.joinpath(*_literals(node))
            yield from (path for path in self.hashes if path.is_relative_to(place))

    def _is_package(self, module: str) -> bool:
        return self.modules[module].name == "__init__.py"


@cache
def code_digest(module: str) -> str:
    """Return a hash of all code and templates of the toolkit that runs which a module's results depend on.

    module is its dotted name, mostly `__name__`. What was found before for the same files is kept.
    """
    graph, kept = _graph(), paths.cache_dir() / "code.json"
    found = _load(kept, graph.tree_digest)
    if module not in found:
        found[module] = graph.digest(module)
        with contextlib.suppress(InputError):
            write_atomic(kept, json.dumps({"tree": graph.tree_digest, "digests": found}), durable=False)
    return found[module]


@cache
def _graph() -> CodeGraph:
    return CodeGraph()


def _load(kept: Path, tree_digest: str) -> dict[str, str]:
    """Return the digests that were kept for this tree; none from a damaged file."""
    try:
        found = parse_json(kept.read_text(encoding="utf-8"))
        return dict(found["digests"]) if found["tree"] == tree_digest else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"), str(path))
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{path} is no Python: {error}.") from error


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node below tree but for what stands under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _running(node)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _literals(call: ast.Call) -> list[str]:
    parts = [part.value for part in call.args if isinstance(part, ast.Constant)]
    if len(parts) != len(call.args):
        raise TinymlError(f"{_called(call)}() takes only literals: {ast.unparse(call)}.")
    return [str(part) for part in parts]


def _defines(tree: ast.Module, name: str) -> bool:
    """Return whether a module's own level assigns to name."""
    targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def _files_below(folder: Path) -> list[Path]:
    """Return the files that are no caches, and no copies that an editor keeps."""
    found = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return [path for path in found if path.is_file() and path.name[0] != "." and path.name[-1] != "~"]
