# SPDX-License-Identifier: Apache-2.0
"""The shell steps of the workflows that `tinyml ci init` writes, run as they stand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.hosting import Hosting, served

from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]

FIGURES = {"board": "nano33ble", "passed": True, "equal": 5, "samples": 5, "flash_bytes": 17_000}


def read_yaml(path: Path) -> Any:
    yaml = pytest.importorskip("ruamel.yaml", reason="needs check-jsonschema")
    return yaml.YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def run_step(script: str, cwd: Path, env: Mapping[str, str]) -> None:
    """Run a step as a service's runner does."""
    words = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
    whole = {**os.environ, **env, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=cwd, env=whole, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def repository(made_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the trained project in it; what a test's steps build, the next one's reuse."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True, timeout=30)
    shutil.copytree(made_project, folder / "my wand")
    return folder


@pytest.mark.skipif(not shutil.which("gh"), reason="needs GitHub's command: apt install gh")
def test_the_steps_for_github_check_compare_and_comment_once(repository: Path, tmp_path: Path) -> None:
    """pip finds everything installed here; gh itself talks, to a server of ours on a socket."""
    folder = repository / "my wand"
    boards = ["--board", "nano33ble", "--board", "host"]
    assert run(["ci", "init", "--github", "--project", str(folder), *boards]) == 0
    (file,) = (repository / ".github" / "workflows").glob("*.yml")
    workflow = read_yaml(file)
    job = workflow["jobs"]["check"]
    where = repository / job["defaults"]["run"]["working-directory"]
    figures = json.dumps({"nano33ble": FIGURES}).encode()
    hosting = Hosting(figures, workflow["env"]["MAIN"], workflow["env"]["FIGURES"])
    config, socket = tmp_path / "gh", tmp_path / "gh.socket"
    config.mkdir()
    (config / "config.yml").write_text(f"http_unix_socket: {socket}\n", encoding="utf-8")
    env = {
        **workflow["env"],
        "GH_CONFIG_DIR": str(config),
        "GH_TOKEN": "a-token",
        "NUMBER": "12",
        "GITHUB_REPOSITORY": "somebody/wand",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    with served(hosting, socket):
        steps = [step["run"] for step in job["steps"] if "run" in step]
        for script in (*steps, *steps[-2:]):
            run_step(script, where, env)
    (comment,) = hosting.comments
    assert "nano33ble: 40 of 40 outputs equal" in comment
    assert "| nano33ble | flash, bytes | 17,000 |" in comment
    assert comment in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert set(json.loads((where / "ci" / "figures.json").read_bytes())) == {"nano33ble", "host"}
    paths = [step["with"]["path"] for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    for pattern in "\n".join(paths).split("\n"):
        assert not pattern or list(repository.glob(pattern)), f"nothing to upload at {pattern}"


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_steps_for_gitlab_check_compare_and_comment(repository: Path) -> None:
    folder = repository / "my wand"
    assert run(["ci", "init", "--gitlab", "--project", str(folder)]) == 0
    (file,) = (repository / ".gitlab").glob("*.yml")
    job = next(iter(read_yaml(file).values()))
    hosting = Hosting(json.dumps({"nano33ble": FIGURES}).encode())
    env = {
        **job["variables"],
        "CI_PROJECT_DIR": str(repository),
        "CI_PROJECT_ID": "5",
        "CI_DEFAULT_BRANCH": "main",
        "CI_JOB_TOKEN": "job",
        "CI_MERGE_REQUEST_IID": "3",
        "TINYML_COMMENTS": "private",
    }
    with served(hosting) as url:
        env["CI_API_V4_URL"] = f"{url}/api/v4"
        run_step("\n".join(job["script"]), repository, env)
        hosting.figures = None
        is_long = "tinyml check"
        run_step("\n".join(line for line in job["script"] if is_long not in line), repository, env)
    first, second = hosting.comments
    assert "nano33ble: 40 of 40 outputs equal" in first
    assert "| nano33ble | flash, bytes | 17,000 |" in first
    assert "There are no figures to compare with yet." in second
    assert hosting.tokens == {"job", "private"}
    for pattern in job["artifacts"]["paths"]:
        assert list(repository.glob(pattern)), f"nothing to keep at {pattern}"
