# SPDX-License-Identifier: Apache-2.0
"""The files that start a search on many computers are right for what reads them, where that can be tried."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from toolkit.cli.search_cmd import command

FOLDER = Path(__file__).parents[2] / "docs" / "search"
FILES = sorted(path for path in FOLDER.iterdir())
SCRIPTS = [path for path in FILES if path.suffix == ".sh"]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_bash_can_read_the_script(path: Path) -> None:
    done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_slurm_finds_its_options_before_the_first_command() -> None:
    """It does not read those that stand behind one, and says nothing."""
    lines = text_of(FOLDER / "slurm.sh").splitlines()
    first = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    options = [i for i, line in enumerate(lines) if line.startswith("#SBATCH")]
    assert max(options) < first
    assert all(re.fullmatch(r"#SBATCH --[a-z-]+(=\S+)?", lines[i]) for i in options)


def test_kubernetes_takes_the_job_by_its_own_schema() -> None:
    validator = pytest.importorskip(
        "kubernetes_validate", reason="needs kubernetes-validate of the extra test"
    )
    import yaml

    (job,) = yaml.safe_load_all(text_of(FOLDER / "kubernetes.yaml"))
    for version in ("1.28", "1.31"):
        validator.validate(job, version, strict=True)
    job["spec"]["paralelism"] = 1
    with pytest.raises(validator.ValidationError):
        validator.validate(job, "1.31", strict=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_search_that_a_file_starts_is_one(path: Path) -> None:
    joined = text_of(path).replace("\\\n", " ")
    if path.suffix == ".yaml":
        joined = re.sub(r"\n\s+(?=--storage)", " ", joined)
    (line,) = re.findall(r"tinyml search (--[^>'\n]*)", joined)
    context = command.make_context("search", shlex.split(line))
    assert str(context.params["storage"]).startswith("postgresql://me@")
    assert context.params["ram_bytes"] == 65536
    assert context.params["latency_s"] == 0.1
