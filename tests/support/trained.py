# SPDX-License-Identifier: Apache-2.0
"""The examples trained, each once however many tests look at it."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit import paths
from toolkit.compiler.compile import compile_model
from toolkit.data import Dataset, load_dataset
from toolkit.ir.real_numbers import dequantize_outputs, quantize_samples, sample_rows
from toolkit.project.config import Project, load_project
from toolkit.quantization import calibration_samples, float_tflite, quantize_model
from toolkit.reference.oracle import expected_outputs
from toolkit.training import TrainedModel, train_model
from toolkit.verify.native import NativeModel

MISSING = "needs TensorFlow and scikit-learn: pip install 'tinyml-toolkit[train]'"
HAS_TRAIN_EXTRA = all(find_spec(name) for name in ("tensorflow", "sklearn"))


def shortened(example: str, folder: Path, epochs: int) -> Project:
    """Return the example's project, copied to folder, with fewer epochs."""
    text = (paths.data_dir("examples") / example / "tinyml.toml").read_text(encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    text = re.sub(r"(?m)^epochs = \d+$", f"epochs = {epochs}", text)
    text = re.sub(r"(?m)^skip_epochs = \d+$", "skip_epochs = 0", text)
    (folder / "tinyml.toml").write_text(text, encoding="utf-8")
    return load_project(folder)


@cache
def trained(example: str) -> tuple[Project, Dataset, TrainedModel]:
    """Return the example's model to deploy, trained as the example says."""
    project = load_project(paths.data_dir("examples") / example)
    dataset = load_dataset(project)
    return project, dataset, train_model(project, dataset)


@cache
def quantized(example: str) -> tuple[bytes, bytes]:
    """Return the float32 and the int8 .tflite of trained(example)."""
    project, dataset, model = trained(example)
    return float_tflite(model.model), quantize_model(model.model, calibration_samples(project, dataset))


def outputs_of_c(model: bytes, x: NDArray[np.float32], folder: Path) -> NDArray[np.float32]:
    """Return what the C of an int8 .tflite gives for x, as real numbers; asserts that each byte is right."""
    compiled = compile_model(model, "model")
    graph = compiled.graph
    rows = sample_rows(quantize_samples(x, graph.tensors[graph.inputs[0]]))
    expected = expected_outputs(model, graph, rows).outputs
    outputs = [run.outputs for run in NativeModel(compiled, folder).run_sequence(rows)]
    assert [row.tobytes() for row in outputs] == [row.tobytes() for row in expected]
    return dequantize_outputs(expected, graph.tensors[graph.outputs[0]])
