# SPDX-License-Identifier: Apache-2.0
"""In which order a kernel reads its inputs and writes its outputs, byte by byte.

This is what lets an output stand over an input that is not needed afterwards: a byte may be
overwritten once it was read for the last time. tests/memory/test_walks.py holds every walk against
what the compiled kernel does to memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation, Tensor
from toolkit.ops.shared.operator import ParamValue, Walk
from toolkit.ops.shared.window import Window

Steps = NDArray[np.int64]


def elementwise_walk(graph: Graph, operation: Operation) -> Walk:
    """Return the walk over the output's elements in order, each made of one element of each input.

    Inputs may broadcast. A kernel may read more of an input before it writes the first element.
    """
    (result,) = graph.output_tensors(operation)
    reads: dict[int, Steps] = {}
    for tensor in _in_arena(graph, operation):
        places = np.arange(tensor.elements).reshape(tensor.shape)
        if tensor.elements == result.elements:
            steps = places.ravel()
        else:
            used = np.broadcast_to(places, result.shape).ravel()
            steps = np.zeros(tensor.elements, np.int64)
            steps[used] = np.arange(result.elements)
        reads[tensor.id] = _bytes(steps, tensor)
    return Walk(reads, {result.id: _bytes(np.arange(result.elements), result)})


def row_walks(source: Tensor, result: Tensor, rows: int) -> tuple[Walk, ...]:
    """Return the walks over rows, from the first or from_end, with any order within a row."""
    reads = np.repeat(np.arange(rows), source.bytes // rows)
    writes = np.repeat(np.arange(rows), result.bytes // rows)

    def walk(reads: Steps, writes: Steps, params: Mapping[str, ParamValue]) -> Walk:
        return Walk({source.id: 2 * reads + 1}, {result.id: 2 * writes}, params)

    return (
        walk(reads, writes, {}),
        walk(rows - 1 - reads, rows - 1 - writes, {"from_end": 1}),
    )


def tile_walks(source: Tensor, result: Tensor, rows: int) -> tuple[Walk, ...]:
    """Return the walks over tiles of four rows, the last one perhaps of fewer, from the first or from_end.

    All of a tile is read before any of it is written.
    """
    steps = np.arange(rows) // 4

    def walk(steps: Steps, params: Mapping[str, ParamValue]) -> Walk:
        reads, writes = (np.repeat(steps, tensor.bytes // rows) for tensor in (source, result))
        return Walk({source.id: reads}, {result.id: writes}, params)

    return walk(steps, {}), walk(steps[::-1], {"from_end": 1})


def window_tile_walks(source: Tensor, result: Tensor, window: Window, *, tile: int = 4) -> tuple[Walk, ...]:
    """Return tm_pixel's walks over the output's pixels in tiles, as tile_walks has them."""
    pixels = window.batches * window.out_h * window.out_w
    walks = []
    for from_end in (False, True):
        reads = _pixel_reads(window, from_end)
        reads = np.where(reads < 0, -1, reads // tile)
        writes = np.arange(pixels) // tile
        writes = writes[::-1] if from_end else writes
        params = {"window": replace(window, from_end=1).values()} if from_end else {}
        steps = [np.repeat(n, size) for n, size in ((reads, window.in_c), (writes, window.out_c))]
        walks.append(Walk({source.id: steps[0]}, {result.id: steps[1]}, params))
    return tuple(walks)


def band_walks(source: Tensor, result: Tensor, window: Window, height: int) -> tuple[Walk, ...]:
    """Return the walks over the output's pixels, each with those below it in a band of height rows.

    They go through one band, then the next, or through all from_end. The inputs of such pixels may be read
    until the pixels are written.
    """
    bands = -(-window.out_h // height)
    size, batches = bands * window.out_w, np.arange(window.batches)[:, None, None]
    writes = (np.arange(window.out_h) // height * window.out_w)[:, None] + np.arange(window.out_w)
    walks = []
    for from_end in (False, True):
        rows = _last_users(window.in_h, window.out_h, window, vertical=True, from_end=from_end) // height
        columns = _last_users(window.in_w, window.out_w, window, vertical=False, from_end=from_end)
        outside = (rows[:, None] < 0) | (columns < 0)
        reads = rows[:, None] * window.out_w + columns + batches * size
        steps = [reads, writes + batches * size]
        if from_end:
            steps = [window.batches * size - 1 - n for n in steps]
        steps = [np.where(outside, -1, 2 * steps[0] + 1), 2 * steps[1]]
        params = {"window": replace(window, from_end=1).values()} if from_end else {}
        read, written = (
            np.repeat(n.ravel(), size) for n, size in zip(steps, (window.in_c, window.out_c), strict=True)
        )
        walks.append(Walk({source.id: read}, {result.id: written}, params))
    return tuple(walks)


def window_walks(source: Tensor, result: Tensor, window: Window, lanes: int) -> tuple[Walk, ...]:
    """Return tm_pixel's walks over the output's pixels, from the first or from_end.

    In each pixel the lanes come one after the other. A lane's inputs are read before its outputs
    are written; it has its share of the channels of both, in order.
    """
    pixels = window.batches * window.out_h * window.out_w
    into = np.arange(window.in_c) * lanes // window.in_c
    out = np.arange(window.out_c) * lanes // window.out_c
    order = np.arange(pixels)
    walks = []
    for from_end in (False, True):
        reads = _pixel_reads(window, from_end)
        writes = order[::-1] if from_end else order
        steps = np.where(reads[:, None] < 0, -1, reads[:, None] * lanes + into)
        params = {"window": replace(window, from_end=1).values()} if from_end else {}
        walks.append(
            Walk({source.id: steps.ravel()}, {result.id: (writes[:, None] * lanes + out).ravel()}, params)
        )
    return tuple(walks)


def transposed_walks(source: Tensor, result: Tensor, window: Window) -> tuple[Walk, ...]:
    """Return the walks over the rows of a transposed convolution's output, from the first or from_end.

    window has input and output in their own places. Inputs of a row may be read until it is written.
    """
    users = (_last_reached(window, from_end) for from_end in (False, True))
    return _image_row_walks(source, result, window, users, is_late=True)


def strip_walks(source: Tensor, result: Tensor, window: Window) -> tuple[Walk, ...]:
    """Return the walks over the rows of the output, from the first or from_end, each written when all of the
    input's rows under it are read.
    """
    users = (
        _last_users(window.in_h, window.out_h, window, vertical=True, from_end=from_end)
        for from_end in (False, True)
    )
    return _image_row_walks(source, result, window, users, is_late=False)


def _image_row_walks(
    source: Tensor, result: Tensor, window: Window, users: Iterable[Steps], *, is_late: bool
) -> tuple[Walk, ...]:
    """Return the walks for the last users of the input's rows, from the first and from_end.

    is_late says that inputs may be read until their user is written.
    """
    rows, walks = window.batches * window.out_h, []
    for from_end, last in enumerate(users):
        reads = np.where(last < 0, -1, np.arange(window.batches)[:, None] * window.out_h + last).ravel()
        writes = np.arange(rows)
        if from_end:
            reads, writes = np.where(reads < 0, -1, rows - 1 - reads), writes[::-1]
        steps = np.where(reads < 0, -1, 2 * reads + is_late), 2 * writes
        params = {"window": replace(window, from_end=1).values()} if from_end else {}
        read, written = (
            np.repeat(n, tensor.bytes // len(n)) for n, tensor in zip(steps, (source, result), strict=True)
        )
        walks.append(Walk({source.id: read}, {result.id: written}, params))
    return tuple(walks)


def _last_reached(window: Window, from_end: bool) -> Steps:
    """Return for each row of a transposed convolution's input the last one of the output that it reaches."""
    first = np.arange(window.in_h) * window.stride_h - window.pad_top
    reached = np.clip(first if from_end else first + window.kernel_h - 1, 0, window.out_h - 1)
    is_met = (first < window.out_h) & (first + window.kernel_h > 0)
    return np.where(is_met, reached, -1)


def _pixel_reads(window: Window, from_end: bool) -> Steps:
    """Return for each input pixel the number of the last output pixel that reads it, -1 if none does."""
    size = window.out_h * window.out_w
    rows = _last_users(window.in_h, window.out_h, window, vertical=True, from_end=from_end)
    columns = _last_users(window.in_w, window.out_w, window, vertical=False, from_end=from_end)
    image = np.where((rows[:, None] < 0) | (columns < 0), -1, rows[:, None] * window.out_w + columns).ravel()
    batches = np.arange(window.batches)
    if from_end:
        image = np.where(image < 0, -1, size - 1 - image)
        batches = batches[::-1]
    return np.where(image < 0, -1, batches[:, None] * size + image).ravel()


def _last_users(in_size: int, out_size: int, window: Window, *, vertical: bool, from_end: bool) -> Steps:
    """Return for each input row (or column) the last output row that reads it, as the walk goes."""
    taps, stride, dilation, pad = (
        (window.kernel_h, window.stride_h, window.dilation_h, window.pad_top)
        if vertical
        else (window.kernel_w, window.stride_w, window.dilation_w, window.pad_left)
    )
    users = np.full(in_size, -1, np.int64)
    for place in reversed(range(out_size)) if from_end else range(out_size):
        read = place * stride - pad + np.arange(taps) * dilation
        users[read[(read >= 0) & (read < in_size)]] = place
    return users


def _in_arena(graph: Graph, operation: Operation) -> list[Tensor]:
    tensors = graph.input_tensors(operation)
    return [t for t in tensors if t is not None and not t.is_constant]


def _bytes(steps: Steps, tensor: Tensor) -> Steps:
    """Return the steps of elements as those of their bytes."""
    return np.repeat(steps, DTYPE_BYTES[tensor.dtype]).astype(np.int64)
