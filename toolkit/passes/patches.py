# SPDX-License-Identifier: Apache-2.0
"""Run some of a graph's layers patch by patch: less to store at once, some of it computed twice.

A segment is a run of operations of whose outputs only the last one's is needed elsewhere. Its output
image is cut into patches; each is computed through all the layers before the next one is begun, from
just those pixels of each layer's input under its windows. What is outside of the image is padding,
as it was; what is inside but outside of a patch never comes under a window, so every pixel is what
it would have been. Pixels that two patches need are computed for both.

Patches as wide as the image stand side by side in the output's memory, and read the segment's inputs
where they are. Narrower ones are joined by a copy to a row of patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from toolkit.ir.graph import Graph, Operation, Origin, Tensor
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.window import Window

# Kernels may load four bytes at once; where a patch begins must not make that slow.
_ALIGNMENT = 4


@dataclass(frozen=True)
class Segment:
    """The operations of a graph from the place first up to, not including, end."""

    first: int
    end: int


@dataclass(frozen=True)
class Box:
    """Pixels of an image: rows from y up to, not including, y_end, and columns alike."""

    y: int
    y_end: int
    x: int
    x_end: int

    def around(self, other: Box) -> Box:
        """Return the least box that has both in it."""
        return Box(
            min(self.y, other.y),
            max(self.y_end, other.y_end),
            min(self.x, other.x),
            max(self.x_end, other.x_end),
        )


def find_segments(graph: Graph, around: int | None = None, longest: int | None = None) -> list[Segment]:
    """Return every run of operations that can be cut into patches.

    Only those that take in the operation at the place around, and have no more than longest operations,
    where these are given.
    """
    count = len(graph.operations)
    longest = count if longest is None else longest
    last = count - 1 if around is None else around
    can = [_can_be_cut(graph, operation) for operation in graph.operations]
    found = []
    for first in range(0 if around is None else max(around - longest + 1, 0), last + 1):
        end = first
        while end < min(count, first + longest) and can[end]:
            end += 1
            segment = Segment(first, end)
            takes_in = around is None or around < end
            found += [segment] if takes_in and _is_closed(graph, segment) else []
    return found


def patch_rows(graph: Graph, segment: Segment) -> int:
    """Return what the height of the segment's patches must be a multiple of, so that they begin aligned."""
    result = _result(graph, segment)
    return _ALIGNMENT // gcd(_ALIGNMENT, _row_bytes(result))


def cut(graph: Graph, segment: Segment, height: int, width: int) -> Graph:
    """Return graph with the segment run in patches of its output of so many rows and columns, or less.

    height is a multiple of patch_rows(); a width of the whole image or more cuts none of its rows.
    """
    cutter = _Cutter(graph, segment)
    for y in range(0, cutter.result.shape[1], height):
        cutter.add_band(y, height, width)
    return cutter.graph()


def boxes(graph: Graph, segment: Segment, patch: Box) -> dict[int, Box]:
    """Return the pixels of each tensor that a patch of the segment's output takes, by the tensor's id.

    Those of the segment's inputs are all that any of its operations reads.
    """
    found = {_result(graph, segment).id: patch}
    for operation in reversed(graph.operations[segment.first : segment.end]):
        for tensor, box in needs(graph, operation, found[operation.outputs[0]]).items():
            found[tensor] = box.around(found.get(tensor, box))
    return found


def needs(graph: Graph, operation: Operation, box: Box) -> dict[int, Box]:
    """Return the pixels of each of an operation's images that a box of its output follows from."""
    window = operators()[operation.kind].window(graph, operation)
    if window is not None:
        return {operation.inputs[0]: _under(window, box)}
    return {i: box for i in operation.inputs if i >= 0 and not graph.tensors[i].is_constant}


def _under(window: Window, box: Box) -> Box:
    """Return the pixels of the input that come under the window for a box of the output."""
    y, x = box.y * window.stride_h - window.pad_top, box.x * window.stride_w - window.pad_left
    y_end = (box.y_end - 1) * window.stride_h - window.pad_top + (window.kernel_h - 1) * window.dilation_h + 1
    x_end = (
        (box.x_end - 1) * window.stride_w - window.pad_left + (window.kernel_w - 1) * window.dilation_w + 1
    )
    return Box(max(y, 0), min(y_end, window.in_h), max(x, 0), min(x_end, window.in_w))


def _can_be_cut(graph: Graph, operation: Operation) -> bool:
    """Whether a pixel of an operation's output follows from the same one, or some near it, of its inputs."""
    operator = operators()[operation.kind]
    if len(operation.outputs) != 1 or not _is_image(graph.tensors[operation.outputs[0]]):
        return False
    if operator.window(graph, operation) is not None:
        return _is_image(graph.tensors[operation.inputs[0]])
    result = graph.tensors[operation.outputs[0]]
    return operator.is_pixelwise(graph, operation) and all(
        _is_for_every_pixel(t) if t.is_constant else _is_image(t) and t.shape[1:3] == result.shape[1:3]
        for t in graph.input_tensors(operation)
        if t is not None
    )


def _is_image(tensor: Tensor) -> bool:
    return not tensor.is_constant and len(tensor.shape) == 4 and tensor.shape[0] == 1


def _is_for_every_pixel(constant: Tensor) -> bool:
    return all(size == 1 for size in constant.shape[:-1])


def _is_closed(graph: Graph, segment: Segment) -> bool:
    """Whether nothing but the last output is needed elsewhere, and nobody's memory is that of another's."""
    inside = graph.operations[segment.first : segment.end]
    outside = (*graph.operations[: segment.first], *graph.operations[segment.end :])
    result = _result(graph, segment)
    hidden = {o.outputs[0] for o in inside[:-1]}
    read = {i for o in inside for i in o.inputs if i >= 0 and not graph.tensors[i].is_constant}
    needed = {i for o in outside for i in (*o.inputs, *o.outputs) if i >= 0} | {*graph.outputs, *graph.inputs}
    return (
        all(graph.tensors[i].storage == i for i in hidden)
        and not hidden & {graph.tensors[i].storage for i in needed | (read - hidden)}
        and result.storage not in {graph.tensors[i].storage for i in read - hidden}
    )


def _result(graph: Graph, segment: Segment) -> Tensor:
    return graph.tensors[graph.operations[segment.end - 1].outputs[0]]


def _row_bytes(image: Tensor) -> int:
    return image.bytes // image.shape[1]


class _Cutter:
    """Makes a segment's operations patch by patch; here are where patches of tensors stand, by the tensor."""

    def __init__(self, graph: Graph, segment: Segment) -> None:
        self.whole = graph
        self.segment = segment
        self.result = _result(graph, segment)
        self.tensors = list(graph.tensors)
        self.operations: list[Operation] = []
        self.here: dict[int, tuple[Tensor, Box]] = {}

    def graph(self) -> Graph:
        """Return the graph with what was made in the segment's place."""
        before = self.whole.operations[: self.segment.first]
        after = self.whole.operations[self.segment.end :]
        return replace(
            self.whole, tensors=tuple(self.tensors), operations=(*before, *self.operations, *after)
        )

    def add_band(self, y: int, height: int, width: int) -> None:
        """Make the patches of the output from the row y on, from left to right."""
        _, rows, columns, _ = self.result.shape
        y_end = min(y + height, rows)
        band = self._stored(self.result, Box(y, y_end, 0, columns), self.result)
        if width >= columns:
            self._add_patch(Box(y, y_end, 0, columns), band)
            return
        made = []
        for x in range(0, columns, width):
            box = Box(y, y_end, x, min(x + width, columns))
            made.append(self._new(self.result, box))
            self._add_patch(box, made[-1])
        self._join(made, band)

    def _add_patch(self, patch: Box, result: Tensor) -> None:
        needed = boxes(self.whole, self.segment, patch)
        inside = self.whole.operations[self.segment.first : self.segment.end]
        self.here = {}
        for operation in inside:
            out = operation.outputs[0]
            made = result if out == self.result.id else self._new(self.whole.tensors[out], needed[out])
            self._add_operation(operation, needed[out], made)
            self.here[out] = made, needed[out]

    def _add_operation(self, operation: Operation, box: Box, made: Tensor) -> None:
        window = operators()[operation.kind].window(self.whole, operation)
        if window is None:
            inputs = tuple(self._exactly(i, box) for i in operation.inputs)
            options = operation.options
        else:
            source, there = self._around(operation.inputs[0], _under(window, box))
            inputs = (source.id, *operation.inputs[1:])
            top = there.y + window.pad_top - box.y * window.stride_h
            left = there.x + window.pad_left - box.x * window.stride_w
            options = {**operation.options, "pad_top": top, "pad_left": left}
        self.operations.append(replace(operation, inputs=inputs, outputs=(made.id,), options=options))

    def _around(self, tensor_id: int, box: Box) -> tuple[Tensor, Box]:
        """Return a tensor that has the pixels of a box of another one, and which pixels it has in all."""
        if tensor_id in self.here:
            return self.here[tensor_id]
        image = self.whole.tensors[tensor_id]
        rows = _ALIGNMENT // gcd(_ALIGNMENT, _row_bytes(image))
        wider = Box(box.y - box.y % rows, box.y_end, 0, image.shape[2])
        return self._stored(image, wider, image), wider

    def _exactly(self, tensor_id: int, box: Box) -> int:
        """Return a tensor that has just the pixels of a box: where they are if they are side by side."""
        if tensor_id < 0 or self.whole.tensors[tensor_id].is_constant:
            return tensor_id
        image = self.whole.tensors[tensor_id]
        holder, there = self.here.get(tensor_id, (image, Box(0, image.shape[1], 0, image.shape[2])))
        if there == box:
            return holder.id
        offset = (box.y - there.y) * _row_bytes(holder)
        if (box.x, box.x_end) == (there.x, there.x_end) and offset % _ALIGNMENT == 0:
            return self._stored(image, box, holder, there.y).id
        return self._copied(image, box, holder, there)

    def _new(self, image: Tensor, box: Box) -> Tensor:
        """Return a tensor of its own for a box of an image."""
        tensor = replace(
            image,
            id=len(self.tensors),
            name=f"{image.name} [{box.y}:{box.y_end}, {box.x}:{box.x_end}]",
            shape=(1, box.y_end - box.y, box.x_end - box.x, image.shape[3]),
            storage=-1,
            storage_offset=0,
            origin=Origin(image.id, (0, box.y, box.x, 0)),
        )
        self.tensors.append(tensor)
        return tensor

    def _stored(self, image: Tensor, box: Box, holder: Tensor, first_row: int = 0) -> Tensor:
        """Return a tensor for rows of an image in the place of holder, which has those from first_row on."""
        if box == Box(0, image.shape[1], 0, image.shape[2]):
            return image
        offset = holder.storage_offset + (box.y - first_row) * _row_bytes(holder)
        tensor = replace(self._new(image, box), storage=holder.storage, storage_offset=offset)
        self.tensors[tensor.id] = tensor
        return tensor

    def _copied(self, image: Tensor, box: Box, holder: Tensor, there: Box) -> int:
        begin = (0, box.y - there.y, box.x - there.x, 0)
        size = (1, box.y_end - box.y, box.x_end - box.x, image.shape[3])
        places = [self._constant(values).id for values in (begin, size)]
        made = self._new(image, box)
        index = self.whole.operations[self.segment.first].index
        self.operations.append(Operation(index, "SLICE", 1, (holder.id, *places), (made.id,)))
        return made.id

    def _constant(self, values: Sequence[int]) -> Tensor:
        data = np.array(values, np.int32)
        tensor = Tensor(len(self.tensors), "place", data.shape, "int32", data=data)
        self.tensors.append(tensor)
        return tensor

    def _join(self, parts: Sequence[Tensor], band: Tensor) -> None:
        """Copy patches beside each other."""
        index = self.whole.operations[self.segment.end - 1].index
        inputs = tuple(part.id for part in parts)
        self.operations.append(Operation(index, "CONCATENATION", 1, inputs, (band.id,), {"axis": 2}))
