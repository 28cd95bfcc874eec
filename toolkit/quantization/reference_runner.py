# SPDX-License-Identifier: Apache-2.0
"""A .tflite on the host, by TFLite's own reference kernels: the oracle when TFLM is not there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.quantization.quiet import quiet_stderr


def run_tflite_reference(
    model: bytes, inputs: NDArray[np.int8], *, restarts: bool = True
) -> NDArray[np.int8]:
    """Return the int8 outputs (n, output bytes), all outputs of a sample one after the other.

    inputs is (n, ...): each row the bytes of one sample, of all inputs one after the other. A model that
    remembers starts anew with each; without restarts they are one sequence.
    """
    return _run(model, inputs, np.int8, restarts=restarts)


def run_tflite_float(model: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the float32 outputs (n, output elements) of a float model for inputs (n, ...)."""
    return _run(model, inputs, np.float32)


def run_tflite_tensors(
    model: bytes, samples: Sequence[Sequence[NDArray[Any]]], wanted: Sequence[int]
) -> dict[int, NDArray[Any]]:
    """Return the tensors of these ids, all kept, after the last of samples.

    samples are a sequence; each has the model's inputs in their order.
    """
    interpreter = _interpreter(model, experimental_preserve_all_tensors=True)
    for inputs in samples:
        for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
    return {i: interpreter.get_tensor(i) for i in wanted}


def _run(
    model: bytes, inputs: NDArray[Any], dtype: type[np.generic], *, restarts: bool = True
) -> NDArray[Any]:
    interpreter = _interpreter(model)
    into, out = interpreter.get_input_details(), interpreter.get_output_details()
    for detail in (*into, *out):
        if detail["dtype"] is not dtype:
            wanted = np.dtype(dtype).name
            raise InputError(
                f"the model's {detail['name']} is {np.dtype(detail['dtype']).name}, not {wanted}."
            )
    sizes = [int(np.prod(detail["shape"])) for detail in into]
    rows = inputs.reshape(len(inputs), math.prod(inputs.shape[1:]))
    if rows.shape[1] != sum(sizes):
        raise InputError(f"a sample has {rows.shape[1]} values; the model takes {sum(sizes)}.")
    results = []
    for row in rows:
        if restarts:
            interpreter.reset_all_variables()
        for detail, part in zip(into, np.split(row, np.cumsum(sizes)[:-1]), strict=True):
            interpreter.set_tensor(detail["index"], part.reshape(detail["shape"]).astype(dtype))
        interpreter.invoke()
        results.append(np.concatenate([interpreter.get_tensor(d["index"]).reshape(-1) for d in out]))
    return np.stack(results) if results else np.zeros((0, sum(int(np.prod(d["shape"])) for d in out)), dtype)


def _interpreter(model: bytes, **options: Any) -> Any:
    lite = load_extra("tensorflow").lite
    reference = lite.experimental.OpResolverType.BUILTIN_REF
    with quiet_stderr():
        try:
            interpreter = lite.Interpreter(
                model_content=model, experimental_op_resolver_type=reference, **options
            )
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise InputError(f"TFLite cannot load the model: {str(error).splitlines()[0]}") from error
    return interpreter
