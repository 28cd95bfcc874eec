# SPDX-License-Identifier: Apache-2.0
"""A small CNN looks at each part of a sample, and an LSTM reads what it saw.

Parts are the frames of a sample (frames, rows, columns, channels), or the bands of rows into which a
picture or spectrogram is cut. The same CNN looks at each (Keras' TimeDistributed), so the board needs
room for one part at a time; the LSTM's steps are laid out one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.blocks import Convolution, convolve, drop, halve
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import WidthOptions, channels, require, require_all, sizes_text


@dataclass(frozen=True)
class CnnLstmOptions(WidthOptions):
    """[model.options]: channels of the CNN's convolutions, each pooled; units of the LSTM.

    steps is how many bands a picture is cut into: it must divide its height. Samples of frames have
    a step a frame.
    """

    filters: tuple[int, ...] = (8, 16)
    units: int = 32
    steps: int = 4
    dropout: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", self.filters, 1, 1024)
        require("units", self.units, 1, 1024)
        require("steps", self.steps, 1, 256)


def _layers(options: CnnLstmOptions, shape: Shape, inputs: Any) -> Any:
    layers = load_extra("keras").layers
    steps, part = _parts(options, shape.inputs)
    x = layers.Reshape((steps, part[0] * part[1] * part[2]), name="parts")(inputs)
    x = layers.TimeDistributed(_looker(options, part), name="look")(x)
    x = layers.LSTM(channels(options.units, options.width), unroll=True, name="lstm")(x)
    return drop(x, options.dropout)


def _parts(options: CnnLstmOptions, inputs: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Return how many parts a sample has, and the shape of one: (rows, columns, channels)."""
    if len(inputs) == 4:
        return inputs[0], inputs[1:]
    rows, *rest = inputs
    if rows % options.steps:
        raise InputError(
            f"a picture of {rows} rows cannot be cut into {options.steps} bands of one height.",
            hint="Try: steps in [model.options] that divides the number of rows",
        )
    return options.steps, (rows // options.steps, *rest)


def _looker(options: CnnLstmOptions, part: tuple[int, ...]) -> Any:
    """Return the CNN, from a part's values in a row to features in a row."""
    keras = load_extra("keras")
    inputs = keras.Input((part[0] * part[1] * part[2],), name="part")
    x = keras.layers.Reshape(part, name="part_shape")(inputs)
    for number, filters in enumerate(options.filters, 1):
        x = convolve(x, Convolution(channels(filters, options.width)), f"conv_{number}")
        x = halve(x, f"pool_{number}")
    return keras.Model(inputs, keras.layers.Flatten(name="features")(x), name="looker")


def _label(options: CnnLstmOptions) -> str:
    filters = "+".join(str(count) for count in options.filters)
    return f"cnn_lstm {filters}, {options.units}{sizes_text(options)}"


FAMILY = Family(
    name="cnn_lstm",
    summary="a CNN over frames, or bands of a picture, into an LSTM",
    options=CnnLstmOptions,
    layers=_layers,
    label=_label,
    example=(32, 32, 1),
    input_ranks=(3, 4),
)
