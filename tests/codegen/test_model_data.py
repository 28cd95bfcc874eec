# SPDX-License-Identifier: Apache-2.0
"""model_data.c and .h: the flatbuffer as C, through real compilers."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.codegen.model_data import model_data_sources

PRINTER = """#include <stdio.h>
#include "model_data.h"
int main(void) {
    if ((unsigned long)(const void *)small_model % 16u != 0u) { return 1; }
    return fwrite(small_model, 1, small_model_len, stdout) != small_model_len;
}
"""


def compiler(*names: str) -> str:
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None:
        pytest.skip(f"none of {', '.join(names)} is installed: apt install {names[0]}")
    return found


def written(folder: Path, data: bytes) -> Path:
    for name, text in model_data_sources(data, "small_model").items():
        (folder / name).write_text(text, encoding="ascii")
    return folder


@pytest.mark.parametrize(("names", "standard"), [(("gcc", "clang"), "c99"), (("g++", "clang++"), "c++11")])
def test_the_array_holds_the_file_aligned_in_c_and_in_cpp(
    tmp_path: Path, names: tuple[str, ...], standard: str
) -> None:
    data = write_tflite(small_graph())
    folder = written(tmp_path, data)
    language = "c" if standard == "c99" else "c++"
    (folder / "printer.c").write_text(PRINTER)
    flags = [f"-std={standard}", "-x", language, "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    command = [compiler(*names), *flags, "model_data.c", "printer.c", "-o", "printer"]
    subprocess.run(command, cwd=folder, check=True, timeout=60)

    done = subprocess.run([folder / "printer"], capture_output=True, check=True, timeout=60)

    assert done.stdout == data


def test_both_files_say_the_hash_and_the_header_has_guards() -> None:
    data = write_tflite(small_graph())
    sources = model_data_sources(data, "small_model")

    assert sorted(sources) == ["model_data.c", "model_data.h"]
    for text in sources.values():
        assert f"SHA-256: {hashlib.sha256(data).hexdigest()}" in text
        assert max(map(len, text.splitlines())) <= 100
    assert "#ifndef SMALL_MODEL_MODEL_DATA_H\n" in sources["model_data.h"]


def test_a_name_that_c_does_not_take_is_changed() -> None:
    assert "extern const uint8_t m_2_cats[];" in model_data_sources(b"x", "2 cats")["model_data.h"]


def test_no_data_still_compiles(tmp_path: Path) -> None:
    folder = written(tmp_path, b"")

    command = [compiler("gcc", "clang"), "-std=c99", "-Werror", "-c", "model_data.c"]
    subprocess.run(command, cwd=folder, check=True, timeout=60)

    assert "small_model_len = 0u;" in (folder / "model_data.c").read_text()
