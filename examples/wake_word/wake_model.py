# SPDX-License-Identifier: Apache-2.0
"""Convolutions along time over all bands at once, none of which looks beyond the window's ends.

So the model can be computed hop by hop, as [firmware] stream = true asks for.
"""

from __future__ import annotations

from typing import Any

import keras


def build(shape: Any, filters: list[int], dropout: float) -> keras.Model:
    """Return the model for samples of (frames, bands, 1)."""
    frames, bands = shape.inputs[0], shape.inputs[1]
    inputs = keras.Input(shape.inputs)
    x = keras.layers.Reshape((1, frames, bands))(inputs)
    for number, count in enumerate(filters):
        if number:
            x = keras.layers.MaxPooling2D((1, 2))(x)
        x = keras.layers.Conv2D(count, (1, 5 if number < 2 else 3), padding="valid", use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(dropout)(x)
    outputs = keras.layers.Dense(shape.outputs, activation=shape.activation)(x)
    return keras.Model(inputs, outputs)
