# SPDX-License-Identifier: Apache-2.0
"""Files that are fed to an emulated board's sensors."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from toolkit.emulator.feed import Feed
from toolkit.emulator.sensors.microphone import Microphone
from toolkit.errors import InputError
from toolkit.runners.feeds import feeds_in, read_feeds
from toolkit.targets.board import load_board

NANO = load_board("nano33ble")
BOTH = "time_ms,gx,gy,gz,ax [m/s2],ay (mg),az\n0,1,2,3,9.80665,500,-1\n20,4,5,6,0,0,0\n40,7,8,9,0,0,0\n"


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "walk.csv"
    path.write_text(text)
    return path


def test_columns_are_found_by_name_and_unit_and_the_rate_by_the_time(tmp_path: Path) -> None:
    path = table(tmp_path, BOTH + "60,0,0,0,0,0,0\n")

    feeds = read_feeds(NANO, [f"accel={path}", f"gyro={path}"])

    rate = Fraction(50)
    assert feeds["accel"].take(rate) == pytest.approx([1, 0.5, -1])
    assert [feeds["gyro"].take(rate).tolist() for _ in range(3)] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    again = read_feeds(NANO, [f"gyro={path}"], ["gyro=100"])["gyro"]
    assert [again.take(rate).tolist()[0] for _ in range(3)] == [1, 7, 0]
    assert again.is_over


def test_a_table_of_a_spreadsheet_with_decimal_commas_is_the_same(tmp_path: Path) -> None:
    path = table(tmp_path, BOTH.replace(",", ";").replace(".", ","))

    feed = read_feeds(NANO, [f"accel={path}"])["accel"]

    assert feed.take(Fraction(50)) == pytest.approx([1, 0.5, -1])


def test_without_a_rate_a_sensor_takes_a_row_with_each_sample(tmp_path: Path) -> None:
    path = table(tmp_path, "z,y,x\n1,2,3\n4,5,6\n")
    feed = read_feeds(NANO, [f"accel={path}"])["accel"]

    assert [feed.take(Fraction(952)).tolist() for _ in range(3)] == [[3, 2, 1], [6, 5, 4], [6, 5, 4]]


@pytest.mark.parametrize(
    ("text", "given", "rates", "words"),
    [
        ("x,y,z\n1,2,3\n", ["acel={}"], [], "nano33ble has no sensor 'acel'. Did you mean accel?"),
        ("x,y,z\n1,2,3\n", ["accel"], [], "--feed accel: this is not NAME=FILE."),
        ("x,y,z\n1,2,3\n", ["accel={}", "accel={}"], [], "--feed names accel twice."),
        ("x,y,z\n1,2,3\n", ["accel={}"], ["gyro=5"], "--feed-rate gyro=5: nothing is fed to gyro."),
        ("x,y,z\n1,2,3\n", ["accel={}"], ["accel=0"], "--feed-rate: '0' is no rate in Hz."),
        ("x;y\n1;2\n", ["accel={}"], [], "walk.csv has only 'x', 'y' of accel, and no z"),
        ("x;y;z\n1;2;3\n1;2,5;3.5\n", ["accel={}"], [], "walk.csv:3: '2,5' in the column 'y' is no number"),
        ("x,y\n1,2\n", ["accel={}"], [], "walk.csv has only 'x', 'y' of accel, and no z"),
        ("x [ft],y,z\n1,2,3\n", ["accel={}"], [], "column 'x [ft]': the unit 'ft' is not known."),
        ("a,b\n1,2\n", ["accel={}"], [], "walk.csv has no columns of accel: 'a', 'b'."),
        ("x,y,z\n1,2,nan\n", ["accel={}"], [], "walk.csv:2: nan in the column 'z' is NaN"),
        ("x,y,z\n1,2,oops\n", ["accel={}"], [], "walk.csv:2: "),
        ("x,y,z\n", ["accel={}"], [], "walk.csv has no rows."),
        ("t,x,y,z\n0,1,2,3\n1,1,2,3\n2,1,2,3\n3,1,2,3\n", ["accel={}"], [], "unit of the time 't'"),
    ],
)
def test_what_cannot_be_fed_is_said(
    tmp_path: Path, text: str, given: list[str], rates: list[str], words: str
) -> None:
    path = table(tmp_path, text)

    with pytest.raises(InputError, match=re.escape(words)):
        read_feeds(NANO, [each.format(path) for each in given], rates)


def test_a_file_feeds_the_sensors_whose_columns_it_has_each_column_to_one(tmp_path: Path) -> None:
    board = load_board("nano33ble_sense")
    walk, plain = tmp_path / "walk.csv", tmp_path / "plain.csv"
    walk.write_text("time_ms,accel_x,accel_y,accel_z,gyro_x,gyro_y,gyro_z\n0,0,0,1,5,6,7\n20,0,0,1,5,6,7\n")
    plain.write_text("x,y,z\n0,0,1\n0,0,1\n")

    found = feeds_in(board, walk)

    assert sorted(found) == ["accel", "gyro"]
    assert found["accel"].rate_hz == 50
    assert list(feeds_in(board, plain)) == ["accel"]
    assert feeds_in(load_board("host"), plain) == {}


def said_of(path: Path, sensor: str = "accel") -> list[str]:
    said: list[str] = []
    read_feeds(NANO, [f"{sensor}={path}"], on_word=said.append)
    return said


def rows_at(times: list[float]) -> str:
    return "time_ms,ax,ay,az\n" + "".join(f"{time:g},{place},0,1\n" for place, time in enumerate(times))


def test_a_gap_in_the_time_is_said_and_its_rows_are_fed_as_they_are(tmp_path: Path) -> None:
    times = [20.0 * place for place in range(1000) if not 500 < place < 650]
    path = table(tmp_path, rows_at(times))
    assert said_of(path) == [
        "walk.csv has no rows from 10 to 13 s: the next row is fed at once, as if no time was missing"
    ]
    feed = read_feeds(NANO, [f"accel={path}"])["accel"]
    assert feed.take_all(600, Fraction(50))[:, 0].tolist() == list(range(600))


def test_mixed_rates_are_said_and_even_times_are_not(tmp_path: Path) -> None:
    even = [20.0 * place for place in range(100)]
    assert said_of(table(tmp_path, rows_at(even))) == []
    mixed = even + [1980 + 10.0 * place for place in range(1, 20)]
    assert said_of(table(tmp_path, rows_at(mixed))) == [
        "walk.csv: its times are uneven, 54.38 rows a second in the mean: fed evenly, 50 a second"
    ]


def test_an_export_of_phyphox_is_read_and_its_missing_gravity_said(tmp_path: Path) -> None:
    names = [f"Linear Acceleration {axis} (m/s^2)" for axis in "xyz"]
    names += [f"Gyroscope {axis} (rad/s)" for axis in "xyz"]
    head = ",".join(f'"{name}"' for name in ["Time (s)", *names])
    rows = "".join(f"{place / 100:.6E},9.80665,0,-9.80665,3.1415926,0,0\n" for place in range(5))
    path = table(tmp_path, f"{head}\n{rows}")
    found = read_feeds(NANO, [f"accel={path}", f"gyro={path}"])
    assert found["accel"].rate_hz == found["gyro"].rate_hz == 100
    assert found["accel"].take(Fraction(100)) == pytest.approx([1, 0, -1])
    assert found["gyro"].take(Fraction(100)) == pytest.approx([180, 0, 0])
    [word] = said_of(path)
    assert "'Linear Acceleration x (m/s^2)' is without gravity" in word
    assert said_of(path, "gyro") == []


def test_a_board_without_sensors_says_so() -> None:
    with pytest.raises(InputError, match=r"host has no sensor 'accel'. Its board file has no"):
        read_feeds(load_board("host"), ["accel=walk.csv"])


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="no numbers"):
        Feed(np.array([[np.nan, 0.0, 0.0]]))


def test_noise_is_the_same_for_a_seed_and_as_large_as_the_sensor_says() -> None:
    rows = np.zeros((4000, 3))
    one, two = (Feed(rows, noise_seed=seed).take_all(4000, Fraction(1), 0.01) for seed in (1, 2))

    assert one.std() == pytest.approx(0.01, rel=0.05)
    assert np.array_equal(one, Feed(rows, noise_seed=1).take_all(4000, Fraction(1), 0.01))
    assert not np.array_equal(one, two)
    assert not Feed(rows).take_all(4000, Fraction(1), 0.01).any()


def test_a_microphone_s_noise_is_a_count_or_so() -> None:
    """-26 dB - 64 dB of a full sine's RMS, 23170 counts, are 0.73 counts; the rounding is added."""
    quiet = Microphone({"microphone": Feed(np.zeros((16000, 1)), noise_seed=3)})
    heard = np.frombuffer(quiet.take(16000, Fraction(16000), 0.0, is_on=True), np.int16)
    assert heard.std() == pytest.approx(np.hypot(0.733, 12**-0.5), rel=0.05)


def head_of(columns: str, rows: int, row: str) -> str:
    return columns + "\n" + "".join(f"{place * 10},{row}\n" for place in range(rows))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            head_of("time_ms,ax,ay,az", 40, "0.5,0,9.8"),
            [
                "walk.csv is read as g, and looks like m/s2: its usual length is 9.81. "
                'Name the unit in its first line: "ax [m/s2]"'
            ],
        ),
        (
            head_of("time_ms,ax,ay,az", 40, "10,0,990"),
            [
                "walk.csv is read as g, and looks like mg: its usual length is 990. "
                'Name the unit in its first line: "ax [mg]"'
            ],
        ),
        (head_of("time_ms,ax [m/s2],ay [m/s2],az [m/s2]", 40, "0.5,0,9.8"), []),
        (head_of("time_ms,ax,ay,az", 40, "0,0,1"), []),
        (
            "x,y,z\n1,0,0\n0,1,0\n",
            [
                "walk.csv says no times: the sensor takes a row with each sample, at its own rate; "
                "--feed-rate accel=HZ says another"
            ],
        ),
        ("x,y,z\n0,0,1\n0,0,1\n", []),
        (
            rows_at([500.0 - 10 * place for place in range(50)]),
            ["walk.csv: 'time_ms' does not rise, so that it gives no times"],
        ),
        (rows_at([0.0] * 50), ["walk.csv: 'time_ms' does not rise, so that it gives no times"]),
        (
            rows_at([(0.0, 10, 5, 20, 15)[place % 5] for place in range(50)]),
            ["walk.csv: 'time_ms' goes back again and again: its rows are fed as they stand"],
        ),
        (
            head_of("time_ms,ax,ay,az", 200, "0,0,1").replace("\n100,0,0,1", "\n100,0,nan,1") + "2000,0,0",
            [
                "walk.csv:12: nan in the column 'ay' is NaN, infinite or too large, and 1 more such rows: "
                "left out, the next row is fed at once"
            ],
        ),
    ],
)
def test_what_a_sensor_would_not_have_sensed_is_said(tmp_path: Path, text: str, words: list[str]) -> None:
    assert said_of(table(tmp_path, text)) == words


def test_a_rate_that_goes_before_the_table_s_own_is_said(tmp_path: Path) -> None:
    path, said = table(tmp_path, head_of("time_ms,ax,ay,az", 20, "0,0,1")), list[str]()
    read_feeds(NANO, [f"accel={path}"], ["accel=100"], on_word=said.append)
    assert said == []
    feed = read_feeds(NANO, [f"accel={path}"], ["accel=50"], on_word=said.append)["accel"]
    assert feed.rate_hz == 50
    assert said == ["walk.csv: --feed-rate accel=50 goes before its own time, 100 rows a second"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (None, "Try: its place, from this folder on"),
        ("1,2,3\n4,5,6\n", "Try: accel_x, accel_y, accel_z in its first line, in g"),
    ],
)
def test_the_way_out_of_a_file_that_is_none_fits(tmp_path: Path, text: str | None, hint: str) -> None:
    path = tmp_path / "none.csv" if text is None else table(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_feeds(NANO, [f"accel={path}"])
    assert (error.value.hint or "").startswith(hint)
