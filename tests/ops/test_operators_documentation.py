# SPDX-License-Identifier: Apache-2.0
"""docs/operators.md and docs/adding-an-operator.md say what the code is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.kernel_runner import KERNELS, ROOT
from support.one_of_each import KINDS, one_of, problems_of

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import Target

TABLE = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
WALK = (ROOT / "docs" / "adding-an-operator.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|c)\n(?:#|//) (\S+)\n(.*?)^```$", WALK, re.MULTILINE | re.DOTALL)


def rows() -> dict[str, str]:
    return dict(re.findall(r"^\| ([A-Z0-9_]+) \|.*\| (`.*`|none) \|$", TABLE, re.MULTILINE))


def test_the_table_has_a_row_for_every_operator_in_order() -> None:
    assert list(rows()) == list(operators())


def test_the_table_names_every_kernel_there_is() -> None:
    named = {name for cell in rows().values() for name in re.findall(r"`(\w+)`", cell)}
    assert named == {path.stem for path in KERNELS.glob("*.c")}


def test_every_operator_has_its_file_its_kernels_and_a_test_that_drives_it() -> None:
    named = ("support/loops.py", "support/signal_graphs.py", "passes/test_merge_elementwise.py")
    places = ("ops/test_*.py", "kernels/test_*.py", "support/random_*.py", *named)
    files = [path for place in places for path in (ROOT / "tests").glob(place) if path != Path(__file__)]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for kind, cell in rows().items():
        assert (ROOT / "toolkit" / "ops" / f"{kind.lower()}.py").is_file(), kind
        kernels = re.findall(r"`(tm_\w+)`", cell)
        assert bool(kernels) == (kind not in ("IF", "WHILE")), kind
        assert all((KERNELS / f"{kernel}.{end}").is_file() for kernel in kernels for end in "ch"), kind
        assert f'"{kind}"' in tests, f"no test drives {kind}"


def test_a_row_says_tflite_where_tflm_does_not_have_the_operator() -> None:
    said = re.findall(r"^\| ([A-Z0-9_]+) \|.*\*TFLite\*", TABLE, re.MULTILINE)
    assert said == [kind for kind, operator in operators().items() if operator.oracle == "TFLite"]


def takes(kind: str) -> str:
    """Return what the table says that an operator takes; "as X" stands for X's where it names no type."""
    (cell,) = re.findall(rf"^\| {kind} \| (.*?) \|", TABLE, re.MULTILINE)
    other = re.match(r"as ([A-Z0-9_]+)", cell)
    return takes(other[1]) if other and not re.search(r"int\d|16x8", cell) else str(cell)


def claims(kind: str) -> set[str]:
    """Return the types that the table claims of int8, int16 and int4 (weights)."""
    named = set(re.findall(r"\bint(?:8|16|4)\b", takes(kind).replace("16x8", "int16")))
    named |= {"int8", "int16"} if "any type" in takes(kind) else set()
    return named or {"int8"}


def kernels_of(graph: Graph) -> set[str]:
    (operation,) = graph.operations
    return {c.kernel for c in kernel_calls(operators()[operation.kind].lower(graph, operation, Target()))}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_the_table_claims_the_types_that_the_operator_takes(kind: str, dtype: str) -> None:
    graph = one_of(kind, dtype)
    problems = problems_of(graph)

    if dtype in claims(kind):
        assert problems == []
        assert kernels_of(graph) <= set(re.findall(r"`(\w+)`", rows()[kind]))
    else:
        assert any(dtype in problem for problem in problems), problems


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"])
def test_the_table_claims_int4_weights_where_the_operator_takes_them(kind: str) -> None:
    graph = one_of(kind, "int8", weights="int4")
    problems = problems_of(graph)

    if "int4" in claims(kind):
        assert problems == []
        assert kernels_of(graph) <= {k for k in re.findall(r"`(\w+)`", rows()[kind]) if k.endswith("_s4")}
    else:
        assert any("int4" in problem for problem in problems), problems


def test_only_those_with_weights_claim_int4() -> None:
    assert {kind for kind in rows() if "int4" in claims(kind)} == {
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
    }


def test_kernels_for_an_instruction_set_are_claimed_where_there_are_any() -> None:
    _, section = TABLE.split("## Kernels for an instruction set")
    optimised = {path.stem for path in KERNELS.glob("*/*.c")}
    files = re.findall(r"^\| (`tm_[^|]*) \|", section, re.MULTILINE)
    assert optimised == {name for each in files for name in re.findall(r"`(tm_\w+)`", each)}


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
