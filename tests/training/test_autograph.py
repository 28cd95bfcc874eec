# SPDX-License-Identifier: Apache-2.0
"""TensorFlow traces our functions as they stand: reading their code again is slow, and leaves files."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, shortened

from toolkit.data import divide_data, load_saved_dataset, save_dataset
from toolkit.quantization import quantize_model
from toolkit.training import train_model

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]


def test_training_on_mapped_files_and_quantizing_leave_nothing_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = shortened("digits", tmp_path / "project", 1)
    divided = divide_data(project)
    few = {
        name: replace(part, x=part.x[np.arange(64)], y=part.y[:64]) for name, part in divided.parts.items()
    }
    save_dataset(replace(divided, parts=few), tmp_path / "data")
    dataset = load_saved_dataset(tmp_path / "data", in_memory_bytes=0)
    assert dataset.train.is_mapped
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    quantize_model(train_model(project, dataset).model, np.asarray(dataset.train.x[:8]))
    assert list((tmp_path / "temporary").iterdir()) == []
