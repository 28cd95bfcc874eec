# SPDX-License-Identifier: Apache-2.0
"""Classes that were recorded at another rate, in another unit or with another gain: `tinyml data` says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, load_dataset
from toolkit.data.conditions import axes_of, gain_notes, other_unit, rate_notes
from toolkit.errors import InputError
from toolkit.project.config import load_project


def load(folder: Path) -> Dataset:
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "windows"\n[data.options]\nfolder = "logs"\nwindow = 10\n'
        '[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def write(folder: Path, kind: str, *, step_ms: int = 20, gravity: float = 1.0, unit: str = "") -> None:
    """Write five recordings of a device that is turned and shaken."""
    (folder / kind).mkdir(parents=True)
    for number in range(5):
        random = np.random.default_rng([number, *kind.encode()])
        held = random.normal(size=3)
        rows = gravity * (held / np.linalg.norm(held) + random.normal(0, 0.1, (40, 3)))
        header = ",".join(["millis", *(f"a{axis}{unit}" for axis in "xyz")])
        lines = [f"{step_ms * i},{x:.4f},{y:.4f},{z:.4f}" for i, (x, y, z) in enumerate(rows)]
        (folder / kind / f"{number}.csv").write_text("\n".join([header, *lines, ""]))


def test_equal_conditions_are_not_told(tmp_path: Path) -> None:
    for kind in ("rest", "walk", "jumping"):
        write(tmp_path / "logs", kind)

    notes = " ".join(load(tmp_path).notes)

    assert "gravity" not in notes and "instead of the class" not in notes


def test_a_class_in_another_unit_is_told_by_the_strength_of_gravity(tmp_path: Path) -> None:
    write(tmp_path / "logs", "rest")
    write(tmp_path / "logs", "walk", gravity=9.80665)

    told = [note for note in load(tmp_path).notes if "gravity" in note]

    assert len(told) == 1
    assert "is in g in 5 (rest) and in m/s2 in 5 (walk)" in told[0]
    assert "the unit tells the class" in told[0]


def test_a_class_of_another_rate_is_told(tmp_path: Path) -> None:
    write(tmp_path / "logs", "rest")
    write(tmp_path / "logs", "jumping")
    write(tmp_path / "logs", "walk", step_ms=10)

    told = [note for note in load(tmp_path).notes if "instead of the class" in note]

    assert told == [
        "walk was recorded at 100 rows a second, all other classes at 50: a model learns the rate instead of "
        "the class"
    ]


def test_columns_that_differ_in_their_units_alone_are_said_to(tmp_path: Path) -> None:
    write(tmp_path / "logs", "rest", unit=" [g]")
    write(tmp_path / "logs", "jumping", unit=" [g]")
    write(tmp_path / "logs", "walk", unit=" [m/s2]", gravity=9.80665)

    with pytest.raises(InputError) as problem:
        load(tmp_path)

    said = f"{problem.value} {problem.value.hint}"
    assert "has another unit: 'ax [m/s2]' where most recordings have 'ax [g]'" in said
    assert "convert these recordings" in said


def test_a_gain_of_one_class_is_told_and_levels_that_overlap_are_not() -> None:
    y = [0] * 4 + [1] * 4 + [2] * 4
    like = [-30.0, -22, -27, -35] * 3
    assert gain_notes(["go", "no", "yes"], y, like) == []

    (told,) = gain_notes(["go", "no", "yes"], y, [*like[:8], -12, -14, -10, -9])

    assert told.startswith("each recording of yes is louder than all of the other classes, by 8 dB or more")


def test_clocks_that_differ_a_little_and_few_recordings_are_not_told() -> None:
    y = [0] * 4 + [1] * 4
    assert rate_notes(["a", "b"], y, [50.0] * 4 + [51.0] * 4, "rows a second") == []
    assert rate_notes(["a", "b"], [0, 0, 1, 1, 1], [50.0] * 2 + [100.0] * 3, "rows a second") == []


def test_axes_of_an_acceleration_are_found_by_name() -> None:
    assert axes_of(("time_ms", "accel_x", "accel_y", "accel_z")) == (1, 2, 3)
    assert axes_of(("ax [g]", "ay [g]", "az [g]")) == (0, 1, 2)
    assert axes_of(("gx", "gy", "gz")) is None
    assert axes_of(("x", "y")) is None
    assert other_unit(("ax", "gx"), ("ax", "ay")) == ""
