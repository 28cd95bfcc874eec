# SPDX-License-Identifier: Apache-2.0
"""From the user's data to a Dataset: one file a source, the checks and the split shared by all."""

from toolkit.data.balance import class_counts, class_weights, imbalance
from toolkit.data.dataset import Broken, Dataset, Samples, Split
from toolkit.data.load import data_state, decode_file, divide_data, load_dataset, require_files
from toolkit.data.overview import Overview, describe
from toolkit.data.saved import Divided, Part, load_saved_dataset, save_dataset
from toolkit.data.stream import stream
from toolkit.data.taken import decode_taken, takes_of
from toolkit.data.takes import Takes

__all__ = [
    "Broken",
    "Dataset",
    "Divided",
    "Overview",
    "Part",
    "Samples",
    "Split",
    "Takes",
    "class_counts",
    "class_weights",
    "data_state",
    "decode_file",
    "decode_taken",
    "describe",
    "divide_data",
    "imbalance",
    "load_dataset",
    "load_saved_dataset",
    "require_files",
    "save_dataset",
    "stream",
    "takes_of",
]
