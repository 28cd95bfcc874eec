# SPDX-License-Identifier: Apache-2.0
"""Samples in a .npy or .npz file, as the bytes of a model's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.arrays import read_arrays
from toolkit.errors import InputError
from toolkit.ir.graph import Graph, Tensor
from toolkit.ir.real_numbers import quantize_in_chunks
from toolkit.reference.oracle import Rows

_PREFIX = "serving_default_"


@dataclass(frozen=True, eq=False)
class LoadedRows:
    """rows (n, input bytes), all inputs one after the other; quantized names those that came as floats."""

    rows: Rows
    quantized: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What a person should know of how the file was read, "" if there is nothing."""
        return f"quantized from float: {', '.join(self.quantized)}" if self.quantized else ""


def load_rows(path: Path, graph: Graph) -> LoadedRows:
    """Return the samples in path, one a row.

    A .npz has an array for each input by its name. A .npy has the only input's, or the bytes of all inputs,
    int8 (n, input bytes). Rows have the input's shape, with or without dimensions of 1, or are flat; they are
    of the input's type, or floats, which are quantized by its scale and zero point.
    Raises InputError if the file does not fit the graph.
    """
    value = read_arrays(path)
    if isinstance(value, Mapping):
        return _of_all_inputs(path, graph, value)
    width = sum(graph.tensors[i].bytes for i in graph.inputs)
    if value.dtype == np.int8 and value.ndim == 2 and value.shape[1] == width and len(value):
        _require_finite_bytes(path, graph, value)
        return LoadedRows(value)
    if len(graph.inputs) != 1:
        names = ", ".join(input_names(graph))
        raise InputError(
            f"{path} has one array of shape {value.shape}; {graph.name} has {len(graph.inputs)} inputs.",
            hint=f"Try: numpy.savez with an array for each input by its name: {names}",
        )
    return _joined([_of_one_input(path, graph, 0, value)])


def input_names(graph: Graph) -> list[str]:
    """Return what the inputs are called in a .npz: their names in the model without what its export added.

    One without a name, or with another's, is called input_0 and so on, by its place.
    """
    names = [graph.tensors[i].name.removeprefix(_PREFIX).rsplit(":", 1)[0] for i in graph.inputs]
    return [name if name and names.count(name) == 1 else f"input_{place}" for place, name in enumerate(names)]


def _of_all_inputs(path: Path, graph: Graph, values: Mapping[str, NDArray[Any]]) -> LoadedRows:
    names = input_names(graph)
    given = {name.removeprefix(_PREFIX).rsplit(":", 1)[0]: value for name, value in values.items()}
    if len(graph.inputs) == len(given) == 1 and names != list(given):
        given = {names[0]: next(iter(given.values()))}
    if sorted(given) != sorted(names):
        raise InputError(
            f"{path} has the arrays {', '.join(sorted(values)) or 'of no name'}; "
            f"{graph.name} has the inputs {', '.join(names)}.",
            hint="Try: numpy.savez with an array for each input by its name",
        )
    parts = [_of_one_input(path, graph, place, given[name]) for place, name in enumerate(names)]
    counts = {name: len(part.rows) for name, part in zip(names, parts, strict=True)}
    if len(set(counts.values())) != 1:
        text = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise InputError(f"{path} has not as many rows for each input: {text}.")
    return _joined(parts)


def _joined(parts: Sequence[LoadedRows]) -> LoadedRows:
    rows = np.concatenate([part.rows for part in parts], axis=1)
    return LoadedRows(rows, tuple(name for part in parts for name in part.quantized))


def _of_one_input(path: Path, graph: Graph, place: int, value: NDArray[Any]) -> LoadedRows:
    tensor, name = graph.tensors[graph.inputs[place]], input_names(graph)[place]
    where = f"{path}, {name}," if len(graph.inputs) > 1 else str(path)
    _check_shape(where, graph, tensor, value)
    _require_finite(where, value)
    is_float = value.dtype.kind == "f" and tensor.dtype != "float32"
    if is_float and tensor.quantization is not None:
        value = quantize_in_chunks(value.reshape(len(value), *tensor.shape[1:]), tensor)
    elif value.dtype.kind == "f" and tensor.dtype == "float32":
        with np.errstate(over="ignore"):
            value = value.astype(np.float32)
        _require_finite(where, value)
    if value.dtype.name != tensor.dtype:
        raise InputError(
            f"{where} holds {value.dtype}, not {tensor.dtype}.",
            hint=f"Try: {'float32 rows' if tensor.quantization else f'rows of {tensor.dtype}'}; "
            "floats are quantized by the input's scale and zero point",
        )
    rows = np.ascontiguousarray(value).reshape(len(value), -1).view(np.int8)
    return LoadedRows(rows, (name,) if is_float else ())


def _require_finite(where: str, value: NDArray[Any]) -> None:
    """Raise InputError for NaN or infinity: no integer stands for it, and C does not define the cast."""
    if value.dtype.kind != "f":
        return
    wrong = np.flatnonzero(~np.isfinite(value).reshape(len(value), -1).all(axis=1))
    if len(wrong):
        more = f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        what = f"has numbers that are not finite as {value.dtype}, in row {wrong[0]}{more}"
        raise InputError(f"{where} {what}.", hint="Try: rows without NaN and infinity; rows count from 0")


def _require_finite_bytes(path: Path, graph: Graph, rows: Rows) -> None:
    """Raise InputError as _require_finite does, of rows with the bytes of all inputs."""
    start = 0
    for place, number in enumerate(graph.inputs):
        tensor = graph.tensors[number]
        if tensor.dtype == "float32":
            part = np.ascontiguousarray(rows[:, start : start + tensor.bytes]).view(np.float32)
            _require_finite(f"{path}, {input_names(graph)[place]},", part)
        start += tensor.bytes


def _check_shape(where: str, graph: Graph, tensor: Tensor, value: NDArray[Any]) -> None:
    """Raise InputError for rows that have another shape than the input, be they as large."""
    if value.ndim and len(value) and value.shape[1:] == (tensor.elements,):
        return
    if value.ndim and len(value) and _without_ones(value.shape[1:]) == _without_ones(tensor.shape):
        return
    wanted = list(tensor.shape[1:]) if tensor.shape[:1] == (1,) else list(tensor.shape)
    hint = f"Try: an array of shape {['n', *wanted]}".replace("'", "")
    if len(wanted) == 3 and list(value.shape[1:]) == [wanted[2], *wanted[:2]]:
        hint = "Try: x.transpose(0, 2, 3, 1): the model takes channels last"
    raise InputError(
        f"{where} has shape {value.shape}; {graph.name} takes rows of shape {wanted}, one a sample.",
        hint=hint,
    )


def _without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
