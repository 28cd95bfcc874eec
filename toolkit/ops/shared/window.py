# SPDX-License-Identifier: Apache-2.0
"""The window of a convolution or pooling: its sizes, strides, dilations and padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace

from toolkit.ir.graph import Operation, Tensor

_MOST = 65535
_STEPS = ("stride_h", "stride_w", "dilation_h_factor", "dilation_w_factor")


@dataclass(frozen=True)
class Window:
    """The fields of tm_window in kernels/tm_window.h, in its order; height before width."""

    batches: int
    in_h: int
    in_w: int
    in_c: int
    out_h: int
    out_w: int
    out_c: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    pad_top: int
    pad_left: int
    from_end: int = 0

    def values(self) -> tuple[int, ...]:
        """Return the fields as an initializer of tm_window."""
        return astuple(self)

    def in_bytes(self, item_bytes: int) -> Window:
        """Return the window with in_c and out_c as bytes of a pixel, as the kernels have them."""
        return replace(self, in_c=self.in_c * item_bytes, out_c=self.out_c * item_bytes)

    def inside(self, y: int, x: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield (tap y, tap x, input y, input x) for the taps of output (y, x) that are in the input."""
        for tap_y in range(self.kernel_h):
            in_y = y * self.stride_h - self.pad_top + tap_y * self.dilation_h
            for tap_x in range(self.kernel_w):
                in_x = x * self.stride_w - self.pad_left + tap_x * self.dilation_w
                if 0 <= in_y < self.in_h and 0 <= in_x < self.in_w:
                    yield tap_y, tap_x, in_y, in_x


_FIELDS = tuple(field.name for field in fields(Window))


def window_problems(
    operation: Operation, source: Tensor, result: Tensor, kernel: tuple[int, int]
) -> list[str]:
    """Return why there is no such window; kernel is (height, width). Looks before it indexes."""
    for name, tensor in (("input", source), ("output", result)):
        if len(tensor.shape) != 4 or min(tensor.shape) < 1:
            return [f"its {name} has the shape {list(tensor.shape)}, not four sizes of 1 or more"]
    if operation.options.get("padding") not in ("SAME", "VALID"):
        return [f"its padding is {operation.options.get('padding')}, not SAME or VALID"]
    problems = [
        f"its {name} is {operation.options[name]}, not a number from 1 to {_MOST}"
        for name in _STEPS
        if _step(operation, name) == 0
    ]
    if not all(1 <= size <= _MOST for size in kernel):
        problems.append(f"its window of {kernel[0]} x {kernel[1]} has a size outside 1 to {_MOST}")
    if problems:
        return problems
    if max(reach_of(operation, kernel)) > 2**24:
        return ["its dilated window is too large"]
    if result.shape[0] != source.shape[0]:
        problems.append(f"it has {source.shape[0]} batches in and {result.shape[0]} out")
    expected = _output_size(operation, source, kernel)
    if result.shape[1:3] != expected:
        problems.append(
            f"its output is {result.shape[1]} x {result.shape[2]}, not {expected[0]} x {expected[1]}"
        )
    return problems


def window_of(operation: Operation, source: Tensor, result: Tensor, kernel: tuple[int, int]) -> Window:
    """Return the window of an operation in which window_problems found nothing.

    The options pad_top and pad_left come from a pass (fold_pad), not from a file: padding that
    follows from no rule.
    """
    steps = [_step(operation, name) for name in _STEPS]
    reach = reach_of(operation, kernel)
    sizes = (*source.shape, *result.shape[1:], *kernel, *steps)
    given = [n for n in map(operation.options.get, ("pad_top", "pad_left")) if isinstance(n, int)]
    padding = given or [_padding(sizes[i + 4], steps[i], reach[i], sizes[i + 1]) for i in range(2)]
    return Window(**dict(zip(_FIELDS, (*sizes, *padding, 0), strict=True)))


def _padding(out_size: int, stride: int, reach: int, in_size: int) -> int:
    """Return how far the first window stands before the input; where it is odd, less than after it."""
    return max(0, (out_size - 1) * stride + reach - in_size) // 2


def _step(operation: Operation, name: str) -> int:
    """Return a stride or dilation, 1 where it is not given, 0 where it cannot be used."""
    value = operation.options.get(name, 1)
    return value if isinstance(value, int) and 1 <= value <= _MOST else 0


def reach_of(operation: Operation, kernel: tuple[int, int]) -> tuple[int, int]:
    """Return how many rows and columns of the input a dilated window spans."""
    dilations = (_step(operation, "dilation_h_factor"), _step(operation, "dilation_w_factor"))
    return (kernel[0] - 1) * dilations[0] + 1, (kernel[1] - 1) * dilations[1] + 1


def _output_size(operation: Operation, source: Tensor, kernel: tuple[int, int]) -> tuple[int, int]:
    strides = (_step(operation, "stride_h"), _step(operation, "stride_w"))
    reach = (1, 1) if operation.options["padding"] == "SAME" else reach_of(operation, kernel)
    return (
        (source.shape[1] - reach[0] + strides[0]) // strides[0],
        (source.shape[2] - reach[1] + strides[1]) // strides[1],
    )
