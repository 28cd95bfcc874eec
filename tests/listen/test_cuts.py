# SPDX-License-Identifier: Apache-2.0
"""A recording that is fed to the emulated sensors, whole and cut: the same to the microsecond."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from support.firmware_image import build_own_image

from toolkit.decision.rule import Decider, DecisionRule
from toolkit.decision.track import decide_all
from toolkit.emulator.feed import Feed
from toolkit.listen import parts as cutting
from toolkit.listen.parts import Whole, hear_whole
from toolkit.listen.stretch import Listener, Sensed
from toolkit.targets.board import load_board

RATE, HOP, SECONDS = 16_000, 1600, 6
RULE = DecisionRule((100, 2**31 - 1), average=2, need=2, of=3, refractory=6)
# Two scores of each tenth of a second, its loudness and 0; the LED is on for half a second.
APP = """
#include "app.h"
#include "tm_port.h"
#include "tm_port_sleep.h"
#include "tm_sensors.h"
#include <stdbool.h>
static tm_sensor_setting setting;
static uint32_t heard, sum, lit;
static int8_t scores[3];
static uint32_t filled, often, waiting;
void toy_decide_start(void);
int32_t toy_decide(const int8_t *output);
__attribute__((noinline)) void toy_decide_start(void) { filled = often = waiting = 0; }
__attribute__((noinline)) int32_t toy_decide(const int8_t *output) {
    scores[1] = scores[0];
    scores[0] = output[0];
    filled += filled < 2 ? 1u : 0u;
    const int32_t mean = scores[0] + scores[1];
    often = (often << 1 | (filled == 2 && mean >= 100 ? 1u : 0u)) & 7u;
    const uint32_t count = (often & 1u) + (often >> 1 & 1u) + (often >> 2 & 1u);
    const bool is_found = (often & 1u) != 0 && count >= 2 && waiting == 0;
    waiting -= waiting > 0 ? 1u : 0u;
    waiting = is_found ? 6u : waiting;
    return is_found ? 0 : -1;
}
void app_start(void) {
    heard = sum = lit = 0;
    toy_decide_start();
    (void)TM_MICROPHONE.start(16000, 1, &setting);
}
void app_step(void) {
    int16_t samples[160];
    const uint32_t count = TM_MICROPHONE.read(samples, 160);
    for (uint32_t i = 0; i < count; i++) {
        sum += (uint32_t)(samples[i] < 0 ? -samples[i] : samples[i]);
        heard++;
        lit -= lit > 0 ? 1u : 0u;
        if (heard == 1600) {
            const uint32_t mean = sum / 1600u / 64u;
            const int8_t output[2] = {(int8_t)(mean > 127u ? 127u : mean), 0};
            if (toy_decide(output) >= 0) {
                lit = 8000;
            }
            heard = sum = 0;
        }
    }
    tm_port_led(lit > 0 ? 255 : 0);
    if (count < 160) {
        tm_port_sleep();
    }
}
"""
# Two scores of each 4 rows, the mean strength of x, and 0; the LED is on for half a second.
ROWS_APP = (
    APP.partition("void app_start")[0]
    + """
void app_start(void) {
    heard = sum = lit = 0;
    toy_decide_start();
    (void)TM_ACCEL.start(50, 4, &setting);
}
void app_step(void) {
    int16_t rows[8][3];
    const uint32_t count = TM_ACCEL.read(rows[0], 8);
    for (uint32_t i = 0; i < count; i++) {
        sum += (uint32_t)(rows[i][0] < 0 ? -rows[i][0] : rows[i][0]);
        heard++;
        lit -= lit > 0 ? 1u : 0u;
        if (heard == 4) {
            const uint32_t mean = sum / 4u / 128u;
            const int8_t output[2] = {(int8_t)(mean > 127u ? 127u : mean), 0};
            if (toy_decide(output) >= 0) {
                lit = 20;
            }
            heard = sum = 0;
        }
    }
    tm_port_led(lit > 0 ? 255 : 0);
    tm_port_sleep();
}
"""
)
ROWS_HZ = 50


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Listener:
    board = load_board("nano33ble_sense")
    elf = build_own_image(board, "gcc", tmp_path_factory.mktemp("cuts"), APP)
    return Listener(elf, board, "toy", 2, "int8")


def whole_of(loud: list[tuple[float, float]], seconds: float = SECONDS) -> Whole:
    """Return a recording that is loud from one time to another."""
    sound = np.random.default_rng(1).normal(0, 300, int(seconds * RATE))
    for start, end in loud:
        sound[int(start * RATE) : int(end * RATE)] *= 25
    feed = Feed(np.rint(sound).astype(np.int16)[:, None], Fraction(RATE), unit=1 / 32768)
    hop = Fraction(HOP, RATE)
    return Whole({"microphone": feed}, Fraction(RATE), len(sound), hop, hop, is_sound=True)


def assert_equal(one: Sensed, other: Sensed) -> None:
    for name in ("times", "scores", "found", "begins"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.lit == other.lit
    assert one.said == other.said
    assert one.busy == pytest.approx(other.busy, rel=1e-4)
    assert one.asleep == pytest.approx(other.asleep, rel=1e-4)


def test_a_recording_is_the_same_whether_it_is_cut_in_one_two_or_three(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sound lies across the place at which the two parts meet."""
    monkeypatch.setattr(cutting, "_APPLICATION_S", 1)
    recording = whole_of([(1.0, 1.4), (2.85, 3.35), (4.5, 5.0)])

    cuts = [hear_whole(listener, recording, RULE, parts) for parts in (1, 2, 3)]

    assert len(cuts[0].found) == SECONDS * 10 - 1
    assert (cuts[0].found == 0).sum() == 3
    assert len(cuts[0].lit) == 6
    assert_equal(cuts[0], cuts[1])
    assert_equal(cuts[0], cuts[2])


@pytest.mark.parametrize(
    ("name", "seconds", "parts", "most_busy"),
    [
        ("sparkfun_edge", 3, (2,), 0.01),
        pytest.param("sparkfun_edge", 60, (2, 3, 7), 0.01, marks=pytest.mark.bench),
        pytest.param("nano33ble", 60, (2, 3, 7), 0.03, marks=pytest.mark.bench),
    ],
)
def test_rows_of_an_accelerometer_are_the_same_however_they_are_cut(
    name: str,
    seconds: int,
    parts: tuple[int, ...],
    most_busy: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One movement lies across the place at which two parts meet."""
    monkeypatch.setattr(cutting, "_APPLICATION_S", Fraction(1, 2))
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # no processes: they take longer to start than this
    board = load_board(name)
    listener = Listener(build_own_image(board, "gcc", tmp_path, ROWS_APP), board, "toy", 2, "int8")
    rows = np.random.default_rng(3).normal(0, 0.1, (seconds * ROWS_HZ, 3))
    for share in (0.2, 0.46):
        rows[int(share * len(rows)) : int(share * len(rows)) + 25, 0] += 2
    hop = Fraction(4, ROWS_HZ)
    feeds = {"accel": Feed(rows, Fraction(ROWS_HZ))}
    recording = Whole(feeds, Fraction(ROWS_HZ), len(rows), hop, hop, is_sound=False)

    whole = hear_whole(listener, recording, RULE, 1)

    assert len(whole.found) >= len(rows) // 4 - 2
    assert (whole.found == 0).sum() == 2
    assert [share for _, share in whole.lit].count(1.0) == [share for _, share in whole.lit].count(0.0) == 2
    assert whole.busy / (whole.busy + whole.asleep) < most_busy
    for count in parts:
        assert_equal(whole, hear_whole(listener, recording, RULE, count))


def test_a_part_is_heard_from_further_back_where_a_detection_depends_on_an_old_one(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is loud: one detection follows seven windows after the other from the beginning on."""
    monkeypatch.setattr(cutting, "_APPLICATION_S", Fraction(1, 5))
    recording = whole_of([(0.0, 6.0)], seconds=6)

    whole, cut = (hear_whole(listener, recording, RULE, parts) for parts in (1, 2))

    assert set(np.diff(np.flatnonzero(whole.found == 0))) == {7}
    assert_equal(whole, cut)


def test_the_rule_over_a_whole_recording_is_the_rule_step_by_step() -> None:
    random = np.random.default_rng(2)
    for _ in range(200):
        classes, windows = int(random.integers(2, 5)), int(random.integers(0, 60))
        average, of = int(random.integers(1, 5)), int(random.integers(1, 5))
        rule = DecisionRule(
            tuple((random.integers(-40, 60, classes) * average).tolist()),
            average,
            int(random.integers(1, of + 1)),
            of,
            int(random.integers(0, 6)),
        )
        scores = random.integers(-128, 128, (windows, classes)).astype(np.int8)
        begins = random.random(windows) < 0.05
        decider, wanted = Decider(rule), []
        for row, begin in zip(scores.tolist(), begins, strict=True):
            decider = Decider(rule) if begin else decider
            place = decider.step(row)
            wanted.append(-1 if place is None else place)
        assert decide_all(rule, scores, begins).tolist() == wanted
