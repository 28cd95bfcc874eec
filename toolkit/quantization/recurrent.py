# SPDX-License-Identifier: Apache-2.0
"""Keras' recurrent layers in a form that the TFLite converter makes int8 operators of.

Left alone it makes a WHILE of them, whose calibration ends the process. It knows an LSTM by an attribute
of the function that computes it, for which it has one operator, UNIDIRECTIONAL_SEQUENCE_LSTM. Keras 3 sets
none; here LSTM layers are computed by such a function while the model is exported. GRU and the others, and
LSTMs that this operator does not do, are laid out step by step, as with unroll=True.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra

MOST_STEPS = 200
"""How many steps are laid out one after the other: each becomes about a dozen operations."""
_ALMOST_1 = 1 + 2**-23
"""The float32 after 1: the converter would leave out a multiplication by 1."""

_NO_MASK = "Try: without Masking or mask_zero: sequences of one length, padded at the start"
_HINT = "Try: an LSTM with its standard activations and bias, or fewer steps"


@contextmanager
def converter_ready(model: Any, *, apart: bool = False) -> Iterator[bool]:
    """While this lasts, model's recurrent layers are computed in a form that the converter knows.

    With apart the outputs of LSTMs, and of what reverses them again, are multiplied by almost 1, so that what
    reads them cannot change their scale.

    Yields whether there are LSTM layers for which it has one operator. Raises InputError for a recurrent
    layer that has no such form.
    """
    layers = load_extra("keras").layers
    everything = list(model._flatten_layers())
    found = [layer for layer in everything if isinstance(layer, layers.RNN)]
    waiting = [layer for layer in found if not layer.unroll]
    whole = [layer for layer in waiting if isinstance(layer, layers.LSTM) and not _reason(layer)]
    refusals: list[InputError] = []
    for layer in waiting:
        if layer.stateful:
            raise _refusal(layer, "it is stateful")
        layer.inner_loop = (
            _inner_loop(layer, refusals, apart) if layer in whole else _step_by_step(layer, refusals)
        )
    joined = [layer for layer in everything if apart and _joins_sequences(layer)]
    for layer in joined:
        layer.call = _joined(layer)
    cells = [(cell, cell.dropout, cell.recurrent_dropout) for cell in everything if _has_dropout(cell)]
    for cell, *_ in cells:
        # Keras draws the masks whether it trains or not, from variables that a converted model has not.
        cell.dropout = cell.recurrent_dropout = 0.0
    try:
        yield bool(whole)
    except Exception as error:
        # TensorFlow makes another error of what is raised while it looks at a function.
        raise next(iter(refusals), error) from None
    finally:
        for layer in waiting:
            del layer.inner_loop
        for layer in joined:
            del layer.call
        for cell, dropout, recurrent_dropout in cells:
            cell.dropout, cell.recurrent_dropout = dropout, recurrent_dropout


def _joins_sequences(layer: Any) -> bool:
    is_both = isinstance(layer, load_extra("keras").layers.Bidirectional)
    return is_both and layer.merge_mode == "concat" and layer.return_sequences and not layer.return_state


def _joined(layer: Any) -> Callable[..., Any]:
    """Return what takes the place of a Bidirectional's call: the same, with almost 1 behind the reversal."""
    tensorflow = load_extra("tensorflow")

    def call(sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None) -> Any:
        first, last = layer.forward_layer(sequences, mask=mask), layer.backward_layer(sequences, mask=mask)
        return tensorflow.concat([first, _ALMOST_1 * tensorflow.reverse(last, [1])], axis=-1)

    return call


def _has_dropout(layer: Any) -> bool:
    return hasattr(layer, "get_dropout_mask") and hasattr(layer, "recurrent_dropout")


def _refusal(layer: Any, reason: str, hint: str = "") -> InputError:
    return InputError(f"the recurrent layer {layer.name} cannot be converted: {reason}.", hint=hint or _HINT)


def _step_by_step(layer: Any, refusals: list[InputError]) -> Callable[..., Any]:
    """Return what takes the place of the layer's inner_loop: itself, with unroll=True.

    refusals gets why that cannot be, before it is raised.
    """

    def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        steps = sequences.shape[1]
        if steps is None or steps > MOST_STEPS:
            known = f"it has {steps:,} steps" if steps else "the number of its steps is not known"
            refusals.append(_refusal(layer, f"{known}, and {MOST_STEPS} at most can be laid out"))
            raise refusals[-1]
        layer.unroll = True
        try:
            return type(layer).inner_loop(layer, sequences, initial_state, mask, training)
        finally:
            layer.unroll = False

    return inner_loop


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
    return ""


def _inner_loop(layer: Any, refusals: list[InputError], apart: bool) -> Callable[..., Any]:
    """Return what takes the place of the layer's inner_loop; refusals and apart as above."""
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
            refusals.append(_refusal(layer, "it has a mask", _NO_MASK))
            raise refusals[-1]
        x = tensorflow.reverse(sequences, [1]) if layer.go_backwards else sequences
        cell = layer.cell
        weights = (cell.kernel, cell.recurrent_kernel, cell.bias)
        values = [tensorflow.convert_to_tensor(weight) for weight in weights]
        last, outputs, *states, _ = function(x, *initial_state, *values)
        if apart:
            last, outputs = _ALMOST_1 * last, _ALMOST_1 * outputs
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
