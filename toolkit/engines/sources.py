# SPDX-License-Identifier: Apache-2.0
"""Source code from where somebody has it: a git repository, its address, a .zip or a plain folder."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from toolkit import process
from toolkit.engines.unpacking import copy_folder, is_zip, unpack_tar, unpack_zip
from toolkit.errors import InputError, ToolMissingError

_GIT = ("git", "-c", "core.autocrlf=false", "-c", "core.eol=lf")
"""The bytes are the repository's, whatever this computer does with line ends."""
_TIMEOUT_S = 1800.0
_NOT_SOURCE = ("downloads", "gen", ".git")
"""What TFLM's own make leaves in a folder of its sources."""


def is_address(source: str) -> bool:
    """Return whether source is what git calls an URL, and no folder of this computer."""
    return not Path(source).exists() and ("://" in source or ":" in source.partition("/")[0])


def is_git(folder: Path) -> bool:
    """Return whether folder is a git repository, with or without a work tree."""
    return (folder / ".git").exists() or ((folder / "objects").is_dir() and (folder / "HEAD").is_file())


def bring(source: str, revision: str, target: Path) -> None:
    """Put the source code into the new folder target: of a git repository, what it has at revision.

    source is a folder (plain or a git repository), a .zip with one folder in it, or git's address of a
    repository. Raises InputError if there is nothing of the kind, ToolMissingError without git.
    """
    if is_address(source):
        _from_address(source, revision, target)
        return
    path = Path(source)
    if path.is_dir() and is_git(path):
        _from_git(path, revision, target)
    elif path.is_dir():
        copy_folder(path, target, left_out=_NOT_SOURCE)
    elif is_zip(path):
        unpack_zip(path, target)
    else:
        raise InputError(
            f"{source} is no folder, .zip or git repository.",
            hint="Try: a folder that is there, or an address such as https://HOST/NAME.git",
        )


def git(*words: str | Path, folder: Path) -> process.Finished:
    """Run git in folder, which asks nothing and looks for no repository above it."""
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CEILING_DIRECTORIES": str(folder.resolve().parent)}
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        env.pop(name, None)
    return process.run(
        [*_GIT, "-C", folder, *words], timeout_s=_TIMEOUT_S, env={**env, "LC_ALL": "C"}, ends_with_us=True
    )


def _from_address(address: str, revision: str, target: Path) -> None:
    repository = target.with_name(f"{target.name}.git")
    repository.mkdir()
    git("init", "--quiet", "--bare", folder=repository)
    done = git("fetch", "--quiet", "--depth", "1", "--", address, revision, folder=repository)
    if done.exit_code != 0:
        raise ToolMissingError(
            f"git cannot fetch {revision} from {address}: {_last_line(done.output)}",
            hint="Try: with a network; or what another computer has: tinyml engine fetch tflm --from FOLDER "
            "--third-party FOLDER (docs/building.md, The engine tflm)",
        )
    _from_git(repository, "FETCH_HEAD", target)
    shutil.rmtree(repository)


def _from_git(repository: Path, revision: str, target: Path) -> None:
    commit = f"{revision}^{{commit}}"
    if git("rev-parse", "--quiet", "--verify", commit, folder=repository).exit_code != 0:
        words = _last_line(git("rev-parse", "--verify", "HEAD", folder=repository).output)
        why = f" ({words})" if "dubious" in words or words.startswith("fatal") else ""
        raise InputError(
            f"the git repository {repository} does not have {revision}{why}.",
            hint=f"Try: git -C {repository} fetch --tags origin, where there is a network",
        )
    done = subprocess.run(
        [*_GIT, "-C", str(repository), "archive", "--format=tar", commit],
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise InputError(f"git cannot read {repository}: {_last_line(done.stderr.decode(errors='replace'))}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        unpack_tar(archive, target, str(repository))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing."
