# SPDX-License-Identifier: Apache-2.0
"""Layers in patches: the C computes what TFLM does, the arena is as small as asked, the least is told."""

from __future__ import annotations

import contextlib
import json
import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.effort import times
from support.host_model import HostModel
from support.kernel_runner import random_samples
from support.random_stacks import image_network, random_stack
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_graph

from toolkit.cli.main import run
from toolkit.compiler.compile import compile_layout, compile_model, least_arena
from toolkit.compiler.patching import Patching
from toolkit.errors import CheckFailedError, DoesNotFitError, InputError
from toolkit.inspection.inspect import inspect_model
from toolkit.ir.graph import Graph, Operation
from toolkit.memory.layout import lay_out, lay_out_in_order
from toolkit.passes.patches import cut, find_segments, patch_rows
from toolkit.passes.sequence import clean, forms
from toolkit.targets.board import load_board
from toolkit.targets.target import PORTABLE, Target
from toolkit.verify.generated_c import verify_model
from toolkit.verify.on_device import layers_of


def needs_gcc() -> None:
    if shutil.which("gcc") is None and shutil.which("clang") is None:
        pytest.skip("no C compiler for the host: apt install gcc")


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(times(12, here=3)))
def test_a_stack_in_any_patches_computes_what_tflm_computes(tmp_path: Path, seed: int) -> None:
    """The address and undefined behaviour sanitizers watch."""
    graph = random_stack(100 + seed, layers=5)
    rng = np.random.default_rng(seed)
    samples = random_samples(graph, rng, 6)
    layout = lay_out(forms(clean(graph)), Target())
    segments = find_segments(layout.graph)
    segment = max(segments[int(rng.integers(len(segments)))], segments[-1], key=lambda s: s.end - s.first)
    _, rows, columns, _ = layout.graph.tensors[layout.graph.operations[segment.end - 1].outputs[0]].shape
    unit = patch_rows(layout.graph, segment)
    height = unit * int(rng.integers(1, -(-rows // unit) + 1))
    patched = cut(layout.graph, segment, height, int(rng.integers(1, columns + 2)))

    model = compile_layout(lay_out_in_order(patched, Target()), write_tflite(graph), graph.name)

    found = HostModel(model, tmp_path).run(samples)
    for truth, outputs in zip(run_graph(graph, samples), found, strict=True):
        np.testing.assert_array_equal(outputs[0], truth[0])


def test_the_arena_is_as_small_as_asked_by_the_least_computing() -> None:
    data = write_tflite(image_network())
    whole = compile_model(data, "wide")
    assert compile_model(data, "wide", ram_bytes=whole.arena_bytes).patching is None

    macs = [0.0]
    for percent in (80, 60, 45):
        ram_bytes = whole.arena_bytes * percent // 100
        model = compile_model(data, "wide", ram_bytes=ram_bytes)

        assert model.patching is not None
        assert model.arena_bytes == model.patching.arena_bytes <= ram_bytes
        assert model.patching.whole_arena_bytes == whole.arena_bytes
        macs.append(model.patching.more_macs_percent)
    assert macs == sorted(macs)
    assert macs[-1] < 100


def test_patches_add_no_weights_and_no_tables() -> None:
    data = write_tflite(image_network())
    whole = compile_model(data, "wide")
    model = compile_model(data, "wide", ram_bytes=whole.arena_bytes // 2)

    assert model.weights_bytes == whole.weights_bytes
    assert len(model.calls) > len(whole.calls)
    tables = [m.sources["model.c"].count("static const int32_t") for m in (model, whole)]
    assert tables[0] == tables[1]
    params = model.sources["model.c"].count("_params = {")
    assert params < len(model.calls)


def test_the_same_limit_gives_the_same_sources() -> None:
    data = write_tflite(image_network())
    first, again = (compile_model(data, "wide", ram_bytes=9000) for _ in range(2))

    assert first.patching is not None
    assert first.sources == again.sources


def test_every_patch_is_verified_against_its_pixels_of_the_whole_layer() -> None:
    needs_gcc()
    data = write_tflite(image_network())
    model = compile_model(data, "wide", ram_bytes=9000)
    place, operation = next((i, o) for i, o in enumerate(model.graph.operations) if "pad_top" in o.options)
    (call,) = model.calls[place]
    window = list(call.params["window"])
    window[-3] += 1  # pad_top

    assert verify_model(model, data, samples=1).samples == 1
    wrong = replace(call, params={**call.params, "window": tuple(window)})
    calls = (*model.calls[:place], (wrong,), *model.calls[place + 1 :])
    layout = replace(lay_out_in_order(model.graph, Target()), calls=calls, plan=model.plan)
    with pytest.raises(
        CheckFailedError, match=rf"operation {operation.index} \(CONV_2D\), tensor 'tensor_\d+ \["
    ):
        verify_model(compile_layout(layout, data, "wide"), data, samples=1)


def test_what_cannot_be_reached_names_the_least_that_can() -> None:
    data = write_tflite(image_network())

    with pytest.raises(DoesNotFitError, match=r"at the least that was found .*; it may have 100\.") as caught:
        compile_model(data, "wide", ram_bytes=100)

    least = caught.value.facts["least_arena_bytes"]
    assert isinstance(least, int)
    model = compile_model(data, "wide", ram_bytes=least)
    assert model.arena_bytes <= least


def test_a_model_without_images_has_no_patches() -> None:
    builder = GraphBuilder("dense")
    x, y = builder.tensor((1, 64), scale=0.5), builder.tensor((1, 64), scale=0.5)
    builder.operation("RELU", [x], [y])
    model = compile_model(write_tflite(builder.graph([x], [y])), "dense")

    assert least_arena(model, 16) is None
    with pytest.raises(DoesNotFitError):
        compile_model(write_tflite(builder.graph([x], [y])), "dense", ram_bytes=16)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(times(4, here=2)))
def test_a_damaged_model_is_refused_or_runs_clean_in_patches(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    data = write_tflite(random_stack(seed))
    model = None
    while model is None:
        damaged = bytearray(data)
        for _ in range(3):
            damaged[rng.randrange(len(data))] = rng.randrange(256)
        with contextlib.suppress(InputError):
            whole = compile_model(bytes(damaged), "damaged")
            patching = least_arena(whole, 0)
            model = (
                whole
                if patching is None
                else compile_model(bytes(damaged), "damaged", PORTABLE, patching.arena_bytes)
            )

    samples = random_samples(model.graph, np.random.default_rng(seed), 2)
    assert len(HostModel(model, tmp_path).run(samples)) == 2


def test_the_cycles_of_the_patches_of_a_layer_are_added_up() -> None:
    data = write_tflite(image_network())
    whole, model = compile_model(data, "wide"), compile_model(data, "wide", ram_bytes=9000)
    names = [o.kind for o in model.graph.operations]

    layers = layers_of(model, names, [None] * len(names), [1] * len(names))

    assert sum(layer.instructions or 0 for layer in layers) == len(names)
    assert [layer.name for layer in layers] == [o.kind for o in whole.graph.operations]
    assert [layer.index for layer in layers] == list(range(len(layers)))


def test_inspect_says_what_patches_would_reach() -> None:
    board = load_board("nano33ble")
    assert board.memory is not None
    small = replace(board, memory=replace(board.memory, ram=replace(board.memory.ram, bytes=22_000)))

    found = inspect_model(write_tflite(image_network(32)), "wide", [small])

    (advice,) = [line for line in found.advice if "patches" in line]
    assert advice.startswith("nano33ble: operations 0 to ")
    assert "MACs +" in advice
    assert "does it" in advice or "is not enough" in advice


def test_compile_takes_a_limit_and_writes_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wide.tflite"
    file.write_bytes(write_tflite(image_network()))
    words = ["compile", str(file), "--output", str(tmp_path / "c"), "--no-verify", "--ram", "9k", "--json"]

    assert run(words) == 0

    said = capsys.readouterr()
    assert "patches: operations 0 to " in said.err
    plan = json.loads((tmp_path / "c" / "plan.json").read_text(encoding="utf-8"))
    assert plan["patches"]["ram_bytes"] == 9 * 1024 >= plan["arena_bytes"]
    assert json.loads(said.out)["patches"] == [plan["patches"]]
    assert "part of %" in (tmp_path / "c" / "graph.txt").read_text(encoding="utf-8")
    assert run([*words[:-2], "10", "--json"]) == 3
    assert run(["compile", str(file), str(file), "--ram", "9k"]) == 2


def test_patches_that_compute_less_say_so_with_one_sign() -> None:
    patching = Patching(900, 0, 3, 2, 4, 8, 1000, 800, whole_macs=1000, macs=986, flash_bytes=-20)

    assert str(patching).endswith("arena 1,000 -> 800 B (-20 %), MACs -1.4 %, about -20 B of flash")


def with_long_tail(graph: Graph, length: int) -> Graph:
    """The graph with so many small layers after its own."""
    last = graph.tensors[graph.outputs[0]]
    for number in range(length):
        index = len(graph.operations)
        made = replace(last, id=len(graph.tensors), name=f"tail_{number}", storage=len(graph.tensors))
        operation = Operation(index, "RELU", 1, (graph.outputs[0],), (made.id,))
        graph = replace(
            graph.with_tensor(made), operations=(*graph.operations, operation), outputs=(made.id,)
        )
    return graph


def test_a_graph_of_any_length_runs_in_patches_and_the_hint_of_a_refusal_works() -> None:
    data = write_tflite(with_long_tail(image_network(), 300))
    whole = compile_model(data, "long")

    halved = compile_model(data, "long", ram_bytes=whole.arena_bytes // 2)
    with pytest.raises(DoesNotFitError) as caught:
        compile_model(data, "long", ram_bytes=whole.arena_bytes // 50)
    assert caught.value.hint is not None
    (hinted,) = re.findall(r"--ram (\d+)", caught.value.hint)
    least = compile_model(data, "long", ram_bytes=int(hinted))

    assert halved.patching is not None and halved.arena_bytes <= whole.arena_bytes // 2
    assert least.arena_bytes <= int(hinted) < whole.arena_bytes
