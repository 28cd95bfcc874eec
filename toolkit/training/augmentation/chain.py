# SPDX-License-Identifier: Apache-2.0
"""All that [training.augment] asks for, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.data.dataset import Dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.recipe import AugmentConfig
from toolkit.training.augmentation import geometry, mixing, series, sound
from toolkit.training.augmentation.augmix import augmix
from toolkit.training.augmentation.colour import jitter_colour
from toolkit.training.augmentation.filters import filter_some
from toolkit.training.augmentation.random import Draw
from toolkit.training.batches import Augment

_RANGE_SAMPLES = 1000
_PICTURES = (*geometry.KEYS, "colour", "augmix", "consistency", "filtered", "cutmix", "fmix", "spec_augment")
_SERIES = ("scale", "time_warp")


@dataclass(frozen=True)
class Values:
    """Between what the training samples lie; spans has the width of each channel's range (the last axis)."""

    low: float
    high: float
    spans: tuple[float, ...]

    @classmethod
    def of(cls, dataset: Dataset) -> Values:
        """Return the range of the first thousand training samples."""
        first = np.asarray(dataset.train.x[:_RANGE_SAMPLES])
        low, high = float(first.min()), float(first.max())
        channels = first.reshape(-1, first.shape[-1])
        spans = np.ptp(channels, axis=0).astype(np.float64).tolist()
        return cls(low, high if high > low else low + 1, tuple(spans))


def make_augment(config: AugmentConfig, dataset: Dataset) -> Augment | None:
    """Return what config does to a batch (x, y, seed), None if it does nothing.

    Raises InputError if it is for samples of another shape.
    """
    if not config.used:
        return None
    _require_shape(config, dataset.input_shape)
    steps = _steps(config, Values.of(dataset))
    classes = dataset.task == "classification"
    mixes = any(getattr(config, name) for name in mixing.KEYS)

    def augment(x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        for number, step in enumerate(steps):
            x = load_extra("tensorflow").ensure_shape(step(x, Draw(seed, number)), x.shape)
        if mixes and (y.shape.rank == 2 or not classes):
            x, y = mixing.mix(config, x, y, Draw(seed, len(steps)))
        return x, y

    return augment


def _steps(config: AugmentConfig, values: Values) -> list[Callable[[Any, Draw], Any]]:
    low, high, spans = values.low, values.high, np.array(values.spans, np.float32)
    steps: dict[tuple[str, ...], Callable[[Any, Draw], Any]] = {
        geometry.KEYS: lambda x, draw: geometry.move(config, x, draw),
        ("colour",): lambda x, draw: jitter_colour(x, config.colour, low, high, draw),
        ("augmix",): lambda x, draw: augmix(x, config.augmix, low, high, draw, config.augmix_policy),
        ("filtered",): lambda x, draw: filter_some(x, config.filters, config.filtered, low, high, draw),
        ("time_warp",): lambda x, draw: series.warp_time(x, config.time_warp, draw),
        ("scale",): lambda x, draw: series.scale_amplitude(x, config.scale, draw),
        ("jitter",): lambda x, draw: series.add_noise(x, config.jitter * spans, draw),
        ("time_shift",): lambda x, draw: sound.shift_time(x, config.time_shift, draw),
        ("noise",): lambda x, draw: series.add_noise(x, config.noise * spans, draw),
        ("spec_augment",): lambda x, draw: sound.mask_spectrogram(x, config.spec_augment, low, draw),
    }
    used = set(config.used) - ({"augmix"} if config.consistency else set())
    return [step for keys, step in steps.items() if set(keys) & used]


def _require_shape(config: AugmentConfig, shape: tuple[int, ...]) -> None:
    for names, rank, what in ((_PICTURES, 3, "pictures"), (_SERIES, 2, "time series (time, channels)")):
        wrong = [name for name in names if name in config.used]
        if wrong and len(shape) != rank:
            raise InputError(
                f"augment.{wrong[0]} is for {what}; the samples have the shape {shape}.",
                hint=f"Try: leave {wrong[0]} out of the section [training.augment]",
            )
    if config.time_shift and len(shape) < 2:
        raise InputError(
            f"augment.time_shift is for samples in time; they have the shape {shape}.",
            hint="Try: leave time_shift out of the section [training.augment]",
        )
