# SPDX-License-Identifier: Apache-2.0
"""The gadgets from the sensors' registers on: as accurate as on this computer, and nothing is lost.

Test samples become one long recording that the emulated sensor senses; the firmware's own application reads
it, and what it gives to its decision is compared with what the model gives on this computer. TINYML_TRAINED
is a folder with both projects, trained, where they shall not be trained again.
"""

from __future__ import annotations

import os
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.example import Example, examples

from toolkit.cli.options import open_pipeline
from toolkit.emulator.feed import Feed
from toolkit.emulator.machine import Machine
from toolkit.listen.listen import Ears, ears_of, scores_of
from toolkit.listen.parts import Whole, hear_whole
from toolkit.listen.recording import Recording, read_recording, windows_of
from toolkit.listen.stretch import Listener
from toolkit.reference.oracle import expected_outputs
from toolkit.targets.board import load_board

pytestmark = [pytest.mark.bench, pytest.mark.train, pytest.mark.no_cover, pytest.mark.timeout(7200)]

G_A_COUNT = {"nano33ble": 0.122e-3, "sparkfun_edge": 2e-3}
"""At 4 g: LSM9DS1 in 16 bits, LIS2DH12 in 12."""
RECORDINGS = 24
"""Of magic_wand, from all over the test split: 77 s."""
ASLEEP = 160
"""Samples of the microphone's first 10 ms, which its driver leaves out."""
PADDING = 640
"""Behind a second of sound, so that the next one begins where a window does: 13 hops of 80 ms."""
ROWS_MOST = 20_000
# The model computes all the time but for the looks; app_step is some 40 inferences long.
BUSY_APP = """
#include "app.h"
#include "%(name)s.h"
#include "tm_sensors.h"
#define MOST %(most)du
%(arrays)s
uint32_t lost, runs;
void app_start(void) {
    %(name)s_init();
%(starts)s
}
void app_step(void) {
%(reads)s
%(losses)s
    for (uint32_t i = 0; i < %(inferences)du; i++) {
        runs += %(name)s_invoke() == 0;
    }
}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """magic_wand and wake_word as a user has them after the training."""
    found = {}
    if place := os.environ.get("TINYML_TRAINED"):
        return {name: Path(place) / name for name in ("magic_wand", "wake_word")}
    for name in ("magic_wand", "wake_word"):
        folder = tmp_path_factory.mktemp(name) / name
        [example] = [each for each in examples() if each.title == name]
        _prepare(example, folder)
        found[name] = folder
    return found


def _prepare(example: Example, folder: Path) -> None:
    example.prepare(folder, short=False)
    open_pipeline(folder).quantize()


def sensed_scores(folder: Path, board_name: str, sensor: str, feed: Feed, ears: Ears) -> NDArray[np.int8]:
    """Return the scores (windows, classes) that the project's own application decides on."""
    pipeline, board = open_pipeline(folder), load_board(board_name)
    firmware = pipeline.build(board)
    listener = Listener(
        firmware.elf, firmware.board, ears.compiled.name, ears.output.bytes, ears.output.dtype
    )
    assert feed.rate_hz is not None
    whole = Whole(
        feeds={sensor: feed},
        rate_hz=feed.rate_hz,
        rows=len(feed),
        hop_s=ears.feed.hop_items / feed.rate_hz,
        first_s=ears.feed.first_items / feed.rate_hz,
        is_sound=ears.feed.is_sound,
    )
    sensed = hear_whole(listener, whole, ears.rule, None)
    assert not sensed.said or all("lost" not in line for _, line in sensed.said)
    return np.asarray(sensed.scores, np.int8)


def host_scores(ears: Ears, items: NDArray[np.generic]) -> NDArray[np.int8]:
    """Return the same of the model on this computer, over items as a recording."""
    windows = windows_of(Recording(Path("all"), items), ears.feed, ears.takes, ears.input)
    outputs = expected_outputs(ears.model, ears.graph, windows, is_stream=True).outputs
    return np.asarray(scores_of(ears, outputs), np.int8)


def accuracy(scores: NDArray[np.int8], places: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    return float((scores[places].argmax(axis=1) == labels).mean())


@pytest.mark.parametrize("board", ["sparkfun_edge", "nano33ble"])
def test_a_wand_s_rows_are_classified_from_the_chip_s_registers_as_from_the_file(
    trained: dict[str, Path], board: str
) -> None:
    """The chip rounds to its counts: of rows that are rounded so before, each score is that of the host."""
    folder = trained["magic_wand"]
    pipeline = open_pipeline(folder)
    ears, test = ears_of(pipeline, board=load_board(board)), pipeline.dataset().test
    names = list(dict.fromkeys(test.names))
    names = names[:: max(len(names) // RECORDINGS, 1)][:RECORDINGS]
    files = [read_recording(folder / "data" / name, ears.takes).items for name in names]
    rows, size = np.concatenate(files), len(files[0])
    own = [test.y[[i for i, name in enumerate(test.names) if name == each]] for each in names]
    hop, each = ears.feed.hop, len(own[0])
    step = (size - ears.feed.rows) // (each - 1)
    places = np.concatenate([(size * i + step * np.arange(each)) // hop for i in range(len(files))])
    unit = G_A_COUNT[board]
    sensed = np.rint(rows.astype(np.float64) / unit) * unit

    got = sensed_scores(folder, board, "accel", Feed(sensed, Fraction(50)), ears)

    exact = host_scores(ears, sensed.astype(np.float32))
    most = min(len(got), len(exact))
    assert len(exact) - most <= 1
    labels = np.concatenate(own).astype(np.int64)
    kept = places < most
    found = [accuracy(each, places[kept], labels[kept]) for each in (got, host_scores(ears, rows))]
    print(
        f"{board}: {kept.sum()} test windows, from the registers {found[0]:.2%}, from the file {found[1]:.2%}"
    )
    assert np.array_equal(got[:most], exact[:most])
    assert abs(found[0] - found[1]) <= (0.0 if board == "nano33ble" else 0.01)


def test_a_wake_word_s_sounds_are_classified_from_the_microphone_as_from_the_file(
    trained: dict[str, Path],
) -> None:
    folder = trained["wake_word"]
    pipeline = open_pipeline(folder)
    ears, test = ears_of(pipeline, board=load_board("nano33ble_sense")), pipeline.dataset().test
    files = [read_recording(folder / "data" / name, ears.takes).items for name in test.names]
    assert {len(each) for each in files} == {16_000}
    sound = np.concatenate([part for each in files for part in (each, np.zeros(PADDING, np.int16))])
    heard = np.concatenate([np.zeros(ASLEEP, np.int16), sound])
    places = 13 * np.arange(len(files))

    feed = Feed(heard[:, None], Fraction(16_000), unit=1 / 32768)
    got = sensed_scores(folder, "nano33ble_sense", "microphone", feed, ears)

    wanted = host_scores(ears, sound)
    most = min(len(got), len(wanted))
    assert most > places[-1]
    assert np.array_equal(got[:most], wanted[:most])
    labels = np.asarray(test.y, np.int64)
    found = [accuracy(each, places, labels) for each in (got, wanted)]
    print(f"{len(files)} test sounds, by the microphone {found[0]:.2%}, from the files {found[1]:.2%}")
    assert found[0] == found[1]


BUSY = [
    ("magic_wand", "nano33ble", {"accel": (952, 16, 3), "gyro": (952, 2000, 3)}),
    ("magic_wand", "nano33ble", {"mag": (80, 4, 3)}),
    ("magic_wand", "sparkfun_edge", {"accel": (400, 4, 3)}),
    ("magic_wand", "stm32f746g_disco", {"analog": (16_000, 0, 1)}),
    ("wake_word", "nano33ble_sense", {"microphone": (16_000, 1, 1)}),
]


@pytest.mark.parametrize(("example", "name", "sensors"), BUSY, ids=[f"{b}-{'+'.join(s)}" for _, b, s in BUSY])
def test_nothing_is_lost_at_the_highest_rate_while_the_model_computes_all_the_time(
    trained: dict[str, Path],
    tmp_path: Path,
    example: str,
    name: str,
    sensors: dict[str, tuple[int, int, int]],
) -> None:
    folder = tmp_path / example
    shutil.copytree(trained[example], folder)
    words: dict[str, list[str]] = {"arrays": [], "starts": [], "reads": [], "losses": []}
    for sensor, (rate, largest, axes) in sensors.items():
        symbol = f"TM_{sensor.upper()}"
        words["arrays"].append(f"int16_t {sensor}[MOST * {axes}u];\nuint32_t {sensor}_rows;")
        words["arrays"].append(f"tm_sensor_setting {sensor}_setting;")
        words["starts"].append(f"    (void){symbol}.start({rate}, {largest}, &{sensor}_setting);")
        words["reads"].append(
            f"    {sensor}_rows += {symbol}.read({sensor} + {sensor}_rows * {axes}u, MOST - {sensor}_rows);"
        )
        words["losses"].append(f"    lost += {symbol}.lost();")
    most = ROWS_MOST if max(rate for rate, _, _ in sensors.values()) > 1000 else 2000
    code = BUSY_APP % {
        "name": example,
        "most": most,
        "inferences": 40,
        **{key: "\n".join(lines) for key, lines in words.items()},
    }
    (folder / "app" / "my_app.c").write_text(code)
    board = load_board(name)
    firmware = open_pipeline(folder).build(board)
    random = np.random.default_rng(1)
    fed = {
        sensor: random.uniform(200, 3000, (most, 1))
        if sensor == "analog"
        else random.uniform(-0.9, 0.9, (most, axes)) * largest
        for sensor, (_, largest, axes) in sensors.items()
    }
    machine = Machine(firmware.elf, board, feeds={sensor: Feed(rows) for sensor, rows in fed.items()})
    while machine.time < board.clock.hz:
        machine.run(board.clock.hz - machine.time, timeout_s=600)
        machine.line.collect()

    def read(symbol: str, count: int, kind: type = np.int32) -> NDArray[np.generic]:
        data = machine.read_memory(machine.image.symbols[symbol], np.dtype(kind).itemsize * count)
        return np.frombuffer(data, kind)

    assert read("lost", 1)[0] == 0
    assert machine.asleep == 0
    for sensor, (rate, _, axes) in sensors.items():
        rows = int(read(f"{sensor}_rows", 1)[0])
        print(f"{name} {sensor}: {rows} rows at {rate} Hz, {read('runs', 1)[0]} inferences in a second")
        assert 0.85 * rate < rows <= rate + 1
        got = read(sensor, rows * axes, np.int16).reshape(rows, axes).astype(np.float64)
        start = ASLEEP if sensor == "microphone" else 0
        scale = float(read(f"{sensor}_setting", 3)[2:].view(np.float32)[0])
        bits = 16 if name == "sparkfun_edge" else 1  # 12 bits at the top of 16
        off = np.abs(got * scale - fed[sensor][start : start + rows])
        assert off.max() <= 0.51 * bits * scale
