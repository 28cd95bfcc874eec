# SPDX-License-Identifier: Apache-2.0
"""The applications that tinyml.toml accepts are the files in firmware_templates/runtime/apps/."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from toolkit import paths
from toolkit.errors import InputError
from toolkit.project.applications import application_names
from toolkit.project.code_graph import CodeGraph
from toolkit.project.config import load_project


def application_in(folder: Path, name: str) -> str:
    """Return the application of a project file that names it."""
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "demo"\n[data]\nsource = "digits"\n[model]\nfamily = "cnn"\n'
        f'[firmware]\napplication = "{name}"\n'
    )
    return load_project(folder).firmware.application


@pytest.mark.parametrize("name", application_names())
def test_every_application_is_accepted(name: str, tmp_path: Path) -> None:
    assert application_in(tmp_path, name) == name


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("sampels", r"application 'sampels' is not known: .*Did you mean samples\?"),
        ("anomaly", r"Did you mean anomalies\?"),
        ("xyz", r"Known: .*none, .*samples, sine"),
        ("../none", r"Did you mean none\?"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_right_ones(wrong: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"tinyml.toml:8: firmware.application: .*{words}"):
        application_in(tmp_path, wrong)


def test_one_more_file_is_one_more_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(paths.templates("runtime"), tmp_path / "runtime")
    (tmp_path / "runtime" / "apps" / "greeting.c").touch()
    monkeypatch.setattr(paths, "data_dir", lambda _: tmp_path)

    assert application_in(tmp_path, "greeting") == "greeting"


def test_the_settings_do_not_depend_on_an_applications_code() -> None:
    """Else a change of an application would train the model again."""
    graph = CodeGraph()
    apps = {
        path.name
        for path in graph.files_of("toolkit.project.config")
        if path.parent == paths.templates("runtime", "apps")
    }
    assert not apps
