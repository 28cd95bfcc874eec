# SPDX-License-Identifier: Apache-2.0
"""docs/first-steps.md: seven steps, whose commands run, also as a notebook."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from support.notebook import DOCS, NOTEBOOK, PAGE, notebook_of

TEXT = PAGE.read_text(encoding="utf-8")


def test_each_of_seven_steps_has_a_command_and_a_picture_that_is_there() -> None:
    steps = re.split(r"(?m)^## (?=\d)", TEXT.partition("\n## And now")[0])[1:]
    assert [step[0] for step in steps] == list("1234567")
    for step in steps:
        assert re.search(r"(?m)^    tinyml \w+", step), step
        (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", step)
        assert (DOCS / picture).is_file()


def test_the_notebook_is_that_of_the_page() -> None:
    """python tests/support/notebook.py writes it."""
    assert NOTEBOOK.read_text(encoding="utf-8") == notebook_of(TEXT)


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_the_notebook_runs_from_the_first_cell_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "needs nbclient and ipykernel: pip install nbclient ipykernel"
    nbclient = pytest.importorskip("nbclient", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    nbformat = pytest.importorskip("nbformat", reason=reason)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    shutil.copy(NOTEBOOK, tmp_path)
    notebook = nbformat.read(tmp_path / NOTEBOOK.name, as_version=4)

    nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(tmp_path)}}).execute()

    said = "".join(
        output.get("text", "")
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "Error:" not in said, said
    assert "200 of 200 samples equal" in said
    assert (tmp_path / "sine" / "build" / "look" / "samples.npy.png").is_file()
