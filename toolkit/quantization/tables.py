# SPDX-License-Identifier: Apache-2.0
"""The tables of a .tflite, to be rewritten: by TensorFlow's own classes for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.extras import load_extra


class Tables:
    """A .tflite of one subgraph, graph, whose objects may be changed; packed() is the file then."""

    def __init__(self, content: bytes) -> None:
        self.schema = load_extra("tensorflow.lite.python.schema_py_generated")
        self.model = self.schema.ModelT.InitFromPackedBuf(content, 0)
        self.graph = self.model.subgraphs[0]

    def packed(self) -> bytes:
        """Return the file's bytes."""
        builder = load_extra("flatbuffers").Builder(0)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def data_of(self, tensor: Any) -> NDArray[np.uint8] | None:
        """Return the bytes of a constant; None for a tensor that is computed."""
        data = self.model.buffers[tensor.buffer].data
        return None if data is None else np.asarray(data, np.uint8)

    def constant_instead(
        self, number: int, kind: int, values: NDArray[Any], scales: Any, axis: int = 0
    ) -> int:
        """Give a constant another type and values, or add a new one if others read it too; return its number.

        values are those of its buffer, scales (n,) its steps along axis.
        """
        old = self.graph.tensors[number]
        numbers = [int(each) for operator in self.graph.operators for each in operator.inputs]
        is_shared = numbers.count(number) > 1
        tensor = self.schema.TensorT() if is_shared else old
        tensor.shape, tensor.name, tensor.type = old.shape, old.name, kind
        buffer = self.schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        tensor.buffer = self._place_of(buffer, None if is_shared else old.buffer)
        tensor.quantization = self.schema.QuantizationParametersT()
        tensor.quantization.scale = np.asarray(scales, np.float64).tolist()
        tensor.quantization.zeroPoint = [0] * len(tensor.quantization.scale)
        tensor.quantization.quantizedDimension = axis
        if not is_shared:
            return number
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def _place_of(self, buffer: Any, old: int | None) -> int:
        """Put a buffer in the place of an old one that one tensor has, or behind all."""
        if old is not None and [tensor.buffer for tensor in self.graph.tensors].count(old) == 1:
            self.model.buffers[old] = buffer
            return old
        self.model.buffers.append(buffer)
        return len(self.model.buffers) - 1
