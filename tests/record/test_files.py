# SPDX-License-Identifier: Apache-2.0
"""Takes as files: named, never overwritten, with their time, and read by the data sources."""

from __future__ import annotations

import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from support.permission import as_nobody

from toolkit.errors import InputError
from toolkit.record.files import require_label, require_room, save_take, write_new
from toolkit.record.take import Gap, SensorInfo, Setting, Take, Track

ACCEL = SensorInfo("accel", 3, "g")
MICROPHONE = SensorInfo("microphone", 1, "1")


def track(sensor: SensorInfo, rows: int, *gaps: Gap, rate_mhz: int = 50_000) -> Track:
    counts = np.arange(rows * sensor.channels, dtype=np.int16).reshape(rows, -1)
    return Track(sensor, Setting(rate_mhz, 2, 0.25, 1000), counts, gaps)


def test_rows_become_a_table_with_the_time_in_the_sensors_unit(tmp_path: Path) -> None:
    path = save_take(Take((track(ACCEL, 3),)), tmp_path, "wave")
    assert path == tmp_path / "wave" / "wave_0001.csv"
    assert path.read_text().splitlines() == [
        "time_ms,accel_x,accel_y,accel_z",
        "0.000,0,0.25,0.5",
        "20.000,0.75,1,1.25",
        "40.000,1.5,1.75,2",
    ]


def test_lost_rows_are_missing_in_the_time_and_not_filled_in(tmp_path: Path) -> None:
    take = Take((track(ACCEL, 4, Gap(2, 5)),))
    times = [line.split(",")[0] for line in save_take(take, tmp_path, "wave").read_text().splitlines()[1:]]
    assert times == ["0.000", "20.000", "140.000", "160.000"] and take.lost == 5


def test_two_sensors_stand_side_by_side(tmp_path: Path) -> None:
    gyro = SensorInfo("gyro", 3, "dps")
    text = save_take(Take((track(ACCEL, 2), track(gyro, 2))), tmp_path, "wave").read_text()
    assert text.splitlines()[0] == "time_ms,accel_x,accel_y,accel_z,gyro_x,gyro_y,gyro_z"
    with pytest.raises(InputError, match="lost different rows"):
        save_take(Take((track(ACCEL, 2), track(gyro, 2, Gap(1, 1)))), tmp_path, "wave")


def test_sound_becomes_a_wav_and_sound_with_a_hole_none(tmp_path: Path) -> None:
    sound = track(MICROPHONE, 800, rate_mhz=16_000_000)
    with wave.open(str(save_take(Take((sound,)), tmp_path, "yes"))) as read:
        assert (read.getframerate(), read.getnchannels(), read.getsampwidth()) == (16000, 1, 2)
        assert read.readframes(800) == sound.rows.astype("<i2").tobytes()
    with pytest.raises(InputError, match=r"7 samples of the sound were lost"):
        save_take(Take((track(MICROPHONE, 800, Gap(3, 7)),)), tmp_path, "yes")
    assert len(list((tmp_path / "yes").iterdir())) == 1


def test_nothing_is_overwritten_also_by_many_at_once(tmp_path: Path) -> None:
    (tmp_path / "wave").mkdir()
    old = tmp_path / "wave" / "wave_0007.csv"
    old.write_text("mine")
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: save_take(Take((track(ACCEL, 2),)), tmp_path, "wave"), range(40)))
    assert len(set(paths)) == 40 and old.read_text() == "mine"
    assert min(paths).name == "wave_0008.csv" and not [p for p in paths if p.stat().st_size == 0]


@pytest.mark.parametrize(
    "label",
    [
        "",
        "..",
        "a/b",
        "a\\b",
        "/etc",
        ".hidden",
        "a\nb",
        "end.",
        "-x",
        "x" * 200,
        "a:b",
        "con",
        "NUL.txt",
        "com1",
        "_a",
    ],
)
def test_a_label_is_the_name_of_one_folder(tmp_path: Path, label: str) -> None:
    with pytest.raises(InputError, match="cannot be a folder's name"):
        save_take(Take((track(ACCEL, 2),)), tmp_path, label)
    assert list(tmp_path.iterdir()) == []


def test_a_label_s_wrong_sign_is_named_and_letters_of_any_script_are_right() -> None:
    with pytest.raises(InputError, match=r"'wave!' cannot be a folder's name: it has '!'"):
        require_label("wave!")
    with pytest.raises(InputError, match="Windows takes it for a device"):
        require_label("nul.txt")
    assert require_label("e\u0301t\u00e9") == "\u00e9t\u00e9"  # as macOS writes it, and as all others
    assert require_label("\u0939\u093f\u0928\u094d\u0926\u0940 2") == "\u0939\u093f\u0928\u094d\u0926\u0940 2"


def test_room_is_tried_before_anything_is_recorded_and_leaves_nothing(tmp_path: Path) -> None:
    require_room(tmp_path / "deep" / "rec", "wave")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="a file stands where a folder is needed"):
        require_room(tmp_path / "file", "wave")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    with as_nobody(), pytest.raises(InputError, match="no permission"):
        require_room(locked, "wave")
    (tmp_path / "rec" / "wave").mkdir(parents=True)
    (tmp_path / "rec" / "wave" / "wave_999999.csv").write_text("")
    with pytest.raises(InputError, match="no free number"):
        require_room(tmp_path / "rec", "wave")


def test_a_number_of_more_digits_than_are_given_is_somebody_s_own(tmp_path: Path) -> None:
    (tmp_path / "wave").mkdir()
    (tmp_path / "wave" / "wave_20261201120000123456.csv").write_text("")
    assert save_take(Take((track(ACCEL, 2),)), tmp_path, "wave").name == "wave_0001.csv"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of a file's size")
def test_a_file_that_does_not_fit_is_said_in_words_and_leaves_no_folder(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(InputError, match=r"cannot write .*a\.csv: File too large"):
            write_new(tmp_path / "deep" / "new", ["a.csv"], bytes(100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_the_file_s_name_is_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "new" / "a.csv").mkdir(parents=True)
    assert write_new(tmp_path / "new", ["a.csv", "b.csv"], b"1").name == "b.csv"
    assert (tmp_path / "new" / "a.csv").is_dir()


def test_a_name_that_the_data_s_group_does_not_match_is_refused_before_it_is_recorded(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"wave/wave_0001\.x would not match group"):
        require_room(tmp_path, "wave", "/(p[0-9]+)_")
    require_room(tmp_path, "wave", "/(p[0-9]+)_", "p7")
    assert save_take(Take((track(ACCEL, 2),)), tmp_path, "wave", "p7").name == "p7_0001.csv"
