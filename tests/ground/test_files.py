# SPDX-License-Identifier: Apache-2.0
"""Writing files: whole or not at all, and with the reason when not."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.files import sha256_of, write_atomic, write_error


def test_writes_text_as_utf8_and_makes_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    assert write_atomic(path, "größe\n")
    assert path.read_bytes() == "größe\n".encode()


def test_equal_content_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"same")
    os.utime(path, (1, 1))
    assert not write_atomic(path, b"same")
    assert path.stat().st_mtime == 1


def test_full_disk_leaves_the_old_file_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    """The kernel itself refuses: the process may write files of at most 4 kB."""
    path = tmp_path / "model.tflite"
    path.write_bytes(b"old")
    code = (
        "import resource, signal, sys; from pathlib import Path; from toolkit.files import write_atomic;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "write_atomic(Path(sys.argv[1]), bytes(100000))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=30)
    assert "InputError" in done.stderr
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.tflite"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "put/output error"),
    ],
)
def test_write_errors_say_the_reason(number: int, words: str) -> None:
    problem = write_error(Path("x"), OSError(number, os.strerror(number)))
    assert words in problem.message
    assert problem.hint is not None


def test_a_file_where_a_folder_is_needed_is_named(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file")
    with pytest.raises(InputError, match="a file stands where a folder is needed"):
        write_atomic(tmp_path / "build" / "model.tflite", b"x")


def test_sha256_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert sha256_of(tmp_path / "empty").startswith("e3b0c44298fc1c14")
