# SPDX-License-Identifier: Apache-2.0
"""Points on the sine curve with noise: regression from x in [0, 2 pi) to sin(x)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.data.dataset import Samples
from toolkit.data.source import Source, SourceContext

_MOST_SAMPLES = 10_000_000


@dataclass(frozen=True)
class SineOptions:
    """[data.options]: how many points, and the standard deviation of the noise on y."""

    samples: int = 1000
    noise: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.samples <= _MOST_SAMPLES:
            raise ValueError(f"samples {self.samples} must be from 0 to {_MOST_SAMPLES}.")
        if not 0 <= self.noise < 10:
            raise ValueError(f"noise {self.noise:g} must be between 0 and 10.")


def _read(options: SineOptions, context: SourceContext) -> Samples:
    random = np.random.default_rng(context.seed)
    x = random.uniform(0.0, 2.0 * np.pi, (options.samples, 1))
    y = np.sin(x) + options.noise * random.standard_normal(x.shape)
    return Samples("regression", x.astype(np.float32), y.astype(np.float32))


SOURCE = Source(
    name="sine",
    summary="sin(x) with noise, x uniform in [0, 2 pi)",
    options=SineOptions,
    read=_read,
    hint="Try: samples = 1000 in the section [data.options]",
)
