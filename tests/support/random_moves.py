# SPDX-License-Identifier: Apache-2.0
"""Operations that move elements, each with random shapes, axes and types, as a graph of its own.

MOVES has a function by kind: it adds the operation to a builder, with constant operands, and returns
the ids of the tensors that it reads and those that it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

Rng = np.random.Generator
Made = tuple[list[int], list[int]]
WORDS = ("int8", "int16", "int32", "float32")
EVERY_TYPE = (*WORDS, "bool", "uint8", "int64")


def random_move(kind: str, seed: int) -> Graph:
    """Return a graph of one operation of this kind."""
    rng, builder = np.random.default_rng(seed), GraphBuilder()
    reads, writes = MOVES[kind](builder, rng)
    return builder.graph(reads, writes)


def _shape(rng: Rng, low: int, high: int, most: int = 4) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(1, most + 1, int(rng.integers(low, high + 1))))


def _value(builder: GraphBuilder, rng: Rng, shape: Sequence[int], types: Sequence[str]) -> int:
    """Add a tensor of one of types, quantized where that is what such tensors are."""
    dtype = str(rng.choice(types))
    if dtype not in ("int8", "int16", "uint8"):
        return builder.tensor(shape, dtype)
    zero_point = {"int8": int(rng.integers(-128, 128)), "int16": 0, "uint8": int(rng.integers(256))}[dtype]
    return builder.tensor(shape, dtype, scale=float(rng.uniform(0.01, 2)), zero_point=zero_point)


def _like(builder: GraphBuilder, source: int, shape: Sequence[int]) -> int:
    found = builder.tensors[source]
    if found.quantization is None:
        return builder.tensor(shape, found.dtype)
    scale, zero_point = found.quantization.scale, found.quantization.zero_point
    return builder.tensor(shape, found.dtype, scale=scale, zero_point=zero_point)


def _numbers(builder: GraphBuilder, numbers: object, dtype: str = "int32") -> int:
    data = np.asarray(numbers, dtype)
    return builder.tensor(data.shape, dtype, data=data)


def _either(rng: Rng) -> str:
    return str(rng.choice(["int32", "int64"]))


def _signed(rng: Rng, axis: int, rank: int) -> int:
    return axis - (rank if rng.integers(2) else 0)


def _add(
    builder: GraphBuilder,
    kind: str,
    source: int,
    operands: Sequence[int],
    shape: Sequence[int],
    **options: int,
) -> Made:
    result = _like(builder, source, shape)
    builder.operation(kind, [source, *operands], [result], **options)
    return [source], [result]


def squeeze(builder: GraphBuilder, rng: Rng) -> Made:
    shape = tuple(int(n) for n in rng.choice([1, 1, 2, 3], int(rng.integers(1, 6))))
    source = _value(builder, rng, shape, EVERY_TYPE)
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    gone = ones if rng.integers(2) else ones[:1]
    result = _like(builder, source, [n for axis, n in enumerate(shape) if axis not in gone])
    named = tuple(_signed(rng, axis, len(shape)) for axis in gone)
    builder.operation("SQUEEZE", [source], [result], squeeze_dims=() if gone == ones else named)
    return [source], [result]


def expand_dims(builder: GraphBuilder, rng: Rng) -> Made:
    shape = _shape(rng, 1, 4)
    axis = int(rng.integers(len(shape) + 1))
    source = _value(builder, rng, shape, ("int8", "int16", "float32"))
    place = _numbers(builder, _signed(rng, axis, len(shape) + 1))
    return _add(builder, "EXPAND_DIMS", source, [place], (*shape[:axis], 1, *shape[axis:]))


def transpose(builder: GraphBuilder, rng: Rng) -> Made:
    shape = _shape(rng, 1, 5)
    order = rng.permutation(len(shape))
    source = _value(builder, rng, shape, ("int8", "int16", "float32"))
    return _add(builder, "TRANSPOSE", source, [_numbers(builder, order)], [shape[axis] for axis in order])


def slice_(builder: GraphBuilder, rng: Rng) -> Made:
    shape = _shape(rng, 1, 5)
    begin = [int(rng.integers(n)) for n in shape]
    out = [int(rng.integers(1, n - b + 1)) for n, b in zip(shape, begin, strict=True)]
    size = [-1 if b + s == n and rng.integers(2) else s for n, b, s in zip(shape, begin, out, strict=True)]
    dtype = _either(rng)
    source = _value(builder, rng, shape, (*WORDS, "bool"))
    operands = [_numbers(builder, begin, dtype), _numbers(builder, size, dtype)]
    return _add(builder, "SLICE", source, operands, out)


def strided_slice(builder: GraphBuilder, rng: Rng) -> Made:
    """Take ranges with all masks but those that TFLM ignores; begin and end may lie outside."""
    while True:
        shape = _shape(rng, 1, 4, 6)
        begin, end, steps, out = [], [], [], []
        masks = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 0}
        for axis, size in enumerate(shape):
            first, last = (int(n) for n in rng.integers(-size - 2, size + 3, 2))
            step = int(rng.choice([1, 1, 2, 3, -1, -2]))
            bit = 1 << axis
            if rng.integers(4) == 0:
                first, step = int(rng.integers(-size, size)), 1
                masks["shrink_axis_mask"] |= bit
            else:
                masks["begin_mask"] |= bit * int(rng.integers(2))
                masks["end_mask"] |= bit * int(rng.integers(2))
                low = None if masks["begin_mask"] & bit else first
                high = None if masks["end_mask"] & bit else last
                out.append(len(range(size)[low:high:step]))
            begin.append(first)
            end.append(last)
            steps.append(step)
        if min(out, default=1) > 0:
            break
    source = _value(builder, rng, shape, (*WORDS, "bool"))
    operands = [_numbers(builder, part) for part in (begin, end, steps)]
    return _add(builder, "STRIDED_SLICE", source, operands, out, **masks)


def _parts(builder: GraphBuilder, rng: Rng, kind: str) -> Made:
    shape = list(_shape(rng, 1, 5))
    axis, count = int(rng.integers(len(shape))), int(rng.integers(1, 6))
    lengths = [int(rng.integers(1, 4))] * count
    if kind == "SPLIT_V":
        lengths = [int(n) for n in rng.integers(1, 4, count)]
    shape[axis] = sum(lengths)
    source = _value(builder, rng, shape, WORDS)
    results = [_like(builder, source, (*shape[:axis], n, *shape[axis + 1 :])) for n in lengths]
    along = _numbers(builder, _signed(rng, axis, len(shape)))
    if kind == "SPLIT":
        builder.operation(kind, [along, source], results, num_splits=count)
    else:
        if rng.integers(2):
            lengths[int(rng.integers(count))] = -1
        sizes = _numbers(builder, lengths, _either(rng))
        builder.operation(kind, [source, sizes, along], results, num_splits=count)
    return [source], results


def concatenation(builder: GraphBuilder, rng: Rng) -> Made:
    size = _shape(rng, 1, 5)
    axis, lengths = int(rng.integers(len(size))), [int(n) for n in rng.integers(1, 4, rng.integers(1, 11))]
    shapes = [(*size[:axis], n, *size[axis + 1 :]) for n in lengths]
    first = _value(builder, rng, shapes[0], (*WORDS, "int64", "bool"))
    sources = [first, *(_like(builder, first, shape) for shape in shapes[1:])]
    result = _like(builder, first, (*size[:axis], sum(lengths), *size[axis + 1 :]))
    builder.operation("CONCATENATION", sources, [result], axis=_signed(rng, axis, len(size)))
    return sources, [result]


def unpack(builder: GraphBuilder, rng: Rng) -> Made:
    shape = _shape(rng, 1, 5)
    axis = int(rng.integers(len(shape)))
    source = _value(builder, rng, shape, WORDS)
    results = [_like(builder, source, shape[:axis] + shape[axis + 1 :]) for _ in range(shape[axis])]
    builder.operation("UNPACK", [source], results, num=shape[axis], axis=_signed(rng, axis, len(shape)))
    return [source], results


def pack(builder: GraphBuilder, rng: Rng) -> Made:
    shape = _shape(rng, 0, 4)
    axis, count = int(rng.integers(len(shape) + 1)), int(rng.integers(1, 13))
    first = _value(builder, rng, shape, (*WORDS, "int64"))
    sources = [first, *(_like(builder, first, shape) for _ in range(count - 1))]
    result = _like(builder, first, (*shape[:axis], count, *shape[axis:]))
    named = _signed(rng, axis, len(shape) + 1)
    builder.operation("PACK", sources, [result], values_count=count, axis=named)
    return sources, [result]


def broadcast_to(builder: GraphBuilder, rng: Rng) -> Made:
    out = _shape(rng, 1, 5, 3)
    rank = int(rng.integers(len(out) + 1))
    shape = [1 if rng.integers(2) else n for n in out[len(out) - rank :]]
    source = _value(builder, rng, shape, EVERY_TYPE)
    return _add(builder, "BROADCAST_TO", source, [_numbers(builder, out, _either(rng))], out)


def _blocks(builder: GraphBuilder, rng: Rng, kind: str) -> Made:
    block = int(rng.integers(1, 4))
    batch, height, width, channels = (int(n) for n in rng.integers(1, 4, 4))
    wide = (batch, height * block, width * block, channels)
    deep = (batch, height, width, channels * block**2)
    source = _value(builder, rng, wide if kind == "SPACE_TO_DEPTH" else deep, ("int8", "float32"))
    return _add(builder, kind, source, [], deep if kind == "SPACE_TO_DEPTH" else wide, block_size=block)


def reverse_v2(builder: GraphBuilder, rng: Rng) -> Made:
    shape = _shape(rng, 1, 6)
    first = int(rng.integers(len(shape)))
    axes = rng.permutation(np.arange(first, int(rng.integers(first, len(shape))) + 1))
    source = _value(builder, rng, shape, EVERY_TYPE)
    named = _numbers(builder, [_signed(rng, int(axis), len(shape)) for axis in axes])
    return _add(builder, "REVERSE_V2", source, [named], shape)


def shape(builder: GraphBuilder, rng: Rng) -> Made:
    source = _value(builder, rng, _shape(rng, 1, 6), EVERY_TYPE)
    result = builder.tensor((len(builder.tensors[source].shape),), "int32")
    builder.operation("SHAPE", [source], [result], out_type="INT32")
    return [source], [result]


def fill(builder: GraphBuilder, rng: Rng) -> Made:
    out = _shape(rng, 1, 5)
    dims = _numbers(builder, out, _either(rng))
    value = _value(builder, rng, (), ("int8", "int32", "float32"))
    result = _like(builder, value, out)
    builder.operation("FILL", [dims, value], [result])
    return [value], [result]


def zeros_like(builder: GraphBuilder, rng: Rng) -> Made:
    shape = _shape(rng, 1, 5)
    source = builder.tensor(shape, "int8", scale=0.5)
    if rng.integers(2):
        source = builder.tensor(shape, str(rng.choice(["int32", "int64", "float32"])))
    return _add(builder, "ZEROS_LIKE", source, [], shape)


def _pad(builder: GraphBuilder, rng: Rng, kind: str) -> Made:
    size = _shape(rng, 1, 5, 3)
    pairs = rng.integers(0, 3, (len(size), 2)) * rng.integers(0, 2, (len(size), 1))
    source = _value(builder, rng, size, WORDS)
    operands = [_numbers(builder, pairs)]
    if kind == "PADV2":
        operands.append(_like(builder, source, (1,)))
        if rng.integers(2):
            value = rng.integers(-128, 128, (1,)).astype(builder.tensors[source].dtype)
            builder.tensors[operands[-1]] = replace(builder.tensors[operands[-1]], data=value)
    result = _like(builder, source, [int(n) for n in size + pairs.sum(axis=1)])
    builder.operation(kind, [source, *operands], [result])
    fed = [i for i in (source, *operands) if builder.tensors[i].data is None]
    return fed, [result]


def mirror_pad(builder: GraphBuilder, rng: Rng) -> Made:
    mode = str(rng.choice(["REFLECT", "SYMMETRIC"]))
    size = _shape(rng, 1, 4)
    pairs = [rng.integers(0, n + (mode == "SYMMETRIC"), 2) for n in size]
    source = _value(builder, rng, size, ("int8", "float32"))
    operand = _numbers(builder, pairs, _either(rng))
    result = _like(builder, source, [int(n + sum(pair)) for n, pair in zip(size, pairs, strict=True)])
    builder.operation("MIRROR_PAD", [source, operand], [result], mode=mode)
    return [source], [result]


def space_to_batch_nd(builder: GraphBuilder, rng: Rng) -> Made:
    """Cut images into blocks; not padded: TFLM pads with what it finds in memory."""
    blocks, edges, sizes, parts = _space(rng, 0)
    source = _value(builder, rng, sizes, ("int8", "float32"))
    operands = [_numbers(builder, blocks), _numbers(builder, edges)]
    return _add(builder, "SPACE_TO_BATCH_ND", source, operands, parts)


def batch_to_space_nd(builder: GraphBuilder, rng: Rng) -> Made:
    blocks, edges, sizes, parts = _space(rng, 3)
    source = _value(builder, rng, parts, ("int8", "float32"))
    return _add(
        builder, "BATCH_TO_SPACE_ND", source, [_numbers(builder, blocks), _numbers(builder, edges)], sizes
    )


def _space(rng: Rng, most: int) -> tuple[list[int], list[tuple[int, int]], tuple[int, ...], tuple[int, ...]]:
    """Return block, edges, and the shapes of the images and of the batches they become."""
    batches, channels = (int(n) for n in rng.integers(1, 3, 2))
    blocks = [int(n) for n in rng.integers(1, 4, int(rng.integers(1, 3)))]
    edges, sizes, parts = [], [], []
    for block in blocks:
        before, behind = (int(n) for n in rng.integers(0, most + 1, 2))
        size = int(rng.integers(1, 6))
        size += -(size + before + behind) % block
        edges.append((before, behind))
        sizes.append(size)
        parts.append((size + before + behind) // block)
    return (
        blocks,
        edges,
        (batches, *sizes, channels),
        (batches * int(np.prod(blocks)), *parts, channels),
    )


def _resize(builder: GraphBuilder, rng: Rng, kind: str) -> Made:
    batches, height, width, channels = (int(n) for n in rng.integers(1, 6, 4))
    new = [int(n) for n in rng.integers(1, 14, 2)]
    types = ("int8",) if kind == "RESIZE_BILINEAR" else ("int8", "int16", "float32")
    source = _value(builder, rng, (batches, height, width, channels), types)
    aligned, half = bool(rng.integers(2)), bool(rng.integers(2))
    options = {"align_corners": aligned, "half_pixel_centers": half and not aligned}
    return _add(builder, kind, source, [_numbers(builder, new)], (batches, *new, channels), **options)


def gather(builder: GraphBuilder, rng: Rng) -> Made:
    size = _shape(rng, 1, 5)
    axis = int(rng.integers(len(size)))
    batches = int(rng.integers(axis + 1))
    indices = (*size[:batches], *_shape(rng, 0, 2))
    source = _value(builder, rng, size, ("int8", "float32"))
    chosen = _numbers(builder, rng.integers(0, size[axis], indices))
    out = (*size[:axis], *indices[batches:], *size[axis + 1 :])
    named = _signed(rng, axis, len(size))
    return _add(builder, "GATHER", source, [chosen], out, axis=named, batch_dims=batches)


def gather_nd(builder: GraphBuilder, rng: Rng) -> Made:
    size = _shape(rng, 1, 5)
    axes = int(rng.integers(1, len(size) + 1))
    rows = _shape(rng, 0, 3)
    source = _value(builder, rng, size, ("int8", "float32"))
    chosen = _numbers(builder, rng.integers(0, size[:axes], (*rows, axes)))
    return _add(builder, "GATHER_ND", source, [chosen], (*rows, *size[axes:]))


def embedding_lookup(builder: GraphBuilder, rng: Rng) -> Made:
    size, count = _shape(rng, 2, 4), int(rng.integers(1, 6))
    table = _value(builder, rng, size, ("int8", "float32"))
    chosen = _numbers(builder, rng.integers(0, size[0], count))
    result = _like(builder, table, (count, *size[1:]))
    builder.operation("EMBEDDING_LOOKUP", [chosen, table], [result])
    return [table], [result]


MOVES: dict[str, Callable[[GraphBuilder, Rng], Made]] = {
    "SQUEEZE": squeeze,
    "EXPAND_DIMS": expand_dims,
    "TRANSPOSE": transpose,
    "SLICE": slice_,
    "STRIDED_SLICE": strided_slice,
    "SPLIT": lambda builder, rng: _parts(builder, rng, "SPLIT"),
    "SPLIT_V": lambda builder, rng: _parts(builder, rng, "SPLIT_V"),
    "CONCATENATION": concatenation,
    "PACK": pack,
    "UNPACK": unpack,
    "BROADCAST_TO": broadcast_to,
    "SPACE_TO_DEPTH": lambda builder, rng: _blocks(builder, rng, "SPACE_TO_DEPTH"),
    "DEPTH_TO_SPACE": lambda builder, rng: _blocks(builder, rng, "DEPTH_TO_SPACE"),
    "REVERSE_V2": reverse_v2,
    "SHAPE": shape,
    "FILL": fill,
    "ZEROS_LIKE": zeros_like,
    "PAD": lambda builder, rng: _pad(builder, rng, "PAD"),
    "PADV2": lambda builder, rng: _pad(builder, rng, "PADV2"),
    "MIRROR_PAD": mirror_pad,
    "SPACE_TO_BATCH_ND": space_to_batch_nd,
    "BATCH_TO_SPACE_ND": batch_to_space_nd,
    "RESIZE_NEAREST_NEIGHBOR": lambda builder, rng: _resize(builder, rng, "RESIZE_NEAREST_NEIGHBOR"),
    "RESIZE_BILINEAR": lambda builder, rng: _resize(builder, rng, "RESIZE_BILINEAR"),
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "EMBEDDING_LOOKUP": embedding_lookup,
}
