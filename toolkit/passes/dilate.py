# SPDX-License-Identifier: Apache-2.0
"""Dilate a convolution instead of cutting its images into blocks: two copies and their memory less.

A converter that does not know the batch size leaves TensorFlow's dilated convolutions as they were:
SPACE_TO_BATCH_ND, a convolution without dilation, BATCH_TO_SPACE_ND. Each place in a block is a batch
there, and its pixels are as far apart as the block is large: that is what dilation says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.ir.graph import Graph, Operation, OptionValue, Tensor
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.space_batch import space_batch_problems

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_SHAPING = ("EXPAND_DIMS", "RESHAPE", "SQUEEZE")
_IMAGE, _ROW = 4, 3
_LONGEST = 8


@dataclass(frozen=True)
class _Cut:
    """A convolution between blocks: what ends them, what it reads and gives as a whole, its options then."""

    place: int
    convolution: Operation
    source: Tensor
    result: Tensor
    options: dict[str, OptionValue]


def run(graph: Graph) -> Graph:
    """Return graph with dilated convolutions for those between blocks, where both are the same.

    Blocks that nothing reads any more are still there: drop_dead drops them.
    """
    for place, operation in enumerate(graph.operations):
        if operation.kind == "BATCH_TO_SPACE_ND":
            cut = _cut(graph, place)
            if cut is not None:
                return run(_dilated(graph, cut))
    return graph


def _cut(graph: Graph, place: int) -> _Cut | None:
    """Return what leads to a BATCH_TO_SPACE_ND, if that is a convolution between blocks."""
    chain = [graph.operations[place]]
    while chain[0].kind != "SPACE_TO_BATCH_ND":
        before = _maker(graph, chain[0])
        if before is None or len(chain) > _LONGEST:
            return None
        chain.insert(0, before)
    convolutions = [o for o in chain if o.kind in _CONVOLUTIONS]
    if len(convolutions) != 1 or any(len(o.inputs) != 3 for o in (chain[0], chain[-1])):
        return None
    if any(_problems(graph, operation) for operation in chain):
        return None
    behind = chain[chain.index(convolutions[0]) : -1]
    if any(_is_read_by_others(graph, operation.outputs[0]) for operation in behind):
        return None
    source, result = graph.tensors[chain[0].inputs[0]], graph.tensors[chain[-1].outputs[0]]
    options = _options(graph, chain, convolutions[0], source, result)
    if options is None or _changes_scale(graph, chain):
        return None
    return _Cut(place, convolutions[0], source, result, options)


def _maker(graph: Graph, reader: Operation) -> Operation | None:
    """Return what makes an operation's input, if it belongs between blocks."""
    made = reader.inputs[:1]
    makers = [o for o in graph.operations if o.outputs == made and o.inputs]
    kinds = (*_SHAPING, *_CONVOLUTIONS, "SPACE_TO_BATCH_ND")
    return makers[0] if makers and makers[0].kind in kinds else None


def _problems(graph: Graph, operation: Operation) -> list[str]:
    """Return why an operation could not be compiled, but for padding in blocks: it is not copied."""
    if operation.kind == "SPACE_TO_BATCH_ND":
        return space_batch_problems(graph, operation, to_batch=True)
    return operators()[operation.kind].problems(graph, operation)


def _is_read_by_others(graph: Graph, tensor: int) -> bool:
    """Return whether more than one operation, or who runs the model, reads a tensor."""
    return tensor in graph.outputs or sum(tensor in o.inputs for o in graph.operations) > 1


def _changes_scale(graph: Graph, chain: list[Operation]) -> bool:
    """Return whether something but the convolution changes what numbers stand for."""
    moves = [o for o in chain if o.kind not in _CONVOLUTIONS]
    pairs = ((graph.tensors[o.inputs[0]], graph.tensors[o.outputs[0]]) for o in moves)
    return any(one.dtype != other.dtype or one.quantization != other.quantization for one, other in pairs)


def _options(
    graph: Graph, chain: list[Operation], convolution: Operation, source: Tensor, result: Tensor
) -> dict[str, OptionValue] | None:
    """Return the options of the dilated convolution, None where it would not be the same."""
    numbers = [constant_integers(graph.tensors[i]) for o in (chain[0], chain[-1]) for i in o.inputs[1:]]
    if any(found is None for found in numbers) or len(convolution.inputs) < 2:
        return None
    block, around, other, crops = (found or () for found in numbers)
    images = [graph.tensors[i].shape for i in (convolution.inputs[0], convolution.outputs[0])]
    weights = graph.tensors[convolution.inputs[1]].shape
    if {len(shape) for shape in (*images, weights)} != {_IMAGE} or not _is_plain(convolution):
        return None
    sides = _sides(images[0], source, result)
    if sides is None or block != other or {len(around), len(crops)} != {2 * len(sides)}:
        return None
    steps, paddings = [1, 1], set[str]()
    for i, axis in enumerate(sides):
        steps[axis] = block[i]
        reach = (weights[1 + axis] - 1) * block[i] + 1
        before = around[2 * i] - crops[2 * i]
        paddings.add(_padding(source.shape[1 + i], result.shape[1 + i], reach, before))
    if len(paddings) != 1 or "" in paddings:
        return None
    step_options = {"dilation_h_factor": steps[0], "dilation_w_factor": steps[1]}
    return {**convolution.options, **step_options, "padding": paddings.pop()}


def _is_plain(convolution: Operation) -> bool:
    names = ("stride_h", "stride_w", "dilation_h_factor", "dilation_w_factor")
    found = convolution.options
    return found.get("padding") == "VALID" and all(found.get(name, 1) == 1 for name in names)


def _sides(image: tuple[int, ...], source: Tensor, result: Tensor) -> tuple[int, ...] | None:
    """Return which of the convolution's height (0) and width (1) the blocks' sides are."""
    if len(source.shape) != len(result.shape) or source.shape[0] != result.shape[0]:
        return None
    if len(source.shape) == _IMAGE:
        return (0, 1)
    if len(source.shape) != _ROW or 1 not in image[1:3]:
        return None
    return (1,) if image[1] == 1 else (0,)


def _padding(size: int, out_size: int, reach: int, before: int) -> str:
    """Return the padding that begins as far before the input and gives as many outputs, "" if none does."""
    if (before, out_size) == (0, size - reach + 1):
        return "VALID"
    return "SAME" if (before, out_size) == ((reach - 1) // 2, size) else ""


def _dilated(graph: Graph, cut: _Cut) -> Graph:
    old = (cut.convolution.inputs[0], cut.convolution.outputs[0])
    ends, new = [cut.source.id, cut.result.id], list[Tensor]()
    if len(cut.source.shape) == _ROW:
        axis = 1 if graph.tensors[old[0]].shape[1] == 1 else 2
        for place, whole in enumerate((cut.source, cut.result)):
            shape = (*whole.shape[:axis], 1, *whole.shape[axis:])
            ends[place] = len(graph.tensors) + place
            new.append(replace(graph.tensors[old[place]], id=ends[place], shape=shape, storage=-1))
    middle = replace(
        cut.convolution,
        inputs=(ends[0], *cut.convolution.inputs[1:]),
        outputs=(ends[1],),
        options=cut.options,
    )
    made = [middle]
    if new:
        made = [_reshape(middle, cut.source.id, ends[0]), middle, _reshape(middle, ends[1], cut.result.id)]
    operations = (*graph.operations[: cut.place], *made, *graph.operations[cut.place + 1 :])
    return replace(graph, tensors=(*graph.tensors, *new), operations=operations)


def _reshape(beside: Operation, source: int, result: int) -> Operation:
    return Operation(beside.index, "RESHAPE", 1, (source,), (result,))
