# SPDX-License-Identifier: Apache-2.0
"""What made a model: the same inputs give the same record, and a record from elsewhere does no harm."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.codegen.model_data import model_data_sources
from toolkit.project.config import DataConfig, FirmwareConfig, ModelConfig, Project, ProjectConfig
from toolkit.project.provenance import Provenance, provenance_beside, provenance_of
from toolkit.project.recipe import TrainingConfig

PROJECT = Project(ProjectConfig("p"), DataConfig("sine"), ModelConfig(family="mlp"))
KNOWN = Provenance("d" * 64, "c" * 64, 1, "e" * 64, {"tinyml-toolkit": "1.2"})


def config_of(project: Project) -> str:
    return provenance_of(project, "d", "m").config_sha256


def test_the_settings_of_the_model_count_and_those_of_the_firmware_do_not() -> None:
    assert config_of(PROJECT) == config_of(PROJECT.with_firmware(FirmwareConfig(samples=3)))
    longer = replace(PROJECT, training=TrainingConfig(epochs=51))
    assert config_of(PROJECT) != config_of(longer)


def test_a_record_goes_to_json_and_back() -> None:
    assert Provenance.from_json(json.loads(json.dumps(KNOWN.to_json()))) == KNOWN
    assert KNOWN.lines() == [f"data {'d' * 16}, config {'c' * 16}, seed 1, tinyml-toolkit 1.2"]


def test_the_file_beside_a_model_counts_if_it_is_of_the_same_bytes(tmp_path: Path) -> None:
    model = tmp_path / "model.tflite"
    (tmp_path / "quantization.json").write_text(json.dumps({"made_by": KNOWN.to_json()}))
    assert provenance_beside(model, "e" * 64) == KNOWN
    other = provenance_beside(model, "f" * 64)
    assert (other.data_sha256, other.model_sha256, set(other.versions)) == ("", "f" * 64, {"tinyml-toolkit"})


@pytest.mark.parametrize("text", ["", "[]", '{"made_by": 1}', '{"made_by": {"versions": 3}}', '{"x": 1}'])
def test_a_damaged_file_beside_a_model_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "quantization.json").write_text(text)
    assert provenance_beside(tmp_path / "model.tflite", "f" * 64).data_sha256 == ""


def test_a_record_cannot_end_the_comment_that_it_stands_in() -> None:
    evil = replace(KNOWN, versions={"*/ #error": "??/\n*/"})
    text = model_data_sources(b"x", "m", evil)["model_data.c"]
    assert text.count("*/") == 1 and "??/" not in text
