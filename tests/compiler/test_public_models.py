# SPDX-License-Identifier: Apache-2.0
"""Models that other people publish and TFLM runs: each compiled, and equal to it as a sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.effort import times
from support.real_models import PUBLIC, PUBLIC_NAMES, needs_public

from toolkit.compiler.compile import compile_model
from toolkit.reference.oracle import expected_outputs
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import random_rows, verify_model
from toolkit.verify.native import NativeModel

pytestmark = needs_public


@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_a_public_model_compiles_and_is_equal_to_tflm(name: str, tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="needs TFLM: pip install 'tinyml-toolkit[tflm]'")
    data = (PUBLIC / f"{name}.tflite").read_bytes()
    compiled = compile_model(data, name)
    rows = random_rows(read_graph(data, name), times(20))

    expected = expected_outputs(data, read_graph(data, name), rows, is_stream=True)
    runs = NativeModel(compiled, tmp_path).run_sequence(rows)

    assert expected.oracle.startswith("TFLM")
    np.testing.assert_array_equal(np.stack([run.outputs for run in runs]), expected.outputs)
    assert len(verify_model(compiled, data).against) == 2
