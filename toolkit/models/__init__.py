# SPDX-License-Identifier: Apache-2.0
"""The zoo: one file a family of models, by name."""

from toolkit.models.blocks import settle, untrained_copy
from toolkit.models.build import (
    build_family,
    build_model,
    digest_of_files,
    model_files,
    model_label,
    model_options,
)
from toolkit.models.family import Shape

__all__ = [
    "Shape",
    "build_family",
    "build_model",
    "digest_of_files",
    "model_files",
    "model_label",
    "model_options",
    "settle",
    "untrained_copy",
]
