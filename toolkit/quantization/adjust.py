# SPDX-License-Identifier: Apache-2.0
"""Kernels and biases fitted to the rounding: layer by layer, each sees what those before it really give.

Nothing is trained. A layer's sums for some inputs, before bias and activation, are brought nearer to the
float model's: by which way each weight is rounded (the problem of AdaRound, Nagel et al., arXiv 2004.10568,
here by descent, one weight after another), and by the mean that is left, which the bias or the batch norm
takes (bias correction, Nagel et al., arXiv 1906.04721).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.extras import load_extra
from toolkit.models.blocks import untrained_copy
from toolkit.quantization.grids import MOST, on_grid, rounded_kernel
from toolkit.quantization.points import kind_of, norms_behind
from toolkit.quantization.simulation import Ranges, product_of, with_linear

_SAMPLES = 128
_ROWS = 8192
_MOST_WEIGHTS = 2048
"""Of one output: its weights have a matrix of all pairs."""
_SWEEPS = 20
_DAMPING = 0.01
_MOST = MOST[8]

Real = NDArray[np.float64]


def adjusted(
    model: Any, ranges: Ranges, x: NDArray[np.float32], *, correct_bias: bool, rounding: bool
) -> Any:
    """Return a copy of model whose int8, with these ranges, gives more nearly the same for inputs x (n, ...).

    128 of the inputs count. With rounding the copy's kernels are on their grids, each weight at one of its
    two neighbours, the nearest where an output has more than 2,048 weights or the layer has groups. With
    correct_bias each bias, or the mean of the batch norm behind a layer without one, is moved.
    """
    samples = np.asarray(x[:_SAMPLES], np.float32)
    real = _sums(model, samples)

    def linear(layer: Any, x: Any) -> Any:
        truth = real[layer.name]
        if rounding:
            layer.kernel.assign(_fitted(layer, np.asarray(x), truth))
        y = product_of(layer, x, rounded_kernel(layer.kernel, kind_of(layer)))
        if correct_bias:
            wrong = np.asarray(y, np.float64) - truth
            mean = wrong.mean(axis=tuple(range(wrong.ndim - 1))).astype(np.float32)
            if layer.use_bias:
                layer.bias.assign_sub(mean)
            elif layer.name in norms:
                norms[layer.name].moving_mean.assign_add(mean)
        return y

    copy = with_linear(model, ranges, linear)
    norms = norms_behind(copy)
    copy(samples, training=False)
    made = untrained_copy(model)
    made.set_weights(copy.get_weights())
    return made


def _sums(model: Any, x: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[np.float32]] = {}

    def linear(layer: Any, x: Any) -> Any:
        y = product_of(layer, x, layer.kernel)
        found[layer.name] = np.asarray(y)
        return y

    with_linear(model, {}, linear)(x, training=False)
    return found


def _fitted(layer: Any, x: NDArray[np.float32], truth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the kernel of layer on its grid, chosen for its inputs x and the sums that they should give."""
    kernel, kind = np.asarray(layer.kernel), kind_of(layer)
    integers, scale = on_grid(kernel, kind)
    inputs = _patches(layer, x)
    if inputs is None:
        return (integers * scale).astype(np.float32)
    wanted = kernel.astype(np.float64) / scale
    errors = np.asarray(product_of(layer, x, kernel), np.float64) - truth
    rows = np.random.default_rng(0).permutation(inputs.shape[0])[:_ROWS]
    seen = np.asarray(inputs[rows], np.float64)
    columns = errors.reshape(-1, errors.shape[-1])[rows]
    if kind.startswith("Depthwise"):
        channels, times = kernel.shape[-2:]
        units = wanted.reshape(-1, channels, times)
        steps = np.broadcast_to(scale, (*kernel.shape[:-2], channels, times))[(0,) * (kernel.ndim - 2)]
        columns = columns.reshape(-1, channels, times) / steps
        parts = [chosen_integers(seen[:, :, c], units[:, c], columns[:, c]) for c in range(channels)]
        chosen = np.stack(parts, axis=1).reshape(kernel.shape)
    else:
        flat = wanted.reshape(-1, kernel.shape[-1])
        chosen = chosen_integers(seen, flat, columns / scale.reshape(-1)).reshape(kernel.shape)
    return (chosen * scale).astype(np.float32)


def chosen_integers(x: Real, wanted: Real, errors: Real) -> Real:
    """Return integers beside wanted (weights, outputs): the sums of x (rows, weights) with them are near.

    errors (rows, outputs) are those of the sums with wanted itself, in steps of each output. Starts at the
    nearest integers and changes one weight of each output at a time, as long as the mean square falls; a
    small part of it is the distance to wanted, for what the rows do not tell. -127 and 127 stay.
    """
    pairs = x.T @ x / len(x)
    pairs += (_DAMPING * np.trace(pairs) / len(pairs) + 1e-12) * np.eye(len(pairs))
    slope = x.T @ errors / len(x)
    low = np.clip(np.floor(wanted), -_MOST, _MOST)
    high = np.clip(np.ceil(wanted), -_MOST, _MOST)
    now = np.clip(np.rint(wanted), -_MOST, _MOST)
    is_free = (low < high) & (np.abs(now) < _MOST)
    for _ in range(_SWEEPS):
        changes = 0
        for i in range(len(pairs)):
            step = np.where(now[i] == low[i], 1.0, -1.0)
            gain = step * (pairs[i] @ (now - wanted) + slope[i]) * 2 + pairs[i, i]
            is_better = (gain < -1e-12) & is_free[i]
            now[i] += np.where(is_better, step, 0.0)
            changes += int(is_better.sum())
        if not changes:
            break
    return now


def _patches(layer: Any, x: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return what each sum of layer sees of x: (rows, weights), depthwise (rows, taps, channels).

    None where that is too much, in groups, or padded in a way of its own.
    """
    kind = kind_of(layer)
    if kind == "Dense":
        return x.reshape(-1, x.shape[-1]) if x.shape[-1] <= _MOST_WEIGHTS else None
    channels = x.shape[-1]
    taps = int(np.prod(layer.kernel.shape[:-2]))
    weights = taps if kind.startswith("Depthwise") else taps * channels
    is_plain = layer.padding in ("same", "valid") and getattr(layer, "groups", 1) == 1
    if not is_plain or weights > _MOST_WEIGHTS:
        return None
    is_row = kind.endswith("1D")
    sizes, strides, rates = (
        (1, *((1,) if is_row else ()), *np.atleast_1d(each), 1)
        for each in (layer.kernel_size, layer.strides, layer.dilation_rate)
    )
    found = load_extra("tensorflow").image.extract_patches(
        x[:, np.newaxis] if is_row else x, sizes, strides, rates, layer.padding.upper()
    )
    rows = np.asarray(found).reshape(-1, taps * channels)
    return rows.reshape(-1, taps, channels) if kind.startswith("Depthwise") else rows
