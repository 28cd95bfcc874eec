# SPDX-License-Identifier: Apache-2.0
"""model_feed.c makes, of a stream in pieces of any length, the windows that the model was tested with."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.codegen.model_feed import Feed, feature_kernels, feed_of, feed_ram_bytes, feed_sources
from toolkit.codegen.model_input import Picture, Raw, Rows, Sound, model_input_header
from toolkit.data.features import FeatureRules, features
from toolkit.errors import InputError
from toolkit.ir.graph import Quantization, Tensor
from toolkit.ir.real_numbers import quantize_samples

SPEECH = FeatureRules(rate=16000, window=512, hop=320, bands=40, coefficients=0, low_hz=20, high_hz=7600)
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror")


def tensor(shape: tuple[int, ...], dtype: str = "int8") -> Tensor:
    scale, zero_point = (0.021, 3) if dtype == "int8" else (0.00013, 0)
    return Tensor(0, "in", (1, *shape), dtype, quantization=Quantization((scale,), (zero_point,)))


def feed_for(one: Tensor, raw: Raw, hop: int = 0) -> Feed:
    found = feed_of(one, raw, hop)
    assert found is not None
    return found


def build(folder: Path, sources: Mapping[str, str]) -> Any:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    for name, text in sources.items():
        (folder / name).write_text(text)
    files = sorted(name for name in sources if name.endswith(".c"))
    words = [compiler, *WARNINGS, "-O2", "-shared", "-fPIC", *files, "-o", "feed.so"]
    subprocess.run(words, cwd=folder, check=True, timeout=60)
    return ctypes.CDLL(str(folder / "feed.so"))


def pointer(array: np.ndarray) -> Any:
    return array.ctypes.data_as(ctypes.c_void_p)


def windows_of(
    library: Any, name: str, stream: np.ndarray, like: np.ndarray, random: np.random.Generator
) -> Iterator[tuple[int, np.ndarray]]:
    """Feed stream (n, ...) in pieces of random length; what it took so far and each window that was due."""
    feed, window = getattr(library, f"{name}_feed"), getattr(library, f"{name}_feed_window")
    feed.restype, window.restype = ctypes.c_uint32, ctypes.c_bool
    at = 0
    while at < len(stream):
        piece = np.ascontiguousarray(stream[at : at + int(random.integers(1, 900))])
        left = len(piece)
        while left:
            taken = feed(pointer(piece[len(piece) - left :]), left)
            assert 0 < taken <= left
            left, at = left - taken, at + taken
            got = np.empty_like(like)
            if window(pointer(got)):
                yield at, got
                assert not window(pointer(got))


@pytest.mark.parametrize(
    ("changes", "hop", "dtype"),
    [
        ({}, 0, "int8"),
        ({"coefficients": 10}, 7, "int16"),
        ({"window": 200, "hop": 333, "bands": 20}, 1, "int8"),
        ({"window": 1500, "coefficients": 13}, 4, "int8"),
    ],
)
def test_sound_in_pieces_becomes_windows_of_features(
    tmp_path: Path, changes: dict[str, int], hop: int, dtype: str
) -> None:
    rules = FeatureRules(**{**SPEECH.__dict__, **changes})
    frames, each = rules.frames(8000), rules.coefficients or rules.bands
    one = tensor((frames, each, 1), dtype)
    raw = Raw(rules.divisor, kind=Sound(8000, 16000, rules))
    feed = feed_for(one, raw, hop)
    sources = {**feed_sources(feed, one, "kws"), **feature_kernels(feed)}
    library = build(tmp_path, {**sources, "model_input.h": model_input_header(one, "kws", raw=raw)})
    random = np.random.default_rng(1)
    sound = random.integers(-3000, 3000, 30000).astype(np.int16)
    sound[9000:20000] = np.where(np.arange(11000) // 9 % 2, 32767, -32768)
    real = features(sound, rules).astype(np.float32) / np.float32(rules.divisor)

    got = list(windows_of(library, "kws", sound, np.empty((frames, each), dtype), random))

    assert feed.hop == (hop or frames // 4)
    starts = range(0, len(real) - frames + 1, feed.hop)
    assert [at for at, _ in got] == [feed.first_items + feed.row_items * start for start in starts]
    for start, (_, window) in zip(starts, got, strict=True):
        wanted = quantize_samples(real[np.newaxis, start : start + frames, :, np.newaxis], one)
        assert np.array_equal(window, wanted[0, ..., 0])
    whole = np.empty((frames, each), dtype)
    library.kws_input_sound(pointer(sound[: feed.first_items].copy()), pointer(whole))
    assert np.array_equal(whole, got[0][1])


def test_sound_as_it_is_and_another_hop(tmp_path: Path) -> None:
    one, raw = tensor((400, 1)), Raw(32768.0, kind=Sound(400, 8000))
    feed = feed_for(one, raw)
    sources = {**feed_sources(feed, one, "ear"), **feature_kernels(feed)}
    assert "tm_feature_fft.c" not in sources
    library = build(tmp_path, {**sources, "model_input.h": model_input_header(one, "ear", raw=raw)})
    random = np.random.default_rng(2)
    sound = random.integers(-32768, 32768, 3000).astype(np.int16)
    list(windows_of(library, "ear", sound, np.empty(400, np.int8), random))
    library.ear_feed_start(33)
    got = list(windows_of(library, "ear", sound, np.empty(400, np.int8), random))
    assert [at for at, _ in got] == list(range(400, 3001, 33))
    for at, window in got:
        real = (sound[at - 400 : at].astype(np.float32) / np.float32(32768)).reshape(1, 400, 1)
        assert np.array_equal(window, quantize_samples(real, one).reshape(-1))
    for hop, nearest in ((0, 1), (401, 400), (2**32 - 1, 400)):
        library.ear_feed_start(ctypes.c_uint32(hop))
        got = list(windows_of(library, "ear", sound[:850], np.empty(400, np.int8), random))
        assert [at for at, _ in got] == list(range(400, 851, nearest))


@pytest.mark.parametrize("is_standardized", [True, False])
def test_rows_of_a_sensor_in_their_units(tmp_path: Path, is_standardized: bool) -> None:
    one, raw = tensor((50, 3)), Raw(1.0, ("ax", "ay", "az"), Rows(20))
    feed = feed_for(one, raw)
    mean = np.array([0.1, -9.8, 900.0], np.float32) if is_standardized else np.zeros(1, np.float32)
    deviation = np.array([0.5, 2.0, 300.0], np.float32) if is_standardized else np.ones(1, np.float32)
    header = model_input_header(one, "imu", mean.tolist(), deviation.tolist(), raw=raw)
    sources = {**feed_sources(feed, one, "imu"), **feature_kernels(feed), "model_input.h": header}
    library = build(tmp_path, sources)
    random = np.random.default_rng(3)
    stream = random.normal(mean, deviation, (400, 3)).astype(np.float32)
    got = list(windows_of(library, "imu", stream, np.empty((50, 3), np.int8), random))
    assert [at for at, _ in got] == list(range(50, 401, 20))
    for at, window in got:
        real = ((stream[at - 50 : at] - mean) / deviation)[np.newaxis]
        assert np.array_equal(window, quantize_samples(real, one)[0])


@pytest.mark.parametrize("hop", [10, 12, 50])
def test_a_model_that_takes_hops_gets_the_new_rows_alone(tmp_path: Path, hop: int) -> None:
    one, raw = tensor((50, 3)), Raw(kind=Rows(20))
    feed = replace(feed_for(one, raw, hop), by_hops=True)
    header = model_input_header(one, "imu", raw=raw)
    sources = {**feed_sources(feed, one, "imu"), **feature_kernels(feed), "model_input.h": header}
    library = build(tmp_path, sources)
    random = np.random.default_rng(6)
    stream = random.normal(0, 1, (400, 3)).astype(np.float32)
    wanted = quantize_samples(stream[np.newaxis], replace(one, shape=(1, 400, 3)))[0]
    for again in range(2):
        got = list(windows_of(library, "imu", stream, np.empty((hop, 3), np.int8), random))
        first = 50 % hop or hop
        assert [at for at, _ in got] == list(range(first, 401, hop)), again
        assert np.array_equal(got[0][1][hop - first :], wanted[:first])
        for at, rows in got[1:]:
            assert np.array_equal(rows, wanted[at - hop : at])
        library.imu_feed_start(1)
    assert feed_ram_bytes(feed, one) == 16 + 3 * hop


def test_what_is_no_stream_has_no_feed_and_a_hop_beyond_a_window_is_refused() -> None:
    assert feed_of(tensor((16, 16, 1)), Raw(255.0, kind=Picture("crop"))) is None
    assert feed_of(tensor((4,)), Raw()) is None
    with pytest.raises(InputError, match=r"firmware\.decision\.hop 51 must be from 0 to 50"):
        feed_of(tensor((50, 3)), Raw(kind=Rows(20)), 51)


def test_the_static_memory_is_what_the_header_says(tmp_path: Path) -> None:
    """By the object files of a compiler with four-byte alignment for uint32_t."""
    size = shutil.which("size")
    if size is None:
        pytest.skip("needs size: apt-get install binutils")
    rules = FeatureRules(**{**SPEECH.__dict__, "coefficients": 10})
    one = tensor((rules.frames(16000), 10, 1))
    raw = Raw(rules.divisor, kind=Sound(16000, 16000, rules))
    feed = feed_for(one, raw)
    sources = {**feed_sources(feed, one, "kws"), **feature_kernels(feed)}
    build(tmp_path, {**sources, "model_input.h": model_input_header(one, "kws", raw=raw)})
    subprocess.run(["cc", "-std=c99", "-Os", "-c", "model_feed.c"], cwd=tmp_path, check=True, timeout=60)
    done = subprocess.run([size, "model_feed.o"], cwd=tmp_path, capture_output=True, text=True, check=True)
    data, bss = map(int, done.stdout.splitlines()[1].split()[1:3])
    promised = feed_ram_bytes(feed, one)
    assert f"KWS_FEED_RAM {promised}u" in sources["model_feed.h"]
    assert promised <= data + bss < promised + 128  # the compiler's alignment
