# SPDX-License-Identifier: Apache-2.0
"""Where the toolkit's own data files are, in a checkout and in an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """Return the folder of data files called name: boards, firmware_templates or examples.

    A wheel carries them inside the package, a checkout beside it.
    """
    for candidate in (_PACKAGE / "_data" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the installation is damaged: no folder {name} in or beside {_PACKAGE}")


def templates(*parts: str) -> Path:
    """Return firmware_templates/, or what is under it by these names.

    parts are literals where it is called: what depends on a template is read off the calls
    (toolkit/project/code_graph.py).
    """
    return data_dir("firmware_templates").joinpath(*parts)


def template_names(*parts: str) -> list[str]:
    """Return the names of the files in a folder under firmware_templates/, sorted.

    Whoever calls this depends on the names alone, not on what is in the files.
    """
    folder = data_dir("firmware_templates").joinpath(*parts)
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def cache_dir() -> Path:
    """Return the folder for what can be made again: $TINYML_CACHE_DIR, else under the user's cache."""
    chosen = os.environ.get("TINYML_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tinyml-toolkit"
