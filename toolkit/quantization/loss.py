# SPDX-License-Identifier: Apache-2.0
"""Where the accuracy goes: the error of the integers by layer, and the input channels that they cannot hold.

SQNR, the signal-to-quantization-noise ratio, is the sum of a tensor's squares over that of its errors, in dB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.ir.graph import Graph, Tensor
from toolkit.ir.real_numbers import as_model_sees, quantize_samples
from toolkit.ops.shared.evaluate import evaluate_tensors
from toolkit.quantization.pairs import MOST_DB, Pair, as_real, decibels, layer_name, paired_tensors
from toolkit.reference.tflite import run_tflite_tensors
from toolkit.tflite.reader import read_graph

_SAMPLES = 8
_CHANNEL_DB = 10.0
"""Below it the steps are as coarse as the values vary: a deviation of one step has 10.8 dB."""
_LAYER_DB = 15.0
_FALL_DB = 10.0
_POINTS = 0.02  # accuracy: so many are an accident of a few samples
_SHARE = 0.1  # of an error
_LUCK = 4  # 5 that change all to the worse have a probability of 3 %, if either way is as likely
_NAMED = 3

Real = NDArray[np.float32]


@dataclass(frozen=True)
class LayerLoss:
    """A tensor by its layer's name, the operator that makes it, and its SQNR over a few test samples."""

    layer: str
    operator: str
    sqnr_db: float


@dataclass(frozen=True)
class ChannelLoss:
    """An input channel, the last axis of x: its deviation, and the SQNR of what varies in it."""

    channel: str
    deviation: float
    step: float
    sqnr_db: float


def layer_losses(float_model: bytes, int8_model: bytes, x: Real) -> tuple[LayerLoss, ...]:
    """Return the SQNR of each tensor that the float and the integer .tflite both have, in their order.

    x (n, ...) are real inputs; eight of them count. Tensors are those of one name and size: where the
    converter fused layers in one model only, they have none in common. Empty if TFLite does not run the float
    model.
    """
    wholes, integers = read_graph(float_model, "m"), read_graph(int8_model, "m")
    samples = np.asarray(x[np.arange(min(_SAMPLES, len(x)))], np.float32)
    pairs = paired_tensors(wholes, integers)
    if not pairs or not len(samples):
        return ()
    into = integers.tensors[integers.inputs[0]]
    signal, noise = np.zeros(len(pairs)), np.zeros(len(pairs))
    try:
        for sample in samples:
            shaped = sample.reshape(wholes.tensors[wholes.inputs[0]].shape)
            real = run_tflite_tensors(float_model, [[shaped]], [pair.real.id for pair in pairs])
            raw = _integer_tensors(int8_model, integers, quantize_samples(shaped, into), pairs)
            for number, pair in enumerate(pairs):
                one, other = pair.real, pair.integer
                if one.id in real and other.id in raw:
                    value = as_real(raw[other.id], other)
                    signal[number] += np.sum(np.square(real[one.id], dtype=np.float64))
                    noise[number] += np.sum(np.square(real[one.id].reshape(-1) - value.reshape(-1)))
    except InputError:
        return ()
    return tuple(
        LayerLoss(_called(pair, integers), pair.operator, decibels(s, n))
        for pair, s, n in zip(pairs, signal, noise, strict=True)
        if s > 0
    )


def channel_losses(x: Real, into: Tensor, columns: Sequence[str] = ()) -> tuple[ChannelLoss, ...]:
    """Return the channels of real inputs x (n, ...) that the integers of into cannot hold, worst first."""
    real = np.asarray(x, np.float32)
    seen = as_model_sees(real, into).reshape(real.shape).astype(np.float64)
    channels = real.reshape(-1, real.shape[-1]).astype(np.float64)
    errors = seen.reshape(channels.shape) - channels
    names = columns if len(columns) == channels.shape[1] else [str(c) for c in range(channels.shape[1])]
    step = into.quantization.scale if into.quantization else 1.0
    found = [
        ChannelLoss(name, float(spread), step, decibels(spread**2, float(np.mean(error**2))))
        for name, spread, error in zip(names, channels.std(axis=0), errors.T, strict=True)
        if spread > 0
    ]
    return tuple(sorted((c for c in found if c.sqnr_db < _CHANNEL_DB), key=lambda c: c.sqnr_db))


def loss_note(quantization: Mapping[str, Any]) -> str:
    """Return why the integers are worse than float32, and what to try; "" if they are not by much.

    quantization is the content of quantization.json.
    """
    lost = _lost(quantization)
    return explain_loss(quantization, lost) if lost else ""


def explain_loss(quantization: Mapping[str, Any], lost: str) -> str:
    """Return lost, a clause that says how much is gone, with its reason if that is known, and what to try."""
    narrow = [each for each in quantization.get("narrow", ()) if each["is_narrow"]]
    if narrow:
        worst = max(narrow, key=lambda each: float(each["error"]))
        layers = "layer has" if len(narrow) == 1 else "layers have"
        return (
            f"{lost}: {len(narrow)} {layers} weights of 4 bits. Try: more weights_bytes in [quantization]"
            f", which gives {worst['layer']} back its 8, or [training.qat], which trains for them."
        )
    wide = quantization.get("scheme", "int8") == "int8"
    int16 = ' activations = "int16" in the section [quantization]' if wide else ""
    if channels := quantization.get("channels"):
        first = channels[0]
        names = ", ".join(repr(each["channel"]) for each in channels[:_NAMED])
        more = f" and {len(channels) - _NAMED} more" if len(channels) > _NAMED else ""
        what = "channels" if len(channels) > 1 else "channel"
        return (
            f"{lost}: one {quantization.get('scheme', 'int8')} input holds all channels in steps of "
            f"{first['step']:.3g}, too coarse for the {what} {names}{more}, which deviates by "
            f"{first['deviation']:.3g}. Try: data of one size (standardize = true in the section "
            f"[data.options]){', or' + int16 if int16 else ''}."
        )
    layers = quantization.get("layers", ())
    found = _first_coarse(layers)
    if not found:
        return f"{lost}.{' Try:' + int16 + ', or more samples there.' if int16 else ''}"
    return (
        f"{lost}: behind {found['layer']} ({found['operator']}) only {found['sqnr_db']:.0f} dB of the signal "
        f"are left. Try:{int16 + ', or' if int16 else ''} a layer that keeps numbers small there, such as "
        "BatchNormalization or ReLU6."
    )


def loss_lines(quantization: Mapping[str, Any]) -> list[str]:
    """Return the SQNR of each layer, a line each, from quantization.json."""
    rows = [(each["layer"], each["operator"], each["sqnr_db"]) for each in quantization.get("layers", ())]
    width = max((len(layer) for layer, *_ in rows), default=0)
    return [f"{layer:{width}}  {sqnr_db:5.1f} dB  {operator}" for layer, operator, sqnr_db in rows]


def _lost(quantization: Mapping[str, Any]) -> str:
    metric, real, integer = (quantization.get(k) for k in ("metric", "float32", "int8"))
    before, after = (each.get("score") if each else None for each in (real, integer))
    if before is None or after is None or not metric:
        return ""
    scheme = quantization.get("scheme", "int8")
    if metric == "mae":
        worse = after - before
        return (
            f"{scheme} has {100 * worse / before:.0f} % more error"
            if before and worse > _SHARE * before
            else ""
        )
    worse = before - after
    if worse <= _POINTS:
        return ""
    return f"{scheme} loses {100 * worse:.1f} points{_counted(quantization, worse)}"


def _counted(quantization: Mapping[str, Any], worse: float) -> str:
    """Return how many samples a loss of accuracy is, and whether so few may be luck."""
    samples = quantization.get("samples", 0)
    if quantization.get("metric") != "accuracy" or not samples:
        return ""
    count = round(worse * samples)
    luck = ", which may be luck" if count <= _LUCK else ""
    return f" ({count:,} of {samples:,} test samples{luck})"


def _first_coarse(layers: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the first layer behind which little is left, or the one with the greatest fall to that."""
    before = MOST_DB
    for layer in layers:
        falls = before < MOST_DB and before - layer["sqnr_db"] > _FALL_DB
        if layer["sqnr_db"] < _LAYER_DB or falls:
            return layer
        before = min(before, layer["sqnr_db"])
    return None


def _called(pair: Pair, integers: Graph) -> str:
    return "output" if pair.integer.id in integers.outputs else layer_name(pair.real.name)


def _integer_tensors(
    model: bytes, graph: Graph, sample: NDArray[Any], pairs: Sequence[Pair]
) -> dict[int, NDArray[Any]]:
    """Return the integer model's tensors, by TFLite or where that refuses by the NumPy references."""
    shaped = sample.reshape(graph.tensors[graph.inputs[0]].shape)
    try:
        return run_tflite_tensors(model, [[shaped]], [pair.integer.id for pair in pairs])
    except InputError:
        return evaluate_tensors(graph, [shaped])
