# SPDX-License-Identifier: Apache-2.0
"""Samples from .npy and .npz files: taken as what they are, or refused with both shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.tflite_writer import GraphBuilder

from toolkit.errors import InputError
from toolkit.ir.graph import Graph
from toolkit.verify.any_model import save_rows
from toolkit.verify.rows import LoadedRows, input_names, load_rows


def graph_of(shape: tuple[int, ...] = (1, 4, 5, 3), dtype: str = "int8", scale: float | None = 0.5) -> Graph:
    builder = GraphBuilder("net")
    x = builder.tensor(shape, dtype, scale=scale, zero_point=3 if dtype == "int8" else 0)
    y = builder.tensor(shape, scale=0.5, zero_point=3)
    builder.operation("QUANTIZE", [x], [y])
    return builder.graph([x], [y])


def loaded(folder: Path, value: Any, graph: Graph) -> LoadedRows:
    save_rows(value, folder / "x.npy")
    return load_rows(folder / "x.npy", graph)


def refusal(folder: Path, value: Any, graph: Graph) -> InputError:
    with pytest.raises(InputError) as caught:
        loaded(folder, value, graph)
    return caught.value


@pytest.mark.parametrize("shape", [(2, 60), (2, 4, 5, 3), (2, 1, 4, 5, 3)])
def test_rows_of_the_inputs_shape_with_or_without_ones_or_flat_are_taken(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    value = np.arange(120, dtype=np.int8).reshape(shape)

    assert loaded(tmp_path, value, graph_of()).rows.tolist() == value.reshape(2, 60).tolist()


@pytest.mark.parametrize("dtype", [np.int8, np.float32])
def test_channels_first_are_refused_for_channels_last(tmp_path: Path, dtype: type) -> None:
    error = refusal(tmp_path, np.zeros((2, 3, 4, 5), dtype), graph_of())

    assert "has shape (2, 3, 4, 5); net takes rows of shape [4, 5, 3], one a sample" in error.message
    assert error.hint == "Try: x.transpose(0, 2, 3, 1): the model takes channels last"


@pytest.mark.parametrize(
    "shape", [(2, 5, 4, 3), (2, 20, 3), (2, 12, 5), (4, 5, 3), (60,), (), (0, 60), (2, 59)]
)
def test_other_shapes_are_refused_be_they_as_large(tmp_path: Path, shape: tuple[int, ...]) -> None:
    error = refusal(tmp_path, np.zeros(shape, np.int8), graph_of())

    assert f"has shape {shape}; net takes rows of shape [4, 5, 3]" in error.message
    assert error.hint == "Try: an array of shape [n, 4, 5, 3]"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_floats_are_quantized_as_tflite_does(tmp_path: Path, dtype: type) -> None:
    real = np.zeros((1, 60), dtype)
    real[0, :6] = [0.25, -0.25, 0.75, 1000, -1000, 0.2]

    found = loaded(tmp_path, real, graph_of())

    assert found.rows[0, :7].tolist() == [4, 2, 5, 127, -128, 3, 3]
    assert found.note == "quantized from float: tensor_0"


def test_floats_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    assert "not finite" in refusal(tmp_path, np.full((1, 60), np.nan, np.float32), graph_of()).message


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_floats_that_the_firmware_itself_quantizes_are_finite(
    tmp_path: Path, wrong: float, as_bytes: bool
) -> None:
    real = np.zeros((4, 60))
    real[2, 7] = wrong
    with np.errstate(over="ignore"):
        rows = real.astype(np.float32).view(np.int8) if as_bytes else real
    said = refusal(tmp_path, rows, graph_of(dtype="float32", scale=None)).message
    assert "not finite" in said and "in row 2." in said


def test_rows_of_the_inputs_own_type_are_taken_as_they_are(tmp_path: Path) -> None:
    real = np.arange(120, dtype=np.float32).reshape(2, 60)

    found = loaded(tmp_path, real, graph_of(dtype="float32", scale=None))

    assert (found.rows.view(np.float32) == real).all()
    assert found.note == ""


def test_the_bytes_of_an_input_are_taken_as_int8(tmp_path: Path) -> None:
    real = np.arange(120, dtype=np.float32).reshape(2, 60)

    found = loaded(tmp_path, real.view(np.int8), graph_of(dtype="float32", scale=None))

    assert (found.rows.view(np.float32) == real).all()


def test_another_type_is_refused_with_the_one_that_is_wanted(tmp_path: Path) -> None:
    error = refusal(tmp_path, np.zeros((2, 60), np.uint8), graph_of())

    assert error.message.endswith("holds uint8, not int8.")


def two_inputs() -> Graph:
    builder = GraphBuilder("two")
    left = builder.tensor((1, 2), scale=0.5)
    right = builder.tensor((1, 3), "int16", scale=0.25)
    y, z = builder.tensor((1, 2), scale=0.5), builder.tensor((1, 3), "int16", scale=0.5)
    builder.operation("RELU", [left], [y])
    builder.operation("RELU", [right], [z])
    return builder.graph([left, right], [y, z])


def save(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "x.npz", **arrays)
    return folder / "x.npz"


def test_an_archive_has_an_array_for_each_input_by_its_name(tmp_path: Path) -> None:
    right = np.array([[256, -1, 0], [1, 2, 3]], np.int16)
    path = save(tmp_path, tensor_1=right, tensor_0=np.array([[1.0, -2.0], [0.5, 0]]))

    found = load_rows(path, two_inputs())

    assert found.rows[:, :2].tolist() == [[2, -4], [1, 0]]
    assert (np.ascontiguousarray(found.rows[:, 2:]).view(np.int16) == right).all()
    assert found.quantized == ("tensor_0",)


def test_an_archive_with_other_names_is_refused_with_both_lists(tmp_path: Path) -> None:
    path = save(tmp_path, a=np.zeros((1, 2)), tensor_1=np.zeros((1, 3)))

    with pytest.raises(InputError, match="has the arrays a, tensor_1; two has the inputs tensor_0, "):
        load_rows(path, two_inputs())


def test_an_archive_with_unequal_numbers_of_rows_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, tensor_0=np.zeros((1, 2)), tensor_1=np.zeros((2, 3)))

    with pytest.raises(InputError, match="not as many rows for each input: tensor_0 1, tensor_1 2"):
        load_rows(path, two_inputs())


def test_one_array_for_two_inputs_is_refused_with_their_names(tmp_path: Path) -> None:
    error = refusal(tmp_path, np.zeros((1, 5), np.float32), two_inputs())

    assert error.hint is not None and error.hint.endswith("by its name: tensor_0, tensor_1")


def test_names_are_those_that_keras_gave() -> None:
    graph = two_inputs()
    first, second = (graph.tensors[i] for i in graph.inputs)
    for name, tensor in (("serving_default_image:0", first), ("", second)):
        object.__setattr__(tensor, "name", name)

    assert input_names(graph) == ["image", "input_1"]


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(60), b"\x93NUMPY\x01\x00"])
def test_what_is_no_such_file_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(content)

    with pytest.raises(InputError, match=r"x.npy is no .np[yz] (or .npz )?file"):
        load_rows(tmp_path / "x.npy", graph_of())
