# SPDX-License-Identifier: Apache-2.0
"""The sources of kernels: for a target, or for this computer in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from toolkit.errors import InputError, TinymlError

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"/]+)"', re.MULTILINE)
_IF_THERE = re.compile(r'__has_include\("([^"/]+)"\)')


def kernel_files(folder: Path, isa: str, names: Iterable[str], *, on_host: bool = False) -> dict[str, str]:
    """Return the kernels' sources with every header they include, and the source that goes with a header.

    A file in kernels/<isa>/ goes before the one of the same name in kernels/. There a kernel may be
    assembly, <name>.S; on_host takes the C beside it instead, its twin with the same layouts. Headers that a
    file includes only if they are there (__has_include) are none of its own.
    """
    endings = (".c",) if on_host else (".S", ".c")
    files: dict[str, str] = {}
    wanted = list(names)
    while wanted:
        for source in _kernel_sources(folder, isa, wanted.pop(), endings):
            if f"src/kernels/{source.name}" not in files:
                text = source.read_text(encoding="utf-8")
                files[f"src/kernels/{source.name}"] = text
                wanted += [header.removesuffix(".h") for header in _headers(text)]
    for name in names:
        if not any(f"src/kernels/{name}{ending}" in files for ending in endings):
            raise TinymlError(f"the kernel {name} is missing in {folder}.")
    return files


def _headers(text: str) -> list[str]:
    optional = _IF_THERE.findall(text)
    return [header for header in _INCLUDE.findall(text) if header not in optional]


def _kernel_sources(folder: Path, isa: str, name: str, endings: Iterable[str]) -> Iterator[Path]:
    """The code of a kernel, in kernels/<isa>/ or else in kernels/, in the first ending there; its header."""
    assembly, twin = (folder / isa / f"{name}{ending}" for ending in (".S", ".c"))
    if ".S" not in endings and assembly.is_file() and not twin.is_file():
        raise InputError(f"{assembly} has no {twin.name} beside it for computers to run.")
    code = [place / f"{name}{ending}" for place in (folder / isa, folder) for ending in endings]
    headers = [place / f"{name}.h" for place in (folder / isa, folder)]
    for candidates in (code, headers):
        yield from [path for path in candidates if path.is_file()][:1]
