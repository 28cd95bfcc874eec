# SPDX-License-Identifier: Apache-2.0
"""The zoo: one file a family of models, by name."""

from toolkit.models.build import build_model, model_label
from toolkit.models.family import Shape

__all__ = ["Shape", "build_model", "model_label"]
