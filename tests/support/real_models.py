# SPDX-License-Identifier: Apache-2.0
"""A folder of real models, <name>.tflite each, with <name>_vectors.npz beside it (inputs, outputs).

TINYML_SHARED_MODELS is the folder; without it, shared/models beside the checkout.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODELS = Path(os.environ.get("TINYML_SHARED_MODELS", ROOT.parent / "shared" / "models"))
MODEL_NAMES = tuple(sorted(path.stem for path in MODELS.glob("*.tflite"))) or ("none",)

needs_models = pytest.mark.skipif(
    not any(MODELS.glob("*.tflite")), reason=f"no models in {MODELS}: set TINYML_SHARED_MODELS"
)
