# SPDX-License-Identifier: Apache-2.0
"""An application is one file in runtime/apps: found by its name, rendered alone, given samples if it asks."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from support.firmware import skip_without, small_model

from toolkit import paths
from toolkit.errors import InputError
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.firmware.application import find_application, kind_for, needs_samples, require_model_for
from toolkit.project.applications import application_names
from toolkit.targets.board import load_board

GREETING = """\
#include "tm_app.h"
#include "tm_app_say.h"

const uint32_t tm_app_steps_a_second = 100;

void tm_app_step(uint32_t step) {
    char line[20];
    tm_text text = tm_text_over(line, sizeof line);
    tm_text_string(&text, "good day ");
    tm_text_unsigned(&text, step);
    tm_app_say(&text);
}
"""


def templates_with(folder: Path, name: str, text: str) -> Path:
    """Return a copy of firmware_templates with one more application."""
    shutil.copytree(paths.templates(), folder)
    (folder / "runtime" / "apps" / f"{name}.c").write_text(text)
    return folder


def lines_of(application: Application, folder: Path, templates: Path | None = None) -> list[str]:
    """Return what the firmware says on this computer in its first half second, before any command."""
    skip_without("host", "gcc")
    project = render_project(small_model(32, 32), load_board("host"), application, folder, templates)
    elf = build_firmware(project).elf
    with subprocess.Popen([elf], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        time.sleep(0.5)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return output.decode().split("\r\n")[2:-1]


def test_a_new_application_is_one_more_file(tmp_path: Path) -> None:
    templates = templates_with(tmp_path / "templates", "greeting", GREETING)

    lines = lines_of(Application("greeting"), tmp_path / "build" / "firmware", templates)

    assert lines[:3] == ["good day 0", "good day 1", "good day 2"]


def test_anomalies_say_error_and_label(tmp_path: Path) -> None:
    samples = np.zeros((2, 32), np.int8)
    application = Application("anomalies", ("normal", "odd"), samples, (0, -1), threshold=1e6)

    lines = lines_of(application, tmp_path / "firmware")

    assert re.fullmatch(r"sample 0: normal \(error \d+\.\d{6}\) expected normal", lines[0])
    assert re.fullmatch(r"sample 1: normal \(error \d+\.\d{6}\)", lines[1])


def test_only_the_chosen_application_is_in_the_project(tmp_path: Path) -> None:
    apps = tmp_path / "src" / "runtime" / "apps"
    for name in ("sine", "none"):
        render_project(small_model(), load_board("host"), Application(name), tmp_path)
        assert [path.name for path in apps.iterdir()] == [f"{name}.c"]


def test_a_wrong_name_is_answered_with_the_nearest_right_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no application 'sampels'. Did you mean samples\?"):
        render_project(small_model(), load_board("host"), Application("sampels"), tmp_path)


def test_an_application_that_shows_samples_is_refused_without_any(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="shows samples, but there are none"):
        render_project(small_model(), load_board("host"), Application("samples"), tmp_path)


def test_samples_are_for_those_that_include_their_header(tmp_path: Path) -> None:
    assert {name for name in application_names() if needs_samples(find_application(name).read_bytes())} == {
        "samples",
        "anomalies",
    }
    (tmp_path / "new.c").write_text('#include "app_data.h"\n')
    assert needs_samples(find_application("new", tmp_path).read_bytes())


def test_samples_stand_for_anomalies_where_those_are_looked_for() -> None:
    assert kind_for("samples", "anomaly") == "anomalies"
    assert kind_for("samples", "classification") == "samples"
    assert kind_for("greeting", "anomaly") == "greeting"


def test_an_application_for_another_model_or_task_is_refused() -> None:
    require_model_for("sine", (1, 1))
    require_model_for("greeting", (64, 10))
    with pytest.raises(InputError, match="one number in and one out"):
        require_model_for("sine", (64, 10))
    with pytest.raises(InputError, match="for the task anomaly, not classification"):
        kind_for("anomalies", "classification")
