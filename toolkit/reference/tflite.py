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
from toolkit.reference.quiet import quiet_stderr


def run_tflite_reference(
    model: bytes, inputs: NDArray[np.int8], *, restarts: bool = True
) -> NDArray[np.int8]:
    """Return the int8 outputs (n, output bytes), all outputs of a sample one after the other.

    inputs is (n, ...): each row the bytes of one sample, of all inputs one after the other, whatever
    their types. A model that remembers starts anew with each; without restarts they are one sequence.
    Raises InputError if TFLite refuses the model.
    """
    return _run(_interpreter(model), inputs, restarts=restarts).view(np.int8)


def run_tflite_float(model: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the float32 outputs (n, output elements) of a float model for inputs (n, ...)."""
    interpreter = _interpreter(model)
    for detail in (*interpreter.get_input_details(), *interpreter.get_output_details()):
        if detail["dtype"] is not np.float32:
            raise InputError(
                f"the model's {detail['name']} is {np.dtype(detail['dtype']).name}, not float32."
            )
    return _run(interpreter, np.ascontiguousarray(inputs, np.float32)).view(np.float32)


def run_tflite_tensors(
    model: bytes, samples: Sequence[Sequence[NDArray[Any]]], wanted: Sequence[int]
) -> dict[int, NDArray[Any]]:
    """Return the tensors of these ids after the last of samples, but for those that TFLite does not keep.

    samples are a sequence; each has the model's inputs in their order. An output of a WHILE that nothing
    reads is not kept.
    """
    interpreter = _interpreter(model, experimental_preserve_all_tensors=True)
    for inputs in samples:
        for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], value)
        _invoke(interpreter)
    found = {i: _kept(interpreter, i) for i in wanted}
    return {i: value for i, value in found.items() if value is not None}


def _kept(interpreter: Any, tensor: int) -> NDArray[Any] | None:
    try:
        value: NDArray[Any] = interpreter.get_tensor(tensor)
    except ValueError:
        return None
    return value


def _run(interpreter: Any, inputs: NDArray[Any], *, restarts: bool = True) -> NDArray[np.uint8]:
    """Return the bytes of all outputs (n, output bytes); inputs is (n, ...), contiguous."""
    into, out = interpreter.get_input_details(), interpreter.get_output_details()
    sizes, widths = ([_bytes_of(detail) for detail in details] for details in (into, out))
    rows = inputs.reshape(len(inputs), math.prod(inputs.shape[1:])).view(np.uint8)
    if rows.shape[1] != sum(sizes):
        raise InputError(f"a sample has {rows.shape[1]:,} bytes; the model takes {sum(sizes):,}.")
    results = np.zeros((len(rows), sum(widths)), np.uint8)
    for row, result in zip(rows, results, strict=True):
        if restarts:
            interpreter.reset_all_variables()
        for detail, part in zip(into, np.split(row, np.cumsum(sizes)[:-1]), strict=True):
            value = np.frombuffer(part.tobytes(), detail["dtype"]).reshape(detail["shape"])
            interpreter.set_tensor(detail["index"], value)
        _invoke(interpreter)
        values = [np.ascontiguousarray(interpreter.get_tensor(d["index"])) for d in out]
        result[:] = np.concatenate([value.reshape(-1).view(np.uint8) for value in values])
    return results


def _bytes_of(detail: dict[str, Any]) -> int:
    return int(np.prod(detail["shape"]) * np.dtype(detail["dtype"]).itemsize)


def _invoke(interpreter: Any) -> None:
    try:
        interpreter.invoke()
    except RuntimeError as error:
        raise InputError(f"TFLite cannot run the model: {str(error).splitlines()[0]}") from error


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
