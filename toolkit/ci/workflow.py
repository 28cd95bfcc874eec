# SPDX-License-Identifier: Apache-2.0
"""The workflow that builds and checks a project at a hosting service."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import jinja2

from toolkit import paths, process
from toolkit.errors import InputError, ToolMissingError
from toolkit.files import write_atomic
from toolkit.project.config import Project
from toolkit.targets.board import load_board

PACKAGE = "tinyml-toolkit"
EXTRAS = "train,tflm,zig,emulate"
RENODE_VERSION = "1.16.1"
_FILES = {"github": ".github/workflows/tinyml-{name}.yml", "gitlab": ".gitlab/tinyml-{name}.yml"}
SERVICES = tuple(_FILES)
_GITLAB_FILE = ".gitlab-ci.yml"
_GIT_TIMEOUT_S = 30.0
_MEANS_SOMETHING = re.compile(r"[$*?!\[\]{}\"\\\x00-\x1f\x7f]")
"""What a service or its shell would take for a variable or a pattern in the name of a folder."""


@dataclass(frozen=True)
class Written:
    """What init_ci made: the workflow's file, and what a person has to do or know."""

    file: Path
    notes: tuple[str, ...]


def init_ci(
    project: Project,
    service: str,
    boards: Sequence[str] = (),
    *,
    skip_broken: bool = False,
    force: bool = False,
) -> Written:
    """Write the workflow of a project for service, "github" or "gitlab", into its git repository.

    boards are those to check, none for the project's own; skip_broken leaves out files of the data that
    cannot be used. The repository is the one that the project's
    folder is in; without one the folder itself. A file that is there and differs stays, unless force is set.
    Raises InputError for that, and for a folder's name that would mean something else there.
    """
    top = _git(project.root, "rev-parse", "--show-toplevel")
    root = Path(top or project.root).resolve()
    folder = project.root.resolve().relative_to(root).as_posix()
    if _MEANS_SOMETHING.search(folder):
        raise InputError(f"a workflow cannot name the folder {folder!r}.", hint="Try: a plainer name for it")
    names = list(boards or [project.firmware.board])
    in_renode = [name for name in names if load_board(name).renode is not None]
    requirement, note = _requirement()
    context = {
        "name": project.name,
        "folder": folder,
        "within": "" if folder == "." else f"{folder}/",
        "branch": _branch(root),
        "requirement": requirement,
        "boards": " ".join(f"--board {name}" for name in names),
        "skip_broken": " --skip-broken" * skip_broken,
        "has_renode": bool(in_renode),
        "renode": RENODE_VERSION,
    }
    file = root / _FILES[service].format(name=project.name)
    if service == "gitlab":
        _require_own(root / _GITLAB_FILE, root)
    _write(file, root, _templates().get_template(f"{service}.yml.j2").render(context), force)
    notes = [note] if note else []
    if not in_renode:
        notes.append(f"There is no job for Renode: it has no platform for {', '.join(names)}.")
    if not top:
        notes.append(f"{root} is in no git repository: the service reads the file from the top of one.")
    outside = _outside(project, root)
    notes += [f"{path} is not in the repository: the service will not find the data." for path in outside]
    if service == "gitlab":
        notes += _include(root, file)
    return Written(file, tuple(notes))


def _templates() -> jinja2.Environment:
    """Return what fills in the workflows, whose own language has braces in pairs."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.templates("ci")),
        undefined=jinja2.StrictUndefined,
        variable_start_string="<<",
        variable_end_string=">>",
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,
    )
    # A JSON string is a YAML string too, whatever stands in it.
    environment.filters["quoted"] = partial(json.dumps, ensure_ascii=False)
    return environment


def _outside(project: Project, root: Path) -> list[Path]:
    """Return the files and folders of the project's data that are not below root."""
    named = [value for value in project.data.options.values() if isinstance(value, str) and value]
    found = [(project.root / value).resolve() for value in named if (project.root / value).exists()]
    return [path for path in found if not path.is_relative_to(root)]


def _require_own(file: Path, root: Path) -> None:
    """Raise InputError unless file is, or can become, a regular file within root."""
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise InputError(f"{file} is no file of its own.", hint="Try: move it away first")
    if not file.parent.resolve().is_relative_to(root):
        raise InputError(f"{file.parent} leads out of {root}.", hint="Try: a folder in place of the link")


def _write(file: Path, root: Path, text: str, force: bool) -> None:
    _require_own(file, root)
    if file.is_file() and not force and file.read_bytes() != text.encode():
        raise InputError(
            f"{file} is there already, and is not what would be written.",
            hint="Try: --force to replace it, or move it away first",
        )
    write_atomic(file, text)


def _include(root: Path, file: Path) -> list[str]:
    """Make the service find file: it reads one file of a fixed name, which may be somebody's own."""
    main, local = root / _GITLAB_FILE, file.relative_to(root).as_posix()
    if not main.exists():
        write_atomic(main, f"include:\n  - local: {local}\n")
    elif local not in main.read_text(encoding="utf-8", errors="replace"):
        return [f"{main} is yours. Add this to it:\ninclude:\n  - local: {local}"]
    return []


def _branch(root: Path) -> str:
    """Return the main branch's name as far as the repository knows it."""
    remote = _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    return remote or _git(root, "branch", "--show-current") or "main"


def _git(folder: Path, *words: str) -> str:
    try:
        done = process.run(["git", *words], timeout_s=_GIT_TIMEOUT_S, cwd=folder)
    except ToolMissingError:
        return ""
    return done.output.rstrip("\n") if done.exit_code == 0 else ""


def _requirement() -> tuple[str, str]:
    """Return what pip is to install there, and what to tell where that is not known.

    pip notes where a package came from (PEP 610). A folder of this computer is no place for others.
    """
    wanted = f"{PACKAGE}[{EXTRAS}]"
    try:
        noted = json.loads(distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        noted = {}
    git, url = noted.get("vcs_info", {}), str(noted.get("url", ""))
    if git.get("vcs") == "git" and "commit_id" in git:
        return f"{wanted} @ git+{url}@{git['commit_id']}", ""
    if url.startswith("https://"):
        return f"{wanted} @ {url}", ""
    if not noted:
        return wanted, ""
    what = f"The workflow installs {wanted}, but this toolkit came from a folder"
    return wanted, f"{what}: unless your package index has it, change TINYML at the top of the file."
