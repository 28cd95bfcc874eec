# SPDX-License-Identifier: Apache-2.0
"""Plain C with a Makefile: for every build."""

from __future__ import annotations

from toolkit.export.kind import Files, Kind
from toolkit.export.library import Library
from toolkit.export.texts import common_files, fill

_USE = (
    "Add `include/` to the include path, and compile all files of `src/`.\n"
    "Or run `make`, and link `lib{name}.a`. `make test` runs the stored samples."
)


def _arrange(library: Library) -> Files:
    common = common_files(library, _USE.format(name=library.name))
    return {**common, "Makefile": fill("Makefile.j2", library)}


KIND = Kind("c", "plain C, an example and a Makefile", _arrange)
