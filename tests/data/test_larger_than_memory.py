# SPDX-License-Identifier: Apache-2.0
"""Data that do not fit into memory: decoded, split, saved, streamed and trained on."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Divided, Part, load_saved_dataset, save_dataset, stream
from toolkit.data.dataset import SPLIT_NAMES, Indices

ROWS, SIDE = 16384, 128
GIGABYTE = ROWS * SIDE * SIDE * 4
NEEDS_TENSORFLOW = pytest.mark.skipif(
    not find_spec("tensorflow"), reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'"
)

PROJECT = """[project]
name = "large"
[data]
source = "sine"
weighted = true
[model]
family = "mlp"
[model.options]
units = [4]
[training]
epochs = 1
batch_size = 64
"""

# From the moment that TensorFlow is loaded, this process may allocate 400 MB and no more.
TRAIN_IN_400_MEGABYTES = """
import pathlib, re, resource, sys, threading, time
from toolkit.data import load_saved_dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import load_project
from toolkit.training import train_model
load_extra("tensorflow"); load_extra("keras")
def kilobytes(what):
    return int(re.search(rf"{what}:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
limit = (kilobytes("VmData") << 10) + (400 << 20)
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
before, peak, done = kilobytes("RssAnon"), 0, threading.Event()
def watch():
    global peak
    while not done.wait(0.01):
        peak = max(peak, kilobytes("RssAnon"))
watcher = threading.Thread(target=watch, daemon=True); watcher.start()
folder = pathlib.Path(sys.argv[1])
try:
    load_saved_dataset(folder / "data", in_memory_bytes=2 << 30)
except InputError:
    print("too large")
dataset = load_saved_dataset(folder / "data")
train_model(load_project(folder), dataset)
done.set(); watcher.join()
print(dataset.train.is_mapped)
print((peak - before) >> 10)
"""


def _hole(path: Path, rows: int) -> None:
    """An array of zeros that takes no place on the disk."""
    with path.open("wb") as stream:
        about = {"descr": "<f4", "fortran_order": False, "shape": (rows, SIDE, SIDE, 1)}
        np.lib.format.write_array_header_1_0(stream, about)
        stream.truncate(stream.tell() + rows * SIDE * SIDE * 4)


def _write_a_gigabyte(folder: Path) -> None:
    labels = np.arange(ROWS, dtype=np.int64) % 2
    small = np.zeros((8, SIDE, SIDE, 1), np.float32)
    parts = {name: Part(small, labels[:8]) for name in SPLIT_NAMES}
    save_dataset(Divided("large", "classification", ("a", "b"), parts), folder / "data")
    _hole(folder / "data" / "train_x.npy", ROWS)
    np.save(folder / "data" / "train_y.npy", labels)
    about = json.loads((folder / "data" / "dataset.json").read_text(encoding="utf-8"))
    about["arrays"]["train_x"]["shape"][0] = about["arrays"]["train_y"]["shape"][0] = ROWS
    (folder / "data" / "dataset.json").write_text(json.dumps(about))
    (folder / "tinyml.toml").write_text(PROJECT)


@pytest.mark.train
@NEEDS_TENSORFLOW
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/status, of Linux")
def test_a_gigabyte_is_trained_on_within_400_megabytes(tmp_path: Path) -> None:
    _write_a_gigabyte(tmp_path)
    command = [sys.executable, "-W", "ignore", "-c", TRAIN_IN_400_MEGABYTES, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    in_memory, is_mapped, megabytes = done.stdout.splitlines()
    assert in_memory == "too large", "the limit must limit"
    assert is_mapped == "True"
    assert int(megabytes) < 300


class _Made:
    """An eighth of a gigabyte of samples, made when they are asked for."""

    shape, dtype = (ROWS // 8, SIDE, SIDE, 1), np.dtype(np.float32)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Indices, /) -> np.ndarray:
        return np.broadcast_to(rows.reshape(-1, 1, 1, 1), (len(rows), SIDE, SIDE, 1)).astype(np.float32)


def test_saving_holds_a_few_megabytes_of_a_large_dataset(tmp_path: Path) -> None:
    labels = np.arange(len(_Made()), dtype=np.int64) % 2
    small = Part(np.zeros((2, SIDE, SIDE, 1), np.float32), labels[:2])
    data = Divided(
        "made",
        "classification",
        ("a", "b"),
        {"train": Part(_Made(), labels), "validation": small, "test": small},
    )
    tracemalloc.start()
    save_dataset(data, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "train_x.npy").stat().st_size > GIGABYTE // 8
    assert peak < 32 << 20
    saved = load_saved_dataset(tmp_path, in_memory_bytes=1 << 20)
    assert saved.train.is_mapped and saved.train.x[1234].max() == saved.train.x[1234].min() == 1234


@pytest.mark.train
@NEEDS_TENSORFLOW
def test_a_stream_gives_every_sample_once_a_pass_in_a_seeded_order(tmp_path: Path) -> None:
    x = np.arange(50, dtype=np.float32).reshape(-1, 1)
    part = Part(x, np.arange(50, dtype=np.int64))
    save_dataset(Divided("d", "classification", ("a",), dict.fromkeys(SPLIT_NAMES, part)), tmp_path)
    split = load_saved_dataset(tmp_path, in_memory_bytes=0).train

    def passes(seed: int | None) -> list[list[int]]:
        batches = stream(split, 8, seed=seed)
        taken = [[(x.numpy(), y.numpy()) for x, y in batches] for _ in range(2)]
        assert all((x[:, 0] == y).all() for one in taken for x, y in one)
        assert [len(y) for _, y in taken[0]] == [8] * 6 + [2]
        return [[int(label) for _, y in one for label in y] for one in taken]

    in_order = passes(None)
    assert in_order == [list(range(50))] * 2
    first, second = passes(3)
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second and first != in_order[0]
    assert passes(3) == [first, second] and passes(4) != [first, second]
