# SPDX-License-Identifier: Apache-2.0
"""Two models in one program: no symbol clashes, and neither disturbs the other."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.host_model import FLAGS, INCLUDES, KERNELS, SANITIZERS
from support.random_networks import random_network
from support.random_stacks import image_network
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run
from toolkit.compiler.bundle import Bundle, bundle_models
from toolkit.compiler.compile import compile_model
from toolkit.errors import UnsupportedError, UsageError
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.reference.oracle import join_outputs, split_inputs
from toolkit.verify.generated_c import random_rows, verify_model


def graphs() -> tuple[Graph, Graph]:
    return small_graph(), random_network(5)


def bundled(*, shared: bool) -> Bundle:
    models = [compile_model(write_tflite(graph), graph.name) for graph in graphs()]
    return bundle_models(models, shared_arena=shared)


def program_of(bundle: Bundle, folder: Path, *, shared: bool) -> Path:
    """Compile a bundle with the test's main, warnings as errors and sanitizers on."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("no C compiler for the host: apt install gcc")
    for name, text in bundle.sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    sources = [folder / name for name in bundle.sources if name.endswith(".c")]
    kernels = [KERNELS / f"{kernel}.c" for kernel in bundle.kernels]
    main = Path(__file__).parent / "two_models.c"
    flags = [*FLAGS, *SANITIZERS, *(["-DSHARED"] if shared else [])]
    words = [gcc, *flags, *INCLUDES, "-I", folder, main, *sources, *kernels, "-o", folder / "program"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "program"


@pytest.mark.parametrize("shared", [False, True])
def test_two_models_run_side_by_side(tmp_path: Path, shared: bool) -> None:
    bundle = bundled(shared=shared)
    program = program_of(bundle, tmp_path, shared=shared)
    rows = [random_rows(graph, 6) for graph in graphs()]
    feed = b"".join(a.tobytes() + b.tobytes() for a, b in zip(*rows, strict=True))

    done = subprocess.run([program], input=feed, capture_output=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr.decode()
    expected = [
        b"".join(
            join_outputs(evaluate(graph, split_inputs(graph, row))).tobytes()
            for graph, row in zip(graphs(), pair, strict=True)
        )
        for pair in zip(*rows, strict=True)
    ]
    assert done.stdout == b"".join(expected)


def test_the_shared_arena_is_as_large_as_the_largest_and_kernels_are_there_once() -> None:
    separate, shared = bundled(shared=False), bundled(shared=True)
    sizes = [model.arena_bytes for model in shared.models]

    assert (separate.arena_bytes, shared.arena_bytes) == (sum(sizes), max(sizes))
    assert f"TM_SHARED_ARENA_BYTES {max(sizes)}u" in shared.sources["tm_shared_arena.h"]
    assert not any(
        "_arena[" in shared.sources[f"{model.name}.c"].replace("tm_shared_arena[", "")
        for model in shared.models
    )
    assert len(set(separate.kernels)) == len(separate.kernels)
    assert set(separate.kernels) == {kernel for model in separate.models for kernel in model.kernels}


def test_each_model_of_a_bundle_is_verified_in_it() -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler for the host: apt install gcc")
    bundle = bundled(shared=True)

    for place, graph in enumerate(graphs()):
        assert verify_model(bundle.alone(place), write_tflite(graph)).samples == 4


def test_two_models_of_one_name_are_refused() -> None:
    first, second = (compile_model(write_tflite(small_graph()), name) for name in ("a-model", "A_MODEL"))

    with pytest.raises(UsageError, match="two models are called A_MODEL in C"):
        bundle_models([first, second])


def test_a_model_that_remembers_is_refused_a_shared_arena() -> None:
    model = bundled(shared=False).models[0]
    tensors = model.graph.tensors
    kept = replace(
        tensors[0], id=len(tensors), storage=len(tensors), state=np.zeros(tensors[0].shape, np.int8)
    )
    (first, *rest) = model.graph.operations
    first = replace(first, kind="SVDF", inputs=(*first.inputs, kept.id))
    remembering = replace(model.graph, operations=(first, *rest)).with_tensor(kept)

    with pytest.raises(UnsupportedError, match=r"small keeps values .* in operation 0 \(SVDF\)"):
        bundle_models([replace(model, graph=remembering)], shared_arena=True)


def test_the_command_compiles_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = []
    for graph in graphs():
        paths.append(tmp_path / f"{graph.name}.tflite")
        paths[-1].write_bytes(write_tflite(graph))
    words = ["compile", *map(str, paths), "--output", str(tmp_path / "c"), "--json"]

    assert run([*words, "--shared-arena"]) == 0
    shared = json.loads(capsys.readouterr().out)
    assert run([*words, "--no-verify"]) == 0
    separate = json.loads(capsys.readouterr().out)

    assert shared["arena_bytes"] < separate["arena_bytes"]
    assert {"small.c", "net5.h", "net5_plan.json", "tm_aot.c"} <= {p.name for p in (tmp_path / "c").iterdir()}


def test_ram_is_the_most_that_a_shared_arena_may_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide, small = tmp_path / "wide.tflite", tmp_path / "small.tflite"
    wide.write_bytes(write_tflite(image_network(12)))
    small.write_bytes(write_tflite(small_graph()))
    words = ["compile", str(wide), str(small), "--output", str(tmp_path / "c"), "--json"]
    assert run([*words, "--shared-arena", "--no-verify"]) == 0
    whole = json.loads(capsys.readouterr().out)["arena_bytes"]

    assert run([*words, "--shared-arena", "--ram", str(whole - 1000)]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["arena_bytes"] <= whole - 1000
    assert (bool(found["patches"][0]), found["patches"][1]) == (True, None)
    assert run([*words, "--ram", str(whole)]) == 2
    assert "these 2 models have one each" in capsys.readouterr().out
