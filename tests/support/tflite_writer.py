# SPDX-License-Identifier: Apache-2.0
"""Graphs made by hand, and the .tflite flatbuffer of any Graph: the other way round from the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import flatbuffers
import numpy as np
import tflite
from flatbuffers import flexbuffers

from toolkit.ir.graph import Graph, Operation, OptionValue, Quantization, Tensor
from toolkit.tflite.custom import CUSTOM_KINDS
from toolkit.tflite.hidden import HIDDEN_STATES

_OPTIONS_TABLE = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "RESHAPE": "ReshapeOptions",
    "PAD": "PadOptions",
    "CONCATENATION": "ConcatenationOptions",
    "SOFTMAX": "SoftmaxOptions",
    "QUANTIZE": "QuantizeOptions",
    "DEQUANTIZE": "DequantizeOptions",
    "TRANSPOSE": "TransposeOptions",
    "DIV": "DivOptions",
    "LEAKY_RELU": "LeakyReluOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "SUM": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "ARG_MAX": "ArgMaxOptions",
    "ARG_MIN": "ArgMinOptions",
    "CAST": "CastOptions",
    "CUMSUM": "CumsumOptions",
    "SQUEEZE": "SqueezeOptions",
    "EXPAND_DIMS": "ExpandDimsOptions",
    "PADV2": "PadV2Options",
    "MIRROR_PAD": "MirrorPadOptions",
    "SPLIT": "SplitOptions",
    "SPLIT_V": "SplitVOptions",
    "SLICE": "SliceOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
    "PACK": "PackOptions",
    "UNPACK": "UnpackOptions",
    "GATHER": "GatherOptions",
    "GATHER_ND": "GatherNdOptions",
    "BROADCAST_TO": "BroadcastToOptions",
    "SPACE_TO_DEPTH": "SpaceToDepthOptions",
    "DEPTH_TO_SPACE": "DepthToSpaceOptions",
    "SPACE_TO_BATCH_ND": "SpaceToBatchNDOptions",
    "BATCH_TO_SPACE_ND": "BatchToSpaceNDOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
    "RESIZE_BILINEAR": "ResizeBilinearOptions",
    "SHAPE": "ShapeOptions",
    "FILL": "FillOptions",
    "ZEROS_LIKE": "ZerosLikeOptions",
    "REVERSE_V2": "ReverseV2Options",
    "TRANSPOSE_CONV": "TransposeConvOptions",
    "BATCH_MATMUL": "BatchMatMulOptions",
    "SVDF": "SVDFOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
    "WHILE": "WhileOptions",
    "IF": "IfOptions",
    "CALL_ONCE": "CallOnceOptions",
    "VAR_HANDLE": "VarHandleOptions",
    "READ_VARIABLE": "ReadVariableOptions",
    "ASSIGN_VARIABLE": "AssignVariableOptions",
}
_CUSTOM_CODES = {kind: code for code, kind in CUSTOM_KINDS.items()}
_TEXT_OPTIONS = ("container", "shared_name")
_VARIABLE_KINDS = ("READ_VARIABLE", "ASSIGN_VARIABLE")
_OPTION_ENUM = {
    "padding": tflite.Padding,
    "fused_activation_function": tflite.ActivationFunctionType,
    "weights_format": tflite.FullyConnectedOptionsWeightsFormat,
    "quantized_bias_type": tflite.TensorType,
    "mode": tflite.MirrorPadMode,
    "out_type": tflite.TensorType,
    "output_type": tflite.TensorType,
    "in_data_type": tflite.TensorType,
    "out_data_type": tflite.TensorType,
}


class GraphBuilder:
    """Collects tensors and operations; every method returns ids, graph() the finished Graph.

    builder = GraphBuilder()
    x = builder.tensor((1, 8), scale=0.5, zero_point=3)
    y = builder.tensor((1, 8), scale=0.25)
    builder.operation("RELU", [x], [y])
    data = write_tflite(builder.graph([x], [y]))
    """

    def __init__(self, name: str = "model") -> None:
        self.name = name
        self.tensors: list[Tensor] = []
        self.operations: list[Operation] = []

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        *,
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        axis: int = 0,
        data: Any = None,
        state: Any = None,
    ) -> int:
        """Add a tensor and return its id; scales are rounded to float32, data is given its shape.

        state is what a tensor holds at the start that survives from run to run, one value or all.
        """
        quantization = None
        if scale is not None:
            scales = tuple(float(np.float32(s)) for s in np.atleast_1d(scale))
            points = tuple(int(z) for z in np.atleast_1d(zero_point))
            points = points * len(scales) if len(points) == 1 else points
            quantization = Quantization(scales, points, axis)
        held_in = "int8" if dtype == "int4" else dtype
        values = None if data is None else np.asarray(data, dtype=held_in).reshape(tuple(shape))
        start = None if state is None else np.full(tuple(shape), state, dtype)
        number = len(self.tensors)
        name = f"tensor_{number}"
        self.tensors.append(Tensor(number, name, tuple(shape), dtype, quantization, values, start))
        return number

    def operation(
        self,
        kind: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        version: int = 1,
        **options: OptionValue,
    ) -> int:
        """Add an operation and return its index; options by TFLite's field names, enums by name."""
        index = len(self.operations)
        self.operations.append(Operation(index, kind, version, tuple(inputs), tuple(outputs), options))
        return index

    def graph(
        self, inputs: Sequence[int], outputs: Sequence[int], subgraphs: Mapping[int, Graph] | None = None
    ) -> Graph:
        """Return the graph with these tensors as its inputs and outputs."""
        parts = (tuple(self.tensors), tuple(self.operations), tuple(inputs), tuple(outputs))
        return Graph(self.name, *parts, subgraphs or {})


def write_tflite(graph: Graph) -> bytes:
    """Return graph, and those it leads to, as the bytes of a .tflite file.

    States that READ_VARIABLE and ASSIGN_VARIABLE name become resource variables; all others variable
    tensors.
    """
    builder = flatbuffers.Builder(4096)
    graphs = _numbered(with_variables(graph))
    codes = sorted({_code(operation) for each in graphs for operation in each.operations})
    buffers = [_buffer(builder, None)]
    subgraphs = []
    for each in graphs:
        tensors = []
        for tensor in each.tensors:
            place = 0
            if tensor.data is not None:
                place = len(buffers)
                data = _packed(tensor.data) if tensor.dtype == "int4" else tensor.data
                buffers.append(_buffer(builder, data))
            tensors.append(_tensor(builder, tensor, place))
        operations = [_operation(builder, each, operation, codes) for operation in each.operations]
        subgraphs.append(_subgraph(builder, each, tensors, operations))
    code_offsets = [_operator_code(builder, kind, version) for kind, version in codes]
    vectors = [_offsets(builder, offsets) for offsets in (code_offsets, subgraphs, buffers)]
    description = builder.CreateString("written by the tests")
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, vectors[0])
    tflite.ModelAddSubgraphs(builder, vectors[1])
    tflite.ModelAddBuffers(builder, vectors[2])
    tflite.ModelAddDescription(builder, description)
    builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _numbered(graph: Graph) -> list[Graph]:
    """Return graph and its subgraphs in the order of their numbers, which must leave none out."""
    found = {0: graph}
    for each in graph.all_graphs():
        found.update(each.subgraphs)
    return [found[number] for number in range(len(found))]


def _packed(data: Any) -> Any:
    numbers = np.append(data.astype(np.uint8) & 15, np.zeros(data.size % 2, np.uint8))
    return numbers[0::2] | numbers[1::2] << 4


def with_variables(graph: Graph) -> Graph:
    """Return graph as a file has it: with handles of its variables, and a subgraph that sets these."""
    named = {o.inputs[0] for o in graph.operations if o.kind in _VARIABLE_KINDS}
    ids = sorted(i for i in named if graph.tensors[i].is_state)
    if not ids:
        return graph
    first, number = Graph("first values", (), (), (), ()), len(_numbered(graph))
    handles = [Operation(0, "CALL_ONCE", 1, (), (), {"init_subgraph_index": number})]
    for tensor in (graph.tensors[i] for i in ids):
        options: dict[str, OptionValue] = {"container": "", "shared_name": tensor.name}
        handle = Tensor(len(first.tensors), tensor.name, (), "resource")
        value = replace(tensor, id=handle.id + 1, data=tensor.state, state=None, storage=handle.id + 1)
        first = first.with_tensor(handle).with_tensor(value)
        make = Operation(0, "VAR_HANDLE", 1, (), (handle.id,), options)
        assign = Operation(0, "ASSIGN_VARIABLE", 1, (handle.id, value.id), ())
        first = replace(first, operations=(*first.operations, make, assign))
        handles.append(replace(make, outputs=(tensor.id,)))
        graph = graph.with_tensor(replace(handle, id=tensor.id, storage=tensor.id))
    operations = (*handles, *graph.operations)
    return replace(graph, operations=operations, subgraphs={**graph.subgraphs, number: first})


def _offsets(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _numbers(builder: Any, values: Sequence[float], dtype: str) -> int:
    return int(builder.CreateNumpyVector(np.asarray(values, dtype=dtype)))


def _buffer(builder: Any, data: Any) -> int:
    content = 0
    if data is not None:
        content = builder.CreateNumpyVector(np.frombuffer(data.tobytes(), dtype=np.uint8))
    tflite.BufferStart(builder)
    if data is not None:
        tflite.BufferAddData(builder, content)
    return int(tflite.BufferEnd(builder))


def _tensor(builder: Any, tensor: Tensor, place: int) -> int:
    name = builder.CreateString(tensor.name)
    shape = _numbers(builder, tensor.shape, "int32")
    quantization = None
    if tensor.quantization is not None:
        scales = _numbers(builder, tensor.quantization.scales, "float32")
        points = _numbers(builder, tensor.quantization.zero_points, "int64")
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scales)
        tflite.QuantizationParametersAddZeroPoint(builder, points)
        tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.quantization.axis)
        quantization = tflite.QuantizationParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, getattr(tflite.TensorType, tensor.dtype.upper()))
    tflite.TensorAddBuffer(builder, place)
    tflite.TensorAddName(builder, name)
    tflite.TensorAddIsVariable(builder, tensor.is_state)
    if quantization is not None:
        tflite.TensorAddQuantization(builder, quantization)
    return int(tflite.TensorEnd(builder))


def _options(builder: Any, table: str, options: dict[str, OptionValue]) -> int:
    values: dict[str, Any] = {}
    for name, value in options.items():
        if name in _TEXT_OPTIONS:
            values[name] = builder.CreateString(value)
        elif isinstance(value, str):
            values[name] = getattr(_OPTION_ENUM[name], value)
        else:
            values[name] = _numbers(builder, value, "int32") if isinstance(value, tuple) else value
    getattr(tflite, f"{table}Start")(builder)
    for name, value in values.items():
        field = "".join(word.capitalize() for word in name.split("_"))
        getattr(tflite, f"{table}Add{field}")(builder, value)
    return int(getattr(tflite, f"{table}End")(builder))


def _operation(builder: Any, graph: Graph, operation: Operation, codes: list[tuple[str, int]]) -> int:
    table = _OPTIONS_TABLE.get(operation.kind)
    options = _options(builder, table, dict(operation.options)) if table else 0
    hidden = operation.kind in HIDDEN_STATES
    given = [i for i in operation.inputs if i < 0 or not (hidden and graph.tensors[i].is_state)]
    inputs = _numbers(builder, given, "int32")
    custom = 0
    if operation.kind in _CUSTOM_CODES:
        custom = _numbers(builder, list(flexbuffers.Dumps(dict(operation.options))), "uint8")
    outputs = _numbers(builder, operation.outputs, "int32")
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, codes.index(_code(operation)))
    tflite.OperatorAddInputs(builder, inputs)
    tflite.OperatorAddOutputs(builder, outputs)
    if custom:
        tflite.OperatorAddCustomOptions(builder, custom)
    if table:
        tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, table))
        tflite.OperatorAddBuiltinOptions(builder, options)
    return int(tflite.OperatorEnd(builder))


def _subgraph(builder: Any, graph: Graph, tensors: list[int], operations: list[int]) -> int:
    vectors = [_offsets(builder, tensors), _offsets(builder, operations)]
    inputs = _numbers(builder, graph.inputs, "int32")
    outputs = _numbers(builder, graph.outputs, "int32")
    name = builder.CreateString(graph.name)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, vectors[0])
    tflite.SubGraphAddInputs(builder, inputs)
    tflite.SubGraphAddOutputs(builder, outputs)
    tflite.SubGraphAddOperators(builder, vectors[1])
    tflite.SubGraphAddName(builder, name)
    return int(tflite.SubGraphEnd(builder))


def _code(operation: Operation) -> tuple[str, int]:
    """Return what stands for an operation's kind among the codes; custom_code names a custom operator."""
    name = operation.options.get("custom_code")
    return (f"CUSTOM {name}" if operation.kind == "CUSTOM" else operation.kind, operation.version)


def _operator_code(builder: Any, kind: str, version: int) -> int:
    custom = _CUSTOM_CODES.get(kind, kind.removeprefix("CUSTOM ") if kind.startswith("CUSTOM ") else "")
    code = getattr(tflite.BuiltinOperator, "CUSTOM" if custom else kind)
    name = builder.CreateString(custom) if custom else 0
    tflite.OperatorCodeStart(builder)
    if name:
        tflite.OperatorCodeAddCustomCode(builder, name)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    tflite.OperatorCodeAddVersion(builder, version)
    return int(tflite.OperatorCodeEnd(builder))
