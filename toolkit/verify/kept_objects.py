# SPDX-License-Identifier: Apache-2.0
"""Kernels compiled for this computer, kept where TINYML_BUILD_CACHE says, as firmware keeps its objects."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolkit import process

VARIABLE = "TINYML_BUILD_CACHE"
_TIMEOUT_S = 300.0
_INCLUDE = re.compile(r'(?m)^\s*#\s*include\s+"([^"]+)"')


def kept_objects(kernels: Mapping[str, str], folder: Path, command: Sequence[str | Path]) -> dict[str, Path]:
    """Return the object of each kernel, a file in folder by name -> text, that is kept or can be made.

    There is none without the variable. What the compiler refuses is left to the caller's own build, which
    says why. An object is kept for the compiler, its options, and the text of the kernel and its headers.
    """
    place = os.environ.get(VARIABLE)
    if not place:
        return {}
    kept = Path(place) / "native"
    kept.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in (name for name in kernels if name.endswith(".c")):
        made = kept / f"{Path(name).stem}-{_key(name, kernels, command)}.o"
        if made.is_file() or _compile(folder / name, made, [*command, "-I", folder]):
            found[name] = made
    return found


def _compile(source: Path, result: Path, command: Sequence[str | Path]) -> bool:
    mine = result.with_suffix(f".{os.getpid()}.o")
    done = process.run([*map(str, command), "-c", str(source), "-o", str(mine)], timeout_s=_TIMEOUT_S)
    if done.exit_code == 0:
        mine.replace(result)
    return done.exit_code == 0


def _key(name: str, kernels: Mapping[str, str], command: Sequence[str | Path]) -> str:
    compiler = Path(command[0]).stat()  # another version has another size or time
    parts = [*map(str, command), str(compiler.st_size), str(compiler.st_mtime_ns)]
    for each in sorted(_with_headers(name, kernels)):
        parts += [each, kernels[each]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _with_headers(name: str, kernels: Mapping[str, str]) -> set[str]:
    """Return a kernel's file and all that it includes, directly or not."""
    found, left = set[str](), [name]
    while left:
        each = left.pop()
        if each in kernels and each not in found:
            found.add(each)
            left += _INCLUDE.findall(kernels[each])
    return found
