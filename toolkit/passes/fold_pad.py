# SPDX-License-Identifier: Apache-2.0
"""Let convolutions pad by themselves: a PAD before one needs memory for the padded image, and a copy.

Keras models have it before each convolution of stride 2 (ZeroPadding2D), and before each causal one, where it
pads rows that only then become images. PAD puts the input's zero point around the image, which is what a
convolution of padding SAME assumes there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import WIDTHS, constant_integers
from toolkit.ops.shared.window import reach_of

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def run(graph: Graph) -> Graph:
    """Return graph without the PADs whose readers are all convolutions that can do it."""
    graph = _with_images(graph)
    operations: dict[int, Operation] = dict(enumerate(graph.operations))
    for place, pad in enumerate(graph.operations):
        around = _around(graph, pad)
        readers = [i for i, o in operations.items() if set(pad.outputs) & set(o.inputs)]
        if around is None or not readers or pad.outputs[0] in graph.outputs:
            continue
        if all(_can_pad(graph, operations[i], pad.outputs[0], around) for i in readers):
            del operations[place]
            operations |= {i: _padded(operations[i], pad.inputs[0], around) for i in readers}
    return replace(graph, operations=tuple(operations.values()))


def _with_images(graph: Graph) -> Graph:
    """Return graph with PADs of rows (batches, length, channels) as PADs of the images that they become."""
    for place, pad in enumerate(graph.operations):
        if pad.kind != "PAD" or pad.outputs[0] in graph.outputs:
            continue
        readers = [i for i, o in enumerate(graph.operations) if pad.outputs[0] in o.inputs]
        if len(readers) == 1:
            axis = _new_axis(graph, pad, graph.operations[readers[0]])
            if axis is not None:
                return _with_images(_swapped(graph, place, readers[0], axis))
    return graph


def _new_axis(graph: Graph, pad: Operation, reshape: Operation) -> int | None:
    """Return at which of two axes a reshape gives padded rows a side of 1, None where it does not."""
    rows, image = graph.tensors[pad.outputs[0]].shape, graph.tensors[reshape.outputs[0]].shape
    if reshape.kind not in ("RESHAPE", "EXPAND_DIMS") or (len(rows), len(image)) != (3, 4):
        return None
    is_known = constant_integers(graph.tensors[pad.inputs[1]]) is not None
    axes = [axis for axis in (1, 2) if image == (*rows[:axis], 1, *rows[axis:])]
    return axes[0] if axes and is_known else None


def _swapped(graph: Graph, place: int, reader: int, axis: int) -> Graph:
    """Return graph with the reshape at reader before the PAD at place."""
    pad, reshape = graph.operations[place], graph.operations[reader]
    source, image = graph.tensors[pad.inputs[0]], graph.tensors[reshape.outputs[0]]
    numbers = graph.tensors[pad.inputs[1]]
    assert numbers.data is not None
    pairs = np.insert(numbers.data.reshape(3, 2), axis, 0, axis=0)
    shape = (*source.shape[:axis], 1, *source.shape[axis:])
    count = len(graph.tensors)
    new = (
        replace(image, id=count, shape=shape, storage=-1),
        replace(numbers, id=count + 1, shape=pairs.shape, data=pairs, storage=-1),
    )
    operations = list(graph.operations)
    operations[place] = Operation(pad.index, "RESHAPE", 1, (source.id,), (count,))
    operations[reader] = replace(pad, inputs=(count, count + 1), outputs=(image.id,))
    return replace(graph, tensors=(*graph.tensors, *new), operations=tuple(operations))


def _around(graph: Graph, operation: Operation) -> tuple[int, ...] | None:
    """Return (top, bottom, left, right) of a PAD around images of int8 or int16, None for everything else."""
    if operation.kind != "PAD" or graph.tensors[operation.inputs[0]].is_constant:
        return None
    numbers = constant_integers(graph.tensors[operation.inputs[1]]) or ()
    is_image = len(numbers) == 8 and graph.tensors[operation.inputs[0]].dtype in WIDTHS
    return numbers[2:6] if is_image and not any((*numbers[:2], *numbers[6:])) else None


def _can_pad(graph: Graph, operation: Operation, source: int, around: tuple[int, ...]) -> bool:
    """Whether a reader of source is a convolution whose window is never wholly in the padding."""
    if operation.kind not in _CONVOLUTIONS or operation.options.get("padding") != "VALID":
        return False
    if operation.inputs[0] != source or source in operation.inputs[1:] or "pad_top" in operation.options:
        return False
    _, height, width, _ = graph.tensors[operation.inputs[1]].shape
    reach = reach_of(operation, (height, width))
    return max(around[:2]) < reach[0] and max(around[2:]) < reach[1]


def _padded(operation: Operation, source: int, around: tuple[int, ...]) -> Operation:
    options = {**operation.options, "pad_top": around[0], "pad_left": around[2]}
    return replace(operation, inputs=(source, *operation.inputs[1:]), options=options)
