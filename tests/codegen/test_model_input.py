# SPDX-License-Identifier: Apache-2.0
"""model_input.h gives, from what a sensor gives, the integers that the model was tested with."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.codegen.model_input import Picture, Raw, Rows, Sound, model_input_header, raw_of
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.data.window_options import WindowsOptions
from toolkit.ir.graph import Quantization, Tensor
from toolkit.ir.real_numbers import quantize_samples


def tensor(shape: tuple[int, ...], scale: float = 0.02, zero_point: int = -7) -> Tensor:
    return Tensor(0, "in", (1, *shape), "int8", quantization=Quantization((scale,), (zero_point,)))


def build(folder: Path, header: str, body: str) -> Any:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    (folder / "model_input.h").write_text(header)
    (folder / "feed.c").write_text(f'#include "model_input.h"\n{body}\n')
    words = [compiler, "-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*words, "feed.c", "-o", "feed.so"], cwd=folder, check=True, timeout=60)
    return ctypes.CDLL(str(folder / "feed.so"))


def pointer(array: np.ndarray) -> Any:
    return array.ctypes.data_as(ctypes.c_void_p)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_camera_s_bytes(tmp_path: Path, channels: int) -> None:
    one = tensor((16, 17, channels), 0.0039215, -128)
    header = model_input_header(one, "cam", raw=Raw(255.0, kind=Picture("crop")))
    library = build(
        tmp_path,
        header,
        "void feed(const uint8_t *bytes, int8_t *input);\n"
        "void feed(const uint8_t *bytes, int8_t *input) { cam_input_picture(bytes, input); }",
    )
    picture = (np.arange(16 * 17 * channels) % 256).astype(np.uint8).reshape(16, 17, channels)
    got = np.empty(picture.shape, np.int8)
    library.feed(pointer(picture), pointer(got))
    wanted = quantize_samples((picture.astype(np.float32) / np.float32(255))[np.newaxis], one)
    assert np.array_equal(got[np.newaxis], wanted)
    assert 'fit = "crop"' in header


def test_a_microphone_s_samples_as_they_are(tmp_path: Path) -> None:
    one = tensor((400, 1), 0.0078, 1)
    header = model_input_header(one, "ear", raw=Raw(32768.0, kind=Sound(400, 8000)))
    library = build(
        tmp_path,
        header,
        "void feed(const int16_t *sound, int8_t *input);\n"
        "void feed(const int16_t *sound, int8_t *input) { ear_input_sound(sound, input); }",
    )
    sound = np.random.default_rng(1).integers(-32768, 32768, 400).astype(np.int16)
    got = np.empty(400, np.int8)
    library.feed(pointer(sound), pointer(got))
    real = (sound.astype(np.float32) / np.float32(32768)).reshape(1, 400, 1)
    assert np.array_equal(got, quantize_samples(real, one).reshape(-1))


def test_columns_are_named(tmp_path: Path) -> None:
    columns = ("ax [g]", "ax (g)", "pressure", "int")
    header = model_input_header(tensor((4,)), "p", (0.0,) * 4, (1.0,) * 4, raw=Raw(columns=columns))
    assert "The columns: 0: ax [g], 1: ax (g), 2: pressure, 3: int" in header
    library = build(
        tmp_path,
        header,
        "int feed(int which);\nint feed(int which) {\n"
        "    const unsigned names[] = {P_INPUT_COLUMN_AX_G_0, P_INPUT_COLUMN_AX_G_1,\n"
        "                              P_INPUT_COLUMN_PRESSURE, P_INPUT_COLUMN_M_INT};\n"
        "    return (int)names[which] + 0 * p_input_value(1.0f, 0u);\n}",
    )
    assert [library.feed(i) for i in range(4)] == [0, 1, 2, 3]


def test_what_a_source_s_files_hold() -> None:
    assert raw_of("image_folder", {"folder": "", "fit": "pad"}, ()) == Raw(255.0, kind=Picture("pad"))
    options = {"folder": "d", "seconds": 0.5}
    sound = Sound(8000, 16000, AudioFolderOptions(**options).rules)
    assert raw_of("audio_folder", options, ()) == Raw(4096.0, kind=sound)
    raw = raw_of("audio_folder", {**options, "features": "raw"}, ())
    assert raw == Raw(32768.0, kind=Sound(8000, 16000))
    assert raw_of("numpy", {"divisor": 255.0}, ()) == Raw(255.0)
    windows = asdict(WindowsOptions(folder="data", columns=("x", "y"), window=40))
    of_json = json.loads(json.dumps(windows))
    assert raw_of("windows", windows, ()) == raw_of("windows", of_json, ()) == Raw(1.0, kind=Rows(20))
    cut = raw_of("audio_folder", {**options, "hop_seconds": 0.25}, ())
    assert cut == Raw(4096.0, kind=Sound(8000, 16000, AudioFolderOptions(**options).rules, 12))
    rows = raw_of("windows", {"folder": "d", "window": 50, "overlap": 0.6}, ("a", "b"))
    assert rows == Raw(1.0, ("a", "b"), Rows(20))
    assert raw_of("csv", {"file": "t.csv"}, ("a", "b")) == Raw(columns=("a", "b"))
