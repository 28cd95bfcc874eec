# SPDX-License-Identifier: Apache-2.0
"""The reader on files that are right, and on ones that are wrong in one known way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import flatbuffers
import numpy as np
import pytest
import tflite
from support.loops import recurrent
from support.random_states import variable_graph
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, with_variables, write_tflite

from toolkit.errors import InputError, UnsupportedError
from toolkit.ir.dump import graph_text
from toolkit.ir.graph import Graph, Operation, Quantization, Tensor
from toolkit.tflite.reader import read_graph


def relu_graph(**changes: Any) -> Graph:
    """A graph of one RELU, with fields of its input tensor changed."""
    builder = GraphBuilder("relu")
    x = builder.tensor((1, 8), scale=0.5, zero_point=3)
    y = builder.tensor((1, 8), scale=0.25)
    builder.operation("RELU", [x], [y])
    graph = builder.graph([x], [y])
    return graph.with_tensor(replace(graph.tensors[x], **changes))


def read_error(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_graph(data, "m.tflite")
    assert caught.value.hint is not None
    return caught.value.message


def test_a_written_graph_reads_back_as_it_was() -> None:
    graph = small_graph()

    found = read_graph(write_tflite(graph), "small")

    assert [t.shape for t in found.tensors] == [t.shape for t in graph.tensors]
    assert [t.quantization for t in found.tensors] == [t.quantization for t in graph.tensors]
    assert [(o.kind, o.inputs, o.outputs) for o in found.operations] == [
        (o.kind, o.inputs, o.outputs) for o in graph.operations
    ]
    for before, after in zip(graph.tensors, found.tensors, strict=True):
        assert (before.data is None) == (after.data is None)
        if before.data is not None:
            np.testing.assert_array_equal(before.data, after.data)


def test_options_have_snake_case_names_and_enums_by_name() -> None:
    conv, _, _, reshape, _, softmax = read_graph(write_tflite(small_graph()), "small").operations

    assert conv.options["padding"] == "SAME"
    assert conv.options["fused_activation_function"] == "RELU"
    assert conv.options["dilation_w_factor"] == 1
    assert reshape.options["new_shape"] == (1, 12)
    assert softmax.options["beta"] == 1.0


def test_reading_twice_gives_the_same_text() -> None:
    data = write_tflite(small_graph())

    assert graph_text(read_graph(data, "m")) == graph_text(read_graph(data, "m"))


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert read_error(b"") == "m.tflite is empty."


def test_another_kind_of_file_is_not_a_tflite_file() -> None:
    message = read_error(b"\x89PNG\r\n\x1a\n" + bytes(100))

    assert message == "m.tflite is not a .tflite file: bytes 4 to 7 are b'\\r\\n\\x1a\\n', not \"TFL3\"."


@pytest.mark.parametrize("length", [8, 40, 100, 500, 1500])
def test_a_truncated_file_is_said_to_end_in_the_middle(length: int) -> None:
    data = write_tflite(small_graph())

    message = read_error(data[:length])

    assert "ends in the middle" in message
    assert f"{length:,} bytes" in message


@pytest.mark.parametrize("scale", [0.0, -0.5, float("nan"), float("inf")])
def test_a_scale_that_is_no_positive_number_is_refused(scale: float) -> None:
    message = read_error(write_tflite(relu_graph(quantization=Quantization((scale,), (0,)))))

    assert "scales are positive numbers" in message


def test_a_zero_point_outside_the_type_is_refused() -> None:
    message = read_error(write_tflite(relu_graph(quantization=Quantization((1.0,), (128,)))))

    assert message.endswith("has a zero point outside of -128 to 127.")


def test_scales_that_do_not_fit_their_axis_are_refused() -> None:
    three = Quantization((1.0, 2.0, 3.0), (0, 0, 0), axis=1)

    assert "has 3 scales along axis 1" in read_error(write_tflite(relu_graph(quantization=three)))


@pytest.mark.parametrize(("shape", "count"), [((8,), 8), ((8,), 1), ((1, 8), 1), ((), 1)])
def test_an_axis_that_means_nothing_is_not_read(shape: tuple[int, ...], count: int) -> None:
    found = Quantization((0.5,) * count, (0,) * count, axis=3)

    graph = read_graph(write_tflite(relu_graph(shape=shape, quantization=found)), "m")

    assert graph.tensors[0].quantization == replace(found, axis=0)


def test_the_larger_of_two_numbers_of_an_operator_counts_as_in_tflm() -> None:
    """A file has the number in two fields; damaged ones differ."""
    data = bytearray(write_tflite(relu_graph()))
    code = tflite.Model.GetRootAs(data, 0).OperatorCodes(0)
    new, old = (code._tab.Pos + code._tab.Offset(field) for field in (10, 4))

    for first, second in ((0, 19), (21, 19), (19, 21), (19, 0)):
        data[new : new + 4] = first.to_bytes(4, "little")
        data[old] = second
        (operation,) = read_graph(bytes(data), "m").operations
        assert operation.kind == {19: "RELU", 21: "RELU6"}[max(first, second)]


def test_as_many_zero_points_as_scales_are_needed() -> None:
    odd = Quantization((1.0, 2.0), (0, 0, 0))

    assert "2 scales and 3 zero points" in read_error(write_tflite(relu_graph(quantization=odd)))


def test_scales_without_zero_points_have_zero_points_of_zero() -> None:
    graph = read_graph(write_tflite(relu_graph(quantization=Quantization((1.0,), ()))), "m")

    assert graph.tensors[0].quantization == Quantization((1.0,), (0,))


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((1, -8), "negative dimension"),
        ((1, 0), "no elements"),
        ((2**30, 2**30), "2,147,483,647 bytes"),
        ((1,) * 9, "9 dimensions"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(shape: tuple[int, ...], reason: str) -> None:
    assert reason in read_error(write_tflite(relu_graph(shape=shape)))


def test_a_buffer_of_another_size_than_its_tensor_is_refused() -> None:
    graph = small_graph()
    bias = replace(graph.tensors[2], data=np.zeros(4, np.int32))

    message = read_error(write_tflite(graph.with_tensor(bias)))

    assert "needs 12 bytes, its buffer has 16" in message


def test_an_id_of_no_tensor_is_refused() -> None:
    graph = relu_graph()
    (relu,) = graph.operations

    for wrong in (replace(relu, inputs=(2,)), replace(relu, inputs=(-2,)), replace(relu, outputs=(-1,))):
        message = read_error(write_tflite(replace(graph, operations=(wrong,))))
        assert "operation 0 (RELU) refers to tensor" in message


def test_a_read_before_the_write_is_refused() -> None:
    graph = small_graph()
    turned = replace(graph, operations=(graph.operations[1], graph.operations[0], *graph.operations[2:]))

    assert "reads tensor 3 before it is written" in read_error(write_tflite(turned))


def test_a_tensor_written_twice_is_refused() -> None:
    graph = relu_graph()
    twice = replace(graph, operations=graph.operations * 2)

    assert "writes tensor 1, which has a value already" in read_error(write_tflite(twice))


def test_tensors_that_nothing_uses_may_be_anything() -> None:
    graph = relu_graph()
    odd = Tensor(2, "odd", (-5, 3), "int8", Quantization((0.0,), (0,)))

    found = read_graph(write_tflite(graph.with_tensor(odd)), "m")

    assert len(found.tensors) == 3


@pytest.mark.parametrize("dtype", ["string", "int4"])
def test_a_type_without_a_size_is_unsupported(dtype: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"tensor 0 \('tensor_0'\) is {dtype}"):
        read_graph(write_tflite(relu_graph(dtype=dtype)), "m")


def test_a_name_that_is_not_utf8_does_not_matter() -> None:
    data = write_tflite(relu_graph(name="naïve"))

    found = read_graph(data.replace("ï".encode(), b"\xff\xfe"), "m")

    assert found.tensors[0].name == "na\ufffd\ufffdve"


class Parts:
    """Files with what the graph writer does not write."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(256)

    def vector(self, offsets: list[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())

    def numbers(self, values: list[int]) -> int:
        return int(self.builder.CreateNumpyVector(np.array(values, np.int32)))

    def model(self, subgraphs: list[int], codes: list[int], buffers: list[int], version: int = 3) -> bytes:
        vectors = [self.vector(offsets) for offsets in (codes, subgraphs, buffers)]
        tflite.ModelStart(self.builder)
        tflite.ModelAddVersion(self.builder, version)
        tflite.ModelAddOperatorCodes(self.builder, vectors[0])
        tflite.ModelAddSubgraphs(self.builder, vectors[1])
        tflite.ModelAddBuffers(self.builder, vectors[2])
        self.builder.Finish(tflite.ModelEnd(self.builder), file_identifier=b"TFL3")
        return bytes(self.builder.Output())

    def subgraph(self, tensors: list[int], operators: list[int]) -> int:
        vectors = [self.vector(tensors), self.vector(operators), self.numbers([0]), self.numbers([1])]
        tflite.SubGraphStart(self.builder)
        tflite.SubGraphAddTensors(self.builder, vectors[0])
        tflite.SubGraphAddOperators(self.builder, vectors[1])
        tflite.SubGraphAddInputs(self.builder, vectors[2])
        tflite.SubGraphAddOutputs(self.builder, vectors[3])
        return int(tflite.SubGraphEnd(self.builder))

    def tensor(self, buffer: int = 0, variable: bool = False, length: int = 4) -> int:
        shape = self.numbers([1, length])
        tflite.TensorStart(self.builder)
        tflite.TensorAddShape(self.builder, shape)
        tflite.TensorAddType(self.builder, tflite.TensorType.INT8)
        tflite.TensorAddBuffer(self.builder, buffer)
        tflite.TensorAddIsVariable(self.builder, variable)
        return int(tflite.TensorEnd(self.builder))

    def boundaries(self, values: list[float]) -> tuple[int, int]:
        """Options of BUCKETIZE, the only ones that are real numbers: their type and place."""
        vector = int(self.builder.CreateNumpyVector(np.array(values, np.float32)))
        tflite.BucketizeOptionsStart(self.builder)
        tflite.BucketizeOptionsAddBoundaries(self.builder, vector)
        return tflite.BuiltinOptions.BucketizeOptions, int(tflite.BucketizeOptionsEnd(self.builder))

    def operator(self, inputs: list[int], code: int = 0, options: tuple[int, int] | None = None) -> int:
        vectors = [self.numbers(inputs), self.numbers([1])]
        tflite.OperatorStart(self.builder)
        if options is not None:
            tflite.OperatorAddBuiltinOptionsType(self.builder, options[0])
            tflite.OperatorAddBuiltinOptions(self.builder, options[1])
        tflite.OperatorAddOpcodeIndex(self.builder, code)
        tflite.OperatorAddInputs(self.builder, vectors[0])
        tflite.OperatorAddOutputs(self.builder, vectors[1])
        return int(tflite.OperatorEnd(self.builder))

    def code(self, builtin: int, custom: str = "") -> int:
        name = self.builder.CreateString(custom)
        tflite.OperatorCodeStart(self.builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(self.builder, min(builtin, 127))
        tflite.OperatorCodeAddBuiltinCode(self.builder, builtin)
        tflite.OperatorCodeAddCustomCode(self.builder, name)
        return int(tflite.OperatorCodeEnd(self.builder))

    def buffer(self, offset: int = 0, size: int = 0) -> int:
        tflite.BufferStart(self.builder)
        tflite.BufferAddOffset(self.builder, offset)
        tflite.BufferAddSize(self.builder, size)
        return int(tflite.BufferEnd(self.builder))


def one_operator(builtin: int, custom: str = "", *, code: int = 0, buffer: int = 0) -> bytes:
    parts = Parts()
    operator = parts.operator([0], code)
    subgraph = parts.subgraph([parts.tensor(buffer), parts.tensor()], [operator])
    return parts.model([subgraph], [parts.code(builtin, custom)], [parts.buffer()])


def test_no_subgraph_is_an_error() -> None:
    assert "no subgraph" in read_error(Parts().model([], [], []))


def test_another_schema_version_is_an_error() -> None:
    assert "schema version is 2" in read_error(Parts().model([], [], [], version=2))


def test_a_custom_operator_keeps_its_name() -> None:
    (operation,) = read_graph(one_operator(tflite.BuiltinOperator.CUSTOM, "My*/Op"), "m").operations

    assert (operation.kind, operation.options) == ("CUSTOM", {"custom_code": "My*/Op"})


def test_options_that_are_real_numbers_are_left_out_also_if_they_are_none() -> None:
    parts = Parts()
    operator = parts.operator([0], options=parts.boundaries([0.5, float("nan")]))
    subgraph = parts.subgraph([parts.tensor(), parts.tensor()], [operator])
    code = parts.code(tflite.BuiltinOperator.BUCKETIZE)

    (operation,) = read_graph(parts.model([subgraph], [code], [parts.buffer()]), "m").operations

    assert (operation.kind, operation.options) == ("BUCKETIZE", {})


def test_an_operator_newer_than_the_schema_is_known_by_its_number() -> None:
    (operation,) = read_graph(one_operator(9999), "m").operations

    assert operation.kind == "BUILTIN_9999"


def test_an_operator_code_out_of_range_is_an_error() -> None:
    assert "operator code 7 of 1" in read_error(one_operator(0, code=7))


def test_a_buffer_out_of_range_is_an_error() -> None:
    assert "buffer 7 of 1" in read_error(one_operator(0, buffer=7))


def test_a_variable_is_a_state_that_starts_at_zero() -> None:
    parts = Parts()
    tensors = [parts.tensor(), parts.tensor(), parts.tensor(variable=True)]
    subgraph = parts.subgraph(tensors, [parts.operator([0, 2])])
    data = parts.model([subgraph], [parts.code(tflite.BuiltinOperator.ADD)], [parts.buffer()])

    graph = read_graph(data, "m")

    assert graph.states == (2,)
    assert graph.tensors[2].state is not None and not graph.tensors[2].state.any()


def test_a_variable_larger_than_any_board_is_refused_before_memory_is_taken() -> None:
    parts = Parts()
    tensors = [parts.tensor(), parts.tensor(), parts.tensor(variable=True, length=1 << 30)]
    subgraph = parts.subgraph(tensors, [parts.operator([0, 2])])
    data = parts.model([subgraph], [parts.code(tflite.BuiltinOperator.ADD)], [parts.buffer()])

    with pytest.raises(UnsupportedError, match=r"variable '' has 1,073,741,824 bytes, more than 16,777,216"):
        read_graph(data, "m")


def streaming(change: Callable[[Graph], Graph] = lambda first: first) -> bytes:
    """A model with a variable, whose first values come from a subgraph that change changes."""
    graph = with_variables(variable_graph(0, np.random.default_rng(1)))
    return write_tflite(replace(graph, subgraphs={1: change(graph.subgraphs[1])}))


def test_first_values_that_are_computed_are_unsupported() -> None:
    def without_data(first: Graph) -> Graph:
        return first.with_tensor(replace(first.tensors[1], data=None))

    assert read_graph(streaming(), "m").states
    with pytest.raises(UnsupportedError, match="assigns a first value that is not constant"):
        read_graph(streaming(without_data), "m")


def test_what_is_called_once_may_only_assign() -> None:
    def adding(first: Graph) -> Graph:
        more = Operation(0, "ADD", 1, (1, 1), (1,), {"fused_activation_function": "NONE"})
        return replace(first, operations=(*first.operations, more))

    with pytest.raises(UnsupportedError, match=r"operation 2 \(ADD\) in a subgraph that is called once"):
        read_graph(streaming(adding), "m")


def test_a_first_value_of_another_shape_is_unsupported() -> None:
    def flat(first: Graph) -> Graph:
        value = first.tensors[1]
        assert value.data is not None
        return first.with_tensor(replace(value, shape=(value.elements,), data=value.data.reshape(-1)))

    with pytest.raises(UnsupportedError, match="has a first value of another shape or type"):
        read_graph(streaming(flat), "m")


def test_a_variable_of_a_subgraph_is_unsupported() -> None:
    graph = recurrent()
    body = graph.subgraphs[2]
    start = np.zeros(body.tensors[0].shape, body.tensors[0].dtype)
    kept = Tensor(len(body.tensors), "kept", start.shape, start.dtype.name, state=start)
    operation = replace(body.operations[0], inputs=(kept.id, *body.operations[0].inputs[1:]))
    body = replace(body.with_tensor(kept), operations=(operation, *body.operations[1:]))

    with pytest.raises(UnsupportedError, match="subgraph 2: it has variables and is not the main graph"):
        read_graph(write_tflite(replace(graph, subgraphs={**graph.subgraphs, 2: body})), "m")


def external(behind: bytes, size: int) -> bytes:
    """A file whose constant stands behind the flatbuffer, as in files of more than 2 GB."""
    data = b""
    for _ in range(2):  # the first round says how long the flatbuffer is
        parts = Parts()
        tensors = [parts.tensor(), parts.tensor(), parts.tensor(buffer=1)]
        subgraph = parts.subgraph(tensors, [parts.operator([0, 2])])
        buffers = [parts.buffer(), parts.buffer(len(data) or 1000, size)]
        data = parts.model([subgraph], [parts.code(tflite.BuiltinOperator.ADD)], buffers)
    return data + behind


def test_a_constant_behind_the_flatbuffer_is_found() -> None:
    found = read_graph(external(bytes([1, 2, 3, 255]), 4), "m").tensors[2].data

    assert found is not None
    assert found.tolist() == [[1, 2, 3, -1]]


def test_a_constant_behind_the_end_of_the_file_is_refused() -> None:
    assert "ends in the middle" in read_error(external(b"\1\2", 4))
