# SPDX-License-Identifier: Apache-2.0
"""Bosch's configuration of the BMI270 is a file of the user's; without it a firmware says what it lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from toolkit.errors import InputError
from toolkit.firmware.application import Application
from toolkit.firmware.bmi270 import CONFIG_BYTES, ChipConfig, chip_config_of, read_chip_config
from toolkit.firmware.recorder import no_model
from toolkit.firmware.render import render_project
from toolkit.project.config import load_project
from toolkit.project.owncode import OwnCode
from toolkit.targets.board import load_board

REV2 = load_board("nano33ble_sense_rev2")
BYTES = np.random.default_rng(27).bytes(CONFIG_BYTES)
NOTICE = "/**\n* Copyright (c) 2025 Somebody\n* BSD-3-Clause\n*/"
CODE = b"""#include "app.h"
#include "tm_sensors.h"
#ifdef TM_ACCEL
#endif
void app_start(void) {}
void app_step(void) {}
"""
SOURCE = "src/sensors/tm_bmi270_config.c"


def as_c(data: bytes, name: str = "bmi270_config_file") -> str:
    """Return C as Bosch's bmi270.c is: a notice, other things, the array with comments in it."""
    numbers = ",\n    ".join(f"0x{byte:02x}" for byte in data)
    array = f"const uint8_t {name}[] = {{ // 8 kB\n    {numbers}\n}};\n"
    return f'{NOTICE}\n#include "bmi270.h"\n/* {{1}} */\n{array}int f(void) {{ return {name}[0]; }}\n'


def test_bytes_and_bosch_s_c_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "config.bin").write_bytes(BYTES)
    (tmp_path / "bmi270.c").write_text(as_c(BYTES))
    assert read_chip_config(tmp_path / "config.bin") == ChipConfig(BYTES)
    assert read_chip_config(tmp_path / "bmi270.c") == ChipConfig(BYTES, NOTICE)


def test_the_generated_c_has_the_bytes_and_the_notice(tmp_path: Path) -> None:
    source = ChipConfig(BYTES, NOTICE).source()
    assert NOTICE in source and "BSD-3-Clause" in source
    (tmp_path / "again.c").write_text(source.replace("tm_bmi270_config[", "bmi270_config_file["))
    assert read_chip_config(tmp_path / "again.c").data == BYTES


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BYTES[:-1], r"8,191 bytes, not 8,192"),
        (as_c(BYTES[1:]).encode(), r"bmi270_config_file\[\] has 8,191 bytes"),
        (as_c(BYTES, "bmi270_context_config_file").encode(), r"has no bmi270_config_file\[\]"),
        (as_c(BYTES).replace("0x", "0x1", 1).encode(), "else than bytes"),
    ],
    ids=["short", "short-c", "other-array", "no-byte"],
)
def test_another_file_is_refused_with_where_the_right_one_is(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_chip_config(tmp_path / "file")
    assert "BMI270_SensorAPI" in str(caught.value.hint)


def test_a_file_that_is_not_there_is_said_with_where_it_is_from(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "wand"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n'
        '[firmware]\nboard = "nano33ble_sense_rev2"\nbmi270_config = "bmi270.c"\n'
    )
    project = load_project(tmp_path)
    with pytest.raises(InputError, match=r"bmi270\.c: No such file") as caught:
        chip_config_of(project, REV2)
    assert "BMI270_SensorAPI" in str(caught.value.hint)
    assert chip_config_of(project, load_board("nano33ble")) is None
    (tmp_path / "bmi270.c").write_text(as_c(BYTES))
    assert chip_config_of(project, REV2) == ChipConfig(BYTES, NOTICE)


def rendered(folder: Path, application: Application) -> tuple[str, bool]:
    """Return tm_sensors.h, and whether the chip's configuration is in the project."""
    project = render_project(no_model(REV2), REV2, application, folder)
    return (project.folder / "include/tm_sensors.h").read_text(), (project.folder / SOURCE).is_file()


def test_the_recorder_has_the_chip_s_sensors_if_there_is_a_configuration(tmp_path: Path) -> None:
    recorder = Application(recorder_bytes=4096)
    header, is_there = rendered(tmp_path / "without", recorder)
    assert "TM_MAG" in header and "bmi270" not in header and not is_there
    header, is_there = rendered(tmp_path / "with", replace(recorder, bmi270=ChipConfig(BYTES)))
    assert "#define TM_ACCEL tm_bmi270_accel" in header and is_there


def test_an_application_that_uses_the_chip_without_configuration_is_told(tmp_path: Path) -> None:
    own = Application(recorder_bytes=4096, own=OwnCode("my_app", (("app/my_app.c", CODE),)))
    with pytest.raises(InputError, match=r"app/my_app\.c uses TM_ACCEL.*BMI270.*8,192 bytes") as caught:
        rendered(tmp_path, own)
    hint = str(caught.value.hint)
    assert 'bmi270_config = "bmi270.c"' in hint and "BMI270_SensorAPI" in hint and '"none"' in hint
    header, _ = rendered(tmp_path, replace(own, without_bmi270=True))
    assert "TM_ACCEL" not in header.replace("#ifdef TM_ACCEL", "")
    mag = CODE.replace(b"ACCEL", b"MAG /* TM_ACCEL */")
    other = replace(own, own=OwnCode("my_app", (("app/my_app.c", mag), ("app/notes.txt", b"TM_ACCEL"))))
    assert "TM_MAG" in rendered(tmp_path, other)[0]
