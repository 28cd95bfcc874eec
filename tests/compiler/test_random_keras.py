# SPDX-License-Identifier: Apache-2.0
"""Random Keras models, quantized as `tinyml quantize` does and compiled, against TFLM byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.effort import times
from support.host_model import HostModel
from support.kernel_runner import random_samples
from support.random_keras import random_keras_model
from support.tflm import run_tflm
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.compiler.compile import compile_model
from toolkit.ops.shared.operator import Array
from toolkit.quantization import quantize_model
from toolkit.reference.oracle import expected_outputs, lacking_in_tflm
from toolkit.reference.tflm_worker import join_outputs
from toolkit.tflite.reader import read_graph

pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.train,
    pytest.mark.fuzz,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]
SAMPLES = 12


def truth(data: bytes, samples: list[list[Array]]) -> list[Array]:
    """Each sample's output bytes as TFLM computes them; where it has not all operators (TILE of an
    UpSampling2D), those of the oracle that a check takes then.
    """
    graph = read_graph(data, "truth")
    if lacking_in_tflm(graph):
        rows = np.stack([join_outputs(sample) for sample in samples])
        return list(expected_outputs(data, graph, rows).outputs)
    return [join_outputs(outputs) for outputs in run_tflm(data, samples, outputs=len(graph.outputs))]


@pytest.mark.parametrize("seed", range(times(4, here=2)))
def test_a_random_keras_model_computes_what_tflm_computes(tmp_path: Path, seed: int) -> None:
    model, rng = random_keras_model(seed), np.random.default_rng(seed)
    data = quantize_model(model, rng.normal(size=(20, *model.input_shape[1:])).astype(np.float32))
    samples = random_samples(read_graph(data, model.name), rng, SAMPLES)
    expected = truth(data, samples)

    found = HostModel(compile_model(data, model.name), tmp_path).run(samples)

    for sample, (right, outputs) in enumerate(zip(expected, found, strict=True)):
        np.testing.assert_array_equal(join_outputs(outputs), right, err_msg=f"sample {sample}")
