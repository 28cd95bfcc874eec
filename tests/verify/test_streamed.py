# SPDX-License-Identifier: Apache-2.0
"""The C of a model that takes its window hop by hop is compared with whole windows first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.effort import times
from support.random_slides import Slide, random_slide, small_slide
from support.real_models import PUBLIC
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.compiler.compile import compile_model
from toolkit.errors import CheckFailedError, UnsupportedError
from toolkit.ir.graph import Stream
from toolkit.ops.shared.operator import KernelCall
from toolkit.ops.stream_shift import StreamShift
from toolkit.reference.oracle import expected_outputs
from toolkit.targets.board import load_board
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import try_samples
from toolkit.verify.generated_c import random_rows, verification_text, verify_model
from toolkit.verify.native import NativeModel
from toolkit.verify.on_device import Place, Samples
from toolkit.verify.windows import Sliding, hops_of_a_window, windows_in_a_row


def pooled(dtype: str, *, has_float_ends: bool) -> bytes:
    """Two convolutions, of the first of which two channels are never above 0, and a MEAN over the window."""
    rng, b = np.random.default_rng(2), GraphBuilder("pooled")
    zero, low = (0, 0) if dtype == "int16" else (-3, -128)
    wide = "int64" if dtype == "int16" else "int32"
    q = b.tensor((1, 20, 1, 4), dtype, scale=0.05, zero_point=zero)
    weights = b.tensor((6, 3, 1, 4), scale=0.01, data=rng.integers(-90, 91, (6, 3, 1, 4)))
    bias = b.tensor((6,), wide, scale=0.0005, data=[0, -(10**6), 10, 5, -(10**6), 3])
    y = b.tensor((1, 18, 1, 6), dtype, scale=0.05, zero_point=low)
    options = {"padding": "VALID", "stride_w": 1, "fused_activation_function": "RELU"}
    taps = b.tensor((5, 4, 1, 6), scale=0.01, data=rng.integers(-90, 91, (5, 4, 1, 6)))
    more = b.tensor((5,), wide, scale=0.0005, data=[0, 3, 10, 5, -10])
    v = b.tensor((1, 8, 1, 5), dtype, scale=0.05, zero_point=low)
    m = b.tensor((1, 5), dtype, scale=0.04, zero_point=low)
    axes = b.tensor((2,), "int32", data=[1, 2])
    x, f = q, m
    if has_float_ends:
        x, f = b.tensor((1, 20, 1, 4), "float32"), b.tensor((1, 5), "float32")
        b.operation("QUANTIZE", [x], [q])
    b.operation("CONV_2D", [q, weights, bias], [y], stride_h=1, **options)
    b.operation("CONV_2D", [y, taps, more], [v], stride_h=2, **options)
    b.operation("MEAN", [v, axes], [m], keep_dims=False)
    if has_float_ends:
        b.operation("DEQUANTIZE", [m], [f])
    return write_tflite(b.graph([x], [f]))


@pytest.mark.parametrize(("dtype", "has_float_ends"), [("int8", False), ("int8", True), ("int16", True)])
def test_what_other_passes_and_types_make_of_a_model_goes_by_hops_too(
    dtype: str, has_float_ends: bool
) -> None:
    data = pooled(dtype, has_float_ends=has_float_ends)
    compiled = compile_model(data, "pooled", hop=2)

    assert verify_model(compiled, data).samples == 31
    assert compiled.graph.tensors[compiled.graph.inputs[0]].dtype == dtype
    if not has_float_ends:
        assert any(note.startswith("channels: ") for note in compiled.notes)


def test_all_windows_of_a_stream_are_compared() -> None:
    data = write_tflite(small_slide())
    compiled = compile_model(data, "slide", hop=4)

    verification = verify_model(compiled, data)

    assert verification.samples > 8
    assert "windows of a random stream equal to NumPy reference" in verification_text(verification)


def test_370_windows_of_the_wake_word_are_those_of_tflm(tmp_path: Path) -> None:
    path = PUBLIC / "sww.tflite"
    if not path.is_file():
        pytest.skip(f"no {path}: set TINYML_SHARED_MODELS")
    pytest.importorskip("tflite_micro", reason="tflite-micro is missing: pip install 'tinyml-toolkit[tflm]'")
    data = path.read_bytes()
    compiled, whole = compile_model(data, "sww", hop=1), read_graph(data, "sww")
    rng = np.random.default_rng(11)
    rows = np.repeat(rng.integers(-128, 90, (40, 1, 40)), 10, 1) + rng.integers(0, 38, (40, 10, 40))
    stream = compiled.graph.stream
    assert stream is not None
    sliding = Sliding(rows.astype(np.int8).reshape(1, 400, 1, 40)[:, :399], stream)

    runs = NativeModel(compiled, tmp_path).run_sequence(sliding.new_rows())

    expected = expected_outputs(data, whole, sliding.windows(sliding.full))
    assert len(expected.outputs) == 370
    assert len({row.tobytes() for row in expected.outputs}) > 30
    np.testing.assert_array_equal(np.stack([runs[i].outputs for i in sliding.full]), expected.outputs)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(300, 300 + times(8, here=2)))
@pytest.mark.parametrize("board", ["nano33ble", "host"])
def test_the_c_of_random_layers_goes_by_hops(seed: int, board: str) -> None:
    data = write_tflite(random_slide(seed))
    try:
        compiled = compile_model(data, "slide", target_of(load_board(board)), hop=0)
    except UnsupportedError as error:
        assert "nothing would be saved" in error.message
        return

    assert verify_model(compiled, data).is_stream


def test_columns_that_shift_wrongly_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = StreamShift.lower

    def wrong(*arguments: Any) -> KernelCall:
        call = right(*arguments)
        return KernelCall(call.kernel, {**call.params, "kept": 1}, call.arguments)

    monkeypatch.setattr(StreamShift, "lower", wrong)
    data = write_tflite(small_slide())

    with pytest.raises(CheckFailedError, match=r"by the NumPy reference: operation \d"):
        verify_model(compile_model(data, "slide", hop=2), data)


def test_compile_says_what_a_hop_computes_and_what_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "slide.tflite"
    model.write_bytes(write_tflite(small_slide()))

    code = run(["compile", str(model), "--stream", "--output", str(tmp_path / "c"), "--json"])

    said = capsys.readouterr()
    assert code == 0, said.err
    (stream,) = json.loads(said.out)["streams"]
    assert (stream["hop"], stream["window"], stream["runs"]) == (2, 16, 8)
    assert stream["macs"] < stream["whole_macs"]
    assert "stream: 2 of 16 rows are new in a hop: MACs" in said.err
    header = (tmp_path / "c" / "slide.h").read_text(encoding="utf-8")
    assert "#define SLIDE_STREAM_RUNS 8u" in header
    assert "bool slide_is_due(void);" in header


def test_a_file_s_name_behind_stream_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compile", "--stream", str(tmp_path / "slide.tflite")]) == 2

    assert "MODELS go before --stream" in capsys.readouterr().err


def test_the_frontier_is_of_whole_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "slide.tflite"
    model.write_bytes(write_tflite(small_slide()))

    assert run(["inspect", str(model), "--stream", "--frontier"]) == 2

    assert "--frontier is of whole windows" in capsys.readouterr().err


def test_a_stream_for_the_project_is_a_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compile", "--stream"]) == 2

    assert "stream = true in the section [firmware]" in capsys.readouterr().err


def test_a_model_that_cannot_go_by_hops_is_refused_when_it_is_compiled() -> None:
    slide = Slide(np.random.default_rng(3))
    source = slide.source(16, 1, 4)
    data = write_tflite(slide.builder.graph([source], [slide.matrix(source)]))

    with pytest.raises(UnsupportedError, match="cannot be streamed: nothing would be saved"):
        compile_model(data, "flat", hop=0)


def test_a_window_comes_as_the_hops_that_fill_it() -> None:
    whole = small_slide(5).tensors[0]
    stream = Stream(2, 5, 1, 0)
    rows = np.arange(40, dtype=np.int8).reshape(2, 20)

    hops = hops_of_a_window(rows, whole, stream)

    assert hops.shape == (2, 3, 8)
    assert hops[0].reshape(6, 4)[:, 0].tolist() == [0, 0, 4, 8, 12, 16]
    sliding = windows_in_a_row(rows, whole, stream)
    assert [window[0] for window in sliding.windows(sliding.full)] == [4, 12, 20]


def test_a_firmware_is_fed_hops_and_every_full_window_is_compared() -> None:
    data = write_tflite(small_slide())
    compiled = compile_model(data, "slide", hop=6)
    rows = random_rows(read_graph(data, "slide"), 4)

    trial = try_samples(compiled, data, Samples(rows), load_board("host"), Place())

    assert trial.checked.verdict.passed
    assert trial.checked.verdict.samples == 4 * 3 - 2
