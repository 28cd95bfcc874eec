# SPDX-License-Identifier: Apache-2.0
"""Recording from the Nano 33 BLE Sense Rev2's BMI270, whose configuration the project names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.cli.main import run
from toolkit.firmware.bmi270 import CONFIG_BYTES

pytestmark = [pytest.mark.xdist_group("record"), pytest.mark.bench]
PROJECT = """
[project]
name = "wand"
[data]
source = "sine"
[model]
family = "mlp"
[firmware]
board = "nano33ble_sense_rev2"
"""
RECORD = (
    *("record", "--feed", "accel=walk.csv", "--feed", "gyro=walk.csv", "--feed-rate", "accel=100"),
    *("--feed-rate", "gyro=100", "--sensor", "accel", "--sensor", "gyro", "--rate", "100", "--range", "2"),
    *("--label", "walk", "--seconds", "0.5", "--output", "rec"),
)


def test_a_project_s_configuration_is_in_its_recorder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it the command says what is left out, where it is from and how it is named."""
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(9).integers(-8000, 8000, (400, 6)) / 8192
    np.savetxt("walk.csv", rows, "%.12f", ",", header="ax,ay,az,gx,gy,gz", comments="")
    Path("tinyml.toml").write_text(PROJECT)
    assert run(RECORD) == 3
    said = capsys.readouterr().err
    assert "accel and gyro are left out: the BMI270" in said and 'bmi270_config = "bmi270.c"' in said
    assert "has no sensor 'accel'" in said
    Path("config.bin").write_bytes(np.random.default_rng(1).bytes(CONFIG_BYTES))
    Path("tinyml.toml").write_text(f'{PROJECT}bmi270_config = "config.bin"\n')
    assert run(RECORD) == 0
    assert "50 rows at 100 Hz; accel up to 2 g; gyro up to 125 dps; none lost" in capsys.readouterr().out
    got = np.loadtxt("rec/walk/walk_0001.csv", delimiter=",", skiprows=1)
    first = int(np.flatnonzero(np.abs(rows[:, 0] - got[0, 1]) < 1e-4)[0])
    fed = rows[first : first + len(got)]
    assert np.abs(got[:, 1:4] - fed[:, :3]).max() <= 1 / 16384
