# SPDX-License-Identifier: Apache-2.0
"""A firmware that says what cannot be is not believed, and what can be is told with what it lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.lying_recorder import LyingRecorder

from toolkit.emulator.feed import Feed
from toolkit.errors import DeviceError, InputError, UsageError
from toolkit.record.asked import Asked, choose_sensors, ranges_of
from toolkit.record.fed import require_fed, require_left, without_the_end
from toolkit.record.recorder import Recorder
from toolkit.record.take import SensorInfo, Setting, Take, Track
from toolkit.record.words import clipped_series, less_than_asked, take_words
from toolkit.runners.session import Session

ASKED = Asked(("accel",))


def take_of(**says: Any) -> Take:
    return Recorder(Session(LyingRecorder(**says))).take(["accel"], 1.5, rate_hz=100)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ({"rate_mhz": 0}, "accel gives 0 rows a second"),
        ({"rate_mhz": 10**12}, "accel gives 1e.09 rows a second"),
        ({"scale_hex": "7FC00000"}, "nan g a count"),
        ({"scale_hex": "7F800000"}, "inf g a count"),
        ({"scale_hex": "00000000"}, "with 0 g a count"),
        ({"scale_hex": "BF800000"}, "with -1 g a count"),
        ({"room": 0}, "room for 0"),
        ({"gap": (10, 10**30)}, "rows of accel are missing: that cannot be"),
        ({"gap": (10, 10**12)}, "1,000,000,000,000 rows of accel are missing"),
        ({"gap": (10, 4 * 10**9)}, "4,000,000,000 rows of accel are missing"),
        ({"step_us": -10_000}, "clock went back"),
        ({"sensors": ()}, "names no sensor"),
        ({"row_bytes": 4}, "a part of a row: 16 numbers, of 3 in a row"),
    ],
)
def test_what_cannot_be_is_an_error_of_the_device(says: dict[str, Any], words: str) -> None:
    with pytest.raises(DeviceError, match=words):
        take_of(**says)


def test_what_can_be_is_recorded() -> None:
    take = take_of(gap=(10, 500))
    assert (len(take.tracks[0].rows), take.lost) == (178, 500)
    assert "126.8 Hz by the board's clock" in take_words(take_of(step_us=7888), ASKED)


def test_rows_at_full_scale_are_counted_and_told_with_the_range_that_helps() -> None:
    words = take_words(take_of(), ASKED)
    assert "CLIPPED: 178 of 178 rows of accel stand at full scale (2 g)" in words
    assert "--range" not in words  # 4 g were asked for already: this sensor has no more
    assert take_words(take_of(range=4), ASKED).endswith("(4 g): --range 8; none lost")
    both = Asked(("accel", "gyro"))
    assert "(4 g): --range accel=8" in take_words(take_of(range=4), both)


@pytest.mark.parametrize(
    ("unit", "count", "clipped"),
    [
        ("g", 32751, 0),
        ("g", 32752, 1),
        ("g", -32767, 0),
        ("dps", -32768, 1),
        ("1", 32767, 1),
        ("mv", 32767, 0),
    ],
)
def test_full_scale_is_that_of_converters_of_12_and_16_bits(unit: str, count: int, clipped: int) -> None:
    rows = np.array([[0, 0], [count, 0], [5, 5]], np.int16)
    track = Track(SensorInfo("x", 2, unit), Setting(1000, 2, 1.0, 9), rows, ())
    assert track.clipped == clipped


def test_a_series_says_in_the_end_how_many_recordings_are_clipped(tmp_path: Any) -> None:
    assert clipped_series([], 5) == clipped_series([tmp_path / "a.csv"], 1) == ""
    assert clipped_series([tmp_path / "a.csv"] * 3, 5).startswith("3 of 5 recordings have rows at full scale")


def test_less_than_was_asked_for_is_told() -> None:
    take = take_of()
    assert list(less_than_asked(take, ASKED)) == []
    assert list(less_than_asked(take, Asked(("accel",), 1_000_000, {"accel": 17}))) == [
        "accel runs at 119 Hz, its highest rate here: --rate 1,000,000 is more than it has",
        "accel goes up to 2 g, its largest range: --range 17 is more than it has",
    ]


def test_ranges_and_rates_that_nobody_asked_for_are_those_of_a_gesture_and_of_speech() -> None:
    assert Asked(("accel", "gyro", "mag")).every_range == {"accel": 4, "gyro": 2000, "mag": 0}
    assert (ASKED.hertz, Asked(("microphone",)).hertz) == (100, 16_000)
    assert ranges_of(["2", "gyro=500"], ["accel", "gyro"]) == {"accel": 2, "gyro": 500}
    for wrong in ("x", "-1", "4.5", "mag=4", "accel=", "9999999"):
        with pytest.raises(UsageError, match="--range"):
            ranges_of([wrong], ["accel"])


def test_the_usual_sensor_is_the_only_one_and_none_is_named_twice() -> None:
    assert choose_sensors(["analog"], [], "pico", is_sound=False) == ["analog"]
    assert choose_sensors(["gyro", "accel"], [], "nano", is_sound=False) == ["accel"]
    with pytest.raises(UsageError, match="--sensor accel is named twice"):
        choose_sensors(["accel"], ["accel", "accel"], "nano", is_sound=False)
    with pytest.raises(InputError, match="nano has no sensor 'microphone'; it has accel, gyro"):
        choose_sensors(["accel", "gyro"], [], "nano", is_sound=True)
    with pytest.raises(InputError, match="host has no sensors"):
        choose_sensors([], [], "host", is_sound=False)
    both = ["microphone", "analog"]
    assert choose_sensors(both, both, "nano33ble_sense", is_sound=False) == both
    with pytest.raises(InputError, match="microphone and analog are on one converter, ADC"):
        choose_sensors(both, both, "sparkfun_edge", is_sound=False)


def ramp(rows: int, still: int = 0) -> np.ndarray:
    places = np.minimum(np.arange(rows), rows - 1 - still)
    return np.stack([places, -places, places * 0], axis=1)


def fed_take(taken: int, feed_rows: int, still: int = 0) -> tuple[Take, Feed]:
    """A take of so many rows of a feed of so many, all taken one after the other."""
    feed = Feed(ramp(feed_rows, still).astype(float))
    counts = np.stack([feed.take(ASKED_HZ) for _ in range(taken)]).astype(np.int16)
    return Take((Track(SensorInfo("accel", 3, "g"), Setting(100_000, 4, 1.0, 9), counts, ()),)), feed


ASKED_HZ: Any = 100


@pytest.mark.parametrize("still", [0, 5])
def test_a_recording_ends_where_its_feed_ends(still: int) -> None:
    whole, feed = fed_take(100, 100, still)
    assert without_the_end(whole, {"accel": feed}) == (whole, "")
    longer, feed = fed_take(120, 100, still)
    cut, word = without_the_end(longer, {"accel": feed})
    assert len(cut.tracks[0].rows) == 100
    assert word == "what is fed ended after 100 of 120 rows: the recording ends there"


def test_what_never_moves_has_no_end() -> None:
    take, feed = fed_take(50, 1)
    assert without_the_end(take, {"accel": feed}) == (take, "")
    require_left({"accel": feed}, ["accel"], 3600, 100)


def test_more_recordings_than_a_feed_has_are_refused_before_they_begin() -> None:
    _, feed = fed_take(60, 100)
    require_left({"accel": feed}, ["accel"], 0.4, 100)
    with pytest.raises(InputError, match=r"fed to accel has 0\.4 s left; a recording has 2 s"):
        require_left({"accel": feed}, ["accel"], 2.0, 100)
    _, feed = fed_take(100, 100)
    with pytest.raises(InputError, match="fed to accel is over"):
        require_left({"accel": feed}, ["accel"], 2.0, 100)


def test_an_emulated_board_that_would_lie_still_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing is fed to its gyro") as error:
        require_fed({"accel": Feed(np.zeros((1, 3)))}, ["accel", "gyro"])
    assert "--port auto" in error.value.hint and "--feed gyro=FILE" in error.value.hint
