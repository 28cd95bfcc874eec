# SPDX-License-Identifier: Apache-2.0
"""Two compiled models linked into one firmware, both invoked in emulation: each gives what TFLM gives."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support.firmware import digits_like, skip_without
from support.small_model import small_graph
from support.tflite_writer import write_tflite
from support.variants_that_wait import waiting

from toolkit.compiler.bundle import Bundle, bundle_models
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.firmware.sizes import symbol_values
from toolkit.ir.graph import Graph
from toolkit.reference.oracle import Rows, expected_outputs
from toolkit.runners.link import open_link
from toolkit.runners.session import run_samples
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import random_rows

pytestmark = [pytest.mark.no_cover, pytest.mark.xdist_group("firmware")]

GLUE = Path(__file__).parent / "two_models.c"
SAMPLES = 4


@cache
def files() -> tuple[bytes, bytes]:
    return digits_like()[0], write_tflite(small_graph())


def bundled(*, shared: bool) -> Bundle:
    names = ("first", "second")
    models = [compile_model(data, name) for data, name in zip(files(), names, strict=True)]
    assert set(models[0].kernels) & set(models[1].kernels), "they share no kernel"
    return bundle_models(models, shared_arena=shared)


def joint(bundle: Bundle, *, shared: bool) -> CompiledModel:
    """Return both models as the one of the firmware: two_models.c in place of tm_aot.c."""
    glue = ("#define SHARED\n" if shared else "") + GLUE.read_text(encoding="utf-8")
    sources = {**bundle.sources, "tm_aot.c": glue}
    graph = with_inputs_of(*bundle.models)
    return replace(bundle.models[0], sources=sources, kernels=bundle.kernels, graph=graph)


def with_inputs_of(first: CompiledModel, second: CompiledModel) -> Graph:
    """Return a graph of nothing but the inputs of both, by which the firmware sizes its buffer."""
    tensors = [model.graph.tensors[i] for model in (first, second) for i in model.graph.inputs]
    renumbered = tuple(replace(tensor, id=i, storage=i) for i, tensor in enumerate(tensors))
    return Graph("two", renumbered, (), tuple(range(len(renumbered))), ())


# tests/compiler/test_two_models.py has both kinds of arenas on this computer.
@pytest.mark.parametrize(
    ("toolchain", "shared"),
    waiting([("gcc", True), ("zig", False)], [("zig", False)]),
    ids=["gcc, one arena", "zig, separate arenas"],
)
def test_both_models_give_what_tflm_gives(toolchain: str, shared: bool, tmp_path: Path) -> None:
    skip_without("nano33ble", toolchain)
    bundle, board = bundled(shared=shared), load_board("nano33ble")
    graphs = [read_graph(data, "model") for data in files()]
    rows: list[Rows] = [random_rows(graph, SAMPLES) for graph in graphs]

    project = render_project(joint(bundle, shared=shared), board, Application(), tmp_path / "firmware")
    firmware = build_firmware(project, toolchain=toolchain)
    link = open_link(firmware.elf, board)
    try:
        found = run_samples(link, [row.tobytes() for row in np.concatenate(rows, axis=1)])
    finally:
        link.close()

    expected = [
        expected_outputs(data, graph, some).outputs
        for data, graph, some in zip(files(), graphs, rows, strict=True)
    ]
    got = np.stack([np.frombuffer(inference.outputs, np.int8) for inference in found.inferences])
    np.testing.assert_array_equal(got, np.concatenate(expected, axis=1))
    arenas = [name for name in symbol_values(firmware.elf) if name.endswith("_arena")]
    assert sorted(arenas) == (["tm_shared_arena"] if shared else ["first_arena", "second_arena"])
