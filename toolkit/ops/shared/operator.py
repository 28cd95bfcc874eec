# SPDX-License-Identifier: Apache-2.0
"""What every operator's file gives: its limits, its kernel call and its reference."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.channel_flow import ChannelFlow
from toolkit.ops.shared.window import Window
from toolkit.targets.target import Target

Array = NDArray[np.generic]


@dataclass(frozen=True)
class TensorArgument:
    """A pointer to a tensor's place: in the arena, or to its constant data."""

    tensor: int


@dataclass(frozen=True, eq=False)
class ConstantArgument:
    """A pointer to a table that the toolkit computed: multipliers, folded bias, lookup table.

    name is a C identifier, unique within the call; data's dtype gives the C type. is_weights says
    that it stands for constant tensors of the .tflite file (weights laid out anew, a folded bias),
    and so counts as weights and not as what the compiled model needs beyond them.
    The pointer is to the element first.
    """

    name: str
    data: Array
    is_weights: bool = False
    first: int = 0


ParamValue = int | float | tuple[int, ...] | ConstantArgument
"""A field of a kernel's parameters; a table's is a pointer to it."""


@dataclass(frozen=True, eq=False)
class ScratchArgument:
    """A pointer to working memory of the call, in the arena, aligned to 16 bytes.

    Every object is memory of its own.
    """

    bytes: int


@dataclass(frozen=True)
class NullArgument:
    """NULL, for a pointer that the kernel lets be left out."""


Argument = TensorArgument | ConstantArgument | ScratchArgument | NullArgument


@dataclass(frozen=True)
class KernelCall:
    """One call in the generated C: kernel(&params, arguments...).

    kernel is the function's name and its file's: firmware_templates/kernels/<kernel>.c; its
    parameters are a const struct of the type <kernel>_params, whose fields params names.
    An empty params means that the kernel takes no struct. parts are other kernels' names: what it includes
    only if it is there (__has_include), and needs for this call.
    """

    kernel: str
    params: Mapping[str, ParamValue]
    arguments: tuple[Argument, ...]
    parts: tuple[str, ...] = ()

    @property
    def kernels(self) -> tuple[str, ...]:
        """The names of all kernels that the call needs by itself."""
        return (self.kernel, *self.parts)

    @property
    def tables(self) -> tuple[ConstantArgument, ...]:
        """The tables among the parameters and the arguments."""
        given = (*self.params.values(), *self.arguments)
        return tuple(each for each in given if isinstance(each, ConstantArgument))


def kernel_calls(lowered: KernelCall | tuple[KernelCall, ...]) -> tuple[KernelCall, ...]:
    """Return what Operator.lower gave as a tuple of calls."""
    return lowered if isinstance(lowered, tuple) else (lowered,)


@dataclass(frozen=True, eq=False)
class Walk:
    """An order in which a kernel goes over its tensors, in steps counted from 0.

    last_reads has for each byte of an input the step in which it is read for the last time (-1:
    never), first_writes for each byte of an output the step in which it is first written; both by
    tensor id. In a step all reading comes before all writing. An input that is not in last_reads is
    read until the end. params is what the call's params take to make the kernel go this way.
    """

    last_reads: Mapping[int, NDArray[np.integer[Any]]]
    first_writes: Mapping[int, NDArray[np.integer[Any]]]
    params: Mapping[str, ParamValue] = field(default_factory=dict)


ONLY = "only"
"""The name of the variant of an operation that has no other."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One of the ways to compute an operation on a target. All give the same bytes.

    name is unique among them. cycles is about what it takes, to compare it with the others, and
    scratch_bytes all its scratch. lower and walks give what the operator's own lower() and walks() would.
    is_worthwhile says that in this graph its kernel saves enough time for the flash that its code takes.
    table_bytes is what the table of its channels takes. larger_of names the variant with the same kernel and
    a smaller table.
    """

    name: str
    cycles: float
    scratch_bytes: int
    lower: Callable[[], KernelCall | tuple[KernelCall, ...]]
    walks: Callable[[], tuple[Walk, ...]]
    is_worthwhile: bool = True
    table_bytes: int = 0
    larger_of: str = ""


class Operator(ABC):
    """One TFLite operator. A subclass's module is toolkit/ops/<kind in lower case>.py."""

    kind: str
    oracle: Literal["TFLM", "TFLite"] = "TFLM"
    """Whose bytes are the right ones: TFLite's reference kernels' where TFLM does not have the operator."""
    follows_from_shapes = False
    """Whether the outputs are constant because only the inputs' shapes count (SHAPE)."""
    state_inputs: tuple[int, ...] = ()
    """Which inputs are states: what survives from one run to the next."""
    changes_states = True
    """Whether it changes them, in place."""
    is_rising = False
    """Whether no output falls where inputs rise; asked where channel_flow() tells of channels."""

    is_elementwise = False
    """Whether an element of the one output follows from those in its place in the inputs, which broadcast."""

    def keeps_bytes(self, graph: Graph, operation: Operation) -> bool:
        """Return whether the one output is the first input's bytes in their order (RESHAPE).

        A pass then lets both use the same memory. Only called when problems() is empty.
        """
        return False

    def is_pixelwise(self, graph: Graph, operation: Operation) -> bool:
        """Return whether a pixel of an output image follows from the same pixel of the inputs alone.

        Images are (batches, height, width, channels); inputs that broadcast may have a size of 1
        there. What is True here is run in patches. Only called when problems() is empty.
        """
        return False

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        """Return which channels make which of the one output, None where the operator mixes them.

        A pass then drops channels that are the same for every input. Only called when problems() is empty.
        """
        return None

    def window(self, graph: Graph, operation: Operation) -> Window | None:
        """Return the window over the first input of which each pixel of the output is made, if there is one.

        The operation then obeys the options pad_top and pad_left (window_of). Only called when
        problems() is empty.
        """
        return None

    def is_undefined_in_tflm(self, graph: Graph, operation: Operation) -> bool:
        """Return whether TFLM leaves an output, or a part of it, as its memory was: nothing can be compared
        with that. False where problems() has one.
        """
        return False

    @abstractmethod
    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        """Return why this operation cannot be compiled, each reason a phrase; [] if it can.

        Runs on graphs from damaged files, so it must look before it indexes: number of inputs,
        dtypes, ranks, shapes that agree, quantization present, options in range.
        """

    @abstractmethod
    def lower(
        self, graph: Graph, operation: Operation, target: Target
    ) -> KernelCall | tuple[KernelCall, ...]:
        """Return the kernel call that computes this operation, bit for bit as TFLM does.

        An operation can take several calls, one after the other (one for each output of a SPLIT);
        none of them may write where another one reads. Only called when problems() is empty.
        """

    @abstractmethod
    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        """Return the outputs in NumPy, independent of lower() and of the C; slow and plain.

        Inputs that are states (state_inputs) are changed in place, as the kernel does it.
        """

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        """Return the orders that the kernel can be told to go in, the one of lower() first.

        They say where an output may stand over an input that nothing reads afterwards; () is always
        right: nothing may. Only called when problems() is empty. See toolkit/ops/shared/walk.py.
        """
        return ()

    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        """Return the ways to compute an operation on target: the fastest first, the one that needs the least
        scratch last.

        One that gives several is a VariedOperator (toolkit/ops/shared/variants.py). Only called when
        problems() is empty.
        """
        lower = partial(self.lower, graph, operation, target)
        return (Variant(ONLY, 0, 0, lower, partial(self.walks, graph, operation, target)),)
