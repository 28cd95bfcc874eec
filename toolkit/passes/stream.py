# SPDX-License-Identifier: Apache-2.0
"""Let a model go over a window that slides: only the columns that are new are computed, the others kept.

Along the axis that slides, a layer whose window is the same at every place gives of the next window the same
columns as of this one, so many places further on (toolkit/passes/columns.py has the proof for each). What
a later layer still needs of columns that were computed before is a state: STREAM_SHIFT puts the new columns
behind them and drops as many. From where a layer takes in the whole window, everything is computed in
each run. The result is an ordinary graph, whose input is the new rows alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lcm

import numpy as np

from toolkit.errors import UnsupportedError
from toolkit.ir.graph import Graph, Operation, Origin, Stream, Tensor
from toolkit.ir.rules import describe
from toolkit.ops.shared.macs import count_macs
from toolkit.ops.shared.movement import WORDS
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.registry import operators
from toolkit.ops.stream_sum import can_run
from toolkit.passes.columns import PADS, Follows, Slide, follows

_SLICES = ("SLICE", "STRIDED_SLICE")
_EVERY_BIT = -1


@dataclass(frozen=True)
class Kept:
    """Columns of a tensor that are kept from run to run: so many (columns) bytes in all."""

    tensor: str
    columns: int
    bytes: int


def run(graph: Graph, hop: int = 0) -> Graph:
    """Return graph for an input that has but the hop new rows of a window, 0: as few as possible.

    The rows are those along the first axis with more than one place, after the batch. Raises
    UnsupportedError with the layer and the reason where the outputs would not be those of the whole window,
    or where nothing is saved.
    """
    sliding = _Sliding(graph)
    streamed = _Rewriter(sliding, hop or sliding.least_hop).graph()
    before, after = (_work(each) for each in (graph, streamed))
    if after >= before:
        raise _refused(graph, f"nothing would be saved: it takes {after:,} products as well as {before:,}")
    return streamed


def kept_columns(graph: Graph) -> tuple[Kept, ...]:
    """Return what a graph that this pass made keeps of which tensors."""
    found = []
    for operation in graph.operations:
        if operation.kind in ("STREAM_SHIFT", "STREAM_SUM"):
            state, axis = graph.tensors[operation.inputs[0]], operation.options["axis"]
            assert isinstance(axis, int)
            states = [t for t in graph.input_tensors(operation) if t is not None and t.is_state]
            found.append(Kept(state.name, state.shape[axis], sum(t.bytes for t in states)))
    return tuple(found)


def _work(graph: Graph) -> int:
    macs = sum(count_macs(graph, operation) for operation in graph.operations)
    return macs or sum(t.elements for o in graph.operations for t in graph.output_tensors(o))


def _refused(graph: Graph, reason: str, hint: str | None = None) -> UnsupportedError:
    usual = "Try: without --stream (in tinyml.toml: stream = false), for whole windows"
    if PADS in reason:
        usual += ';\n     or padding = "valid" in [model], where the model is a project\'s: docs/models.md'
    return UnsupportedError(f"{graph.name} cannot be streamed: {reason}.", hint=hint or usual)


class _Sliding:
    """How a graph's tensors slide, and which columns each operation's outputs follow from."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.source = self._input()
        axis = next((i for i, size in enumerate(self.source.shape) if i and size > 1), None)
        if axis is None or self.source.shape[0] != 1:
            raise _refused(graph, f"its input {list(self.source.shape)} is not one window of rows")
        self.slides = {self.source.id: Slide(axis, 1)}
        self.rules: dict[int, Follows] = {}
        for place, operation in enumerate(graph.operations):
            if any(i in self.slides for i in operation.inputs):
                self.rules[place] = self._rule(operation)
                self._slide(operation, self.rules[place])
            self._check_start(operation)

    @property
    def window(self) -> int:
        """The rows of a window."""
        return self.columns(self.source.id)

    @property
    def least_hop(self) -> int:
        """The least hop that leads from column to column in every layer."""
        return lcm(*(slide.step for slide in self.slides.values()))

    def columns(self, tensor_id: int) -> int:
        """Return how many columns a tensor that slides has."""
        return self.graph.tensors[tensor_id].shape[self.slides[tensor_id].axis]

    def _input(self) -> Tensor:
        if len(self.graph.inputs) != 1:
            raise _refused(self.graph, f"it has {len(self.graph.inputs)} inputs; only one can slide")
        return self.graph.tensors[self.graph.inputs[0]]

    def _rule(self, operation: Operation) -> Follows:
        rule = follows(self.graph, operation, self.slides)
        if isinstance(rule, str):
            raise _refused(self.graph, f"{describe(operation)} does not only shift: {rule}")
        return rule

    def _slide(self, operation: Operation, rule: Follows) -> None:
        if rule.axis is None:
            return
        step = rule.stride * next(self.slides[i].step for i in operation.inputs if i in self.slides)
        for i in operation.outputs:
            if self.graph.tensors[i].dtype not in (*WORDS, "bool"):
                raise _refused(self.graph, f"{describe(operation)} gives {self.graph.tensors[i].dtype}")
            self.slides[i] = Slide(rule.axis, step)

    def _check_start(self, operation: Operation) -> None:
        if any(t is not None and t.is_state for t in self.graph.input_tensors(operation)):
            raise _refused(self.graph, f"{describe(operation)} remembers what was before the window")


@dataclass
class _Columns:
    """Where columns of a tensor stand: those from start up to, not including, end, in the tensor id."""

    tensor: Tensor
    start: int
    end: int


class _Rewriter:
    """Makes the graph of a run: here are the columns that a run makes, and those that states hold."""

    def __init__(self, sliding: _Sliding, hop: int) -> None:
        self.whole, self.sliding, self.slides = sliding.graph, sliding, sliding.slides
        self.hop = hop
        self._check_hop()
        self.tensors = list(self.whole.tensors)
        self.operations: list[Operation] = []
        self.needed = {i: sliding.columns(i) for i in self.slides}
        self.summed: set[int] = set()
        self._find_needed()
        self.new: dict[int, _Columns] = {}
        self.held: dict[int, _Columns] = {}

    def graph(self) -> Graph:
        """Return the graph of a run."""
        source = self.sliding.source
        counter = self._added(Tensor(0, "runs", (1,), "int32", state=np.zeros(1, np.int32)))
        stream = Stream(self.hop, self.sliding.window, self.slides[source.id].axis, counter.id)
        self.operations.append(Operation(-1, "STREAM_COUNT", 1, (counter.id,), (), {"most": stream.runs}))
        self._make(source, self.sliding.window - self.hop, -1)
        for place, operation in enumerate(self.whole.operations):
            rule = self.sliding.rules.get(place)
            if rule is None:
                self.operations.append(operation)
            elif place in self.summed:
                self._add_running(operation)
            else:
                self._add(operation, rule)
        for i in self.whole.outputs:
            self._give(i)
        given = self._file_inputs()
        return replace(
            self.whole,
            tensors=tuple(self.tensors),
            operations=tuple(self.operations),
            inputs=(self.new[source.id].tensor.id,),
            stream=stream,
            file_inputs=given,
            file_outputs=self.whole.asked,
        )

    def _check_hop(self) -> None:
        window = self.sliding.window
        if not 1 <= self.hop < window:
            reason = f"a hop of {self.hop} rows is not from 1 to {window - 1}: a window has {window}"
            raise _refused(self.whole, reason, "Try: another hop")
        for operation in self.whole.operations:
            for i in operation.outputs:
                if i in self.slides and self.hop % self.slides[i].step:
                    least = self.sliding.least_hop
                    reason = (
                        f"the columns of {describe(operation)} are {self.slides[i].step} rows apart, and "
                        f"a hop of {self.hop} does not lead from one to another"
                    )
                    hint = f"Try: a hop of {least} or a multiple (in tinyml.toml: hop in [firmware.decision])"
                    raise _refused(self.whole, reason, hint)

    def _find_needed(self) -> None:
        """Find the first column of each tensor that a run needs."""
        for i in self.whole.outputs:
            if i in self.slides:
                self.needed[i] = 0
        for place, operation in reversed(list(enumerate(self.whole.operations))):
            rule = self.sliding.rules.get(place)
            if rule is not None and self._has_running_sums(operation):
                self.summed.add(place)
                source = operation.inputs[0]
                self.needed[source] = min(self.needed[source], self._new_from(source))
            elif rule is not None:
                start = self._start_of(operation, rule) * rule.stride + rule.first
                for i in operation.inputs:
                    if i in self.slides:
                        self.needed[i] = min(self.needed[i], start)
        # Where another layer has all columns kept anyway, they are added up.
        held = {i for i, start in self.needed.items() if start == 0}
        self.summed = {p for p in self.summed if self.whole.operations[p].inputs[0] not in held}

    def _start_of(self, operation: Operation, rule: Follows) -> int:
        """Return the first column of its outputs that an operation computes in a run."""
        if rule.axis is None:
            return 0
        return min(self._first_made(i) for i in operation.outputs)

    def _has_running_sums(self, operation: Operation) -> bool:
        """Whether an operation is one that needs a window's new columns alone, and those that go.

        To exchange a column takes about as long as to add up two: it pays where less than half are new.
        """
        source = operation.inputs[0]
        slide = self.slides.get(source)
        if slide is None or 2 * self._new_from(source) < self.sliding.columns(source):
            return False
        return can_run(self.whole, operation, slide.axis)

    def _new_from(self, tensor_id: int) -> int:
        """Return the first column that is new in a hop."""
        return max(self.sliding.columns(tensor_id) - self.hop // self.slides[tensor_id].step, 0)

    def _first_made(self, tensor_id: int) -> int:
        new = max(self._new_from(tensor_id), self.needed[tensor_id])
        return min(new, self.sliding.columns(tensor_id) - 1)

    def _add(self, operation: Operation, rule: Follows) -> None:
        start = self._start_of(operation, rule)
        count = 1
        if rule.axis is not None:
            count = self.sliding.columns(operation.outputs[0]) - start
        first = start * rule.stride + rule.first
        end = first + (count - 1) * rule.stride + rule.reach
        options = dict(operation.options)
        window = operators()[operation.kind].window(self.whole, operation)
        if window is None:
            inputs = [
                self._exactly(i, first, end, operation.index) if i in self.slides else i
                for i in operation.inputs
            ]
        else:
            source = operation.inputs[0]
            found = self._around(source, first, end)
            inputs = [found.tensor.id, *operation.inputs[1:]]
            pads = [0, window.pad_top, window.pad_left]
            pads[self.slides[source].axis] = found.start - first
            options |= {"pad_top": pads[1], "pad_left": pads[2]}
        if operation.kind in _SLICES:
            inputs, changed = self._sliced(operation, inputs)
            options |= changed
        place = len(self.operations)
        outputs = operation.outputs
        if rule.axis is not None:
            outputs = tuple(
                self._make(self.whole.tensors[i], start, operation.index) for i in operation.outputs
            )
        self.operations.insert(
            place, replace(operation, inputs=tuple(inputs), outputs=outputs, options=options)
        )

    def _add_running(self, operation: Operation) -> None:
        """Add a MEAN or SUM that keeps the sums, and the columns that they lose one after the other."""
        source, axes = operation.inputs
        tensor, slide = self.whole.tensors[source], self.slides[source]
        new = self._exactly(source, self._new_from(source), self.sliding.columns(source), operation.index)
        kept = self._added(
            replace(tensor, name=f"kept: {tensor.name}", state=np.zeros(tensor.shape, tensor.dtype))
        )
        size = (tensor.shape[-1] + 1,)
        sums = self._added(Tensor(0, "running sums", size, "int32", state=np.zeros(size, np.int32)))
        options = {**operation.options, "axis": slide.axis, "of": operation.kind}
        inputs = (kept.id, sums.id, new, axes)
        self.operations.append(replace(operation, kind="STREAM_SUM", inputs=inputs, options=options))

    def _make(self, tensor: Tensor, start: int, index: int) -> int:
        """Add the columns of a tensor from start on, and the state for those that a run needs before them."""
        axis, columns = self.slides[tensor.id].axis, self.sliding.columns(tensor.id)
        made = tensor
        if start:
            made = self._added(self._part(tensor, start, columns))
        self.new[tensor.id] = _Columns(made, start, columns)
        first = self.needed[tensor.id]
        if first < start:
            quantization = tensor.quantization
            zero = quantization.zero_point if quantization else 0
            part = self._part(tensor, first, columns)
            state = replace(
                part, name=f"kept: {part.name}", origin=None, state=np.full(part.shape, zero, tensor.dtype)
            )
            held = self._added(state)
            self.held[tensor.id] = _Columns(held, first, columns)
            self.operations.append(
                Operation(index, "STREAM_SHIFT", 1, (held.id, made.id), (), {"axis": axis})
            )
        return made.id

    def _part(self, tensor: Tensor, start: int, end: int) -> Tensor:
        axis = self.slides[tensor.id].axis
        shape = (*tensor.shape[:axis], end - start, *tensor.shape[axis + 1 :])
        starts = tuple(start if i == axis else 0 for i in range(len(shape)))
        name = f"{tensor.name} [{start}:{end}]"
        return replace(tensor, name=name, shape=shape, storage=-1, origin=Origin(tensor.id, starts))

    def _added(self, tensor: Tensor) -> Tensor:
        added = replace(tensor, id=len(self.tensors), storage=-1)
        self.tensors.append(added)
        return added

    def _around(self, tensor_id: int, start: int, end: int) -> _Columns:
        """Return columns that those from start to end are among."""
        new = self.new[tensor_id]
        return new if new.start <= start else self.held[tensor_id]

    def _exactly(self, tensor_id: int, start: int, end: int, index: int) -> int:
        """Return a tensor that has just the columns from start to end, copied out if need be."""
        found = self._around(tensor_id, start, end)
        if (found.start, found.end) == (start, end):
            return found.tensor.id
        axis = self.slides[tensor_id].axis
        part = self._added(self._part(self.whole.tensors[tensor_id], start, end))
        begin = [start - found.start if i == axis else 0 for i in range(len(part.shape))]
        places = [self._constant(numbers) for numbers in (begin, part.shape)]
        self.operations.append(Operation(index, "SLICE", 1, (found.tensor.id, *places), (part.id,)))
        return part.id

    def _sliced(self, operation: Operation, inputs: Sequence[int]) -> tuple[list[int], dict[str, int]]:
        """Return the inputs and options of a slice whose source has just the columns that it takes."""
        source = operation.inputs[0]
        axis, taken = self.slides[source].axis, self.tensors[inputs[0]].shape
        places = [list(constant_integers(self.whole.tensors[i]) or ()) for i in operation.inputs[1:]]
        places[0][axis], places[1][axis] = 0, taken[axis]
        masks = {}
        for name in ("begin_mask", "end_mask"):
            mask = operation.options.get(name, 0)
            masks[name] = mask & (_EVERY_BIT ^ (1 << axis)) if isinstance(mask, int) else 0
        changed = masks if operation.kind == "STRIDED_SLICE" else {}
        return [inputs[0], *(self._constant(numbers) for numbers in places)], changed

    def _constant(self, values: Sequence[int]) -> int:
        data = np.array(values, np.int32)
        return self._added(Tensor(0, "place", data.shape, "int32", data=data)).id

    def _give(self, output: int) -> None:
        """Make a copy of an output of the graph that slides, where it is held in a state."""
        held = self.held.get(output)
        if held is not None:
            index = next(o.index for o in self.whole.operations if output in o.outputs)
            self.operations.append(Operation(index, "READ_VARIABLE", 1, (held.tensor.id,), (output,)))

    def _file_inputs(self) -> tuple[int]:
        """Return the input that the file has, with the new rows alone."""
        (given,), new = self.whole.given, self.new[self.sliding.source.id].tensor
        if given == self.sliding.source.id:
            return (new.id,)
        return (self._added(replace(self.whole.tensors[given], shape=new.shape)).id,)
