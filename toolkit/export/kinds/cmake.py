# SPDX-License-Identifier: Apache-2.0
"""A CMake package with the target tinyml::NAME, for find_package and FetchContent."""

from __future__ import annotations

from toolkit.export.kind import Files, Kind
from toolkit.export.library import Library
from toolkit.export.texts import common_files, fill

_USE = """In your CMakeLists.txt, with this folder where you like:

```cmake
include(FetchContent)
FetchContent_Declare({name} SOURCE_DIR path/to/this/folder)
FetchContent_MakeAvailable({name})
target_link_libraries(your_program PRIVATE tinyml::{name})
```

`add_subdirectory` works as well. Or install it, and use `find_package({name} CONFIG REQUIRED)`:

```sh
cmake -B build && cmake --build build && cmake --install build
```

Built by itself for this computer, `ctest` runs the stored samples."""


def _arrange(library: Library) -> Files:
    files = {
        **common_files(library, _USE.format(name=library.name)),
        "CMakeLists.txt": fill("CMakeLists.txt.j2", library),
        f"cmake/{library.name}Config.cmake": fill("Config.cmake.j2", library),
    }
    if library.core and library.core.tools.gcc:
        files[f"cmake/{library.core.name}.cmake"] = fill("toolchain.cmake.j2", library)
    return files


KIND = Kind("cmake", "a CMake package with the target tinyml::NAME", _arrange)
