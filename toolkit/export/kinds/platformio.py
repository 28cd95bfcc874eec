# SPDX-License-Identifier: Apache-2.0
"""A PlatformIO library: for lib_deps in anybody's project."""

from __future__ import annotations

import json

from toolkit.export.kind import Files, Kind
from toolkit.export.library import Library
from toolkit.export.texts import common_files

_USE = """In your platformio.ini, with this folder where you like:

```ini
lib_deps = symlink://path/to/this/folder
```"""


def _arrange(library: Library) -> Files:
    manifest = {
        "name": library.name,
        "version": library.version,
        "description": ". ".join(filter(None, [library.about, library.core_note])),
        "keywords": ["tinyml", "inference", "int8"],
        "license": library.spdx,
        "frameworks": "*",
        "platforms": "*",
        "headers": sorted(library.headers),
        "build": {"srcDir": "src", "includeDir": "include", "flags": [library.flag]},
    }
    return {**common_files(library, _USE), "library.json": json.dumps(manifest, indent=2) + "\n"}


KIND = Kind("platformio", "a PlatformIO library", _arrange)
