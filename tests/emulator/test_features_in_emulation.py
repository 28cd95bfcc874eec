# SPDX-License-Identifier: Apache-2.0
"""Log-mel and MFCC on the emulated Cortex-M4 and M7: the host's bytes, and what a frame costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.small_image import build_small_image

from toolkit import paths
from toolkit.codegen.literals import wrap
from toolkit.codegen.model_feed import feature_tables
from toolkit.data.features import FeatureRules, features
from toolkit.emulator.error import EmulationError
from toolkit.emulator.machine import Machine
from toolkit.targets.board import load_board

SPEECH = FeatureRules(rate=16000, window=512, hop=320, bands=40, coefficients=0, low_hz=20, high_hz=7600)
FRAMES = 8
# gcc keeps integers in the FPU's registers, so it is switched on first.
START = """
static tm_feature_bin bins[%(fft)d / 2 + 1];
static int16_t levels[%(bands)d];
int16_t got[%(frames)d * %(each)d];
__attribute__((naked)) void start(void) {
    R(0xE000ED88) = 0x00F00000;
    __asm volatile("dsb\\n isb\\n b frames\\n");
}
__attribute__((used)) void frames(void) {
    for (u32 i = 0; i < %(frames)d; i++) {
        tm_feature_frame(&features, sound + i * %(hop)d, bins, levels, got + i * %(each)d);
    }
    __asm volatile("bkpt #0");
}
"""


def image_of(rules: FeatureRules, sound: np.ndarray) -> str:
    kernels = paths.templates("features")
    lines = ['#pragma GCC optimize("O2")', *(f'#include "{path}"' for path in sorted(kernels.glob("*.c")))]
    tables = {"dct": np.zeros(1, np.int64), **feature_tables(rules), "sound": sound}
    lines += [f"const int16_t {key}[] = {{\n{wrap(map(str, map(int, v)))}}};" for key, v in tables.items()]
    names = ", ".join(key for key in ("hann", "cosines", "first_bins", "bin_counts", "mel", "dct"))
    lines.append(
        f"const tm_feature_params features = {{{rules.window}, {rules.fft}, {rules.bands}, "
        f"{rules.coefficients}, {names}}};"
    )
    each = rules.coefficients or rules.bands
    sizes = {"fft": rules.fft, "bands": rules.bands, "frames": FRAMES, "each": each, "hop": rules.hop}
    return "\n".join(lines) + START % sizes


@pytest.mark.parametrize(
    ("board", "changes", "most"),
    [
        ("nano33ble", {}, 60_000),
        ("nano33ble", {"coefficients": 10}, 62_000),
        ("stm32f746g_disco", {"window": 400, "hop": 160, "bands": 20}, 56_000),
    ],
)
def test_a_frame_on_a_board_is_the_host_s(
    tmp_path: Path, board: str, changes: dict[str, int], most: int
) -> None:
    rules = FeatureRules(**{**SPEECH.__dict__, **changes})
    random = np.random.default_rng(9)
    sound = random.integers(-32768, 32768, rules.window + (FRAMES - 1) * rules.hop).astype(np.int16)
    sound[1000:1500] = np.where(np.arange(500) // 7 % 2, 32767, -32768)
    chosen = load_board(board)
    machine = Machine(build_small_image(image_of(rules, sound), chosen, tmp_path), chosen)
    with pytest.raises(EmulationError, match="breakpoint"):
        machine.run(20_000_000)
    wanted = features(sound, rules)
    data = machine.read_memory(machine.image.symbols["got"], wanted.nbytes)
    assert np.array_equal(np.frombuffer(data, np.int16).reshape(wanted.shape), wanted)
    a_frame = machine.instructions // FRAMES
    assert 0.9 * most < a_frame <= most, a_frame
