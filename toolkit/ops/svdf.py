# SPDX-License-Identifier: Apache-2.0
"""SVDF: a layer that looks at each frame with a few filters and remembers what they saw, in int8.

A unit is rank filters: each takes the input times its feature weights, remembers the result behind the
last ones, and gives all that it remembers times its time weights. The state and the time weights are
int16, or both int8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.activation import activation_problems, activation_range, held_to_type
from toolkit.ops.shared.operands import count_problems, quantization_of, quantized_problems
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.requantize import Int64, quantize_multiplier, requantize
from toolkit.targets.target import Target

_STATE = 4


@dataclass(frozen=True, eq=False)
class _Svdf:
    """The tensors of an operation, in the order of its inputs."""

    source: Tensor
    features: Tensor
    times: Tensor
    bias: Tensor
    state: Tensor
    result: Tensor

    @property
    def state_scale(self) -> float:
        """What a sum over the input is times to be a number of the state; in float64, as TFLM has it."""
        source, features, state = map(quantization_of, (self.source, self.features, self.state))
        return source.scale * features.scale / state.scale

    @property
    def state_zero_point(self) -> int:
        """The number of the state that means 0."""
        return quantization_of(self.state).zero_point

    @property
    def out_scale(self) -> float:
        """What a sum over the state is times to be a number of the output."""
        state, times, result = map(quantization_of, (self.state, self.times, self.result))
        return state.scale * times.scale / result.scale


class Svdf(Operator):
    """Inputs are the frame, feature weights, time weights, bias and the state."""

    kind = "SVDF"
    state_inputs = (_STATE,)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=5)
        if problems:
            return problems
        found = _svdf(graph, operation)
        return (
            _type_problems(found) or _shape_problems(operation, found) or _number_problems(operation, found)
        )

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        found = _svdf(graph, operation)
        batches, units = found.result.shape
        state_multiplier, state_shift = quantize_multiplier(found.state_scale)
        out_multiplier, out_shift = quantize_multiplier(found.out_scale)
        return KernelCall(
            "tm_svdf_s8",
            {
                "batches": batches,
                "in_len": found.features.shape[1],
                "units": units,
                "rank": found.features.shape[0] // units,
                "memory": found.times.shape[1],
                "is_wide": int(found.state.dtype == "int16"),
                "state_limit": int(np.iinfo(found.state.dtype).max),
                "state_multiplier": state_multiplier,
                "state_shift": state_shift,
                "state_zero_point": found.state_zero_point,
                "out_multiplier": out_multiplier,
                "out_shift": out_shift,
                "zero_point": quantization_of(found.result).zero_point,
            },
            (
                TensorArgument(found.source.id),
                TensorArgument(found.features.id),
                ConstantArgument("feature_bias", _feature_bias(found).astype(np.int32)),
                TensorArgument(found.times.id),
                _bias_argument(found),
                TensorArgument(found.state.id),
                TensorArgument(found.result.id),
            ),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        found = _svdf(graph, operation)
        source, state = inputs[0], inputs[_STATE]
        assert source is not None and state is not None
        batches, units = found.result.shape
        times = _values(found.times)
        rows = state.reshape(batches, *times.shape)
        seen = source.astype(np.int64) @ _values(found.features).T + _feature_bias(found)
        limits = np.iinfo(found.state.dtype)
        rows[..., :-1] = rows[..., 1:].copy()
        newest = np.clip(requantize(seen, *quantize_multiplier(found.state_scale)), limits.min, limits.max)
        zero = found.state_zero_point
        rows[..., -1] = (newest + zero).astype(found.state.dtype)  # goes round, as it does in TFLM
        sums = ((rows.astype(np.int64) - zero) * times).sum(axis=2).reshape(batches, units, -1).sum(axis=2)
        within = (sums + _values(found.bias)).astype(np.int32)
        out = requantize(within, *quantize_multiplier(found.out_scale))
        return [held_to_type(out, found.result)]


def _svdf(graph: Graph, operation: Operation) -> _Svdf:
    return _Svdf(*(graph.tensors[i] for i in (*operation.inputs, *operation.outputs)))


def _type_problems(found: _Svdf) -> list[str]:
    problems = quantized_problems("input", found.source) + quantized_problems("output", found.result)
    problems += quantized_problems("state", found.state, ("int8", "int16"))
    for name, weights, dtype in (
        ("feature matrix", found.features, "int8"),
        ("time matrix", found.times, found.state.dtype if found.state.dtype == "int8" else "int16"),
    ):
        problems += quantized_problems(name, weights, (dtype,))
        if not weights.is_constant:
            problems.append(f"its {name} is not constant")
    for name, tensor in (("matrices", found.features), ("matrices", found.times)):
        if tensor.quantization is not None and any(tensor.quantization.zero_points):
            problems.append(f"the zero point of its {name} is not 0")
    if found.bias.dtype != "int32" or not found.bias.is_constant:
        problems.append("its bias is not an int32 constant")
    if not found.state.is_state:
        problems.append("its state is not a variable")
    return problems


def _shape_problems(operation: Operation, found: _Svdf) -> list[str]:
    rank = operation.options.get("rank", 0)
    shapes = [found.source.shape, found.features.shape, found.times.shape]
    if not isinstance(rank, int) or rank < 1 or any(len(shape) != 2 for shape in shapes):
        return [f"its rank is {rank}, and its input and weights are {', '.join(map(str, map(list, shapes)))}"]
    batches, in_len = found.source.shape
    filters, memory = found.times.shape
    if filters % rank:
        return [f"its {filters} filters are not units of rank {rank}"]
    problems = []
    for name, tensor, wanted in (
        ("feature matrix", found.features, (filters, in_len)),
        ("bias", found.bias, (filters // rank,)),
        ("state", found.state, (batches, filters * memory)),
        ("output", found.result, (batches, filters // rank)),
    ):
        if tensor.shape != wanted:
            problems.append(f"its {name} has the shape {list(tensor.shape)}, not {list(wanted)}")
    return problems


def _number_problems(operation: Operation, found: _Svdf) -> list[str]:
    problems = activation_problems(operation, found.result)
    if not problems and activation_range(operation, found.result) != (-128, 127):
        activation = operation.options["fused_activation_function"]
        problems.append(
            f"its activation {activation} cuts off numbers that its output has, which TFLM ignores"
        )
    greatest = 256 * int(np.abs(_values(found.features)).sum(axis=1).max())
    if greatest * max(1.0, 2.0 * found.state_scale) >= 2**31:
        problems.append("the sums over its input can exceed 32 bits")
    if found.out_scale >= 1:
        problems.append("its output's scale is too small for those of state and time weights")
    return problems


def _values(tensor: Tensor) -> Int64:
    assert tensor.data is not None
    return np.asarray(tensor.data, np.int64)


def _bias_argument(found: _Svdf) -> TensorArgument | ConstantArgument:
    """Return the bias, less what the state's zero point adds to the sums; these go round at 32 bits."""
    if not found.state_zero_point:
        return TensorArgument(found.bias.id)
    times = _values(found.times).sum(axis=1).reshape(found.bias.elements, -1).sum(axis=1)
    folded = _values(found.bias) - found.state_zero_point * times
    return ConstantArgument("bias", folded.astype(np.int32), is_weights=True)


def _feature_bias(found: _Svdf) -> Int64:
    """Return what the input's zero point adds to the sums over the input."""
    return np.asarray(
        -quantization_of(found.source).zero_point * _values(found.features).sum(axis=1), np.int64
    )


OPERATOR = Svdf()
