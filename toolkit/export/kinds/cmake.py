# SPDX-License-Identifier: Apache-2.0
"""A CMake package with the target tinyml::NAME, for find_package and FetchContent."""

from __future__ import annotations

from toolkit.export.kind import Files, Kind
from toolkit.export.library import Library
from toolkit.export.texts import common_files, fill

_USE = """In your CMakeLists.txt, with this folder where you like:

```cmake
include(FetchContent)
FetchContent_Declare({name} SOURCE_DIR ${{CMAKE_CURRENT_SOURCE_DIR}}/path/to/this/folder)
FetchContent_MakeAvailable({name})
target_link_libraries(your_program PRIVATE tinyml::{name})
```

`add_subdirectory` works as well. Or install it, and use `find_package({name} CONFIG REQUIRED)`:

```sh
cmake -B build && cmake --build build && cmake --install build
```

Inside your project it is not installed, unless you set {upper}_INSTALL.

Built by itself for this computer, `ctest` runs the stored samples."""
_TOOLCHAIN = """

`cmake/{core}.cmake` is a toolchain file for the core:
`cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/{core}.cmake`. A toolchain file of your own must pass its `-mcpu`
to the assembler as well (`CMAKE_ASM_FLAGS_INIT`)."""


def _arrange(library: Library) -> Files:
    has_toolchain = library.core is not None and bool(library.core.tools.gcc)
    core = library.core.name if library.core else ""
    use = _USE.format(name=library.name, upper=library.name.upper())
    if has_toolchain:
        use += _TOOLCHAIN.format(core=core)
    files = {
        **common_files(library, use),
        "CMakeLists.txt": fill("CMakeLists.txt.j2", library),
        f"cmake/{library.name}Config.cmake": fill("Config.cmake.j2", library),
    }
    if has_toolchain:
        files[f"cmake/{core}.cmake"] = fill("toolchain.cmake.j2", library)
    return files


KIND = Kind("cmake", "a CMake package with the target tinyml::NAME", _arrange)
