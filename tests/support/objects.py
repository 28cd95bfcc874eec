# SPDX-License-Identifier: Apache-2.0
"""C sources compiled once a session, for all tests and all workers."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from toolkit import process

VARIABLE = "TINYML_TEST_OBJECTS"
"""Where the session's objects are: tests/conftest.py makes the folder and removes it."""


def host_compiler() -> str:
    """Return a C compiler for this computer; skips the test where there is none."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler for the host: apt install gcc")
    return compiler


def object_of(source: Path, command: Sequence[str | Path], depends: str = "") -> Path:
    """Return source compiled by command, a compiler with its options.

    The headers of firmware_templates/ do not change during a session; depends is the text of any other
    that the object depends on. Asserts that the compiler has no complaint.
    """
    words = [str(word) for word in command]
    parts = (*words, str(source), source.read_text(encoding="utf-8"), depends)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    result = _folder() / f"{source.stem}-{key}.o"
    if not result.is_file():
        mine = result.with_suffix(f".{os.getpid()}.o")
        done = process.run([*words, "-c", str(source), "-o", str(mine)], timeout_s=120)
        assert done.exit_code == 0, done.output
        mine.replace(result)
    return result


@cache
def _folder() -> Path:
    return Path(os.environ.get(VARIABLE) or tempfile.mkdtemp(prefix="tinyml-objects-"))
