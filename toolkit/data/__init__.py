# SPDX-License-Identifier: Apache-2.0
"""From the user's data to a Dataset: one file a source, the checks and the split shared by all."""

from toolkit.data.dataset import Dataset, Samples, Split
from toolkit.data.load import load_dataset
from toolkit.data.saved import load_saved_dataset, save_dataset

__all__ = [
    "Dataset",
    "Samples",
    "Split",
    "load_dataset",
    "load_saved_dataset",
    "save_dataset",
]
