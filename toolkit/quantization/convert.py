# SPDX-License-Identifier: Apache-2.0
"""From a Keras model to .tflite: float32, or integers throughout."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.ir.graph import Graph
from toolkit.quantization.floating import floating_kinds, floating_text
from toolkit.quantization.recurrent import converter_ready
from toolkit.quantization.rewrites import integer_ready
from toolkit.quantization.simulation import Ranges, simulated
from toolkit.reference.quiet import quiet_stderr
from toolkit.tflite.reader import read_graph

Activations = Literal["int8", "int16"]
_MAY_STAY_FLOAT = {"QUANTIZE", "DEQUANTIZE", "SPLIT"}
"""SPLIT computes nothing, and TensorFlow 2.21 leaves the first one of a recurrent layer laid out step by step
in float32 at some conversions of a model and not at others: of a GRU at a quarter, of an LSTM at a tenth."""
_CONVERSIONS = 8
_LSTM_STATE = 18  # where the output of the step before stands among the operator's inputs
_HINT = "Try: a model of layers that TFLite has int8 kernels for: tinyml models lists such"


def float_tflite(model: Any) -> bytes:
    """Return the Keras model as a float32 .tflite for one sample at a time."""
    return _convert(model, None)


def quantize_model(
    model: Any,
    samples: NDArray[np.float32],
    activations: Activations = "int8",
    ranges: Ranges | None = None,
) -> bytes:
    """Return the Keras model as .tflite with int8 weights (per channel); activations and both ends too.

    samples (n, *input shape) calibrate the ranges of the activations: real inputs, of the training
    split only. Tensors that ranges names (points.py) have these ranges instead. Equal models and samples
    give equal bytes: a conversion that leaves a SPLIT in float32 is made again, eight times at most. Raises
    InputError that names every operator which would compute in float.
    """
    _require_finite(model)
    if ranges:
        model = simulated(model, ranges, weighted=set())
    content, apart = b"", False
    for _ in range(_CONVERSIONS):
        content = _convert(model, samples, activations, apart=apart)
        if not apart and _has_two_scales(read_graph(content, model.name)):
            content, apart = _convert(model, samples, activations, apart=True), True
        graph = read_graph(content, model.name)
        floating = floating_kinds(graph)
        if not floating:
            break
        if floating - _MAY_STAY_FLOAT:
            left, hint = floating_text(graph, model, _MAY_STAY_FLOAT)
            raise InputError(
                f"not all of {model.name} can be {activations}: {left} would stay float.", hint=hint
            )
    return content


def _require_finite(model: Any) -> None:
    for weight in model.weights:
        if not np.isfinite(np.asarray(weight)).all():
            raise InputError(
                f"the weights {getattr(weight, 'path', weight.name)} of {model.name} have NaN or infinite "
                "numbers.",
                hint="Try: a smaller learning_rate, if they were trained; else the numbers they are made of",
            )


def _convert(
    model: Any,
    samples: NDArray[np.float32] | None,
    activations: Activations = "int8",
    *,
    apart: bool = False,
) -> bytes:
    """Convert by way of a function of a batch of one: a free batch size leaves SHAPE operators.

    apart is converter_ready's.
    """
    tensorflow = load_extra("tensorflow")
    one = tensorflow.TensorSpec((1, *model.input_shape[1:]), tensorflow.float32, name="input")
    refused = load_extra("tensorflow.lite.python.convert_phase").ConverterError
    with (
        tempfile.TemporaryDirectory() as folder,
        quiet_stderr(),
        integer_ready(model),
        converter_ready(model, apart=apart) as is_recurrent,
    ):
        converter = _saved(model, one, folder) if is_recurrent else _frozen(model, one)
        if samples is not None:
            _ask_for_integers(converter, samples, activations)
        try:
            content: bytes = converter.convert()
        except (RuntimeError, ValueError, refused) as error:
            raise InputError(f"{model.name} cannot be converted: {_reason(error)}.", hint=_HINT) from error
    return content


def _frozen(model: Any, one: Any) -> Any:
    """Return a converter of the model's function as it is: five times as fast as a saved model."""
    tensorflow = load_extra("tensorflow")
    function = tensorflow.function(lambda x: model(x, training=False), autograph=False)
    function = function.get_concrete_function(one)
    converter = tensorflow.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.experimental_lower_to_saved_model = False
    return converter


def _saved(model: Any, one: Any, folder: str) -> Any:
    """Return a converter of the model saved in folder, where it finds the functions of LSTM layers."""
    model.export(folder, verbose=False, input_signature=[one])
    return load_extra("tensorflow").lite.TFLiteConverter.from_saved_model(folder)


def _ask_for_integers(converter: Any, samples: NDArray[np.float32], activations: Activations) -> None:
    """Float kernels are let in too, so that all operators that need them can be named at once."""
    tensorflow = load_extra("tensorflow")

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for sample in samples:
            yield [sample[np.newaxis].astype(np.float32)]

    sets = tensorflow.lite.OpsSet
    converter.optimizations = [tensorflow.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    wide = sets.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    integers = sets.TFLITE_BUILTINS_INT8 if activations == "int8" else wide
    converter.target_spec.supported_ops = [integers, sets.TFLITE_BUILTINS]
    converter.inference_input_type = converter.inference_output_type = getattr(tensorflow, activations)


def _has_two_scales(graph: Graph) -> bool:
    """Return whether an LSTM's output has another scale than the state that its next step reads.

    The converter does that where a CONCATENATION reads the output, as behind Bidirectional: all that it
    joins has one scale. The steps then take each other's numbers for others than they are.
    """
    for operation in graph.operations:
        if operation.kind == "UNIDIRECTIONAL_SEQUENCE_LSTM":
            pair = graph.tensors[operation.inputs[_LSTM_STATE]], graph.tensors[operation.outputs[0]]
            before, after = (tensor.quantization for tensor in pair)
            if before and after and not np.isclose(before.scale, after.scale, rtol=1e-4, atol=0):
                return True
    return False


def _reason(error: Exception) -> str:
    """Return the operators that the converter names, or its first line."""
    named = sorted(set(re.findall(r"\btf\.[A-Z]\w*", str(error))))
    return ", ".join(named) or str(error).strip().splitlines()[0].rstrip(".")
