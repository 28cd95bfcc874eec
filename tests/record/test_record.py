# SPDX-License-Identifier: Apache-2.0
"""Recording from an emulated board, by its own firmware, into files that a project's data are."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from toolkit.cli.main import run
from toolkit.cli.record_cmd import _record_series, _Series, _telling_kept
from toolkit.emulator.feed import Feed, counts
from toolkit.errors import DeviceError, InputError
from toolkit.firmware.build import Firmware
from toolkit.firmware.recorder import build_recorder
from toolkit.record.asked import Asked
from toolkit.record.recorder import Recorder
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.session import Session
from toolkit.targets.board import load_board

pytestmark = pytest.mark.xdist_group("record")
NANO = load_board("nano33ble")
SCALE_OF_4_G = 0.122e-3
"""LSM9DS1 data sheet, table 3."""


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    return build_recorder(NANO, tmp_path_factory.mktemp("recorder"))


def recorder_on(firmware: Firmware, **feeds: Feed) -> Recorder:
    return Recorder(Session(EmulatorLink(firmware.elf, NANO, feeds=feeds)))


def test_rows_are_what_was_fed_to_the_bit(firmware: Firmware) -> None:
    values = np.random.default_rng(1).uniform(-3, 3, (2000, 3))
    take = recorder_on(firmware, accel=Feed(values)).take(["accel"], 0.5, rate_hz=900, ranges={"accel": 4})
    (track,) = take.tracks
    assert (track.setting.rate_hz, track.setting.range, track.lost) == (952, 4, 0)
    fed = counts(values, SCALE_OF_4_G)
    assert len(track.rows) == 476 and np.array_equal(track.rows, fed[: len(track.rows)])


def test_sensors_of_one_chip_are_recorded_at_the_same_moments(firmware: Firmware) -> None:
    ramp = np.arange(4000)[:, None] % 200 * np.ones(3)
    feeds = {"accel": Feed(ramp / 128, Fraction(119)), "gyro": Feed(ramp, Fraction(119))}
    accel, gyro = recorder_on(firmware, **feeds).take(["accel", "gyro"], 0.3, rate_hz=119).tracks
    assert len(accel.rows) == len(gyro.rows) == 36
    apart = np.rint(accel.rows * accel.setting.scale * 128) - np.rint(gyro.rows * gyro.setting.scale)
    assert len(np.unique(apart)) == 1  # the one that was started first has taken some of its feed alone


def test_a_take_can_follow_another_and_wrong_names_are_refused(firmware: Firmware) -> None:
    recorder = recorder_on(firmware, accel=Feed(np.zeros((1, 3))))
    assert [sensor.name for sensor in recorder.sensors] == [sensor.name for sensor in NANO.sensors]
    with pytest.raises(InputError, match=r"no sensor 'acel'.*accel"):
        recorder.take(["acel"], 0.1, rate_hz=50)
    lengths = [len(recorder.take(["gyro"], 0.2, rate_hz=50).tracks[0].rows) for _ in range(2)]
    assert lengths == [12, 12]


def test_a_firmware_that_runs_a_model_does_not_record(small_firmware: Path) -> None:
    with pytest.raises(DeviceError, match="does not record") as error:
        Recorder(Session(EmulatorLink(small_firmware, NANO)))
    assert "tinyml flash --recorder" in error.value.hint


@pytest.fixture(scope="module")
def small_firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from support.firmware_image import build_image

    return build_image(NANO, "gcc", tmp_path_factory.mktemp("image"))


def test_recordings_become_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From what a sensor senses to data that tinyml data reads, with nothing but commands."""
    monkeypatch.chdir(tmp_path)
    for label, period in (("slow", 60), ("fast", 6)):
        angle = 2 * np.pi * np.arange(600) / period
        noise = np.random.default_rng(period).normal(0, 0.05, (600, 3))
        rows = np.stack([np.sin(angle), np.cos(angle), np.ones(600)], axis=1) + noise
        np.savetxt(f"{label}.csv", rows, "%.4f", ",", header="ax,ay,az", comments="")
        record = [
            "record",
            "--board",
            "nano33ble",
            "--feed",
            f"accel={label}.csv",
            "--feed-rate",
            "accel=119",
        ]
        said = run([*record, "--label", label, "--seconds", "0.6", "--count", "5", "--output", "rec"])
        assert said == 0
    assert "rec/fast/fast_0005.csv: 0.597 s, 71 rows at 119 Hz; accel up to 4 g; none lost" in (
        capsys.readouterr().out
    )
    assert run(["new", "gadget", "--data", "rec"]) == 0
    text = Path("gadget", "tinyml.toml").read_text()
    assert 'source = "windows"' in text and 'time = "time_ms"' in text
    assert run(["data", "--project", "gadget"]) == 0
    out = capsys.readouterr().out
    assert "accel_x" in out and "fast" in out and "slow" in out


def test_a_series_ends_where_its_feed_ends(
    firmware: Firmware, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = Feed(np.arange(60)[:, None] % 50 / 100 * np.ones(3), Fraction(119))
    recorder = recorder_on(firmware, accel=feed)
    series = _Series("wave", tmp_path, seconds=0.2, count=3, wait_s=0.0)
    with pytest.raises(InputError, match="is fed to accel has 0"):
        _record_series(recorder, Asked(("accel",), 119, {"accel": 17}), series, {"accel": feed})
    said = capsys.readouterr()
    assert "2 of 3 kept" in said.err and "--range 17 is more than it has" in said.err
    assert said.out.count("0.202 s, 24 rows at 119 Hz; accel up to 16 g; none lost") == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "without --port the board is emulated, and nothing is fed to its accel"),
        (("--sensor", "microphone"), 3, "nano33ble has no sensor 'microphone'; it has accel, gyro"),
        (("--sensor", "accel", "--sensor", "accel"), 2, "--sensor accel is named twice"),
        (("--output", "file/rec"), 3, "a file stands where a folder is needed"),
        (("--label", ""), 2, "what is recorded needs a name"),
    ],
)
def test_what_cannot_be_recorded_is_told_before_a_firmware_is_built(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    assert run(["record", "--board", "nano33ble", "--label", "x", "--output", "rec", *words]) == code
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_while_it_waits_for_rows_the_core_sleeps(firmware: Firmware) -> None:
    """Else a second of a fast core costs this computer many."""
    link = EmulatorLink(firmware.elf, NANO, feeds={"accel": Feed(np.zeros((1, 3)))})
    recorder = Recorder(Session(link))
    machine = link.machine
    assert machine is not None
    before, asleep = machine.time, machine.asleep
    recorder.take(["accel"], 1.0, rate_hz=119)
    assert (machine.asleep - asleep) / (machine.time - before) > 0.6


def test_an_interrupted_series_says_how_many_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), _telling_kept(4) as keep:
        keep()
        keep()
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "2 of 4 kept\n"
    with _telling_kept(1) as keep:
        keep()
    assert capsys.readouterr().err == ""
