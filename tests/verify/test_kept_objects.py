# SPDX-License-Identifier: Apache-2.0
"""Kernels that are kept for the check of the generated C: compiled once, and again when they change."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.objects import host_compiler

from toolkit.verify.kept_objects import VARIABLE, kept_objects

FILES = {
    "a.c": '#include "a.h"\nint a(void) { return A; }\n',
    "a.h": '#include "deep.h"\n',
    "deep.h": "#define A 1\n",
    "b.c": "int b(void) { return 2; }\n",
}


def objects(files: dict[str, str], folder: Path, *options: str) -> dict[str, Path]:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return kept_objects(files, folder, [Path(host_compiler()), *options])


def test_a_kernel_is_compiled_once_and_again_where_a_header_or_an_option_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    first, again = objects(FILES, tmp_path / "1"), objects(FILES, tmp_path / "2")
    changed = objects({**FILES, "deep.h": "#define A 3\n"}, tmp_path / "3")
    optimized = objects(FILES, tmp_path / "4", "-O2")
    assert first == again and set(first) == {"a.c", "b.c"}
    assert changed["b.c"] == first["b.c"] and changed["a.c"] != first["a.c"]
    assert changed["a.c"].read_bytes() != first["a.c"].read_bytes()
    assert not set(optimized.values()) & set(first.values())


def test_what_the_compiler_refuses_is_not_kept_and_without_the_variable_nothing_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    assert set(objects({**FILES, "b.c": "int b(\n"}, tmp_path / "1")) == {"a.c"}
    monkeypatch.delenv(VARIABLE)
    assert objects(FILES, tmp_path / "2") == {}
