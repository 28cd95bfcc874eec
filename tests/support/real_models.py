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
PUBLIC = MODELS / "public"
"""Models that other people publish, without vectors."""
PUBLIC_NAMES = tuple(sorted(path.stem for path in PUBLIC.glob("*.tflite"))) or ("none",)
MODEL_NAMES = tuple(sorted(path.stem for path in MODELS.glob("*.tflite"))) or ("none",)

needs_public = pytest.mark.skipif(
    not any(PUBLIC.glob("*.tflite")), reason=f"no models in {PUBLIC}: set TINYML_SHARED_MODELS"
)
needs_models = pytest.mark.skipif(
    not any(MODELS.glob("*.tflite")), reason=f"no models in {MODELS}: set TINYML_SHARED_MODELS"
)
