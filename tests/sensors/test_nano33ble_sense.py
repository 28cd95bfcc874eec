# SPDX-License-Identifier: Apache-2.0
"""The microphone and the magnetometer of the Nano 33 BLE Sense: an application gets what is fed."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.emulator.peripherals.nrf52_pdm import Pdm
from toolkit.errors import InputError
from toolkit.runners.feeds import read_feeds
from toolkit.targets.board import load_board

HZ = 64_000_000
MOST = 20_000
AWAKE = 160
"""Samples of the first 10 ms, which the driver leaves out."""
APP = """
#include "app.h"
#include "tm_sensors.h"
int16_t heard[%(most)d], mag[500][3];
uint32_t heard_rows, mag_rows, lost[2];
int32_t results[2] = {-1, -1};
tm_sensor_setting settings[2];
static void compute(uint32_t turns) {
    for (volatile uint32_t i = 0; i < turns; i++) {
    }
}
void app_start(void) {
    tm_mp34dt05_gain(%(gain)d);
    results[0] = (int32_t)TM_MICROPHONE.start(16000, 1, &settings[0]);
    results[1] = (int32_t)TM_MAG.start(80, 12, &settings[1]);
}
void app_step(void) {
    heard_rows += TM_MICROPHONE.read(heard + heard_rows, %(most)du - heard_rows);
    mag_rows += TM_MAG.read(mag[mag_rows], 500u - mag_rows);
    lost[0] += TM_MICROPHONE.lost();
    lost[1] += TM_MAG.lost();
    __asm volatile("cpsid i");
    compute(%(masked)du);
    __asm volatile("cpsie i");
    compute(%(busy)du);
}
"""


def run(
    tmp_path: Path,
    feeds: dict[str, Feed],
    seconds: float,
    gain: int = 0,
    busy: int = 400_000,
    masked: int = 0,
    late_end_cycles: int = 0,
) -> dict[str, np.ndarray]:
    """Run it; the application computes for some 50 ms between two looks, and with interrupts masked."""
    board = load_board("nano33ble_sense")
    code = APP % {"most": MOST, "gain": gain, "busy": busy, "masked": masked}
    machine = Machine(build_own_image(board, "gcc", tmp_path, code), board, feeds=feeds)
    machine.models.one(Pdm).late_end_cycles = late_end_cycles
    while machine.time < seconds * HZ:
        machine.run(HZ, timeout_s=60)

    def words(name: str, count: int, kind: type = np.int32) -> np.ndarray:
        data = machine.read_memory(machine.image.symbols[name], np.dtype(kind).itemsize * count)
        return np.frombuffer(data, kind)

    sound = words("heard", int(words("heard_rows", 1)[0]), np.int16)
    mag = words("mag", 3 * int(words("mag_rows", 1)[0]), np.int16).reshape(-1, 3)
    settings = words("settings", 6)
    return {
        "sound": sound,
        "mag": mag,
        "results": words("results", 2),
        "lost": words("lost", 2),
        "rates": settings[[0, 3]],
        "scale": settings[2:3].view(np.float32),
    }


def sound_file(tmp_path: Path, samples: np.ndarray) -> Path:
    path = tmp_path / "word.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, len(samples), "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def test_a_sound_file_is_heard_to_the_bit_and_the_field_beside_it(tmp_path: Path) -> None:
    pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")
    random = np.random.default_rng(1)
    pcm = random.integers(-32768, 32768, MOST).astype(np.int16)
    field = random.uniform(-13, 13, (500, 3))
    board = load_board("nano33ble_sense")
    feeds = read_feeds(board, [f"microphone={sound_file(tmp_path, pcm)}"])

    got = run(tmp_path, {**feeds, "mag": Feed(field)}, 0.6)

    assert got["results"].tolist() == [0, 0]
    assert got["lost"].tolist() == [0, 0]
    assert got["rates"].tolist() == [16_000_000, 80_000]
    assert len(got["sound"]) > 8000
    assert np.array_equal(got["sound"], pcm[AWAKE : AWAKE + len(got["sound"])])
    assert len(got["mag"]) > 40
    counts = np.clip(np.floor(field / 0.43e-3 + 0.5), -32768, 32767).astype(np.int16)
    assert np.array_equal(got["mag"], counts[: len(got["mag"])])


def test_gain_saturates_and_the_scale_says_it(tmp_path: Path) -> None:
    """20 dB are a factor of 10; what is behind the end is silence; without a look half a second fits."""
    sound = np.linspace(-0.2, 0.2, 4000)

    got = run(tmp_path, {"microphone": Feed(sound[:, None])}, 1.0, gain=20, busy=6_000_000)

    assert got["scale"][0] == pytest.approx(1 / 327680, rel=1e-5)
    wanted = np.clip(np.floor(sound * 327680 + 0.5), -32768, 32767)[AWAKE:]
    assert got["sound"].min() == -32768
    assert np.array_equal(got["sound"][: len(wanted)], wanted)
    assert not got["sound"][len(wanted) :].any()
    assert 8192 <= len(got["sound"]) < 9000
    assert got["lost"][0] > 1000


def test_blocks_that_were_overslept_are_counted(tmp_path: Path) -> None:
    """The interrupts are kept away for some 60 ms: three blocks or four."""
    counting = np.arange(16000)

    got = run(tmp_path, {"microphone": Feed(counting[:, None] / 32768)}, 0.7, masked=480_000)

    missing = np.diff(got["sound"]) - 1
    assert set(missing.tolist()) <= {0, 256, 512, 768}
    assert missing.sum() >= 1024
    assert got["lost"][0] - missing.sum() in (0, 256, 512)  # the last ones are not taken yet


def test_a_block_is_whole_also_if_its_end_is_seen_behind_the_next_one_s_start(tmp_path: Path) -> None:
    counting = np.arange(20_000)

    got = run(tmp_path, {"microphone": Feed(counting[:, None] / 32768)}, 0.2, late_end_cycles=5_000)

    assert len(got["sound"]) > 2000
    assert got["lost"][0] == 0
    assert (np.diff(got["sound"]) == 1).all()


def test_a_sound_that_is_none_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")
    path = tmp_path / "word.wav"
    path.write_bytes(b"RIFF nothing")
    with pytest.raises(InputError, match=r"word.wav is damaged, or no sound"):
        read_feeds(load_board("nano33ble_sense"), [f"microphone={path}"])
