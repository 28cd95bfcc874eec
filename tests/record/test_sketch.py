# SPDX-License-Identifier: Apache-2.0
"""The Arduino sketch that records, on this computer: on a stand-in of Arduino's API."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from toolkit.errors import InputError, UsageError
from toolkit.firmware.sketch import write_sketch
from toolkit.record.recorder import Recorder
from toolkit.runners.host import HostLink
from toolkit.runners.session import Session

TESTS = Path(__file__).parents[1]
STANDINS = (Path(__file__).with_name("arduino"), TESTS / "export" / "arduino")
WARNINGS = ("-Wall", "-Wextra", "-Werror")


def built(sketch: Path, folder: Path) -> Path:
    """Compile all of a sketch as Arduino's IDE does, C as C and the rest as C++, with the stand-ins."""
    includes = [f"-I{place}" for place in (sketch, *STANDINS)]
    sources = [*sketch.glob("*.c"), *sketch.glob("*.cpp"), STANDINS[0] / "sensors.cpp"]
    sources.append(TESTS / "firmware" / "arduino_main.cpp")
    objects = []
    for source in sorted(sources):
        command = ["g++", "-std=gnu++14"] if source.suffix == ".cpp" else ["gcc", "-std=gnu11"]
        objects.append(folder / f"{source.name}.o")
        words = [*command, *WARNINGS, *includes, "-c", str(source), "-o", str(objects[-1])]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-3000:]
    program = folder / "program"
    subprocess.run(["g++", *map(str, objects), "-o", str(program)], check=True, timeout=60)
    return program


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++: apt-get install g++")
def test_the_sketch_records_what_arduinos_library_reads(tmp_path: Path) -> None:
    sketch = write_sketch("nano33ble_sense", tmp_path / "recorder")
    assert sketch.name == "recorder.ino"
    link = HostLink(built(sketch.parent, tmp_path))
    try:
        recorder = Recorder(Session(link, timeout_s=20))
        assert [sensor.name for sensor in recorder.sensors] == ["accel", "gyro", "microphone"]
        (track,) = recorder.take(["accel"], 0.3, rate_hz=104).tracks
    finally:
        link.close()
    first = track.rows[0, 0]
    counting = np.arange(first, first + 31)
    assert (track.setting.rate_mhz, track.setting.range) == (104_000, 4)
    assert np.array_equal(track.rows, np.stack([counting, -counting, np.full(31, 32767)], axis=1))


def test_sketches_are_for_boards_whose_library_is_known(tmp_path: Path) -> None:
    rev2 = write_sketch("nano33ble_sense_rev2", tmp_path / "rev2")
    assert "Arduino_BMI270_BMM150" in rev2.read_text()
    with pytest.raises(InputError, match="no Arduino sketch that records on 'sparkfun_edge'"):
        write_sketch("sparkfun_edge", tmp_path / "edge")
    with pytest.raises(UsageError, match="is not empty"):
        write_sketch("nano33ble", tmp_path / "rev2")
    with pytest.raises(UsageError, match="cannot be called"):
        write_sketch("nano33ble", tmp_path / "my sketch")
