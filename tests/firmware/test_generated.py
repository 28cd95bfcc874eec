# SPDX-License-Identifier: Apache-2.0
"""Files generated together: ended at any point, what stands is whole or known; a person's files stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.export.kind import Kind
from toolkit.export.library import Library
from toolkit.firmware.generated import STAGING, GeneratedFiles, is_generated

OLD = {"a.h": "old a\n", "src/b.c": "old b\n", "src/gone.c": "gone\n"}
NEW = {"a.h": "new a\n", "src/b.c": "new b\n", "lib/c.c": "new c\n"}
THIRD = {"a.h": "third a\n", "src/d.c": "third d\n"}
MINE = {"mine.c": "mine\n"}


def generate(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Generate files, and return what a person hears."""
    heard: list[str] = []
    GeneratedFiles(folder, heard.append, note="").replace_with(files, ())
    return heard


def visible(folder: Path) -> dict[str, str]:
    """Return the texts of all files but the record."""
    every = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {p.as_posix(): (folder / p).read_text() for p in every if not p.name.startswith(".generated")}


def killed_at(rename: int, folder: Path) -> bool:
    """Generate NEW in a process of its own, which is killed before a rename; return whether it was."""
    child = os.fork()
    if not child:
        left = rename

        def hook(event: str, _: object) -> None:
            nonlocal left
            left -= event == "os.rename"
            if event == "os.rename" and left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        generate(folder, NEW)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def kill_at_every_rename(root: Path) -> None:
    """Kill at every rename, over an earlier state and in a new folder; then generate something else."""
    for start in (OLD, {}):
        for rename in range(100):
            folder = root / f"{len(start)}-{rename}"
            if start:
                generate(folder, start)
                (folder / "mine.c").write_text(MINE["mine.c"])
            own = MINE if start else {}
            if not killed_at(rename, folder):
                assert rename > 2 * len(NEW)
                assert visible(folder) == NEW | own
                break
            if rename < len(NEW) + 1:  # not all is complete yet
                now = {k: text for k, text in visible(folder).items() if not k.startswith(STAGING)}
                assert now == {**start, **own}
            assert is_generated(folder)
            assert generate(folder, THIRD) == []
            assert visible(folder) == THIRD | own


@pytest.mark.skipif(sys.platform == "win32", reason="a process that is killed is a fork here")
def test_killed_at_any_point_the_next_call_knows_what_was_generated(tmp_path: Path) -> None:
    # In a process without threads, which forks for each point.
    subprocess.run([sys.executable, __file__, str(tmp_path)], check=True, timeout=60)


def test_what_cannot_be_written_leaves_the_old_files_whole(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    generate(folder, OLD)
    with pytest.raises(InputError, match="a file stands where a folder is needed"):
        generate(
            folder, {**NEW, "z": "a file\n", "z/below": "z cannot be both\n", "src/b.c/below": "nor b.c\n"}
        )
    assert visible(folder) == OLD
    assert not (folder / STAGING).exists()

    new = tmp_path / "new"
    with pytest.raises(InputError, match="a file stands"):
        generate(new, {"a": "a file\n", "a/b": "below it\n"})
    assert not new.exists()


def test_a_file_that_a_person_added_is_kept_where_one_of_its_name_is_generated(tmp_path: Path) -> None:
    generate(tmp_path, OLD)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "c.c").write_text("mine\n")
    (heard,) = generate(tmp_path, NEW)
    assert "your edits are in c.c.edited" in heard
    assert visible(tmp_path) == NEW | {"lib/c.c.edited": "mine\n"}


def test_an_export_that_was_ended_is_no_folder_of_other_files(tmp_path: Path) -> None:
    kind = Kind("some", "", lambda _: NEW)
    library = object.__new__(Library)  # arrange does not look at it
    (tmp_path / "half" / STAGING / "src").mkdir(parents=True)
    (tmp_path / "half" / STAGING / "src" / "b.c").write_text("half\n")
    kind.write(library, tmp_path / "half")
    assert visible(tmp_path / "half") == NEW

    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "x").write_text("x\n")
    with pytest.raises(InputError, match="holds other files"):
        kind.write(library, tmp_path / "own")


if __name__ == "__main__":
    kill_at_every_rename(Path(sys.argv[1]))
