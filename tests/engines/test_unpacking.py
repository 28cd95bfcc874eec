# SPDX-License-Identifier: Apache-2.0
"""Archives and folders that somebody prepared, or that are damaged: nothing is written beside the target."""

from __future__ import annotations

import os
import random
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from toolkit.engines import unpacking
from toolkit.engines.sources import bring
from toolkit.engines.unpacking import copy_folder, unpack_zip
from toolkit.errors import InputError

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes and links as files")


def zipped(path: Path, *names: str, text: bytes = b"int x;\n" * 999) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo("x")
            entry.filename, entry.compress_type = name, zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return path


def all_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_two_slashes_do_not_make_a_name_absolute(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    file = zipped(tmp_path / "a.zip", "a/lib.h", f"a/{outside}/evil.h", f"a//{outside}/evil2.h")
    bring(str(file), "", tmp_path / "target")
    assert not outside.exists()
    inside = f"target{outside.as_posix()}"
    assert all_below(tmp_path) == {"a.zip", "target/lib.h", f"{inside}/evil.h", f"{inside}/evil2.h"}


@pytest.mark.parametrize(
    "name",
    [
        "/evil.h",
        "//evil.h",
        "../a/evil.h",
        "a/../../evil.h",
        "a/b/../../../evil.h",
        "a/./../../evil.h",
        "a/..",
        "a\\..\\evil.h",
        "C:/evil.h",
        "a/C:evil.h",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.zip", "a/lib.h", name)
    with pytest.raises(InputError, match="which leads out of its folder"):
        unpack_zip(file, tmp_path / "target")
    assert all_below(tmp_path) == {"a.zip"}


def test_a_link_in_an_archive_is_left_out_and_nothing_goes_through_it(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("a/way")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(tmp_path / "outside"))
        archive.writestr("a/way/evil.h", "int x;")
    unpack_zip(file, tmp_path / "target")
    assert all_below(tmp_path) == {"a.zip", "target/way/evil.h"}


@posix
def test_a_link_that_stands_in_the_target_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "way").symlink_to(tmp_path)
    with pytest.raises(InputError, match="leads out of its folder"):
        unpack_zip(zipped(tmp_path / "a.zip", "a/way/evil.h"), target)
    assert not (tmp_path / "evil.h").exists()


@pytest.mark.parametrize("names", [("a", "b/c"), ("a/b", "c/d"), ("a/b", "c")])
def test_an_archive_without_one_folder_is_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must hold one folder"):
        unpack_zip(zipped(tmp_path / "a.zip", *names), tmp_path / "target")


def test_an_archive_that_grows_beyond_measure_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = zipped(tmp_path / "a.zip", "a/one.h", "a/two.h", text=bytes(600_000))
    monkeypatch.setattr(unpacking, "MOST_BYTES", 1_000_000)
    with pytest.raises(InputError, match="2 files with 1,200,000 bytes; at most"):
        unpack_zip(file, tmp_path / "target")
    monkeypatch.setattr(unpacking, "MOST_FILES", 1)
    with pytest.raises(InputError, match="at most 1 files"):
        unpack_zip(file, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_damaged_archives_are_one_kind_of_error(tmp_path: Path) -> None:
    """Bytes flipped anywhere, and cut anywhere: it is unpacked, or an InputError says why not."""
    whole = zipped(tmp_path / "a.zip", "a/lib.h", "a/b/c.h").read_bytes()
    generator, refused = random.Random(1), 0
    for number in range(400):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 4)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        if number % 4 == 0:
            data = data[generator.randrange(len(data)) :]
        (tmp_path / "b.zip").write_bytes(data)
        try:
            bring(str(tmp_path / "b.zip"), "", tmp_path / "out" / str(number))
        except InputError as error:
            refused += 1
            assert "None" not in error.message and "\n" not in error.message
    assert refused > 100
    assert all_below(tmp_path) - {"a.zip", "b.zip"} == all_below_out(tmp_path)


def all_below_out(folder: Path) -> set[str]:
    return {f"out/{name}" for name in all_below(folder / "out")}


def test_an_encrypted_archive_is_refused_in_plain_words(tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.zip", "a/lib.h")
    data = bytearray(file.read_bytes())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # the flags: bit 0 is encryption
        data[data.index(mark) + place] |= 1
    file.write_bytes(data)
    with pytest.raises(InputError, match="damaged or encrypted") as caught:
        unpack_zip(file, tmp_path / "target")
    assert "again" in str(caught.value.hint)


@posix
@pytest.mark.parametrize("kind", ["pipe", "dangling", "loop", "device", "folder", "outside"])
def test_what_is_no_file_in_a_folder_is_named(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "lib.h").write_text("int x;")
    (tmp_path / "other.h").write_text("int y;")
    odd = folder / "in" / "odd"
    aims = {
        "dangling": "nowhere",
        "loop": "odd",
        "device": "/dev/zero",
        "folder": "..",
        "outside": "../../other.h",
    }
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to(aims[kind])
    with pytest.raises(InputError, match=r"in/odd is a (link|pipe).*; only files and folders") as caught:
        bring(str(folder), "", tmp_path / "target")
    assert "[" not in caught.value.message
    assert not (tmp_path / "target").exists()


@posix
def test_a_link_to_a_file_of_the_folder_becomes_that_file(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "lib.h").write_text("int x;")
    (folder / "gen").mkdir()
    (folder / "also.h").symlink_to("lib.h")
    copy_folder(folder, tmp_path / "target", left_out=("gen",))
    assert (tmp_path / "target" / "also.h").read_text() == "int x;"
    assert not (tmp_path / "target" / "also.h").is_symlink() and not (tmp_path / "target" / "gen").exists()


@posix
@pytest.mark.timeout(20)
def test_a_pipe_is_no_archive(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.zip")
    with pytest.raises(InputError, match=r"is no folder, \.zip or git repository"):
        bring(str(tmp_path / "a.zip"), "", tmp_path / "target")
