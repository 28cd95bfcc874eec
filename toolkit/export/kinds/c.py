# SPDX-License-Identifier: Apache-2.0
"""Plain C with a Makefile: for every build."""

from __future__ import annotations

from toolkit.export.kind import Files, Kind
from toolkit.export.library import Library
from toolkit.export.texts import example_files, fill, readme

_USE = (
    "Add `include/` to the include path, and compile all files of `src/`.\n"
    "Or run `make`, and link `lib{name}.a`. `make test` runs the stored samples."
)


def _arrange(library: Library) -> Files:
    return {
        **{f"include/{name}": text for name, text in library.headers.items()},
        **{f"src/{name}": text for name, text in library.sources.items()},
        **{f"example/{name}": text for name, text in example_files(library).items()},
        "Makefile": fill("Makefile.j2", library),
        "README.md": readme(library, _USE.format(name=library.name)),
        "LICENSE": library.licence,
    }


KIND = Kind("c", "plain C, an example and a Makefile", _arrange)
