# SPDX-License-Identifier: Apache-2.0
"""The application that a new project starts with: it compiles against the headers that its project gets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.firmware import digits_like

from toolkit import paths
from toolkit.codegen.about import About, Purpose
from toolkit.codegen.model_feed import feed_of, feed_sources
from toolkit.codegen.model_input import Picture, Raw, Rows, Sound
from toolkit.codegen.recorded import Recorded, recorded_by
from toolkit.codegen.starter import add_starter, sensor_text, starter_text
from toolkit.compiler.compile import compile_model
from toolkit.project.config import Project, load_project

KINDS = {"picture": Picture("crop"), "sound": Sound(8, 100), "rows": Rows(4), "numbers": None}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_compiles_without_a_warning(kind: str, tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    raw = Raw(kind=KINDS[kind])
    model = compile_model(digits_like()[0], "demo", about=About(purpose=Purpose(raw=raw)))
    tensor = model.graph.tensors[model.graph.inputs[0]]
    feed = feed_of(tensor, raw)
    files = {**model.sources, **(feed_sources(feed, tensor, "demo", stem="demo") if feed else {})}
    for name, text in {**files, "my_app.c": starter_text("demo", kind)}.items():
        (tmp_path / name).write_text(text)
    runtime = paths.templates("runtime")
    command = [compiler, "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsyntax-only"]
    command += [f"-I{folder}" for folder in (tmp_path, runtime, runtime / "own")]

    subprocess.run([*command, str(tmp_path / "my_app.c")], check=True, timeout=60)


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "demo"\n[data]\nsource = "digits"\n[model]\nfamily = "cnn"\n'
    )
    assert (add_starter(load_project(tmp_path)) / "my_app.c").read_text().count("demo_predict") == 1
    (tmp_path / "app" / "my_app.c").unlink()
    add_starter(load_project(tmp_path))
    assert list((tmp_path / "app").iterdir()) == []


@pytest.mark.parametrize("kind", ["sound", "rows"])
def test_a_stream_says_nothing_before_its_first_window(kind: str) -> None:
    text = starter_text("demo", kind)
    assert "demo_invoke() == 0 && has_outputs()" in text
    assert "#ifdef DEMO_STREAM_RUNS\n    return demo_is_due();" in text


def test_the_pace_is_that_of_the_data() -> None:
    assert "#define PERIOD_US 40000u" in starter_text("demo", "rows", 25)
    assert "#define CHUNK (DEMO_RATE / 100u)" in starter_text("demo", "sound")


def recordings(
    root: Path, header: str, step_ms: float = 8.403, labels: tuple[str, ...] = ("a", "b")
) -> Project:
    for label in labels:
        (root / "rec" / label).mkdir(parents=True)
        cells = ",".join(["0.5"] * (header.count(",") - 1) + ["-5.5"])
        rows = (f"{8.4 * row:.3f},{cells}" for row in range(40))
        (root / "rec" / label / f"{label}_0001.csv").write_text("\n".join([header, *rows, ""]))
    (root / "tinyml.toml").write_text(
        '[project]\nname = "gadget"\n[data]\nsource = "windows"\n[data.options]\nfolder = "rec"\n'
        'time = "time_ms"\nwindow = 8\n[model]\nfamily = "mlp"\n'
    )
    return load_project(root)


def test_what_a_sensor_recorded_is_answered_with_what_reads_this_sensor(tmp_path: Path) -> None:
    """At the recordings' rate, in a range that has their largest value."""
    project = recordings(tmp_path, "time_ms,accel_x,accel_y,accel_z")
    text = (add_starter(project) / "my_app.c").read_text()
    assert "TM_ACCEL.start(RATE_MHZ / 1000u, RANGE, &setting)" in text
    assert "#define RATE_MHZ 119048u" in text and "#define RANGE 6u" in text
    assert "gadget_decide(gadget_output())" in text and "tm_port_led(255)" in text


@pytest.mark.parametrize(
    ("header", "labels"),
    [
        ("time_ms,x,y,z", ("a", "b")),
        ("time_ms,accel_x,accel_y,accel_z,gyro_x,gyro_y,gyro_z", ("a", "b")),
        ("time_ms,accel_x,accel_y,accel_z", ("a",)),
    ],
)
def test_what_is_of_no_one_sensor_is_for_its_user_to_read(
    tmp_path: Path, header: str, labels: tuple[str, ...]
) -> None:
    project = recordings(tmp_path, header, labels=labels)
    assert recorded_by(project) is None
    assert "read_sensor" in (add_starter(project) / "my_app.c").read_text()


def test_the_example_magic_wand_is_what_a_new_project_gets() -> None:
    """One truth: the example compiles, is emulated and compared, and so is what is rendered."""
    ours = sensor_text("magic_wand", Recorded("accel", "accelerometer", 50_000, 4), "gesture")
    assert (paths.data_dir("examples") / "magic_wand" / "app" / "my_app.c").read_text() == ours
