# SPDX-License-Identifier: Apache-2.0
"""The workflows, by the services' public schemas; tests/cli/test_ci.py runs their steps."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from toolkit.ci.workflow import SERVICES, init_ci
from toolkit.errors import InputError
from toolkit.project.config import load_project

NAMES = ["wand", "my größter wand", "it's & <so>, #1: yes", "."]
SCHEMAS = {"github": ["github-workflows"], "gitlab": ["gitlab-ci", "gitlab-ci"]}


def made_repository(folder: Path, name: str = "wand") -> Path:
    """A git repository with a project in it, in the folder name."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True, timeout=30)
    project = folder / name
    project.mkdir(parents=True, exist_ok=True)
    text = '[project]\nname = "wand"\n[data]\nsource = "synthetic_sine"\n[model]\nfamily = "mlp"\n'
    (project / "tinyml.toml").write_text(text, encoding="utf-8")
    return project


def read_yaml(path: Path) -> Any:
    yaml = pytest.importorskip("ruamel.yaml", reason="needs check-jsonschema")
    return yaml.YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_is_valid_by_the_public_schema_and_names_its_folder(
    tmp_path: Path, service: str, name: str
) -> None:
    pytest.importorskip("check_jsonschema")
    project = made_repository(tmp_path, name)
    file = init_ci(load_project(project), service).file
    files = [file, *tmp_path.glob(".gitlab-ci.yml")]
    for schema, path in zip(SCHEMAS[service], files, strict=True):
        words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    assert name in json.dumps(read_yaml(file), ensure_ascii=False).replace('\\"', '"')


@pytest.mark.parametrize("service", SERVICES)
def test_a_workflow_that_somebody_changed_stays(tmp_path: Path, service: str) -> None:
    project = load_project(made_repository(tmp_path))
    file = init_ci(project, service).file
    before = file.read_bytes()
    init_ci(project, service)
    assert file.read_bytes() == before, "the same again is no change"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is there already"):
        init_ci(project, service)
    assert file.read_text(encoding="utf-8") == "mine"
    init_ci(project, service, force=True)
    assert file.read_bytes() == before


def test_the_one_file_that_gitlab_reads_is_left_to_whom_it_belongs(tmp_path: Path) -> None:
    project = load_project(made_repository(tmp_path))
    (tmp_path / ".gitlab-ci.yml").write_text("stages: [lint]\n", encoding="utf-8")
    notes = "\n".join(init_ci(project, "gitlab").notes)
    assert "  - local: .gitlab/tinyml-wand.yml" in notes
    assert (tmp_path / ".gitlab-ci.yml").read_text(encoding="utf-8") == "stages: [lint]\n"


@pytest.mark.parametrize("name", ["a${{ secrets }}b", "$HOME", "a*b", 'a"b', "a[1]"])
def test_a_folder_that_would_mean_something_else_there_is_refused(tmp_path: Path, name: str) -> None:
    project = load_project(made_repository(tmp_path, name))
    with pytest.raises(InputError, match="cannot name the folder"):
        init_ci(project, "github")


def test_without_git_the_projects_own_folder_is_the_repository(tmp_path: Path) -> None:
    project = made_repository(tmp_path)
    shutil.rmtree(tmp_path / ".git")
    file = init_ci(load_project(project), "github").file
    assert file == project / ".github" / "workflows" / "tinyml-wand.yml"
