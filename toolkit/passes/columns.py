# SPDX-License-Identifier: Apache-2.0
"""Which columns of its inputs each column of a layer's output follows from, along an axis that slides.

A column is all of a tensor at one place of that axis. Where a layer's window is the same at every place, a
window of the input that moves on moves the output's columns on and changes none of them. Here is the
proof for each kind of operation, or the reason why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.movement import constant_axis
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.padding import paddings
from toolkit.ops.shared.reduction import gone_axes
from toolkit.ops.shared.registry import operators


@dataclass(frozen=True)
class Slide:
    """How a tensor slides: along which axis, and how many rows of the graph's input its columns are apart."""

    axis: int
    step: int


@dataclass(frozen=True)
class Follows:
    """Column j of the outputs, along axis, follows from so many columns (reach) of each input that slides,
    from j * stride + first on. axis None: the outputs have no such axis, and follow from those at j = 0.
    """

    axis: int | None
    stride: int = 1
    first: int = 0
    reach: int = 1


Slides = Mapping[int, Slide]

_MAPPING = ("CAST", "DEQUANTIZE", "LOGICAL_NOT", "SELECT_V2", "LOGICAL_AND", "LOGICAL_OR")
_COMPARING = ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")
_OVER_THE_LAST = ("SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION")
_REDUCING = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")
PADS = "it pads the window's ends (SAME)"
"""Why a convolution or a pool, that VALID would let through, cannot follow a window."""
_PADDING = ("PAD", "PADV2", "MIRROR_PAD")


def follows(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    """Return which columns an operation's outputs follow from, or a phrase that says why they do not slide.

    At least one of its inputs slides; its problems() is empty.
    """
    moving = [i for i in operation.inputs if i in slides]
    if any(t is not None and t.is_state for t in graph.input_tensors(operation)):
        return "it remembers what was before, other than a window does"
    if len({slides[i].step for i in moving}) > 1:
        return "its inputs move on by different numbers of columns"
    if operators()[operation.kind].window(graph, operation) is not None:
        return _under_a_window(graph, operation, slides[moving[0]])
    if operators()[operation.kind].keeps_bytes(graph, operation):
        return _reshaped(graph, operation, slides[moving[0]])
    rule = _RULES.get(operation.kind)
    if rule is None and operators()[operation.kind].is_pixelwise(graph, operation):
        rule = _mapped
    if rule is None:
        return "its outputs do not follow from columns of its input"
    return rule(graph, operation, slides)


def _under_a_window(graph: Graph, operation: Operation, slide: Slide) -> Follows | str:
    window = operators()[operation.kind].window(graph, operation)
    assert window is not None
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    if slide.axis not in (1, 2):
        return f"its window does not lie along axis {slide.axis}"
    if slide.axis == 1:
        taps, stride = window.kernel_h, window.stride_h
        dilation, pad = window.dilation_h, window.pad_top
    else:
        taps, stride = window.kernel_w, window.stride_w
        dilation, pad = window.dilation_w, window.pad_left
    reach, size = (taps - 1) * dilation + 1, result.shape[slide.axis]
    if pad or (size - 1) * stride + reach > source.shape[slide.axis]:
        return f"{PADS} along axis {slide.axis}: VALID does not"
    return Follows(slide.axis if size > 1 else None, stride, 0, reach)


def _reshaped(graph: Graph, operation: Operation, slide: Slide) -> Follows:
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    axis = _same_axis(source, result, slide.axis)
    return _whole(source, slide) if axis is None else Follows(axis)


def _same_axis(source: Tensor, result: Tensor, axis: int) -> int | None:
    """Return the axis of result, of the same bytes in the same order, that goes through the same places."""
    before, size = prod(source.shape[:axis]), source.shape[axis]
    for place, found in enumerate(result.shape):
        if found == size and prod(result.shape[:place]) == before:
            return place
    return None


def _whole(source: Tensor, slide: Slide) -> Follows:
    return Follows(None, 1, 0, source.shape[slide.axis])


def _mapped(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    """Every element of the output is made of the inputs' in its place; inputs may broadcast."""
    (result,) = graph.output_tensors(operation)
    places = {slides[i].axis - len(graph.tensors[i].shape) for i in operation.inputs if i in slides}
    if len(places) > 1:
        return "its inputs slide along different axes"
    (place,) = places
    for i, tensor in zip(operation.inputs, graph.input_tensors(operation), strict=True):
        if tensor is None:
            continue
        size = tensor.shape[place] if len(tensor.shape) >= -place else 1
        if i in slides and size != result.shape[place]:
            return "it repeats columns"
        if i not in slides and (size > 1 or not tensor.is_constant):
            return _not_alike(tensor)
    return Follows(place + len(result.shape))


def _not_alike(tensor: Tensor) -> str:
    if tensor.is_constant:
        return "its constant is not the same for every column"
    return "it combines each column with what follows from the whole window"


def _over_the_last(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    source = graph.tensors[operation.inputs[0]]
    axis = slides[operation.inputs[0]].axis
    if axis == len(source.shape) - 1:
        return f"it goes over axis {axis}, which slides"
    return Follows(axis)


def _reduced(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    source, slide = graph.tensors[operation.inputs[0]], slides[operation.inputs[0]]
    gone = gone_axes(graph, operation)
    if slide.axis in gone:
        return _whole(source, slide)
    before = 0 if operation.options.get("keep_dims", False) else sum(axis < slide.axis for axis in gone)
    return Follows(slide.axis - before)


def _matrix(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    source, weights = (graph.tensors[i] for i in operation.inputs[:2])
    result, slide = graph.tensors[operation.outputs[0]], slides[operation.inputs[0]]
    if prod(source.shape[slide.axis + 1 :]) % weights.shape[1]:
        return _whole(source, slide)
    axis = _same_axis(source, result, slide.axis)
    return "its output's rows are not the input's columns" if axis is None else Follows(axis)


def _transposed(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    order = constant_integers(graph.tensors[operation.inputs[1]]) or ()
    return Follows(order.index(slides[operation.inputs[0]].axis))


def _padded(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    axis = slides[operation.inputs[0]].axis
    pairs = paddings(graph, operation, ("int32", "int64"))
    if pairs is None or pairs[axis] != (0, 0):
        return f"it pads the window's ends along axis {axis}"
    return Follows(axis)


def _joined(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    result, along = graph.tensors[operation.outputs[0]], operation.options.get("axis", 0)
    axes = {slides[i].axis for i in operation.inputs if i in slides}
    if len(axes) > 1:
        return "its inputs slide along different axes"
    (axis,) = axes
    if not isinstance(along, int) or along % len(result.shape) == axis:
        return f"it puts columns behind each other, along axis {axis}"
    for tensor in (graph.tensors[i] for i in operation.inputs if i not in slides):
        return _not_alike(tensor)
    return Follows(axis)


def _parted(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    values, place = (1, 0) if operation.kind == "SPLIT" else (0, 2)
    source, slide = graph.tensors[operation.inputs[values]], slides[operation.inputs[values]]
    along = constant_axis(graph.tensors[operation.inputs[place]], len(source.shape))
    if along == slide.axis:
        return f"it parts the window along axis {slide.axis}"
    return Follows(slide.axis)


def _sliced(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    axis = slides[operation.inputs[0]].axis
    begin = constant_integers(graph.tensors[operation.inputs[1]]) or ()
    size = graph.tensors[operation.outputs[0]].shape[axis]
    return Follows(axis if size > 1 else None, 1, begin[axis])


def _strided(graph: Graph, operation: Operation, slides: Slides) -> Follows | str:
    """Where it takes columns: begin and stride count from the front, masks take all or drop the axis."""
    source, axis = graph.tensors[operation.inputs[0]], slides[operation.inputs[0]].axis
    begin, end, strides = (constant_integers(graph.tensors[i]) or () for i in operation.inputs[1:])
    masks = {name: _mask(operation, name) for name in ("begin_mask", "end_mask", "shrink_axis_mask")}
    size, is_dropped = source.shape[axis], bool(masks["shrink_axis_mask"] >> axis & 1)
    if is_dropped:
        return Follows(None, 1, begin[axis] % size)
    if strides[axis] < 0:
        return f"it turns axis {axis} round"
    bounds = slice(
        None if masks["begin_mask"] >> axis & 1 else begin[axis],
        None if masks["end_mask"] >> axis & 1 else end[axis],
        strides[axis],
    )
    taken = range(*bounds.indices(size))
    before = sum(masks["shrink_axis_mask"] >> other & 1 for other in range(axis))
    return Follows(axis - before if len(taken) > 1 else None, strides[axis], taken.start)


def _mask(operation: Operation, name: str) -> int:
    value = operation.options.get(name, 0)
    return value if isinstance(value, int) else 0


_RULES: Mapping[str, Callable[[Graph, Operation, Slides], Follows | str]] = MappingProxyType(
    {
        **dict.fromkeys((*_MAPPING, *_COMPARING), _mapped),
        **dict.fromkeys(_OVER_THE_LAST, _over_the_last),
        **dict.fromkeys(_REDUCING, _reduced),
        **dict.fromkeys(_PADDING, _padded),
        "FULLY_CONNECTED": _matrix,
        "TRANSPOSE": _transposed,
        "CONCATENATION": _joined,
        "SPLIT": _parted,
        "SPLIT_V": _parted,
        "SLICE": _sliced,
        "STRIDED_SLICE": _strided,
    }
)
