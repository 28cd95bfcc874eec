# SPDX-License-Identifier: Apache-2.0
"""docs/operators.md and docs/adding-an-operator.md say what the code is."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support.kernel_runner import KERNELS, ROOT

from toolkit.ops.registry import operators

TABLE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
WALK = (ROOT / "docs" / "adding-an-operator.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|c)\n(?:#|//) (\S+)\n(.*?)^```$", WALK, re.MULTILINE | re.DOTALL)


def rows() -> dict[str, str]:
    return dict(re.findall(r"^\| ([A-Z0-9_]+) \|.*\| (`.*`) \|$", TABLE, re.MULTILINE))


def test_the_table_has_a_row_for_every_operator_in_order() -> None:
    assert list(rows()) == list(operators())


def test_the_table_names_every_kernel_there_is() -> None:
    named = {name for cell in rows().values() for name in re.findall(r"`(\w+)`", cell)}
    assert named == {path.stem for path in KERNELS.glob("*.c")}


def test_a_row_says_tflite_where_tflm_does_not_have_the_operator() -> None:
    said = re.findall(r"^\| ([A-Z0-9_]+) \|.*\*TFLite\*", TABLE, re.MULTILINE)
    assert said == [kind for kind, operator in operators().items() if operator.oracle == "TFLite"]


def test_the_walk_shows_code_from_each_of_its_files() -> None:
    assert {path.split("/")[0] for path, _ in BLOCKS} == {"toolkit", "firmware_templates", "tests"}


@pytest.mark.parametrize(("path", "code"), BLOCKS, ids=lambda text: text.split("\n")[0][:50])
def test_the_walk_s_code_is_the_code_in_the_file(path: str, code: str) -> None:
    assert code in (ROOT / path).read_text(encoding="utf-8")


def test_the_walk_s_experiment_runs() -> None:
    pytest.importorskip("tflite_micro", reason="tflite-micro is missing: pip install 'tinyml-toolkit[tflm]'")
    (code,) = re.findall(r"^```python\n(import numpy.*?)^```$", WALK, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "tests",
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "-13.3" in done.stdout and "12.2" in done.stdout
