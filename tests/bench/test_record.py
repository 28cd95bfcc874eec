# SPDX-License-Identifier: Apache-2.0
"""Instructions, cycles, RAM and flash of models in each mode against the record; writes docs/benchmarks.md.

TINYML_SHARED_MODELS is the folder with kws, ic and ad; models that are not there keep their record.
TINYML_RECORD=worse takes worse figures into the record too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from support.benchmarks import (
    BASELINE,
    BOARDS,
    DOCUMENT,
    MODES,
    OWN,
    RECORD,
    compiler,
    document,
    measure,
    own_model,
    read,
    record_text,
    worse,
)
from support.real_models import MODELS

from toolkit.targets.board import load_board

pytestmark = pytest.mark.bench


def _models() -> Iterator[tuple[str, bytes]]:
    for name in ("kws", "ic", "ad"):
        path = MODELS / f"{name}.tflite"
        if path.is_file():
            yield name, path.read_bytes()
    for name in OWN:
        yield name, own_model(name)


@pytest.mark.timeout(3600)
def test_no_figure_is_worse_than_the_record() -> None:
    record = read(RECORD)
    found, complaints = {**record.get("models", {})}, []
    for name, data in _models():
        for mode in MODES:
            for core, board in BOARDS.items():
                figures = measure(data, name, mode, load_board(board))
                print(f"{name:14} {mode:9} {core}: {figures}", flush=True)
                before = record.get("models", {}).get(name, {}).get(mode, {}).get(core)
                complaints += [f"{name}, {mode}, {core}: {text}" for text in worse(figures, before)]
                found.setdefault(name, {}).setdefault(mode, {})[core] = figures
    if complaints and os.environ.get("TINYML_RECORD") != "worse":
        pytest.fail("worse than tests/bench/record.json:\n" + "\n".join(complaints))
    record |= {"models": found, "compiler": compiler()}
    RECORD.write_text(record_text(record), encoding="utf-8")
    DOCUMENT.write_text(document(record, read(BASELINE)), encoding="utf-8")
