# SPDX-License-Identifier: Apache-2.0
"""TensorFlow's functions as the converter quantizes them, compiled, against TFLM."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.host_model import HostModel
from support.kernel_runner import random_samples
from support.tflm import run_tflm

from toolkit.compiler.compile import compile_model
from toolkit.tflite.reader import read_graph

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs"),
    pytest.mark.skipif(
        find_spec("tensorflow") is None, reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'"
    ),
]
SHAPE = (1, 6, 8)


def functions(x: Any) -> list[Any]:
    """The results of many functions, for the converter to make an operator of each."""
    import tensorflow as tf

    matrix = np.random.default_rng(1).normal(0, 1, (8, 8)).astype(np.float32)
    y = tf.matmul(x, tf.constant(matrix))
    centred = x - tf.reduce_mean(x, 2, keepdims=True)
    variance = tf.math.reduce_variance(x, 2, keepdims=True)
    return [
        y - x,
        1 - x,
        tf.clip_by_value(tf.minimum(x, y), -0.5, 0.7),
        tf.nn.leaky_relu(y, 0.1),
        x * tf.nn.relu6(x + 3) / 6,
        tf.math.rsqrt(tf.abs(x) + 0.1),
        tf.math.squared_difference(x, y),
        tf.reduce_sum(x, 1),
        tf.reduce_max(tf.nn.relu(y), 2),
        tf.reduce_min(y + x, 1, keepdims=True),
        tf.argmax(x, 2, output_type=tf.int32),
        tf.argmin(y, 1, output_type=tf.int32),
        tf.nn.l2_normalize(x, -1),
        tf.nn.log_softmax(x),
        tf.cast(tf.equal(x, y), tf.float32),
        tf.cast(tf.logical_or(x > 0.1, tf.logical_not(y <= 0.0)), tf.float32) * x,
        centred * tf.math.rsqrt(variance + 1e-3),
    ]


def converted() -> bytes:
    """The functions as an int8 .tflite."""
    import tensorflow as tf

    rows = np.random.default_rng(2).normal(0, 1, (64, *SHAPE)).astype(np.float32)
    graph = tf.function(functions).get_concrete_function(tf.TensorSpec(SHAPE, tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row] for row in rows)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def test_functions_of_tensorflow_compute_what_tflm_computes(tmp_path: Path) -> None:
    data = converted()
    graph = read_graph(data, "functions")
    samples = random_samples(graph, np.random.default_rng(3), 40)

    found = HostModel(compile_model(data, "functions"), tmp_path).run(samples)

    assert len({operation.kind for operation in graph.operations}) >= 24
    for truth, result in zip(run_tflm(data, samples, outputs=len(graph.outputs)), found, strict=True):
        for output, (expected, got) in enumerate(zip(truth, result, strict=True)):
            np.testing.assert_array_equal(got, expected.reshape(got.shape), err_msg=f"output {output}")
