# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a .tflite file to a Graph, or to an InputError that says what is wrong."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import Any

import numpy as np
from flatbuffers.number_types import Int32Flags  # type: ignore[import-untyped]
from numpy.typing import NDArray

from toolkit.errors import UnsupportedError
from toolkit.ir.graph import (
    DTYPE_BYTES,
    SUBGRAPH_OPTIONS,
    Graph,
    Operation,
    Quantization,
    Tensor,
    subgraph_index,
)
from toolkit.ir.rules import graph_problems
from toolkit.tflite.custom import COMPILED_FOR, CUSTOM_KINDS, custom_options
from toolkit.tflite.flatfile import FlatFile
from toolkit.tflite.options import enum_name, read_options
from toolkit.tflite.sizes import with_sizes
from toolkit.tflite.variables import RESOURCE, first_value, with_states

_LARGEST_TENSOR = 2**31 - 1
_MOST_DIMENSIONS = 8
_ZERO_POINTS = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-(2**15), 2**15 - 1)}
_SCHEMA_VERSION = 3
_BUILTIN_CODE_FIELD = 10  # its place in OperatorCode's vtable
_MOST_CALLERS = 16


def read_graph(data: bytes, name: str) -> Graph:
    """Return the graph in a .tflite file's bytes; name is the graph's, and the file's in messages.

    Constants are views into data. A free batch size is the 1 that the file's shape has.
    Raises InputError for anything damaged, UnsupportedError for what Graph has no words for.
    """
    file = FlatFile(data, name)
    try:
        model = file.root()
        if model.Version() != _SCHEMA_VERSION:
            raise file.damaged(f"its schema version is {model.Version()}, not {_SCHEMA_VERSION}")
        graph = with_sizes(with_states(_ModelReader(file, model).read()))
    except struct.error as error:
        raise file.damaged("a field points outside the file") from error
    problems = graph_problems(graph)
    if problems:
        raise file.damaged("; ".join(problems[:3]))
    return graph


class _ModelReader:
    """Reads the subgraphs that the first one leads to, each once; those that nothing runs do not matter."""

    def __init__(self, file: FlatFile, model: Any) -> None:
        self.file = file
        self.subgraphs = list(file.tables(model, "Subgraphs", "subgraph"))
        self.codes = list(file.tables(model, "OperatorCodes", "operator code"))
        self.buffers = list(file.tables(model, "Buffers", "buffer"))
        self.known: dict[int, Graph] = {}
        self.depths: dict[int, int] = {}
        if not self.subgraphs:
            raise file.damaged("it has no subgraph")
        self._check_compiled()

    def _check_compiled(self) -> None:
        """Raise UnsupportedError for a file of which another compiler has made code for its own chip."""
        for code in self.codes:
            name = self.file.text(code, "CustomCode", "the name of an operator")
            if name in COMPILED_FOR:
                chip, tool = COMPILED_FOR[name]
                raise UnsupportedError(
                    f"{self.file.name} is compiled for {chip}: its operator {name} is code that {tool} made, "
                    "and layers and weights are no longer in the file.",
                    hint=f"Try: the int8 .tflite file that was given to {tool}",
                )

    def read(self, index: int = 0, callers: tuple[int, ...] = ()) -> Graph:
        """Return subgraph index, which the last one of callers runs, which the one before runs."""
        if not 0 <= index < len(self.subgraphs):
            raise self.file.damaged(f"it runs subgraph {index} of {len(self.subgraphs)}")
        if index in callers:
            raise self.file.damaged(f"subgraph {index} runs itself")
        self._check_depth(len(callers))
        if index not in self.known:
            graph = self.known[index] = self._read(index, (*callers, index))
            self.depths[index] = 1 + max((self.depths[i] for i in graph.subgraphs), default=-1)
            self._check_depth(self.depths[index])
        return self.known[index]

    def _check_depth(self, depth: int) -> None:
        if depth > _MOST_CALLERS:
            raise self.file.damaged(f"its subgraphs run each other more than {_MOST_CALLERS} deep")

    def _read(self, index: int, callers: tuple[int, ...]) -> Graph:
        file, table = self.file, self.subgraphs[index]
        owner, where = (f"subgraph {index}", f"subgraph {index}'s ") if index else ("the graph", "")
        operations = self._operations(table, where)
        inputs, outputs = (_ids(file, table, field, owner) for field in ("Inputs", "Outputs"))
        used = {*inputs, *outputs}.union(*(o.inputs + o.outputs for o in operations))
        written = {*inputs}.union(*(o.outputs for o in operations))
        tensors = []
        for place, tensor in enumerate(file.tables(table, "Tensors", f"{where}tensor")):
            reader = _TensorReader(file, tensor, place, where, place in written)
            tensors.append(reader.read(self.buffers, place in used))
        runs = {subgraph_index(o, name) for o in operations for name in SUBGRAPH_OPTIONS.get(o.kind, ())}
        subgraphs = {called: self.read(called, callers) for called in sorted(runs)}
        name = f"{file.name}, subgraph {index}" if index else file.name
        return Graph(name, tuple(tensors), operations, inputs, outputs, subgraphs)

    def _operations(self, subgraph: Any, where: str) -> tuple[Operation, ...]:
        file, operations = self.file, []
        for index, table in enumerate(file.tables(subgraph, "Operators", f"{where}operation")):
            part = f"{where}operation {index}"
            if table.OpcodeIndex() >= len(self.codes):
                raise file.damaged(f"{part} has operator code {table.OpcodeIndex()} of {len(self.codes)}")
            code = self.codes[table.OpcodeIndex()]
            builtin = _builtin_code(code)
            kind = enum_name("BuiltinOperator", builtin) or f"BUILTIN_{builtin}"
            options = read_options(file, table, f"{part} ({kind})")
            if kind == "CUSTOM":
                name = file.text(code, "CustomCode", f"the name of {part}")
                kind = CUSTOM_KINDS.get(name, kind)
                content = file.numbers(table, "CustomOptions", f"the options of {part}")
                options = {"custom_code": name, **custom_options(content.astype(np.uint8).tobytes())}
            inputs, outputs = (_ids(file, table, field, part) for field in ("Inputs", "Outputs"))
            operations.append(Operation(index, kind, code.Version(), inputs, outputs, options))
        return tuple(operations)


def _builtin_code(code: Any) -> int:
    """Return an operator's number. Old files have it in one field, new ones in two; TFLM takes the larger.

    The accessor of the new field reads the old one where the new one has a small number.
    """
    place = code._tab.Offset(_BUILTIN_CODE_FIELD)
    new = code._tab.Get(Int32Flags, place + code._tab.Pos) if place else 0
    return max(int(new), int(code.DeprecatedBuiltinCode()))


def _ids(file: FlatFile, table: Any, field: str, part: str) -> tuple[int, ...]:
    return tuple(int(value) for value in file.numbers(table, field, f"the {field.lower()} of {part}"))


class _TensorReader:
    """Reads one Tensor table; what is wrong with a tensor that nothing uses does not matter."""

    def __init__(self, file: FlatFile, table: Any, index: int, where: str, written: bool) -> None:
        self.file = file
        self.table = table
        self.index = index
        self.written = written
        self.name = file.text(table, "Name", f"the name of {where}tensor {index}")
        self.part = f"{where}tensor {index} ({self.name!r})"

    def read(self, buffers: list[Any], used: bool) -> Tensor:
        """Return the tensor; one that is not used keeps only its name."""
        if not used:
            return Tensor(self.index, self.name, (0,), "int8")
        dtype = self._dtype()
        if dtype == RESOURCE:
            return Tensor(self.index, self.name, (), dtype)
        shape = self._shape(dtype)
        data = self._data(buffers, shape, dtype)
        tensor = Tensor(self.index, self.name, shape, dtype, self._quantization(shape, dtype), data)
        return (
            replace(tensor, state=first_value(tensor, self.file.name)) if self.table.IsVariable() else tensor
        )

    def _dtype(self) -> str:
        name = enum_name("TensorType", self.table.Type())
        if name is None:
            raise self.file.damaged(f"{self.part} has the unknown type {self.table.Type()}")
        dtype = name.lower()
        for kind, found in (
            (dtype, dtype not in DTYPE_BYTES and dtype != RESOURCE),
            ("int4 and computed", dtype == "int4" and self.written),
            ("sparse", self.table.Sparsity() is not None),
        ):
            if found:
                raise UnsupportedError(
                    f"{self.file.name}: {self.part} is {kind}, which is not supported.",
                    hint="Try: full integer quantization with int8 tensors: tinyml quantize",
                )
        return dtype

    def _shape(self, dtype: str) -> tuple[int, ...]:
        shape = tuple(int(d) for d in self.file.numbers(self.table, "Shape", f"the shape of {self.part}"))
        if len(shape) > _MOST_DIMENSIONS:
            raise self.file.damaged(f"{self.part} has {len(shape)} dimensions, more than {_MOST_DIMENSIONS}")
        if any(d < 0 for d in shape):
            raise self.file.damaged(f"{self.part} has a negative dimension in its shape {shape}")
        if 0 in shape and (self.written or len(shape) > 1):
            raise self.file.damaged(f"{self.part} has the shape {shape}, so no elements")
        if math.prod(shape) * DTYPE_BYTES[dtype] > _LARGEST_TENSOR:
            raise self.file.damaged(f"{self.part} has the shape {shape}, more than {_LARGEST_TENSOR:,} bytes")
        return shape

    def _data(self, buffers: list[Any], shape: tuple[int, ...], dtype: str) -> NDArray[np.generic] | None:
        index = self.table.Buffer()
        if index >= len(buffers):
            raise self.file.damaged(f"{self.part} has buffer {index} of {len(buffers)}")
        raw = self._raw(buffers[index])
        needed = (math.prod(shape) + 1) // 2 if dtype == "int4" else math.prod(shape) * DTYPE_BYTES[dtype]
        if not len(raw) and (self.written or needed):
            return None
        if len(raw) != needed:
            raise self.file.damaged(
                f"{self.part} of shape {shape} and type {dtype} needs {needed:,} bytes, "
                f"its buffer has {len(raw):,}"
            )
        if dtype == "int4":
            return _unpacked(raw.view(np.int8), math.prod(shape)).reshape(shape)
        data: NDArray[np.generic] = raw.view(np.dtype(dtype).newbyteorder("<")).reshape(shape)
        return data

    def _raw(self, buffer: Any) -> NDArray[np.generic]:
        """Return a buffer's bytes, which large files keep behind the flatbuffer."""
        start, size = buffer.Offset(), buffer.Size()
        if start <= 1:
            return self.file.view(buffer, "Data", f"the buffer of {self.part}")
        if start + size > len(self.file.data):
            raise self.file.cut_off(f"the buffer of {self.part}")
        return np.frombuffer(self.file.data, np.uint8, size, start)

    def _quantization(self, shape: tuple[int, ...], dtype: str) -> Quantization | None:
        table = self.file.child(self.table, "Quantization", f"the quantization of {self.part}")
        if table is None or dtype in ("float32", "bool"):
            return None
        scales = self.file.numbers(table, "Scale", f"the scales of {self.part}")
        zero_points = self.file.numbers(table, "ZeroPoint", f"the zero points of {self.part}")
        if not len(scales):
            return None
        if not len(zero_points):
            zero_points = np.zeros(len(scales), np.int64)
        self._check_scales(scales, zero_points, dtype)
        # It means nothing where there is but one scale or one dimension: converters left any number there.
        axis = table.QuantizedDimension() if len(scales) > 1 and len(shape) > 1 else 0
        if len(scales) > 1 and not (0 <= axis < len(shape) and shape[axis] == len(scales)):
            raise self.file.damaged(
                f"{self.part} of shape {shape} has {len(scales)} scales along axis {axis}"
            )
        return Quantization(
            tuple(float(scale) for scale in scales), tuple(int(point) for point in zero_points), axis
        )

    def _check_scales(self, scales: NDArray[Any], zero_points: NDArray[Any], dtype: str) -> None:
        if len(scales) != len(zero_points):
            raise self.file.damaged(
                f"{self.part} has {len(scales)} scales and {len(zero_points)} zero points"
            )
        wrong = [float(scale) for scale in scales if not (np.isfinite(scale) and scale > 0)]
        if wrong:
            raise self.file.damaged(f"{self.part} has the scale {wrong[0]:g}; scales are positive numbers")
        low, high = _ZERO_POINTS.get(dtype, (-(2**31), 2**31 - 1))
        if not all(low <= int(point) <= high for point in zero_points):
            raise self.file.damaged(f"{self.part} has a zero point outside of {low} to {high}")


def _unpacked(pairs: NDArray[np.int8], count: int) -> NDArray[np.int8]:
    """Return the int4 numbers of pairs, the first of each in the low half."""
    low = (pairs.view(np.uint8) << 4).view(np.int8) >> 4
    return np.stack([low, pairs >> 4], axis=-1).ravel()[:count]
