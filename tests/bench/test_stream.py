# SPDX-License-Identifier: Apache-2.0
"""The streaming wake word on an emulated Cortex-M4: what a hop takes, its features, and a whole window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.exported import write_model
from support.real_models import PUBLIC
from support.tflite_writer import write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.data import Takes
from toolkit.emulator.machine import Machine
from toolkit.export.instructions import count_calls
from toolkit.export.library import build_library
from toolkit.export.linker import linker_of
from toolkit.export.models import ExportOptions, file_member
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.reference.oracle import Rows
from toolkit.targets.board import load_board
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import try_samples
from toolkit.verify.generated_c import random_rows
from toolkit.verify.on_device import Place, Samples
from toolkit.verify.verdict import Verdict

pytestmark = pytest.mark.bench
MODEL = PUBLIC / "sww.tflite"
BAR_INSTRUCTIONS, BAR_CYCLES_WITH_FEATURES = 150_000, 600_000
# MLPerf Tiny's front end: 40 bands of 64 ms of sound every 32 ms.
SOUND = {"folder": "data", "window_ms": 64.0, "hop_ms": 32.0, "bands": 40}


class CycleMachine(Machine):
    """Counts modelled cycles where instructions are asked for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, counts="cycles")

    @property
    def instructions(self) -> int:
        return self.cycles


@pytest.fixture
def data() -> bytes:
    if not MODEL.is_file():
        pytest.skip(f"no {MODEL}: set TINYML_SHARED_MODELS")
    return MODEL.read_bytes()


def verdict_of(data: bytes, rows: Rows, hop: int | None) -> Verdict:
    board = load_board("nano33ble")
    compiled = compile_model(data, "sww", target_of(board), hop=hop)
    return try_samples(compiled, data, Samples(rows), board, Place()).checked.verdict


def with_frames(whole: Graph) -> Graph:
    """The model for rows of features (1, 30, 40), as a front end makes them."""
    x = whole.tensors[whole.inputs[0]]
    place, shape = len(whole.tensors), np.array(x.shape, np.int32)
    frames = replace(x, id=place, name="frames", shape=(1, 30, 40), storage=place)
    turned = Operation(0, "RESHAPE", 1, (place, place + 1), (x.id,), {"new_shape": x.shape})
    return replace(
        whole,
        tensors=(*whole.tensors, frames, Tensor(place + 1, "shape", shape.shape, "int32", data=shape)),
        operations=(turned, *(replace(o, index=o.index + 1) for o in whole.operations)),
        inputs=(place,),
    )


def test_a_hop_of_the_wake_word_takes_a_tenth_of_a_window(data: bytes) -> None:
    rows = random_rows(read_graph(data, "sww"), 4)[2:]

    hop, window = (verdict_of(data, rows, hop) for hop in (1, None))

    for name, verdict in (("hop", hop), ("window", window)):
        print(f"{name}: {verdict.instructions:,} instructions, {verdict.cycles:,} cycles (modelled)")
    assert hop.passed and window.passed
    assert hop.samples == 31
    assert hop.instructions is not None and hop.instructions <= BAR_INSTRUCTIONS


def test_a_hop_with_its_features(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    takes = Takes("audio_folder", "classification", ("wake", "noise", "silence"), SOUND)
    model = write_model(tmp_path, "sww", write_tflite(with_frames(read_graph(data, "sww"))), takes)
    core = find_core("cortex-m4f")
    library = build_library([file_member(model, ExportOptions(hop=1).for_core(core))], core=core)

    found = {}
    with linker_of(library, core) as linker:
        found["instructions"] = count_calls(library, linker)
        monkeypatch.setattr("toolkit.emulator.machine.Machine", CycleMachine)
        found["cycles (modelled)"] = count_calls(library, linker)

    for unit, calls in found.items():
        each = ", ".join(f"{call.call} {call.instructions:,}" for call in calls)
        print(f"{sum(call.instructions for call in calls):,} {unit}: {each}")
    assert sum(call.instructions for call in found["cycles (modelled)"]) <= BAR_CYCLES_WITH_FEATURES
