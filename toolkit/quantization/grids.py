# SPDX-License-Identifier: Apache-2.0
"""The grids of kernels: the integers of 8 or 4 bits that a .tflite has of them.

Each output channel has a scale, its largest magnitude over 127 or 7, and no zero point. Dense layers of 4
bits have one scale for all channels, which is what TensorFlow Lite Micro takes. As the converter multiplies
them by the batch norm behind first, that scale is one of the products.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.extras import load_extra
from toolkit.models.blocks import all_layers
from toolkit.quantization.points import kind_of, norms_behind

Bits = Literal[4, 8]
MOST: dict[Bits, int] = {4: 7, 8: 127}
"""The largest integer."""
_CUTS = np.linspace(1.0, 0.4, 25)
"""What is tried of the largest weight as the end of a range of 4 bits."""
_LEAST_FACTOR = 1e-6


def on_grid(
    kernel: NDArray[np.float32], kind: str, bits: Bits = 8, factor: Any = 1.0
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Return the integers of a layer's kernel and their scales, which broadcast over it.

    kind is the layer's class; factor that of dense_factors for a dense layer of 4 bits.
    """
    products = np.abs(kernel.astype(np.float64) * factor)
    largest = products.max(axis=_axes(kernel.ndim, kind, bits), keepdims=True)
    scale = np.where(largest > 0, largest, 1.0) / MOST[bits] / factor
    return np.rint(kernel / scale).astype(np.int8), scale


def rounded_kernel(kernel: Any, kind: str, bits: Bits = 8, factor: Any = 1.0) -> Any:
    """Return the kernel on its grid, as on_grid, with the gradient of the kernel itself."""
    tensorflow = load_extra("tensorflow")
    kernel = tensorflow.convert_to_tensor(kernel)
    axes = list(_axes(len(kernel.shape), kind, bits))
    largest = tensorflow.reduce_max(tensorflow.abs(kernel * factor), axis=axes, keepdims=True)
    scale = tensorflow.where(largest > 0, largest, 1.0) / MOST[bits] / factor
    return kernel + tensorflow.stop_gradient(tensorflow.round(kernel / scale) * scale - kernel)


def cut_off(kernel: NDArray[np.float32], kind: str, factor: Any = 1.0) -> NDArray[np.float32]:
    """Return the kernel without what is beyond the steps of 4 bits that leave it nearest to what it is."""
    products = kernel.astype(np.float64) * factor
    axes = _axes(kernel.ndim, kind, 4)
    kept = [axis for axis in range(kernel.ndim) if axis not in axes]
    rows = products.transpose(*kept, *axes).reshape(*(kernel.shape[axis] for axis in kept), -1)
    most = MOST[4] * np.expand_dims(np.apply_along_axis(nearest_step, -1, rows), axes)
    cut: NDArray[np.float32] = (np.clip(products, -most, most) / factor).astype(np.float32)
    return cut


def nearest_step(weights: NDArray[np.float64]) -> float:
    """Return the step from -7 to 7 that leaves weights (n,) nearest to what they are."""
    most = float(np.abs(weights).max()) or 1.0
    steps = _CUTS * most / MOST[4]
    rounded = np.clip(np.rint(weights[np.newaxis] / steps[:, np.newaxis]), -MOST[4], MOST[4])
    off = np.square(rounded * steps[:, np.newaxis] - weights[np.newaxis]).sum(1)
    return float(np.float32(steps[int(off.argmin())]))


def dense_factors(model: Any) -> dict[str, Any]:
    """Return by what the batch norms behind dense layers multiply each channel, tensors (channels,) by layer.

    The signs are left out.
    """
    ops, norms = load_extra("keras").ops, norms_behind(model)
    found = {}
    for layer in all_layers(model):
        if layer.name in norms and kind_of(layer) == "Dense":
            norm = norms[layer.name]
            factor = 1.0 / ops.sqrt(norm.moving_variance + norm.epsilon)
            factor = factor if norm.gamma is None else factor * ops.abs(norm.gamma)
            found[layer.name] = ops.maximum(ops.stop_gradient(factor), _LEAST_FACTOR)
    return found


def _axes(rank: int, kind: str, bits: Bits) -> tuple[int, ...]:
    """Return the axes of a kernel that share a scale."""
    whole = tuple(range(rank))
    if kind == "Dense" and bits == 4:
        return whole
    return whole[: -2 if kind.startswith("Depthwise") else -1]
