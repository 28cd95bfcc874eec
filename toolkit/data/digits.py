# SPDX-License-Identifier: Apache-2.0
"""The 1797 handwritten digits that scikit-learn carries: 8x8 pixels, 17 levels of grey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.data.dataset import Samples
from toolkit.data.source import Source, SourceContext
from toolkit.extras import load_extra

_LEVELS = 16.0


@dataclass(frozen=True)
class DigitsOptions:
    """[data.options]: only these digits, in this order; all ten when empty."""

    digits: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not set(self.digits) <= set(range(10)) or len(set(self.digits)) != len(self.digits):
            raise ValueError(f"digits {list(self.digits)} must be different numbers from 0 to 9.")


def _read(options: DigitsOptions, context: SourceContext) -> Samples:
    bunch = load_extra("sklearn.datasets").load_digits()
    wanted = options.digits or tuple(range(10))
    chosen = np.isin(bunch.target, wanted)
    pixels = (bunch.images[chosen] / _LEVELS).astype(np.float32)[..., np.newaxis]
    labels = np.array([wanted.index(digit) for digit in bunch.target[chosen].tolist()], dtype=np.int64)
    return Samples("classification", pixels, labels, tuple(str(digit) for digit in wanted))


SOURCE = Source(
    name="digits",
    summary="the 1797 handwritten digits of scikit-learn, 8x8 pixels from 0 to 1",
    options=DigitsOptions,
    read=_read,
    hint="Try: leave digits out of [data.options] to use all ten",
)
