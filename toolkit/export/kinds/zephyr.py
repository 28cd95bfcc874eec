# SPDX-License-Identifier: Apache-2.0
"""A Zephyr module, switched on by CONFIG_TINYML_NAME."""

from __future__ import annotations

from toolkit.export.kind import Files, Kind
from toolkit.export.library import Library
from toolkit.export.texts import common_files, example_files, fill

_USE = """Name this folder as a module, and switch it on:

```sh
west build -b your_board your_app -- \\
    -DZEPHYR_EXTRA_MODULES=/full/path/to/this/folder -DCONFIG_TINYML_{upper}=y
```

or add it to your manifest, and write `CONFIG_TINYML_{upper}=y` into prj.conf. `samples/stored` runs the
stored samples. The module was built with a stand-in for Zephyr's CMake functions, not yet with Zephyr."""


def _arrange(library: Library) -> Files:
    common = common_files(library, _USE.format(upper=library.name.upper()))
    shown = {name: text for name, text in common.items() if not name.startswith("example/")}
    sample = {f"samples/stored/src/{name}": text for name, text in example_files(library).items()}
    upper = library.name.upper()
    return {
        **shown,
        **sample,
        "samples/stored/CMakeLists.txt": fill("zephyr_sample.txt.j2", library),
        "samples/stored/prj.conf": f"CONFIG_TINYML_{upper}=y\nCONFIG_MAIN_STACK_SIZE=4096\n",
        "zephyr/module.yml": f"name: {library.name}\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\n",
        "zephyr/Kconfig": fill("Kconfig.j2", library),
        "zephyr/CMakeLists.txt": fill("zephyr.txt.j2", library),
    }


KIND = Kind("zephyr", "a Zephyr module", _arrange)
