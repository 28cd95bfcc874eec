# SPDX-License-Identifier: Apache-2.0
"""Unchanged files are not read again, changed ones always; the cache does not grow for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from toolkit.data.cache import IN_USE_S, LIMIT_VARIABLE, Cache
from toolkit.errors import InputError
from toolkit.files import sha256_of
from toolkit.project import hashes
from toolkit.project.hashes import SETTLED_NS, FileHashes

LATER_NS = SETTLED_NS + 1_000_000_000

# What two processes do at once: make, read and prune the same entries.
AT_ONCE = """
import sys, time, numpy as np
from pathlib import Path
from toolkit.data.cache import Cache
cache = Cache(Path(sys.argv[1]))
for turn in range(40):
    for number in range(12):
        array = cache.get(f"{number:02d}{'0' * 62}", lambda: np.full(1000, number, np.int16))
        assert (array == number).all()
    cache.prune(3000, now_s=time.time() + 7200)
print("done")
"""


def later() -> int:
    """A clock that shows a moment at which files written just now have settled."""
    return time.time_ns() + LATER_NS


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are read, in order."""
    found: list[Path] = []

    def note(path: Path) -> str:
        found.append(path)
        return sha256_of(path)

    monkeypatch.setattr(hashes, "sha256_of", note)
    return found


def hashed(index: Path, path: Path, now_ns: object = later) -> str:
    files = FileHashes(index, now_ns)  # type: ignore[arg-type]
    digest = files.sha256(path)
    files.save()
    return digest


def test_an_unchanged_file_is_read_once_and_a_changed_one_again(tmp_path: Path, read: list[Path]) -> None:
    path, index = tmp_path / "a", tmp_path / "cache" / "i.json"
    path.write_bytes(b"one")
    assert hashed(index, path) == hashed(index, path) == sha256_of(path)
    assert read == [path]
    path.write_bytes(b"two")
    assert hashed(index, path) == sha256_of(path)
    assert read == [path, path]


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path, read: list[Path]) -> None:
    path, index = tmp_path / "a", tmp_path / "i.json"
    path.write_bytes(b"one")
    before = path.stat()
    hashed(index, path)
    time.sleep(0.02)  # a tick of the coarsest clock that file systems go by
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert hashed(index, path) == sha256_of(path)


def test_a_file_that_was_hashed_as_soon_as_it_was_written_is_read_once_more(
    tmp_path: Path, read: list[Path]
) -> None:
    path, index = tmp_path / "a", tmp_path / "i.json"
    path.write_bytes(b"one")
    for clock in (time.time_ns, later, later):
        hashed(index, path, clock)
    assert read == [path, path]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"%s": [1, 2]}', '{"%s": ["x"]}'])
def test_a_damaged_index_only_costs_time(tmp_path: Path, text: str) -> None:
    path, index = tmp_path / "a", tmp_path / "i.json"
    path.write_bytes(b"one")
    index.write_text(text.replace("%s", str(path)))
    assert hashed(index, path) == sha256_of(path)
    assert list(json.loads(index.read_text())) == [str(path)]


def entry(cache: Cache, name: str, age_s: float) -> None:
    """Make an entry of about 2,100 bytes that was used so long ago."""
    key = cache.key(name)
    cache.get(key, lambda: np.zeros(1000, np.int16))
    (path,) = [p for p in Path(cache._folder).glob("??/*.bin") if p.stem == key]
    os.utime(path, (time.time() - age_s,) * 2)


def kept(cache: Cache, *names: str) -> list[str]:
    there = {path.stem for path in Path(cache._folder).glob("??/*.bin")}
    return [name for name in names if cache.key(name) in there]


def test_what_was_not_used_for_longest_goes_first_and_what_is_in_use_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for name, hours in (("a", 4), ("b", 3), ("c", 2), ("now", 0)):
        entry(cache, name, hours * IN_USE_S)
    cache.require(cache.key("a"))  # used again
    assert cache.prune(5000) == pytest.approx(2 * 2132, abs=10)
    assert kept(cache, "a", "b", "c", "now") == ["a", "now"]
    assert cache.prune(0) == 0
    assert kept(cache, "a", "now") == ["a", "now"]


def test_the_limit_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    entry(cache, "a", 2 * IN_USE_S)
    assert cache.prune() == 0
    monkeypatch.setenv(LIMIT_VARIABLE, "100")
    assert cache.prune() > 0
    monkeypatch.setenv(LIMIT_VARIABLE, "2G")
    with pytest.raises(InputError, match="no number of bytes"):
        cache.prune()


def test_two_processes_that_make_read_and_prune_at_once_get_what_is_right(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AT_ONCE, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=100)
        assert (out.strip(), err) == (b"done", b"")
