# SPDX-License-Identifier: Apache-2.0
"""tinyml compile in a folder of a person's own: nothing of theirs is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.errors import InputError
from toolkit.verify.compile_files import CompileOptions, compile_file

UNVERIFIED = CompileOptions(verify=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    builder = GraphBuilder("small")
    source, result = (builder.tensor((1, 4), scale=0.1) for _ in range(2))
    builder.operation("RELU", [source], [result])
    path = tmp_path / "small.tflite"
    path.write_bytes(write_tflite(builder.graph([source], [result])))
    return path


def test_a_file_of_a_person_s_own_is_not_written_over(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "model.c").write_text("int mine;\n")

    with pytest.raises(InputError, match=r"model\.c is there"):
        compile_file(model, folder, UNVERIFIED)

    assert [path.name for path in folder.iterdir()] == ["model.c"]
    assert (folder / "model.c").read_text() == "int mine;\n"


def test_files_beside_stay_edits_are_kept_and_another_model_leaves_no_header_behind(
    model: Path, tmp_path: Path
) -> None:
    folder, heard = tmp_path / "own", list[str]()
    folder.mkdir()
    (folder / "main.c").write_text("int main(void) { return 0; }\n")
    compile_file(model, folder, UNVERIFIED)
    (folder / "model.c").write_text("edited\n")
    other = model.rename(tmp_path / "other.tflite")

    compile_file(other, folder, UNVERIFIED, heard.append)

    assert (folder / "main.c").is_file()
    assert (folder / "model.c.edited").read_text() == "edited\n"
    assert any("was edited" in word for word in heard)
    assert (folder / "other.h").is_file()
    assert not (folder / "small.h").exists()
