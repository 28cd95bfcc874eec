# SPDX-License-Identifier: Apache-2.0
"""An application may be C++: each header that it is told of declares what C defines."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support.firmware_image import ROOT, TEMPLATES

from toolkit import process

COMPILER = "arm-none-eabi-g++"
FLAGS = ("-std=c++17", "-Wall", "-Wextra", "-Werror", "-mcpu=cortex-m4", "-mthumb", "-c")
FOLDERS = ("runtime", "runtime/own", "sensors", "ports/cortex_m", "ports/nrf52840")
# What only one file of C includes, behind definitions of its own.
PRIVATE = {"tm_imu.h", "tm_bmi270_config.h"}


def headers() -> list[Path]:
    """Return the headers that the pages for applications name, all of sensors, and all of what ports give."""
    pages = "".join(
        (ROOT / "docs" / f"{page}.md").read_text() for page in ("applications", "ports", "sensors")
    )
    named = {*re.findall(r"\b(?:tm_\w+|app)\.h", pages)}
    every = [path for folder in FOLDERS for path in sorted((TEMPLATES / folder).glob("*.h"))]
    return [
        path
        for path in every
        if (path.name in named or path.parent.name == "sensors" or path.name.startswith("tm_port"))
        and path.name not in PRIVATE
    ]


BOARD_CONFIG = """
#define TM_BUTTON_PIN 1
#define TM_BUTTON_ACTIVE_LOW 1
"""
_FUNCTION = re.compile(r"^(?!static|#|typedef)[\w \*]*?\b(tm_\w+|app_\w+)\([^;{]*\);", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def test_every_function_of_every_header_is_called_by_its_name_in_c(tmp_path: Path) -> None:
    if shutil.which(COMPILER) is None:
        pytest.skip(f"needs {COMPILER}")
    texts = [_COMMENT.sub("", header.read_text(encoding="utf-8")) for header in headers()]
    names = sorted({name for text in texts for name in _FUNCTION.findall(text)})
    uses = ", ".join(f"reinterpret_cast<const void *>(&{name})" for name in names)
    included = "".join(f'#include "{header.name}"\n' for header in headers())
    (tmp_path / "main.cpp").write_text(f"{included}extern const void *const used[] = {{{uses}}};\n")
    (tmp_path / "board_config.h").write_text(BOARD_CONFIG)
    folders = [f"-I{folder}" for folder in (tmp_path, *(TEMPLATES / folder for folder in FOLDERS))]
    built = process.run([COMPILER, *FLAGS, *folders, "main.cpp", "-o", "main.o"], cwd=tmp_path, timeout_s=60)
    assert built.exit_code == 0, built.output
    listed = process.run(["arm-none-eabi-nm", "-u", "main.o"], cwd=tmp_path, timeout_s=60).output
    assert sorted(listed.replace("U ", "").split()) == names
    assert len(names) > 60
