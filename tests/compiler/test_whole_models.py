# SPDX-License-Identifier: Apache-2.0
"""Whole networks, compiled and run on the host, against TFLM byte for byte."""

from __future__ import annotations

import contextlib
import os
import random
import time
from pathlib import Path

import numpy as np
import pytest
from support.effort import times
from support.host_model import ROOT, HostModel
from support.kernel_runner import random_samples
from support.random_networks import random_network
from support.small_model import small_graph
from support.tflite_writer import write_tflite
from support.tflm import run_graph

from toolkit.compiler.choice import Optimization
from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.ir.dump import graph_text
from toolkit.tflite.reader import read_graph

SHARED_MODELS = Path(os.environ.get("TINYML_SHARED_MODELS", ROOT.parent / "shared" / "models"))
SAMPLES = 12


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(times(100, here=24)))
def test_a_random_network_computes_what_tflm_computes(tmp_path: Path, seed: int) -> None:
    graph = random_network(seed)
    samples = random_samples(graph, np.random.default_rng(seed), SAMPLES)
    truths = run_graph(graph, samples)

    goal = Optimization("size" if seed % 2 else "balanced")
    model = compile_model(write_tflite(graph), graph.name, optimization=goal)

    found = HostModel(model, tmp_path).run(samples)

    for sample, (truth, result) in enumerate(zip(truths, found, strict=True)):
        for output, (expected, got) in enumerate(zip(truth, result, strict=True)):
            np.testing.assert_array_equal(got, expected, err_msg=f"sample {sample}, output {output}")


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(times(6, here=2)))
def test_a_damaged_model_that_compiles_runs_clean(tmp_path: Path, seed: int) -> None:
    """Flip bytes until the graph has changed and still compiles; the sanitizers watch it run."""
    rng = random.Random(seed)
    data = write_tflite(small_graph() if seed % 2 else random_network(seed))
    whole = graph_text(read_graph(data, "damaged"))
    while True:
        damaged = bytearray(data)
        damaged[rng.randrange(len(data))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
        with contextlib.suppress(InputError):
            model = compile_model(bytes(damaged), "damaged")
            if graph_text(read_graph(bytes(damaged), "damaged")) != whole:
                break

    samples = random_samples(model.graph, np.random.default_rng(seed), 4)

    assert len(HostModel(model, tmp_path).run(samples)) == 4


def shared_model(name: str) -> tuple[bytes, dict[str, np.ndarray]]:
    model, vectors = SHARED_MODELS / f"{name}.tflite", SHARED_MODELS / f"{name}_vectors.npz"
    if not model.is_file() or not vectors.is_file():
        pytest.skip(f"no {model}: set TINYML_SHARED_MODELS to the folder that has it")
    with np.load(vectors) as arrays:
        return model.read_bytes(), {"inputs": arrays["inputs"], "outputs": arrays["outputs"]}


@pytest.mark.parametrize("name", ["kws", "ic", "ad"])
def test_a_benchmark_model_gives_the_outputs_beside_it(tmp_path: Path, name: str) -> None:
    data, vectors = shared_model(name)
    started = time.monotonic()
    model = compile_model(data, name)
    compile_s = time.monotonic() - started

    found = HostModel(model, tmp_path).run([[row] for row in vectors["inputs"]])

    for row, (outputs, expected) in enumerate(zip(found, vectors["outputs"], strict=True)):
        np.testing.assert_array_equal(outputs[0].ravel(), expected, err_msg=f"sample {row}")
    assert compile_s < 3


def test_the_benchmark_models_need_the_arena_that_the_documentation_says() -> None:
    text = (ROOT / "docs" / "memory.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")][2:5]
    assert [row[0].strip() for row in rows] == ["kws", "ic", "ad"]
    for name, arena, _, _, _, bound, least in ([cell.strip() for cell in row] for row in rows):
        model = compile_model(shared_model(name)[0], name)

        assert f"{model.arena_bytes:,}" == arena
        assert f"{model.plan.lower_bound_bytes:,}" == bound
        assert model.plan.is_least == (least == "yes")
