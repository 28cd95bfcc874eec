# SPDX-License-Identifier: Apache-2.0
"""Columns of wild scales: mean and deviation of the training split, kept with the data, and in C."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from toolkit.codegen.model_input import model_input_header
from toolkit.data import Dataset, decode_file, divide_data, load_dataset, load_saved_dataset, save_dataset
from toolkit.data.standard import Standard, measure_standard
from toolkit.ir.graph import Quantization, Tensor
from toolkit.ir.real_numbers import quantize_samples
from toolkit.project.config import Project, load_project


def project(folder: Path, more: str = "") -> Project:
    random = np.random.default_rng(1)
    rows = zip(random.normal(40000, 900, 60), random.normal(0.01, 0.002, 60), "ab" * 30, strict=True)
    text = "pressure,shake,always,kind\n" + "".join(f"{p:.6g},{s:.6g},0.7,{kind}\n" for p, s, kind in rows)
    (folder / "t.csv").write_text(text)
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "csv"\n[data.options]\n'
        f'file = "t.csv"\ntarget = ["kind"]\n{more}\n[model]\nfamily = "mlp"\n'
    )
    return load_project(folder)


def require_standardized(dataset: Dataset, raw: Dataset) -> None:
    assert dataset.standard is not None and raw.standard is None
    x = dataset.train.x[:, :2].astype(np.float64)
    assert np.allclose(x.mean(axis=0), 0, atol=1e-4) and np.allclose(x.std(axis=0), 1, atol=1e-4)
    for name, part in dataset.splits().items():
        plain = raw.splits()[name].x
        assert np.array_equal(part.x, dataset.standard.apply(plain))
        expected = (plain - raw.train.x.mean(axis=0)) / np.where([1, 1, 0], raw.train.x.std(axis=0), 1)
        assert np.allclose(part.x, expected, atol=1e-3)


def test_columns_get_mean_0_and_deviation_1_by_the_training_split(tmp_path: Path) -> None:
    raw = load_dataset(project(tmp_path, "standardize = false"))
    require_standardized(load_dataset(project(tmp_path)), raw)


def test_the_numbers_are_kept_with_the_data_and_not_applied_to_a_file(tmp_path: Path) -> None:
    made = project(tmp_path)
    save_dataset(divide_data(made), tmp_path / "data")
    dataset = load_saved_dataset(tmp_path / "data")
    assert dataset.standard == load_dataset(made).standard
    assert dataset.standard is not None
    (tmp_path / "new.csv").write_text("pressure,shake,always\n40000,0.01,0.7\n")
    x = decode_file(made, tmp_path / "new.csv")
    assert x.tolist() == [[40000.0, np.float32(0.01), np.float32(0.7)]]
    assert np.all(np.abs(dataset.standard.apply(x)) < 0.5)


def test_a_recording_s_channels_are_columns(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    for kind in "ab":
        (tmp_path / "d" / kind).mkdir(parents=True)
        for i in range(5):
            rows = random.normal([5, -300], [1, 40], (32, 2))
            (tmp_path / "d" / kind / f"{i}.csv").write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in rows))
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "windows"\n[data.options]\nfolder = "d"\nwindow = 8\n'
        '[model]\nfamily = "mlp"\n'
    )
    x = load_dataset(load_project(tmp_path)).train.x
    assert x.shape[1:] == (8, 2)
    assert np.allclose(x.mean(axis=(0, 1)), 0, atol=1e-4) and np.allclose(x.std(axis=(0, 1)), 1, atol=1e-4)


def test_pieces_of_any_size_give_the_same_standard() -> None:
    x = np.random.default_rng(3).normal([1e6, 3, 0], [1, 1e-3, 0], (1000, 3)).astype(np.float32)
    whole = measure_standard([x])
    assert whole.deviation[2] == 1.0
    assert whole.deviation[1] == pytest.approx(x[:, 1].astype(np.float64).std(), rel=1e-6)
    for size in (1, 7, 999):
        pieces = [x[start : start + size] for start in range(0, 1000, size)]
        found = measure_standard(pieces)
        assert np.allclose(found.mean, whole.mean) and np.allclose(found.deviation, whole.deviation)


def test_a_number_beyond_all_others_stays_finite() -> None:
    far = Standard((0.0,), (float(np.float32(1e-9)),)).apply(np.array([[3e38], [-3e38]]))
    assert np.isfinite(far).all() and far[0, 0] == -far[1, 0] > 1e38


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_the_c_that_a_firmware_feeds_by_gives_the_integers_of_the_host(tmp_path: Path, dtype: str) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    standard = Standard((40003.5, float(np.float32(0.0103)), 0.0), (897.25, float(np.float32(0.00207)), 1.0))
    scale, zero_point = (0.0271, -11) if dtype == "int8" else (0.00013, 0)
    tensor = Tensor(0, "in", (1, 3), dtype, quantization=Quantization((scale,), (zero_point,)))
    (tmp_path / "model_input.h").write_text(
        model_input_header(tensor, "big rig", standard.mean, standard.deviation)
    )
    (tmp_path / "feed.c").write_text(
        '#include "model_input.h"\nvoid feed(const float *raw, int32_t *q, int32_t rows);\n'
        "void feed(const float *raw, int32_t *q, int32_t rows) {\n"
        "    for (int32_t i = 0; i < 3 * rows; i++) {\n"
        "        q[i] = big_rig_input_value(raw[i], (uint32_t)i % BIG_RIG_INPUT_COLUMNS);\n    }\n}\n"
    )
    words = [compiler, "-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*words, "feed.c", "-o", "feed.so"], cwd=tmp_path, check=True, timeout=60)
    random = np.random.default_rng(4)
    raw = random.normal(standard.mean, np.array(standard.deviation) * 2, (20000, 3)).astype(np.float32)
    raw[:3] = [[-1e30, 1e30, 1e9], [1e30, -1e30, -1e9], standard.mean]
    raw[3:40, 2] = (np.arange(37) - 18.5) * np.float32(scale)  # halves, and what is next to them

    got = np.empty(raw.shape, np.int32)
    library = ctypes.CDLL(str(tmp_path / "feed.so"))
    pointers = [each.ctypes.data_as(ctypes.c_void_p) for each in (raw, got)]
    library.feed(*pointers, len(raw))

    assert np.array_equal(got, quantize_samples(standard.apply(raw), tensor))
