# SPDX-License-Identifier: Apache-2.0
"""What a firmware for a benchmark makes of the bytes that its runner sends, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.benchmark_models import FEATURES, autoencoder, classifier, small

from toolkit.errors import DeviceError, InputError
from toolkit.firmware.coding import coding_defines
from toolkit.ir.graph import Graph
from toolkit.mlperf.files import labelled_files
from toolkit.mlperf.measure import measure_performance, measure_quality
from toolkit.mlperf.run import Plan, performance_lines, quality_lines, run_plan, write_outcome
from toolkit.mlperf.talk import Talk
from toolkit.project.benchmarks import BENCHMARKS
from toolkit.project.config import FirmwareConfig
from toolkit.runners.host import HostLink
from toolkit.runners.protocol import Buffer, Results, crc_of

pytestmark = pytest.mark.xdist_group("mlperf")


@pytest.fixture
def talk_to(made: Callable[[str, str], Any]):
    links = []

    def talk(name: str) -> tuple[Any, Talk]:
        one = made(name, "host")
        links.append(HostLink(one.firmware.elf))
        found = Talk(links[-1], 20)
        found.hello()
        return one, found

    yield talk
    for link in links:
        link.close()


@pytest.mark.parametrize("name", ["kws", "ic", "ad"])
def test_results_are_those_of_the_reference_for_what_the_bytes_mean(name: str, talk_to) -> None:
    one, talk = talk_to(name)
    assert talk.model == one.benchmark.model_id
    answers = []
    for file in labelled_files(one.data, one.benchmark):
        for data in file.inputs():
            talk.load(data)
            assert b"".join(r.data for r in talk.ask("db print") if isinstance(r, Buffer)) == data
            answers.append(talk.infer(1, 0)[1])
    assert len(answers) == len(one.results)
    for answer, expected in zip(answers, one.results, strict=True):
        assert answer == pytest.approx(expected, abs=6e-4, rel=1e-6)


@pytest.mark.parametrize(("name", "wrong"), [("ic", 3071), ("ic", 3073), ("ad", 40), ("ad", 200)])
def test_an_input_of_another_size_has_no_result(name: str, wrong: int, talk_to) -> None:
    one, talk = talk_to(name)
    data = next(labelled_files(one.data, one.benchmark)[0].inputs())
    talk.load(data)
    talk.infer(1, 0)
    with pytest.raises(DeviceError, match="db load"):
        talk.ask(f"db load {wrong}")
    with pytest.raises(DeviceError, match="No input: 'db load' it"):
        talk.infer(1, 0)
    with pytest.raises(DeviceError, match="No inference yet"):
        talk.ask("results")
    talk.load(data)
    assert talk.infer(2, 3)[1] == pytest.approx(one.results[0], abs=6e-4)


def test_an_error_of_reconstruction_needs_the_features(talk_to) -> None:
    """tm put brings an input that no features belong to: the last ones must not be compared with it."""
    one, talk = talk_to("ad")
    with pytest.raises(DeviceError, match="No input: 'db load' it"):
        talk.infer(1, 0)
    talk.load(next(labelled_files(one.data, one.benchmark)[0].inputs()))
    talk.infer(1, 0)
    zeros = bytes(FEATURES)
    talk.ask(f"tm put 0 {zeros.hex()}")
    talk.ask(f"tm run 1 {crc_of(zeros):08X}")
    with pytest.raises(DeviceError, match="No features to compare with"):
        talk.ask("results")


def test_a_firmware_for_no_benchmark_is_as_it_was(talk_to, tmp_path) -> None:
    from support.benchmark_models import graph_for
    from support.tflite_writer import write_tflite

    from toolkit.firmware.loose import build_loose
    from toolkit.targets.board import load_board

    model = tmp_path / "plain.tflite"
    model.write_bytes(write_tflite(graph_for(BENCHMARKS["ic"])))
    built = build_loose(model, load_board("host"), tmp_path / "out")
    link = HostLink(built.firmware.elf)
    talk = Talk(link, 20)
    talk.hello()
    assert talk.model == "plain"
    talk.load(bytes(20))
    (results,) = [reply for reply in talk.ask("infer 1 0") if isinstance(reply, Results)]
    assert len(results.values) == BENCHMARKS["ic"].outputs
    link.close()


@pytest.mark.parametrize(
    ("name", "graph", "words"),
    [
        (
            "ic",
            classifier(3072, 10, 3),
            "takes uint8 pixels, or int8 with the zero point -128; this model has",
        ),
        ("ad", classifier(640, 640, 0, "int16"), "takes int8 in and int8 out; this model has 640 int16"),
        ("kws", classifier(490, 12, 0, "int16"), "takes int8; this model has 490 int16"),
        ("kws", classifier(3072, 10), "takes 490 numbers in and 12 out; this model has 3,072 int8"),
        ("kws", classifier(490, 4), "takes 490 numbers in and 12 out; this model has 490 int8"),
        ("ic", classifier(490, 12), "takes 3,072 numbers in and 10 out"),
        ("vww", classifier(24, 2), "takes 27,648 numbers in and 2 out"),
        ("ad", classifier(640, 12), "takes 640 numbers in and 640 out"),
        ("sww", classifier(490, 12), "takes 1,200 numbers in and 3 out"),
    ],
)
def test_a_model_that_is_none_of_the_benchmark_is_refused(name: str, graph: Graph, words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        coding_defines(BENCHMARKS[name], *_ends(graph))


def _ends(graph: Graph):
    return tuple(tuple(graph.tensors[place] for place in places) for places in (graph.inputs, graph.outputs))


def test_pixels_of_a_uint8_model_stay_as_they_are() -> None:
    flip = dict(coding_defines(BENCHMARKS["vww"], *_ends(classifier(27648, 2, -128, "uint8"))))[
        "TM_LOAD_FLIP"
    ]
    assert flip == "0x00u"
    assert dict(coding_defines(small("ad"), *_ends(autoencoder())))["TM_LOAD_BYTES"] == "160u"


def test_a_benchmark_needs_the_protocol_and_whole_windows() -> None:
    with pytest.raises(ValueError, match="protocol = false leaves it out"):
        FirmwareConfig(benchmark="kws", protocol=False)
    with pytest.raises(ValueError, match="sends whole windows"):
        FirmwareConfig(benchmark="kws", stream=True)


@pytest.mark.parametrize("name", ["kws", "ad"])
def test_windows_take_as_long_as_asked_for_by_the_boards_clock(name: str, talk_to) -> None:
    one, talk = talk_to(name)
    inputs = [next(file.inputs()) for file in labelled_files(one.data, one.benchmark)]
    found = measure_performance(talk, inputs, 0.005, 3)
    assert len(found.windows) == 3
    assert all(window.seconds >= 0.005 for window in found.windows)
    assert not found.is_valid


def test_quality_is_the_share_of_right_files_or_the_area_under_the_curve(talk_to) -> None:
    one, talk = talk_to("ic")
    files = labelled_files(one.data, one.benchmark)
    right = [int(np.argmax(row)) == file.label for row, file in zip(one.results, files, strict=True)]
    found = measure_quality(talk, files, one.benchmark)
    assert (found.value, found.files, found.inferences) == (np.mean(right), 6, 6)
    assert 0 < found.value < 1
    one, talk = talk_to("ad")
    files = labelled_files(one.data, one.benchmark)
    found = measure_quality(talk, files, one.benchmark)
    assert (found.value, found.files, found.inferences) == (1.0, 6, 18)
    with pytest.raises(InputError, match="all of one class"):
        measure_quality(talk, files[::2], one.benchmark)
    with pytest.raises(InputError, match="is no input of this firmware"):
        measure_quality(talk_to("ic")[1], files, one.benchmark)


def test_a_plan_says_what_a_submission_needs(made: Callable[[str, str], Any], tmp_path) -> None:
    one = made("ad", "host")
    plan = Plan(one.benchmark, labelled_files(one.data, one.benchmark), 0.002, 5)
    link = HostLink(one.firmware.elf)
    outcome = run_plan(link, plan, "a test's clock")
    with pytest.raises(DeviceError, match="says that its model is ad01; the benchmark kws is of kws01"):
        run_plan(link, Plan(BENCHMARKS["kws"]), "a test's clock")
    link.close()
    assert outcome.passed
    lines = performance_lines(outcome)
    assert lines[0] == "host, a test's clock"
    assert re.fullmatch(r"ulp-mlperf: Median throughput is +[\d.]+ inf\./sec\.", lines[-2])
    assert "not valid for a submission: 5 windows of 10 s and more are due." in lines
    assert quality_lines(outcome) == [
        "ulp-mlperf: AUC = 1.000",
        "quality target 0.85 met: 6 files, 18 inferences",
    ]
    write_outcome(outcome, tmp_path)
    assert (tmp_path / "performance" / "results.txt").read_text().splitlines() == lines
    assert "> infer 1 0%" in (tmp_path / "log.txt").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.bin,2", "'a.bin, 2' is not file name, number of classes, class."),
        ("a.bin,2,2", "there is no class 2 of 2"),
        ("a.bin,2,x", "is not file name, number of classes, class."),
        ("a.bin,2,1", "1 of the 1 files"),
        ("\n", "names no file"),
    ],
)
def test_labels_that_are_wrong_are_named(text: str, words: str, tmp_path) -> None:
    (tmp_path / "y_labels.csv").write_text(text)
    with pytest.raises(InputError, match=re.escape(words)):
        labelled_files(tmp_path, BENCHMARKS["ic"])


def test_data_that_are_not_there_are_said_to_be_missing(tmp_path) -> None:
    with pytest.raises(InputError, match="is no folder") as caught:
        labelled_files(tmp_path / "nowhere", BENCHMARKS["ic"])
    assert "FOLDER/ic01/y_labels.csv" in (caught.value.hint or "")
    with pytest.raises(InputError, match=r"has no y_labels.csv, nor has .*ic01"):
        labelled_files(tmp_path, BENCHMARKS["ic"])
