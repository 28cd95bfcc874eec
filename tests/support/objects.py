# SPDX-License-Identifier: Apache-2.0
"""C sources compiled once a session, for all tests and all workers."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from toolkit import process
from toolkit.files import write_atomic

VARIABLE = "TINYML_TEST_OBJECTS"
"""Where the session's objects are: tests/conftest.py makes the folder and removes it."""


def host_compiler() -> str:
    """Return a C compiler for this computer; skips the test where there is none."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler for the host: apt install gcc")
    return compiler


def object_of(source: Path, command: Sequence[str | Path]) -> Path:
    """Return source compiled by command, a compiler with its options.

    Headers must not change during a session: one that a test writes is a kept_file. Asserts that the
    compiler has no complaint.
    """
    words = [str(word) for word in command]
    parts = (*words, str(source), source.read_text(encoding="utf-8"))
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    result = _folder() / f"{source.stem}-{key}.o"
    if not result.is_file():
        mine = result.with_suffix(f".{os.getpid()}.o")
        done = process.run([*words, "-c", str(source), "-o", str(mine)], timeout_s=120)
        assert done.exit_code == 0, done.output
        mine.replace(result)
    return result


def kept_file(name: str, text: str) -> Path:
    """Return a file of that name with this text, in a folder that is the session's for this text."""
    folder = _folder() / hashlib.sha256(text.encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    write_atomic(folder / name, text, durable=False)
    return folder / name


def kept_folder(name: str, files: Mapping[str, str]) -> Path:
    """Return a folder of these files, by name, that is the session's for these texts."""
    key = hashlib.sha256("\0".join(part for item in files.items() for part in item).encode()).hexdigest()[:16]
    folder = _folder() / f"{name}-{key}"
    folder.mkdir(exist_ok=True)
    for file, text in files.items():
        if not (folder / file).is_file():
            write_atomic(folder / file, text, durable=False)
    return folder


@cache
def _folder() -> Path:
    return Path(os.environ.get(VARIABLE) or tempfile.mkdtemp(prefix="tinyml-objects-"))
