# SPDX-License-Identifier: Apache-2.0
"""How any model is asked about files; the model here gives its inputs back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Takes
from toolkit.data.source import OnBroken
from toolkit.data.standard import Standard
from toolkit.errors import InputError
from toolkit.predict.answer import Answer, Real, Where
from toolkit.predict.outputs import Computed
from toolkit.predict.predictor import broken_files, predict, sample_of


@dataclass
class Echo:
    """Takes two columns from .npy files; as it sees them they are whole numbers. asked is every run."""

    name: str = "echo"
    home: Where = "int8"
    shape: tuple[int, ...] = (2,)
    standard: Standard | None = None
    takes: Takes = field(default_factory=lambda: Takes("", "regression"))
    limit: float | None = None
    asked: list[tuple[Where, str]] = field(default_factory=list)

    def decode(self, file: Path, on_broken: OnBroken | None = None) -> Real:
        return np.asarray(np.load(file), np.float32)

    def run(self, real: Real, on: Where, board: str) -> Computed:
        self.asked.append((on, board))
        return np.round(real), f"echo on {on}"

    def as_seen(self, real: Real, on: Where) -> Real:
        return np.round(real)

    def meaning(self, outputs: int) -> Takes:
        return self.takes

    def threshold(self, on: Where) -> float | None:
        return self.limit


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def file(name: str, *rows: tuple[float, ...]) -> Path:
    np.save(name, np.array(rows, np.float32))
    return Path(name)


def ask(echo: Echo, *files: Path, on: Where | None = None) -> Answer:
    return predict(echo, files, on, "some_board", top=1)


def values(answer: Answer) -> list[tuple[float, ...]]:
    return [tuple(value for _, value in prediction.values) for prediction in answer.predictions]


def test_samples_keep_the_order_of_the_files_and_several_in_a_file_are_numbered() -> None:
    answer = ask(Echo(), file("b.npy", (1, 2), (3, 4)), file("a.npy", (5, 6)))
    assert [prediction.name for prediction in answer.predictions] == ["b.npy:1", "b.npy:2", "a.npy"]
    assert values(answer) == [(1, 2), (3, 4), (5, 6)]


def test_a_file_of_another_shape_is_named_and_the_model_does_not_run() -> None:
    echo = Echo()
    with pytest.raises(InputError, match=r"^wide\.npy gives samples of shape \(3,\); echo takes \(2,\)\.$"):
        ask(echo, file("wide.npy", (1, 2, 3)))
    assert not echo.asked


def test_good_files_are_answered_beside_broken_ones() -> None:
    right, wide = file("right.npy", (1, 2)), file("wide.npy", (1, 2, 3))
    answer = ask(Echo(), wide, right, right)
    assert values(answer) == [(1, 2), (1, 2)]
    assert [error.message.split()[0] for error in answer.broken] == ["wide.npy"]
    assert broken_files(answer.broken).message.startswith("1 file has no prediction:\n  wide.npy gives")
    with pytest.raises(InputError, match=r"^2 files have no prediction:"):
        ask(Echo(), wide, wide)


def test_a_shape_is_looked_at_before_columns_are_standardized() -> None:
    echo = Echo(standard=Standard((1.0, 2.0), (1.0, 1.0)))
    with pytest.raises(InputError, match=r"wide\.npy gives samples of shape \(3,\)"):
        ask(echo, file("wide.npy", (1, 2, 3)))


def test_columns_are_standardized_before_the_model_runs() -> None:
    echo = Echo(standard=Standard((1.0, 2.0), (1.0, 2.0)))
    assert values(ask(echo, file("a.npy", (3, 8)))) == [(2, 3)]


def test_a_model_runs_at_home_or_where_it_is_asked_to() -> None:
    echo, x = Echo(home="float"), file("a.npy", (1, 2))
    assert (ask(echo, x).on, ask(echo, x, on="board").on) == ("float", "board")
    assert echo.asked == [("float", "some_board"), ("board", "some_board")]
    assert ask(echo, x, on="int8").by == "echo on int8"


def test_an_error_is_that_to_the_inputs_as_the_model_sees_them() -> None:
    detector = Echo(takes=Takes("", "anomaly", ("normal", "anomalous")), limit=0.0)
    answer = ask(detector, file("a.npy", (1.25, 2.75)))
    assert (answer.task, answer.threshold) == ("anomaly", 0.0)
    assert answer.predictions[0].values == (("normal", 0.0),)


def test_a_sample_that_a_file_does_not_have_is_told_with_those_that_it_has() -> None:
    path = file("two.npy", (1, 2), (3, 4))
    name, real = sample_of(Echo(), path, 2)
    assert (name, real.tolist()) == ("two.npy:2", [3, 4])
    with pytest.raises(InputError, match="has 2 samples, none with the number 3") as caught:
        sample_of(Echo(), path, 3)
    assert caught.value.hint == "Try: a number from 1 to 2"
