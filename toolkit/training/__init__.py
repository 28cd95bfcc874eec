# SPDX-License-Identifier: Apache-2.0
"""From a Dataset to trained Keras models, the same ones for the same seed."""

from toolkit.models.keras_file import load_model, save_model
from toolkit.training.checkpoint import Checkpoint
from toolkit.training.history import history_json
from toolkit.training.origin import made_by
from toolkit.training.train import TrainedModel, say_about_own, train_all, train_model

__all__ = [
    "Checkpoint",
    "TrainedModel",
    "history_json",
    "load_model",
    "made_by",
    "save_model",
    "say_about_own",
    "train_all",
    "train_model",
]
