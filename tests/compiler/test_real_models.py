# SPDX-License-Identifier: Apache-2.0
"""Models that people use: bit-exact on their vectors and on random inputs, and soon compiled."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from support.effort import times
from support.real_models import MODEL_NAMES, MODELS, needs_models

from toolkit.compiler.compile import compile_model
from toolkit.firmware.toolchain import find_toolchain
from toolkit.reference.oracle import Rows, expected_outputs
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import random_rows
from toolkit.verify.native import NativeModel

RANDOM_INPUTS = 20  # a thousand with TINYML_FUZZ=50
MOST_CPU_S = 3.0

pytestmark = needs_models


def outputs_of(native: NativeModel, rows: Rows) -> Rows:
    return np.stack([run.outputs for run in native.run_sequence(rows)])


@pytest.mark.fuzz
@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_real_model_is_bit_exact_on_its_vectors_and_on_random_inputs(name: str, tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="needs TFLM: pip install 'tinyml-toolkit[tflm]'")
    data = (MODELS / f"{name}.tflite").read_bytes()
    graph = read_graph(data, name)
    native = NativeModel(compile_model(data, name), tmp_path, find_toolchain("native"), optimize="-O2")
    vectors = np.load(MODELS / f"{name}_vectors.npz")
    inputs, outputs = (vectors[key].reshape(len(vectors[key]), -1) for key in ("inputs", "outputs"))
    rows = random_rows(graph, times(RANDOM_INPUTS))

    expected = expected_outputs(data, graph, rows, is_stream=True)

    assert expected.oracle.startswith("TFLM")
    assert len(np.unique(expected.outputs, axis=0)) > len(rows) // 4
    np.testing.assert_array_equal(outputs_of(native, inputs), outputs)
    np.testing.assert_array_equal(outputs_of(native, rows), expected.outputs)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_real_model_is_planned_and_compiled_in_three_seconds(name: str) -> None:
    """Of the processor's time, as shared machines are noisy; without the C compiler."""
    data = (MODELS / f"{name}.tflite").read_bytes()
    started = time.process_time()

    assert compile_model(data, name).sources

    assert time.process_time() - started < MOST_CPU_S
