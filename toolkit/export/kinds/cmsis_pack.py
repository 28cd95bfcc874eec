# SPDX-License-Identifier: Apache-2.0
"""A CMSIS-Pack with one component: its description, .pdsc, and the archive, .pack."""

from __future__ import annotations

from toolkit.export.kind import Files, Kind, zipped
from toolkit.export.library import Library
from toolkit.export.texts import common_files, fill

_USE = """Install the pack, `cpackget add {pack}`, or by your IDE's pack manager, and choose the component
*Machine Learning: Model: {name}*. The pack was checked against the rules of its format.
No IDE has loaded it yet."""


def _arrange(library: Library) -> Files:
    stem = f"tinyml.{library.name}"
    pack = f"{stem}.{library.version}.pack"
    files = common_files(library, _USE.format(pack=pack, name=library.name))
    files[f"{stem}.pdsc"] = fill("pack.pdsc.j2", library)
    return {
        f"{stem}.pdsc": files[f"{stem}.pdsc"],
        pack: zipped(files),
        "README.md": files["README.md"],
    }


KIND = Kind("cmsis-pack", "a CMSIS-Pack: .pdsc and .pack", _arrange)
