# SPDX-License-Identifier: Apache-2.0
"""Log-mel and MFCC: the same bytes as the C that boards run, and close to what floats give."""

from __future__ import annotations

import ast
import math
import shutil
import subprocess
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.effort import times

from toolkit import paths
from toolkit.codegen.model_feed import feature_tables
from toolkit.data import exact
from toolkit.data import features as module
from toolkit.data.exact import circle_q15, cosine, mel_q12
from toolkit.data.features import FeatureRules, features, log2_q8

SUPPORT = Path(__file__).parents[1] / "support"
SPEECH = FeatureRules(rate=16000, window=512, hop=320, bands=40, coefficients=0, low_hz=20, high_hz=7600)


def rules(**changes: int) -> FeatureRules:
    return FeatureRules(**{**SPEECH.__dict__, **changes})


def sounds(length: int) -> dict[str, np.ndarray]:
    """Loud, soft and hostile sound, each a second or so."""
    random = np.random.default_rng(7)
    time = np.arange(length)
    loud = np.where(time // 7 % 2, 32767, -32768)
    return {
        "noise": random.integers(-32768, 32768, length).astype(np.int16),
        "soft noise": random.integers(-300, 300, length).astype(np.int16),
        "chirp": (20000 * np.sin(2e-5 * time**2)).astype(np.int16),
        "square wave": loud.astype(np.int16),
        "highest": np.full(length, 32767, np.int16),
        "lowest": np.full(length, -32768, np.int16),
        "alternating": np.where(time % 2, 32767, -32768).astype(np.int16),
        "silence": np.zeros(length, np.int16),
        "click": (32767 * (time == 4000)).astype(np.int16),
    }


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler for the host: apt install gcc")
    built = tmp_path_factory.mktemp("features") / "features"
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined,address"]
    flags += ["-fno-sanitize-recover=all"]
    kernels = paths.templates("features")
    sources = [SUPPORT / "audio_features.c", *sorted(kernels.glob("*.c"))]
    subprocess.run([compiler, *flags, f"-I{kernels}", *sources, "-o", built], check=True, timeout=100)
    return built


def by_c(program: Path, sound: np.ndarray, rules: FeatureRules) -> np.ndarray:
    frames, each = rules.frames(len(sound)), rules.coefficients or rules.bands
    about = [frames, rules.window, rules.hop, rules.fft, rules.bands, rules.coefficients, len(sound)]
    tables = feature_tables(rules).values()
    assert all(table.min() > -32768 and table.max() < 32768 for table in tables)
    content = np.array(about, np.int32).tobytes()
    content += b"".join(table.astype(np.int16).tobytes() for table in (*tables, sound))
    done = subprocess.run(
        [program], input=content, capture_output=True, timeout=60, env={"ASAN_OPTIONS": "detect_leaks=0"}
    )
    assert done.returncode == 0, done.stderr.decode()
    return np.frombuffer(done.stdout, np.int16).reshape(frames, each)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"coefficients": 10},
        {"window": 480, "hop": 160, "coefficients": 40},
        {"window": 200, "hop": 200, "bands": 20, "rate": 8000, "high_hz": 4000},
        {"window": 1024, "hop": 512, "bands": 128, "low_hz": 200, "rate": 44100, "high_hz": 20000},
        {"window": 4096, "hop": 1000, "bands": 64, "coefficients": 64},
        {"window": 100, "hop": 3000, "bands": 1, "coefficients": 1, "low_hz": 0},
    ],
    ids=str,
)
def test_c_with_32_bits_computes_the_same_bytes(program: Path, changes: dict[str, int]) -> None:
    """Overflow of a signed number would end the C program: -fsanitize=undefined."""
    asked = rules(**changes)
    for name, sound in sounds(16000).items():
        got = features(sound, asked)
        assert got.dtype == np.int16
        assert np.array_equal(got, by_c(program, sound, asked)), name


@pytest.mark.fuzz
@pytest.mark.timeout(3600)
def test_c_computes_the_same_bytes_for_random_options_and_frames(program: Path) -> None:
    """102,000 frames when TINYML_FUZZ is 30, as make fuzz sets it."""
    random = np.random.default_rng(11)
    for _ in range(times(2)):
        asked = random_rules(random)
        sound = random_sound(random, asked.window + asked.hop * 1699)
        assert np.array_equal(features(sound, asked), by_c(program, sound, asked)), asked


def random_rules(random: np.random.Generator) -> FeatureRules:
    """Any options that audio_folder accepts: no band is empty."""
    while True:
        rate = int(random.choice([8000, 16000, 22050, 44100]))
        bands, low = int(random.integers(1, 129)), int(random.integers(0, 300))
        asked = FeatureRules(
            rate=rate,
            window=int(2 ** random.uniform(0, 12)),
            hop=int(random.integers(1, 600)),
            bands=bands,
            coefficients=int(random.choice([0, int(random.integers(1, bands + 1))])),
            low_hz=low,
            high_hz=int(random.integers(low + 200, rate // 2 + 1)),
        )
        if asked.mel.any(axis=1).all():
            return asked


def random_sound(random: np.random.Generator, length: int) -> np.ndarray:
    """Noise of any loudness, with steps between the extremes in some of it."""
    loud = int(2 ** random.uniform(0, 15))
    sound = random.integers(-loud, loud, length)
    if random.integers(3) == 0:
        period = int(random.integers(1, 300))
        sound = np.where(np.arange(length) // period % 2, 32767, -32768)
    return sound.astype(np.int16)


def float_features(sound: np.ndarray, rules: FeatureRules) -> np.ndarray:
    """The usual definition in float64, brought to the integers' scale."""
    starts = np.arange(rules.frames(len(sound))) * rules.hop
    frames = sound.astype(float)[starts[:, np.newaxis] + np.arange(rules.window)]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(rules.window) / rules.window)
    power = np.abs(np.fft.rfft(frames * hann, rules.fft)) ** 2
    low, high = (2595 * math.log10(1 + hz / 700) for hz in (rules.low_hz, rules.high_hz))
    edges = 700 * (10 ** (np.linspace(low, high, rules.bands + 2) / 2595) - 1)
    hz = np.arange(rules.fft // 2 + 1) * rules.rate / rules.fft
    left, top, right = edges[:-2, np.newaxis], edges[1:-1, np.newaxis], edges[2:, np.newaxis]
    mel = np.maximum(0, np.minimum((hz - left) / (top - left), (right - hz) / (right - top)))
    scale = 4 * 4096 * 2.0 ** (16 - 2 * math.log2(rules.fft))
    levels = np.log2(np.maximum(power @ mel.T * scale, 1)) - 32
    if not rules.coefficients:
        return levels * 256
    places = np.outer(np.arange(rules.coefficients), 2 * np.arange(rules.bands) + 1)
    dct = np.cos(np.pi * places / (2 * rules.bands)) * math.sqrt(2 / rules.bands)
    dct[0] /= math.sqrt(2)
    return levels @ dct.T * 128


@pytest.mark.parametrize("name", ["noise", "soft noise", "chirp", "square wave", "click"])
def test_log_mel_is_close_to_floats(name: str) -> None:
    """To 0.02 octaves of energy, 0.06 dB, in every band that is at most 48 dB below the frame's loudest."""
    sound = sounds(16000)[name]
    truth = float_features(sound, SPEECH)
    heard = truth >= truth.max(axis=1, keepdims=True) - 16 * 256
    assert np.abs(features(sound, SPEECH) - truth)[heard].max() < 0.02 * 256
    assert heard.sum() > 49


@pytest.mark.parametrize("name", ["noise", "soft noise"])
def test_mfcc_is_close_to_floats(name: str) -> None:
    asked = rules(coefficients=13)
    sound = sounds(16000)[name]
    difference = (features(sound, asked) - float_features(sound, asked)) / 128
    assert np.abs(difference).max() < 0.03


def test_silence_is_the_lowest_value_and_a_tone_is_loud_in_its_band() -> None:
    assert (features(np.zeros(1000, np.int16), SPEECH) == -8192).all()
    tone = (16000 * np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000)).astype(np.int16)
    loudest = features(tone, SPEECH).argmax(axis=1)
    centre = mel_q12(40, 512, 16000, 20, 7600).argmax(axis=1) * 16000 / 512
    assert np.abs(centre[loudest] - 1000).max() < 60


def test_features_of_a_part_are_a_part_of_the_features() -> None:
    sound = sounds(8000)["noise"]
    assert np.array_equal(features(sound[320 * 3 :], SPEECH), features(sound, SPEECH)[3:])


def test_a_long_recording_takes_little_more_memory_than_its_features() -> None:
    """An hour at once took 5.8 GB."""
    sound = np.zeros(60 * 16000, np.int16)
    tracemalloc.start()
    try:
        features(sound, SPEECH)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8e6


def test_sound_shorter_than_a_window_has_no_frames() -> None:
    assert features(np.zeros(511, np.int16), SPEECH).shape == (0, 40)


def test_log2_is_right_to_its_last_bit_for_all_sizes() -> None:
    random = np.random.default_rng(1)
    values = np.concatenate([random.integers(1 << b, 2 << b, 200) for b in range(60)])
    got = log2_q8(values)
    exactly = np.array([256 * math.log2(int(value)) for value in values])
    assert (got <= exactly + 1e-6).all() and (exactly - got < 1.01).all()
    assert log2_q8(2 ** np.arange(60)).tolist() == [256 * b for b in range(60)]


def test_the_tables_are_the_cosines_and_no_entry_is_near_a_tie() -> None:
    assert all(
        abs(float(cosine(i, 997)) - math.cos(2 * math.pi * i / 997)) < 1e-14 for i in range(-997, 1994, 13)
    )
    cosines, sines = circle_q15(1024)
    angles = 2 * np.pi * np.arange(513) / 1024
    assert np.abs(cosines - np.clip(32768 * np.cos(angles), -32767, 32767)).max() < 0.5001
    assert np.abs(sines - np.clip(32768 * np.sin(angles), -32767, 32767)).max() < 0.5001


@pytest.mark.parametrize("source", [module, exact], ids=lambda source: source.__name__)
def test_no_binary_floating_point_is_in_the_code(source: Any) -> None:
    """No float literal but the divisors, no float type, no true division of anything but Decimals."""
    tree = ast.parse(Path(source.__file__).read_text(encoding="utf-8"))
    floats = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)]
    assert floats == ([4096.0, 2048.0] if source is module else [])
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert not used & {"float32", "float64", "fft_", "cos", "sin", "log2", "log10", "exp"} - {"log10"}
    divisions = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    assert source is exact or not divisions
    names = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert names == {"numpy"}
