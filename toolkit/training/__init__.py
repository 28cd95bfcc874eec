# SPDX-License-Identifier: Apache-2.0
"""From a Dataset to trained Keras models, the same ones for the same seed."""

from toolkit.training.history import history_json
from toolkit.training.keras_file import load_model, save_model
from toolkit.training.train import TrainedModel, train_all, train_model

__all__ = ["TrainedModel", "history_json", "load_model", "save_model", "train_all", "train_model"]
