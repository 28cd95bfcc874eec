# SPDX-License-Identifier: Apache-2.0
"""docs/models.md says of Keras' applications what is so: made, converted, compiled, and right to the bit."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from support.host_model import ROOT
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.compiler.compile import compile_model
from toolkit.models import Shape, build_model, settle
from toolkit.project.config import load_project
from toolkit.quantization import quantize_model
from toolkit.verify.generated_c import verify_model

pytestmark = [
    pytest.mark.train,
    pytest.mark.bench,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

LARGER = {"InceptionV3": 76, "InceptionResNetV2": 76, "Xception": 72}
ROW = re.compile(r"(?m)^\| (\w+)(?:, alpha ([\d.]+))? \| `(\w+)` \| ([\d,]+) \| ([\d,]+) \|$")
ROWS = ROW.findall((ROOT / "docs" / "models.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "alpha", "cut", "parameters", "arena"), ROWS, ids=[row[0] for row in ROWS])
def test_an_application_takes_what_the_table_says(
    name: str, alpha: str, cut: str, parameters: str, arena: str, tmp_path: Path
) -> None:
    text = f'[project]\nname = "p"\n[data]\nsource = "digits"\n[model]\nbase = "{name}"\n'
    options = f'[model.options]\nweights = "none"\ncut = "{cut}"\n' + (f"alpha = {alpha}\n" if alpha else "")
    (tmp_path / "tinyml.toml").write_text(text + options)
    project, size = load_project(tmp_path), LARGER.get(name, 48)
    model = build_model(project, project.model, Shape("classification", (size, size, 3), 5))
    pixels = np.random.default_rng(0).random((4, size, size, 3), np.float32)
    settle(model, pixels)
    data = quantize_model(model, pixels)
    compiled = compile_model(data, "p")
    assert verify_model(compiled, data, samples=2).samples == 2
    found = (f"{model.count_params():,}", f"{compiled.plan.arena_bytes:,}")
    assert found == (parameters, arena)
