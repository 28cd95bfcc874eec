# SPDX-License-Identifier: Apache-2.0
"""The workflows, by the services' public schemas; tests/cli/test_ci.py runs their steps."""

from __future__ import annotations

import dataclasses
import json
import os
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


@pytest.mark.parametrize("service", SERVICES)
def test_a_board_that_renode_does_not_have_gets_no_job_there(tmp_path: Path, service: str) -> None:
    project = load_project(made_repository(tmp_path))
    with_it = read_yaml(init_ci(project, service, ["nano33ble", "nucleo_f446re"]).file)
    written = init_ci(project, service, ["nucleo_f446re"], force=True)
    without = read_yaml(written.file)
    jobs = [each["jobs"] if service == "github" else each for each in (with_it, without)]
    assert [len(each) for each in jobs] == [2, 1]
    assert "Renode: it has no platform for nucleo_f446re" in "\n".join(written.notes)


@pytest.mark.parametrize("where", [".github", ".github/workflows"])
def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path, where: str) -> None:
    project = made_repository(tmp_path / "repository")
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / "repository" / where
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    with pytest.raises(InputError, match="leads out of"):
        init_ci(load_project(project), "github")
    assert not list(outside.rglob("*"))


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_gitlab_file_that_is_none_is_refused_before_anything_is_written(tmp_path: Path, make: Any) -> None:
    project = made_repository(tmp_path)
    make(tmp_path / ".gitlab-ci.yml")
    with pytest.raises(InputError, match="is no file of its own"):
        init_ci(load_project(project), "gitlab")
    assert not (tmp_path / ".gitlab").exists()


def test_data_elsewhere_are_told_and_broken_files_left_out_there_as_here(tmp_path: Path) -> None:
    project = made_repository(tmp_path / "repository")
    (tmp_path / "raw").mkdir()
    text = (
        (project / "tinyml.toml")
        .read_text()
        .replace('source = "synthetic_sine"', 'source = "image_folder"\n[data.options]\nfolder = "../../raw"')
    )
    (project / "tinyml.toml").write_text(text)
    written = init_ci(load_project(project), "github", skip_broken=True)
    assert f"{tmp_path / 'raw'} is not in the repository" in "\n".join(written.notes)
    assert "tinyml check $BOARDS --skip-broken --json" in written.file.read_text()


def test_without_git_the_projects_own_folder_is_the_repository(tmp_path: Path) -> None:
    project = made_repository(tmp_path)
    shutil.rmtree(tmp_path / ".git")
    file, notes = dataclasses.astuple(init_ci(load_project(project), "github"))
    assert "is in no git repository" in "\n".join(notes)
    assert file == project / ".github" / "workflows" / "tinyml-wand.yml"
