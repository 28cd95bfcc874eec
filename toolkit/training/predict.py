# SPDX-License-Identifier: Apache-2.0
"""The outputs of a Keras model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Split
from toolkit.training.fit import PREDICT_BATCH


def predict(model: Any, split: Split) -> NDArray[np.float32]:
    """Return the outputs of a Keras model for all of split, (n, outputs) float32."""
    batches = np.split(split.x, range(PREDICT_BATCH, len(split), PREDICT_BATCH))
    return np.concatenate([np.asarray(model(batch, training=False), np.float32) for batch in batches])
