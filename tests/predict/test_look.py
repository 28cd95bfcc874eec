# SPDX-License-Identifier: Apache-2.0
"""A look at one sample: what each layer makes of it, on whom, and where they part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.predict.look import LayerView, Look, first_filters, look, look_lines
from toolkit.predict.look_picture import as_map, write_look
from toolkit.targets.board import load_board

MODEL = write_tflite(small_graph())
SAMPLE = np.random.default_rng(3).normal(0, 10, (4, 4, 2)).astype(np.float32)


def seen(board: str = "host") -> Look:
    return look(MODEL, "small", None, SAMPLE, load_board(board))


def test_every_layer_is_shown_in_the_models_order() -> None:
    found = seen()
    assert [view.operator for view in found.layers] == [
        "CONV_2D",
        "RELU",
        "ADD",
        "RESHAPE",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ]
    conv, relu = found.layers[:2]
    np.testing.assert_array_equal(relu.integer, np.maximum(conv.integer, 0))
    assert found.sample.shape == (1, 4, 4, 2) and abs(found.sample - SAMPLE).max() <= 0.25


def test_what_is_missing_is_said() -> None:
    found = seen()
    assert "model_float.tflite" in found.missing[0]
    assert all(view.real is None and view.board is None for view in found.layers)
    assert look_lines(found)[1][-2:] == ("-", "-")


def test_the_firmwares_layers_are_those_of_the_host() -> None:
    pytest.importorskip("unicorn", reason="needs the emulator: pip install 'tinyml-toolkit[emulate]'")
    found = seen("nano33ble")
    if len(found.missing) > 1:
        pytest.skip(found.missing[1])
    shown = [view for view in found.layers if view.board is not None]
    assert {"ADD", "FULLY_CONNECTED", "SOFTMAX"} <= {view.operator for view in shown}
    for view in shown:
        assert view.unequal == 0 and view.board is not None
        np.testing.assert_array_equal(view.board, view.integer)
    assert found.unequal is None


def test_the_first_layer_that_differs_and_the_deepest_fall_are_named() -> None:
    exact = np.linspace(-1, 1, 8)[None]
    good = LayerView("a", "CONV_2D", exact + 1e-4, exact, unequal=0)
    views = (good, replace(good, layer="b", integer=exact + 0.1), replace(good, layer="c", unequal=3))
    found = Look(exact, views)
    assert found.unequal is views[2] and found.worst_fall is views[1]
    assert [line[-1] for line in look_lines(found)[1:]] == ["equal", "equal", "3 differ"]
    assert Look(exact, (good,)).worst_fall is None


def test_channels_are_tiles_and_vectors_are_folded() -> None:
    tiled = as_map(np.arange(2 * 3 * 5).reshape(1, 2, 3, 5))
    assert tiled.shape == (2 * 3 - 1, 3 * 4 - 1)  # three tiles across, two rows of them
    np.testing.assert_array_equal(tiled[0, :3], [0, 5, 10])  # channel 0
    np.testing.assert_array_equal(tiled[0, 4:7], [1, 6, 11])  # channel 1
    assert np.isnan(tiled[2]).all()
    assert as_map(np.arange(40)[None]).shape == (2, 32)
    assert as_map(np.zeros((1, 49, 1, 8))).shape == (8, 49)  # time from left to right
    assert as_map(np.zeros((1, 1))).shape == (1, 1)


def test_filters_have_the_scale_of_their_channel() -> None:
    (weights,) = first_filters(MODEL, "small").values()
    raw = small_graph().tensors[1].data
    assert raw is not None
    np.testing.assert_allclose(weights[1], raw[1] * np.float32(0.2))


def test_pictures_get_names_that_are_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'tinyml-toolkit[train]'")
    files = write_look(seen(), first_filters(MODEL, "small"), tmp_path / "look", "../b $x.csv:7")
    assert [file.name for file in files] == ["b-x.csv-7.png", "filters.png"]
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)
