# SPDX-License-Identifier: Apache-2.0
"""Autoencoder of dense layers: through a narrow code, and back; what it cannot give back is an anomaly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.blocks import activate, drop, normalize
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import WidthOptions, channels, require, require_all, sizes_text


@dataclass(frozen=True)
class AutoencoderOptions(WidthOptions):
    """[model.options]: units of the layers before the code, and after it in the other order; code's units.

    units = [128, 128, 128, 128] is MLPerf Tiny's for the sound of machines. width multiplies units, not code.
    """

    units: tuple[int, ...] = (128, 64)
    code: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("units", self.units, 1, 4096, empty=True)
        require("code", self.code, 1, 1024)


def _layers(options: AutoencoderOptions, shape: Shape, inputs: Any) -> Any:
    x = load_extra("keras").layers.Flatten(name="flatten")(inputs) if len(shape.inputs) > 1 else inputs
    units = [channels(count, options.width) for count in options.units]
    for number, count in enumerate(units, 1):
        x = _dense(x, count, f"encode_{number}")
    x = _dense(x, options.code, "code")
    for number, count in enumerate(reversed(units), 1):
        x = _dense(x, count, f"decode_{number}")
    return drop(x, options.dropout)


def _dense(x: Any, units: int, name: str) -> Any:
    x = load_extra("keras").layers.Dense(units, use_bias=False, name=name)(x)
    return activate(normalize(x, name), "relu", name)


def _label(options: AutoencoderOptions) -> str:
    sizes = "+".join(str(units) for units in (*options.units, options.code))
    return f"autoencoder {sizes}{sizes_text(options)}"


FAMILY = Family(
    name="autoencoder",
    summary="dense layers through a narrow code and back, for anomalies",
    options=AutoencoderOptions,
    layers=_layers,
    label=_label,
    example=(640,),
    tasks=("anomaly",),
)
