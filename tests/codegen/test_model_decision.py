# SPDX-License-Identifier: Apache-2.0
"""The C that decides what a stream shows, compiled for this computer, decides as the host does."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from toolkit import paths
from toolkit.codegen.model_decision import decision_kernels, decision_sources
from toolkit.decision.rule import NEVER, Decider, DecisionRule, rule_of
from toolkit.errors import InputError
from toolkit.ir.graph import Quantization, Tensor
from toolkit.project.decision import DecisionConfig

CLASSES = ("yes", "no", "silence")
SCORES = Tensor(0, "out", (1, 3), "int8", quantization=Quantization((1 / 256,), (-128,)))


def compiled(folder: Path, *sources: Path) -> Any:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    words = [compiler, "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror", "-O2"]
    include = f"-I{paths.templates('decision')}"
    command = [*words, include, "-shared", "-fPIC", *map(str, sources), "-o", "decision.so"]
    subprocess.run(command, cwd=folder, check=True, timeout=60)
    return ctypes.CDLL(str(folder / "decision.so"))


class Params(ctypes.Structure):
    """tm_decision_params."""

    _fields_: ClassVar = [
        *((name, ctypes.c_uint32) for name in ("classes", "average", "need", "of", "refractory")),
        ("thresholds", ctypes.c_void_p),
    ]


class State(ctypes.Structure):
    """tm_decision_state."""

    _fields_: ClassVar = [
        *((name, ctypes.c_void_p) for name in ("scores", "sums", "waiting", "found")),
        *((name, ctypes.c_uint32) for name in ("windows", "next_scores", "next_found")),
    ]


def by_c(library: Any, rule: DecisionRule, scores: np.ndarray) -> list[int]:
    classes = len(rule.thresholds)
    memory = [np.full(rule.average * classes, 7, np.int16), np.full(classes, 7, np.int32)]
    memory += [np.full(classes, 7, np.uint32), np.full(rule.of, 7, np.uint16)]
    thresholds = np.array(rule.thresholds, np.int32)
    params = Params(
        classes, rule.average, rule.need, rule.of, rule.refractory, thresholds.ctypes.data_as(ctypes.c_void_p)
    )
    state = State(*(part.ctypes.data_as(ctypes.c_void_p) for part in memory), 5, 5, 5)
    library.tm_decision_start(ctypes.byref(params), ctypes.byref(state))
    step = library.tm_decision_step
    rows = np.ascontiguousarray(scores, np.int16)
    return [
        step(ctypes.byref(params), ctypes.byref(state), row.ctypes.data_as(ctypes.c_void_p)) for row in rows
    ]


def on_host(rule: DecisionRule, scores: np.ndarray) -> list[int]:
    decider = Decider(rule)
    found = [decider.step(row.tolist()) for row in scores]
    return [-1 if each is None else each for each in found]


def test_the_c_decides_as_the_host_by_random_rules(tmp_path: Path) -> None:
    library = compiled(tmp_path, paths.templates("decision", "tm_decision.c"))
    random = np.random.default_rng(3)
    detections = 0
    for _ in range(200):
        classes, average, of = (int(random.integers(1, most)) for most in (6, 5, 6))
        levels = random.integers(-30, 90, classes) * average
        thresholds = [int(level) if random.integers(5) else NEVER for level in levels]
        need, refractory = int(random.integers(1, of + 1)), int(random.integers(0, 4))
        rule = DecisionRule(tuple(thresholds), average, need, of, refractory)
        scores = random.integers(-128, 128, (150, classes))
        scores = np.repeat(scores[::3], 3, axis=0) if random.integers(2) else scores
        wanted = on_host(rule, scores)
        assert by_c(library, rule, scores) == wanted, rule
        detections += sum(each >= 0 for each in wanted)
    assert detections > 1000


def test_the_generated_c_decides_as_the_host(tmp_path: Path) -> None:
    config = DecisionConfig(
        average=3, threshold=0.4, thresholds={"no": 0.6}, need=2, of=3, ignore=("silence",)
    )
    rule = rule_of(config, CLASSES, SCORES, windows_within=4)
    for name, text in {**decision_sources(rule, CLASSES, SCORES, "kws"), **decision_kernels()}.items():
        (tmp_path / name).write_text(text)
    library = compiled(tmp_path, tmp_path / "model_decision.c", tmp_path / "tm_decision.c")
    random = np.random.default_rng(4)
    scores = random.integers(-128, 128, (3000, 3)).astype(np.int8)
    rows = [row.copy() for row in scores]
    got = [library.kws_decide(row.ctypes.data_as(ctypes.c_void_p)) for row in rows]
    assert got == on_host(rule, scores.astype(int))
    assert set(got) == {-1, 0, 1}
    library.kws_decide_start()
    assert [library.kws_decide(row.ctypes.data_as(ctypes.c_void_p)) for row in rows] == got


def test_a_threshold_is_reached_by_the_mean_that_is_equal_to_it() -> None:
    """0.5 of a score of 256 steps from -128 on is 0."""
    rule = rule_of(DecisionConfig(average=2), CLASSES, SCORES, 0)
    assert rule.thresholds == (0, 0, 0)
    assert on_host(rule, np.array([[0, -9, -9], [0, -9, -9], [-1, -9, -9], [1, -9, -9]])) == [-1, 0, -1, 0]
    above = rule_of(DecisionConfig(threshold=0.501, ignore=("no",)), CLASSES, SCORES, 0)
    assert above.thresholds == (1, NEVER, 1)


def test_a_threshold_that_no_score_reaches_is_said() -> None:
    """The most of int8 is 255 of 256 steps; a class that is ignored on purpose is not named."""
    config = DecisionConfig(threshold=1.0, thresholds={"yes": 255 / 256}, average=3, ignore=("silence",))
    rule = rule_of(config, CLASSES, SCORES, 0)
    never = [name for name in CLASSES if name not in ("yes", "silence")]
    assert rule.unreachable == f"never {', '.join(never)}: the threshold is above 0.996094, the output's most"
    assert rule.words().endswith(f"; {rule.unreachable}")
    scores = np.full((3, 3), -128)
    scores[:, CLASSES.index(never[0])] = 127
    assert on_host(rule, scores) == [-1, -1, -1]
    scores = np.full((3, 3), -128)
    scores[:, CLASSES.index("yes")] = 127
    assert on_host(rule, scores)[-1] == CLASSES.index("yes")


def test_a_rule_that_ignores_every_class_is_said() -> None:
    rule = rule_of(DecisionConfig(ignore=CLASSES), CLASSES, SCORES, 0)
    assert rule.words().endswith("; never any class: ignore names them all")


def test_n_of_m_windows_then_silence_for_a_while() -> None:
    rule = DecisionRule((50, 50), need=2, of=3, refractory=3)
    one, other, none = [60, 0], [0, 60], [0, 0]
    scores = np.array([one, none, one, one, one, one, one, other, other])
    assert on_host(rule, scores) == [-1, -1, 0, -1, -1, -1, 0, -1, 1]


def test_a_class_that_is_not_there_and_another_kind_of_model_are_refused() -> None:
    with pytest.raises(InputError, match=r"there is no class 'silense'.*silence"):
        rule_of(DecisionConfig(ignore=("silense",)), CLASSES, SCORES, 1)
    with pytest.raises(InputError, match="a score for each of 2 classes; this one gives 3 numbers"):
        rule_of(DecisionConfig(), CLASSES[:2], SCORES, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"need": 3, "of": 2}, "need 3 must be"),
        ({"need": 1, "of": 4_000_000_000}, "of 4000000000 must be from 1 to 1000 windows"),
        ({"average": 0}, "average 0 must be"),
        ({"threshold": 1.5}, "threshold = 1.5 must be from 0 to 1"),
        ({"thresholds": {"yes": -1.0}}, "yes = -1 must be from 0 to 1"),
        ({"hop": -1}, "hop -1"),
        ({"refractory": -1}, "refractory -1"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DecisionConfig(**options)
