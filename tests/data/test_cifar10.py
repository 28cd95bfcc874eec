# SPDX-License-Identifier: Apache-2.0
"""CIFAR-10 from small archives in the published formats, and from hostile ones."""

from __future__ import annotations

import hashlib
import io
import pickle
import struct
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.cifar_file import (
    CLASSES,
    batch_pickle,
    meta_pickle,
    pictures,
    write_binary_archive,
    write_python_archive,
    write_tar,
)

from toolkit.data import Dataset, cifar10, cifar_archive, load_dataset
from toolkit.data.cifar_archive import PUBLISHED_MD5
from toolkit.errors import InputError
from toolkit.project.config import load_project


def load(folder: Path, name: str, checksum: str | None = None) -> Dataset:
    if checksum is None:
        checksum = hashlib.md5((folder / name).read_bytes()).hexdigest()
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "cifar10"\nsplit = [0.7, 0.1, 0.2]\n[data.options]\n'
        f'file = "{name}"\nchecksum = "{checksum}"\n[model]\nfamily = "cnn"\n'
    )
    return load_dataset(load_project(folder))


def as_pictures(rows: np.ndarray) -> np.ndarray:
    """By the definition: 1024 red, 1024 green, 1024 blue values, row by row."""
    return np.stack([rows[:, plane * 1024 :][:, :1024].reshape(-1, 32, 32) for plane in range(3)], axis=-1)


@pytest.mark.parametrize("write", [write_python_archive, write_binary_archive])
def test_both_archives_give_the_same_pictures(tmp_path: Path, write: Any) -> None:
    batches = pictures(20)
    write(tmp_path / "c.tar.gz", batches)
    dataset = load(tmp_path, "c.tar.gz")
    assert (dataset.classes, dataset.input_shape) == (CLASSES, (32, 32, 3))
    assert [len(part) for part in dataset.splits().values()] == [90, 10, 20]
    rows, labels = batches["test_batch"]
    got = np.rint(dataset.test.x * 255).astype(np.uint8)
    found = {picture.tobytes(): int(label) for picture, label in zip(got, dataset.test.y, strict=True)}
    assert found == {row.tobytes(): label for row, label in zip(as_pictures(rows), labels, strict=True)}
    assert dataset.train.x.max() <= 1 and dataset.train.x.min() >= 0


def test_the_published_sums_are_asked_for_by_default(tmp_path: Path) -> None:
    write_python_archive(tmp_path / "cifar-10-python.tar.gz", pictures(20))
    with pytest.raises(InputError, match=r"the md5 of .* is") as caught:
        load(tmp_path, "cifar-10-python.tar.gz", "")
    assert all(sum_ in caught.value.message for sum_ in PUBLISHED_MD5.values())
    assert "checksum in the section [data.options]" in str(caught.value.hint)


def test_a_sha256_is_taken_too_and_a_wrong_sum_is_refused(tmp_path: Path) -> None:
    write_binary_archive(tmp_path / "c.tar.gz", pictures(20))
    right = hashlib.sha256((tmp_path / "c.tar.gz").read_bytes()).hexdigest()
    load(tmp_path, "c.tar.gz", right.upper())
    with pytest.raises(InputError, match=r"the sha256 of .* is"):
        load(tmp_path, "c.tar.gz", right[:-1] + ("0" if right[-1] != "0" else "1"))
    with pytest.raises(InputError, match="checksum must be 32"):
        load(tmp_path, "c.tar.gz", "abc")


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_a_pickle_that_asks_for_code_is_refused_and_not_run(tmp_path: Path) -> None:
    write_python_archive(tmp_path / "c.tar.gz", pictures(20))
    for content in (
        pickle.dumps({"data": Evil(tmp_path / "owned"), "labels": []}, protocol=2),
        b"cos\nsystem\n(S'touch owned'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
    ):
        write_tar(tmp_path / "e.tar.gz", {"x/test_batch": content, "x/batches.meta": b"}."})
        with pytest.raises(InputError, match="which no CIFAR archive needs"):
            load(tmp_path, "e.tar.gz")
    assert not (tmp_path / "owned").exists()


def again(batches: Any, protocol: int, as_key: Any = str) -> dict[str, bytes]:
    """Return the files of a python archive as Python 3 pickles them."""
    files = {
        name: pickle.dumps({as_key("data"): rows, as_key("labels"): labels}, protocol)
        for name, (rows, labels) in batches.items()
    }
    names = [as_key(name) for name in CLASSES]
    return {**files, "batches.meta": pickle.dumps({as_key("label_names"): names}, protocol)}


@pytest.mark.parametrize("as_key", [str, str.encode])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_python_3_pickled_again_is_read(tmp_path: Path, protocol: int, as_key: Any) -> None:
    batches = pictures(10)
    write_tar(tmp_path / "c.tar.gz", again(batches, protocol, as_key))
    write_python_archive(tmp_path / "p.tar.gz", batches)
    found, published = load(tmp_path, "c.tar.gz"), load(tmp_path, "p.tar.gz")
    assert found.classes == published.classes == CLASSES
    assert np.array_equal(found.test.x, published.test.x)
    assert np.array_equal(found.train.y, published.train.y)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("batches.meta", b"}.", "batches.meta has no label_names"),
        (
            "data_batch_2",
            pickle.dumps({"data": 1, "labels": [1]}),
            "data of data_batch_2 is no array",
        ),
        ("data_batch_2", pickle.dumps([1]), "data_batch_2 is no dictionary"),
        (
            "data_batch_2",
            pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 2.0]}),
            "labels of data_batch_2 has no whole number as its number 2",
        ),
        (
            "data_batch_2",
            pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 10]}),
            "it has labels from 0 to 10, of 10 classes",
        ),
        ("data_batch_2", pickle.dumps({"data": np.zeros((2, 3071), np.uint8), "labels": []}), "3072 bytes"),
        (
            "data_batch_2",
            b"\x80\x05}(\x8c\x04data\x96" + struct.pack("<Q", 1 << 40),
            "data_batch_2 is damaged",
        ),
        (
            "data_batch_2",
            b"\x80\x02}r" + struct.pack("<I", 0xFFFFFFFF) + b".",
            "it numbers 4,294,967,295 things",
        ),
        (
            "data_batch_2",
            b"\x80\x02c_codecs\nencode\nX\x01\0\0\0aX\x05\0\0\0idna2\x86R.",
            "no text in latin1",
        ),
    ],
)
def test_what_is_wrong_in_a_batch_is_said_with_its_file(
    tmp_path: Path, name: str, content: bytes, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    write_tar(tmp_path / "c.tar.gz", {**again(pictures(10), 4), name: content})
    with pytest.raises(InputError, match=said):
        load(tmp_path, "c.tar.gz")
    assert capfd.readouterr().err == ""


def test_a_binary_batch_of_a_wrong_length_and_a_missing_file_are_named(tmp_path: Path) -> None:
    write_tar(tmp_path / "c.tar.gz", {"data_batch_1.bin": bytes(61467), "test_batch.bin": b""})
    with pytest.raises(InputError, match=r"data_batch_1\.bin has 61,467 bytes, .* no records of 3,073"):
        load(tmp_path, "c.tar.gz")
    write_tar(tmp_path / "c.tar.gz", {"data_batch_1.bin": bytes(3073)})
    with pytest.raises(InputError, match=r"it has no test_batch\.bin"):
        load(tmp_path, "c.tar.gz")


def test_an_archive_is_inflated_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar_archive, "_MOST_UNPACKED_BYTES", 1 << 20)
    write_tar(tmp_path / "c.tar.gz", {"x/other": bytes(2 << 20), **again(pictures(1), 4)})
    with pytest.raises(InputError, match="it inflates to more than 1,048,576 bytes"):
        load(tmp_path, "c.tar.gz")


def test_members_that_lead_elsewhere_are_not_written_or_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, kind in (("../../evil", tarfile.REGTYPE), ("x/test_batch", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member, io.BytesIO())
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "c.tar.gz").write_bytes(stream.getvalue())
    with pytest.raises(InputError, match="cannot be read as CIFAR-10"):
        load(tmp_path / "in" / "deep", "c.tar.gz")
    assert not list(tmp_path.rglob("evil"))


def test_a_member_of_more_than_64_megabytes_is_refused(tmp_path: Path) -> None:
    write_tar(tmp_path / "c.tar.gz", {"x/test_batch.bin": bytes((64 << 20) + 1)})
    with pytest.raises(InputError, match=r"test_batch\.bin says it has 67,108,865 bytes"):
        load(tmp_path, "c.tar.gz")


def test_damaged_archives_are_input_errors_or_load(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    content = batch_pickle(*pictures(10)["test_batch"])
    write_python_archive(tmp_path / "c.tar.gz", pictures(10))
    refused = 0
    for _ in range(80):
        damaged = bytearray(content)
        for place in (*random.integers(0, 160, 2), *random.integers(-90, 0, 2)):
            damaged[place] = random.integers(256)
        files = {"test_batch": bytes(damaged), "data_batch_1": content, "batches.meta": meta_pickle()}
        write_tar(tmp_path / "d.tar.gz", {f"x/{name}": file for name, file in files.items()})
        try:
            load(tmp_path, "d.tar.gz")
        except InputError:
            refused += 1
    assert refused > 40
    whole = (tmp_path / "c.tar.gz").read_bytes()
    for length in (0, 10, 1000, len(whole) // 2):
        (tmp_path / "d.tar.gz").write_bytes(whole[:length])
        with pytest.raises(InputError, match="cannot be read as CIFAR-10"):
            load(tmp_path, "d.tar.gz")


def test_a_missing_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none.tar.gz: No such file"):
        load(tmp_path, "none.tar.gz", "0" * 32)


def _keras(load_data: Any) -> Any:
    return lambda name: SimpleNamespace(
        datasets=SimpleNamespace(cifar10=SimpleNamespace(load_data=load_data))
    )


def test_without_a_file_keras_loads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = pictures(20)
    train = np.concatenate([as_pictures(batches[f"data_batch_{i}"][0]) for i in range(1, 6)])
    labels = np.arange(100).reshape(-1, 1) % 10
    test = as_pictures(batches["test_batch"][0]), labels[:20]
    monkeypatch.setattr(cifar10, "load_extra", _keras(lambda: ((train, labels), test)))
    dataset = load(tmp_path, "", "")
    assert [len(part) for part in dataset.splits().values()] == [90, 10, 20]
    assert dataset.classes == CLASSES


def test_without_a_network_the_file_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network() -> None:
        raise OSError("URL fetch failure")

    monkeypatch.setattr(cifar10, "load_extra", _keras(no_network))
    with pytest.raises(InputError, match="Keras cannot download CIFAR-10: URL fetch failure") as caught:
        load(tmp_path, "", "")
    assert "cifar-10-python.tar.gz" in str(caught.value.hint)
