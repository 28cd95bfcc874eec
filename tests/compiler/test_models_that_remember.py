# SPDX-License-Identifier: Apache-2.0
"""Models with states, all the way: verified, bisected, on a board, as single samples and as a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.firmware import skip_without
from support.random_states import LstmShape, lstm_graph, variable_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import CheckFailedError
from toolkit.firmware import Application, build_firmware, render_project
from toolkit.firmware.toolchain import find_toolchain
from toolkit.ops.shared.operator import Array
from toolkit.reference.oracle import Rows, expected_outputs
from toolkit.runners.link import open_link
from toolkit.runners.session import Session, run_samples
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.verify.bisect import bisect
from toolkit.verify.engines import EmulatedEngine, Engine, NativeEngine, NumpyEngine, TflmEngine
from toolkit.verify.generated_c import random_rows, verify_model
from toolkit.verify.native import NativeModel

SHAPE = LstmShape(times=4, in_len=3, cells=6, bits=11, weights_scale=0.02)


def lstm() -> bytes:
    return write_tflite(lstm_graph(SHAPE, np.random.default_rng(7)))


def stream() -> bytes:
    return write_tflite(variable_graph(0, np.random.default_rng(7)))


def both() -> list[tuple[bytes, CompiledModel, Rows]]:
    found = []
    for data in (lstm(), stream()):
        model = compile_model(data, "remembers")
        found.append((data, model, random_rows(read_graph(data, "remembers"), 5)))
    return found


def changed(model: CompiledModel, old: str, new: str) -> CompiledModel:
    assert old in model.sources["model.c"]
    return replace(model, sources={**model.sources, "model.c": model.sources["model.c"].replace(old, new)})


def test_each_sample_by_itself_and_all_as_a_stream_are_different_truths(tmp_path: Path) -> None:
    for data, model, rows in both():
        graph = read_graph(data, "remembers")
        alone = expected_outputs(data, graph, rows)
        together = expected_outputs(data, graph, rows, is_stream=True)

        native = NativeModel(model, tmp_path)

        assert not np.array_equal(alone.outputs, together.outputs)
        assert np.array_equal(alone.outputs, [native.run(row).outputs for row in rows])
        assert np.array_equal(together.outputs, [run.outputs for run in native.run_sequence(rows)])


def test_verification_sees_a_state_that_is_lost_between_runs() -> None:
    skip_without("host", "gcc")
    for data, model, _ in both():
        assert verify_model(model, data).samples == 4
        start = "_run_layers(int8_t *arena, void (*hook)(void *context, uint32_t layer), void *context) {"
        forgetful = changed(model, start, f"{start}\n    remembers_reset_in(arena);")
        with pytest.raises(CheckFailedError, match="is not what the model says, by the NumPy reference"):
            verify_model(forgetful, data)


def test_verification_sees_a_state_that_starts_wrongly() -> None:
    skip_without("host", "gcc")
    data, model, _ = both()[1]
    table = model.sources["model.c"].partition("remembers_reset0_start1[")[2].partition("{\n")[2]
    first = table.partition(",")[0]

    with pytest.raises(CheckFailedError, match=r"operation 2 \(READ_VARIABLE\), .* sample 0"):
        verify_model(changed(model, f"{{\n{first},", f"{{\n    {int(first) + 1},"), data)


class ForgetfulEngine:
    """The NumPy reference without the runs before."""

    name, is_truth = "forgetful", True

    def __init__(self, engine: NumpyEngine) -> None:
        self._engine = engine

    def tensors(self, rows: Rows) -> Mapping[int, Array]:
        return self._engine.tensors(rows[-1:])


@pytest.mark.xdist_group("firmware")
def test_bisect_compares_sequences_and_all_engines_are_equal_on_them(tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="needs TFLM: pip install 'tinyml-toolkit[tflm]'")
    skip_without("nano33ble", "gcc")
    data, model, rows = both()[1]
    graph = read_graph(data, "remembers")
    numpy = NumpyEngine(graph)
    engines: list[Engine] = [
        numpy,
        TflmEngine(data, graph),
        NativeEngine(model, tmp_path / "native", find_toolchain("native"), "-O1"),
        EmulatedEngine(model, tmp_path / "board", load_board("nano33ble"), "gcc"),
    ]

    found = bisect(graph, engines, rows[:3])
    forgetful = bisect(graph, [numpy, ForgetfulEngine(numpy)], rows[:3])

    assert found.disagreement is None
    assert forgetful.disagreement is not None and forgetful.disagreement.sample > 0


@pytest.mark.xdist_group("firmware")
def test_a_board_is_equal_to_the_interpreter_for_single_samples_and_for_a_stream(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    board = load_board("nano33ble")
    data, model, rows = both()[0]
    graph = read_graph(data, "remembers")
    firmware = build_firmware(render_project(model, board, Application(), tmp_path / "firmware"))
    for is_stream in (False, True):
        link = open_link(firmware.elf, board)
        said = run_samples(link, [row.tobytes() for row in rows], is_stream=is_stream)
        link.close()
        outputs = [np.frombuffer(i.outputs, np.int8) for i in said.inferences]

        assert np.array_equal(expected_outputs(data, graph, rows, is_stream=is_stream).outputs, outputs)
        assert said.info.state_bytes == sum(graph.tensors[i].bytes for i in graph.states) > 0
        resets = sum(
            line.to_device and line.text.endswith((" reset%", " reset layers%")) for line in said.lines
        )
        assert resets == (2 if is_stream else 6)


def test_warming_up_leaves_no_trace(tmp_path: Path) -> None:
    skip_without("host", "gcc")
    data, model, rows = both()[0]
    firmware = build_firmware(render_project(model, load_board("host"), Application(), tmp_path / "firmware"))
    link = open_link(firmware.elf, load_board("host"))
    session = Session(link)
    try:
        first = session.infer(rows[2].tobytes()).outputs
        answers = {
            words: [session.ask(words), session.ask("tm raw")][1]
            for words in ("infer 1 3", "infer 1 0", "infer 2 5", "tm reset", "infer", "infer 1 1")
        }
    finally:
        link.close()

    assert answers["infer 1 3"] == answers["infer"] == answers["infer 1 1"]
    assert answers["infer 1 0"] == answers["infer 2 5"] != answers["infer"]
    again = expected_outputs(data, model.graph, np.stack([rows[2]] * 2), is_stream=True).outputs
    assert first == again[0].tobytes() != again[1].tobytes()


def test_tinyml_run_takes_rows_as_samples_or_as_a_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skip_without("host", "gcc")
    (tmp_path / "lstm.tflite").write_bytes(lstm())
    np.save(tmp_path / "x.npy", random_rows(read_graph(lstm(), "lstm"), 20))
    words = ["run", str(tmp_path / "lstm.tflite"), "--inputs", str(tmp_path / "x.npy"), "--runner", "host"]
    outputs = {}
    for name, more in (("alone", []), ("stream", ["--stream"])):
        saved = tmp_path / f"{name}.npy"

        assert run([*words, *more, "--outputs", str(saved), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["verdict"] == "equal"
        outputs[name] = np.load(saved)

    assert np.array_equal(outputs["alone"][0], outputs["stream"][0])
    assert not np.array_equal(outputs["alone"], outputs["stream"])
