# SPDX-License-Identifier: Apache-2.0
"""Keras' LSTM layers in the form that the TFLite converter makes UNIDIRECTIONAL_SEQUENCE_LSTM of.

The converter knows an LSTM by an attribute of the function that computes it. Keras 3 sets none, so that
its layers become a WHILE, whose calibration ends the process. Here they are computed by such a function
while the model is exported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra

_HINT = "Try: LSTM with its standard activations and bias, or unroll=True"


@contextmanager
def converter_ready(model: Any) -> Iterator[bool]:
    """While this lasts, model's LSTM layers are computed in the form that the converter knows.

    Yields whether there are any.
    Raises InputError for a recurrent layer that has no such form and is not unrolled.
    """
    layers = load_extra("keras").layers
    found = [layer for layer in model._flatten_layers() if isinstance(layer, layers.RNN)]
    waiting = [layer for layer in found if not layer.unroll]
    for layer in waiting:
        _check(model, layer, isinstance(layer, layers.LSTM))
    for layer in waiting:
        layer.inner_loop = _inner_loop(layer)
    try:
        yield bool(waiting)
    finally:
        for layer in waiting:
            del layer.inner_loop


def _check(model: Any, layer: Any, is_lstm: bool) -> None:
    reason = _reason(layer) if is_lstm else "it is no LSTM"
    if reason:
        raise InputError(
            f"the recurrent layer {layer.name} of {model.name} cannot be converted: {reason}.", hint=_HINT
        )


def _reason(layer: Any) -> str:
    """Return why an LSTM is none that the converter makes one operator of, "" if it is."""
    names = (layer.activation.__name__, layer.recurrent_activation.__name__)
    if names != ("tanh", "sigmoid"):
        return f"its activations are {names[0]} and {names[1]}, not tanh and sigmoid"
    if not layer.use_bias:
        return "it has no bias"
    if any(
        len(n.arguments.args) > 1 or n.arguments.kwargs.get("initial_state") for n in layer._inbound_nodes
    ):
        return "it has an initial state of its own"
    return "it is stateful" if layer.stateful else ""


def _inner_loop(layer: Any) -> Callable[..., Any]:
    """Return what takes the place of the layer's inner_loop."""
    tensorflow = load_extra("tensorflow")
    attributes = {
        "api_implements": f"lstm_{layer.name}",
        "api_preferred_device": "CPU",
        "time_major": False,
        "go_backwards": False,
    }
    function = tensorflow.function(_lstm, autograph=False, experimental_attributes=attributes)

    def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        if mask is not None:
            raise InputError(
                f"the recurrent layer {layer.name} cannot be converted: it has a mask.", hint=_HINT
            )
        x = tensorflow.reverse(sequences, [1]) if layer.go_backwards else sequences
        cell = layer.cell
        weights = (cell.kernel, cell.recurrent_kernel, cell.bias)
        values = [tensorflow.convert_to_tensor(weight) for weight in weights]
        last, outputs, *states, _ = function(x, *initial_state, *values)
        return last, outputs, states

    return inner_loop


def _lstm(inputs: Any, hidden: Any, cell: Any, kernel: Any, recurrent: Any, bias: Any) -> tuple[Any, ...]:
    """Return (last output, outputs, hidden state, cell state, a number) of an LSTM over (1, time, size).

    The converter looks for arguments and results like these; it does not read what is computed.
    """
    tensorflow = load_extra("tensorflow")

    def step(states: tuple[Any, Any], x: Any) -> tuple[Any, Any]:
        before, kept = states
        gates = tensorflow.matmul(x, kernel) + tensorflow.matmul(before, recurrent) + bias
        enter, keep, fresh, leave = tensorflow.split(gates, 4, axis=1)
        sigmoid, tanh = tensorflow.sigmoid, tensorflow.tanh
        now = sigmoid(keep) * kept + sigmoid(enter) * tanh(fresh)
        return sigmoid(leave) * tanh(now), now

    times = tensorflow.transpose(inputs, [1, 0, 2])
    hiddens, cells = tensorflow.scan(step, times, (hidden, cell))
    outputs = tensorflow.transpose(hiddens, [1, 0, 2])
    return hiddens[-1], outputs, hiddens[-1], cells[-1], tensorflow.constant(1.0)
