# SPDX-License-Identifier: Apache-2.0
"""What `tinyml inspect` says of a model, without building anything."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.firmware import digits_like, skip_without
from support.random_networks import random_network
from support.random_slides import small_slide
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.compiler.compile import compile_model
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.inspection.arena_picture import arena_lines, arena_svg
from toolkit.inspection.board_fit import BoardFit
from toolkit.inspection.inspect import Inspection, inspect_model
from toolkit.inspection.png import picture_bytes
from toolkit.inspection.text import inspection_lines
from toolkit.ir.graph import Graph
from toolkit.ops.shared.macs import count_macs
from toolkit.targets.board import Board, board_names, load_board


def boards() -> list[Board]:
    return [load_board(name) for name in board_names()]


def inspected(graph: Graph) -> Inspection:
    return inspect_model(write_tflite(graph), graph.name, boards())


def unsupported_graph() -> Graph:
    """RELU, then FLOOR, which no int8 model has."""
    builder = GraphBuilder("floored")
    x, y, z = (builder.tensor((1, 8), scale=0.5) for _ in range(3))
    builder.operation("RELU", [x], [y])
    builder.operation("FLOOR", [y], [z])
    return builder.graph([x], [z])


def one_layer(inputs: int, outputs: int) -> Graph:
    builder = GraphBuilder("dense")
    x, y = builder.tensor((1, inputs), scale=0.5), builder.tensor((1, outputs), scale=1.0)
    weights = builder.tensor((outputs, inputs), scale=0.01, data=np.ones((outputs, inputs)))
    builder.operation("FULLY_CONNECTED", [x, weights], [y], fused_activation_function="NONE")
    return builder.graph([x], [y])


def macs_of(kind: str, inputs: list[tuple[int, ...]], output: tuple[int, ...], **options: bool) -> int:
    builder = GraphBuilder()
    ids = [
        builder.tensor(shape, data=np.zeros(shape) if place else None) for place, shape in enumerate(inputs)
    ]
    result = builder.tensor(output)
    builder.operation(kind, ids, [result], **options)
    graph = builder.graph(ids[:1], [result])
    return count_macs(graph, graph.operations[0])


@pytest.mark.parametrize(
    ("kind", "inputs", "output", "macs"),
    [
        ("CONV_2D", [(1, 4, 4, 3), (8, 3, 3, 3)], (1, 4, 4, 8), 4 * 4 * 8 * 27),
        ("DEPTHWISE_CONV_2D", [(1, 4, 4, 3), (1, 3, 3, 3)], (1, 4, 4, 3), 4 * 4 * 3 * 9),
        ("TRANSPOSE_CONV", [(4,), (8, 2, 2, 3), (1, 4, 4, 3)], (1, 8, 8, 8), 4 * 4 * 3 * 8 * 4),
        ("FULLY_CONNECTED", [(2, 5), (7, 5)], (2, 7), 70),
        ("BATCH_MATMUL", [(2, 3, 4), (2, 4, 5)], (2, 3, 5), 2 * 3 * 4 * 5),
        ("SVDF", [(1, 10), (6, 10), (6, 4)], (1, 3), 60 + 24),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", [(1, 7, 3), (4, 3), (4, 4)], (1, 7, 4), 7 * (12 + 16)),
        ("RELU", [(1, 8)], (1, 8), 0),
        ("CONV_2D", [(1, 4)], (1, 4), 0),
        ("BATCH_MATMUL", [(4,)], (4,), 0),
    ],
)
def test_macs_come_from_the_shapes(
    kind: str, inputs: list[tuple[int, ...]], output: tuple[int, ...], macs: int
) -> None:
    assert macs_of(kind, inputs, output) == macs


def test_the_figures_are_those_of_the_compiled_model() -> None:
    data, compiled = digits_like()
    found = inspect_model(data, "digits_like", boards())

    assert (found.arena_bytes, found.weights_bytes) == (compiled.arena_bytes, compiled.weights_bytes)
    assert [layer.kind for layer in found.layers] == [o.kind for o in compiled.graph.operations]
    assert found.lower_bound_bytes <= found.arena_bytes
    assert not found.arena_is_estimate
    assert max(layer.live_bytes for layer in found.layers) <= found.arena_bytes
    assert {fit.board for fit in found.boards} == set(board_names()) - {"host"}
    assert all(fit.fits for fit in found.boards)
    assert (found.advice, found.refusal) == ((), "")


def test_an_arena_above_the_lower_bound_says_by_how_much_and_whether_it_can_be_less() -> None:
    found = inspected(small_graph())
    above = replace(found, arena_bytes=120, lower_bound_bytes=100)

    def line(each: Inspection) -> str:
        return next(text for text in inspection_lines(each) if text.startswith("arena "))

    assert line(replace(above, arena_is_least=True)) == (
        "arena 120 B; lower bound 100 B, 20.0 % above it, no plan is smaller"
    )
    assert line(replace(above, arena_is_least=False)) == "arena 120 B; lower bound 100 B, 20.0 % above it"
    assert line(replace(above, arena_bytes=100)) == "arena 100 B; lower bound 100 B, reached"


@pytest.mark.parametrize("seed", range(4))
def test_no_two_blocks_of_a_step_hide_each_other_in_the_text(seed: int) -> None:
    found = inspected(random_network(seed))
    lines = arena_lines(found)

    for block in found.blocks:
        assert any(f"{block.bytes:,} B at" in line for line in lines)
    assert len({len(line) for line in lines[:16]}) >= 1


def test_the_svg_is_xml_with_a_rectangle_a_block_and_the_same_each_time() -> None:
    graph = random_network(3)
    odd = graph.with_tensor(replace(graph.tensors[0], name='<&">\x07'))
    first, second = arena_svg(inspected(odd)), arena_svg(inspected(odd))

    tree = ElementTree.fromstring(first)
    titles = [element.text for element in tree.iter("{http://www.w3.org/2000/svg}title")]

    assert first == second
    assert len(titles) == len(inspected(odd).blocks)
    assert any(title is not None and title.startswith('<&">_') for title in titles)


def test_the_png_is_the_same_each_time() -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'tinyml-toolkit[train]'")
    found = inspected(small_graph())

    first = picture_bytes(found, ".png")

    assert first.startswith(b"\x89PNG")
    assert first == picture_bytes(found, ".PNG")


def test_an_unsupported_operator_is_listed_and_the_rest_is_shown() -> None:
    found = inspected(unsupported_graph())
    text = "\n".join(inspection_lines(found))

    assert found.layers[1].problems == (
        "the operator is not supported, TensorFlow Lite Micro computes it in float32 only",
    )
    assert found.layers[0].problems == ()
    assert found.arena_is_estimate
    assert found.arena_bytes > 0
    assert "! FLOOR" in text
    assert "(estimate, without working memory)" in text
    assert "operation 1 (FLOOR): the operator is not supported" in text
    assert "0 MACs (those of FLOOR are not counted)" in text
    assert "Try: other layers for FLOOR; docs/operators.md" in text
    assert "Boards (" not in text
    assert not any(board["fits"] for board in found.to_json()["boards"])


def test_a_model_too_large_for_the_boards_says_which_size_to_reach() -> None:
    found = inspected(one_layer(700_000, 1))

    assert not any(fit.fits for fit in found.boards)
    assert re.match(
        r"nano33ble: 4\d\d,\d{3} B of RAM too few. The arena may have \d+,\d{3} B of its 700,016 B: "
        r"an input with \d\d % of the width and height, or \d\d % of the channels",
        found.advice[0],
    )
    flash = inspected(one_layer(2_000, 550))
    assert [line for line in flash.advice if "% of the channels in every layer" in line]
    assert flash.largest_flash[0].weights_bytes == 1_100_000
    assert flash.advice[0] in "\n".join(inspection_lines(flash))


def test_a_copy_of_the_input_is_kept_only_where_it_fits() -> None:
    found = inspected(one_layer(150_000, 1))
    (nano,) = [fit for fit in found.boards if fit.board == "nano33ble"]
    (disco,) = [fit for fit in found.boards if fit.board == "stm32f746g_disco"]

    assert nano.fits and not nano.keeps_input
    assert disco.fits and disco.keeps_input
    assert disco.ram_bytes - nano.ram_bytes >= 140_000  # the Nano has its USB buffers
    text = "\n".join(inspection_lines(found))
    assert re.search(r"nano33ble +yes .* B +once", text)
    assert re.search(r"stm32f746g_disco +yes .* B +kept", text)


def test_a_window_that_slides_says_what_a_hop_computes_and_keeps() -> None:
    data = write_tflite(small_slide())

    found, whole = (inspect_model(data, "slide", [], hop=hop) for hop in (2, None))

    assert found.streaming is not None and whole.streaming is None
    assert found.macs == found.streaming.macs < found.streaming.whole_macs == whole.macs
    text = "\n".join(inspection_lines(found))
    assert "stream: 2 of 16 rows are new in a hop: MACs" in text
    assert "  keeps 4 columns, 16 B: tensor_0 [12:16]" in text


def test_what_the_firmware_takes_and_gives_is_said() -> None:
    b = GraphBuilder("ends")
    x, y = (b.tensor((1, 16), "float32") for _ in range(2))
    q, r = (b.tensor((1, 16), scale=0.5, zero_point=3) for _ in range(2))
    b.operation("QUANTIZE", [x], [q])
    b.operation("RELU", [q], [r])
    b.operation("DEQUANTIZE", [r], [y])

    lines = list(inspection_lines(inspected(b.graph([x], [y]))))

    about = "int8[1, 16], 16 B: float32 in the file, quantized outside, scale 0.5, zero point 3"
    assert lines[:2] == [f"input {about}", f"output {about}"]


def test_a_firmware_that_leaves_nothing_is_said() -> None:
    from toolkit.inspection.advice import advise

    fits = [BoardFit("tiny", 20_000, 10_000, 9_000, 4_000)]

    assert list(advise(fits, 16, 16, lambda _: None)) == [
        "tiny: 5,000 B of RAM too few; the firmware without a model leaves none.",
        "tiny: 10,000 B of flash too few; the firmware without weights leaves none.",
    ]


def test_the_estimate_is_near_what_the_build_says(tmp_path: Path) -> None:
    board = "nano33ble"
    skip_without(board, "gcc")
    data, compiled = digits_like()
    (estimate,) = inspect_model(data, "digits_like", [load_board(board)]).boards

    sizes = build_firmware(
        render_project(compiled, load_board(board), Application(), tmp_path / "firmware")
    ).sizes

    assert sizes.ram_bytes <= estimate.ram_bytes <= sizes.ram_bytes + 1_024
    assert 0.85 * sizes.flash_bytes <= estimate.flash_bytes <= 1.25 * sizes.flash_bytes


def test_the_command_prints_writes_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, picture = tmp_path / "small.tflite", tmp_path / "arena.svg"
    model.write_bytes(write_tflite(small_graph()))

    assert run(["inspect", str(model), "--board", "nano33ble", "--output", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "fullest at step" in said
    assert "+- 9 % (modelled, 64 MHz)" in said
    assert picture.read_text(encoding="utf-8").startswith("<svg ")
    assert run(["inspect", str(model), "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["arena_bytes"] == compile_model(model.read_bytes(), "small").arena_bytes
    assert all(fit["fits"] for fit in value["boards"])
    assert run(["inspect", str(model), "--output", str(tmp_path / "arena.jpg")]) == 2
    assert run(["inspect", str(tmp_path / "none.tflite")]) == 3
