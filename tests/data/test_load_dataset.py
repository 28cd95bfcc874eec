# SPDX-License-Identifier: Apache-2.0
"""From tinyml.toml to a Dataset, and what is wrong with data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, Samples, load_dataset
from toolkit.data.registry import sources
from toolkit.data.split import split_indices
from toolkit.data.usable import check_samples
from toolkit.errors import InputError, ToolMissingError
from toolkit.project.config import load_project

SINE = '[project]\nname = "p"\nseed = {seed}\n[data]\nsource = "sine"\n{more}\n[model]\nfamily = "mlp"\n'


def _load(folder: Path, more: str = "", seed: int = 1) -> Dataset:
    (folder / "tinyml.toml").write_text(SINE.format(more=more, seed=seed))
    return load_dataset(load_project(folder))


def _classified(y: list[int], classes: tuple[str, ...] = ("a", "b")) -> Samples:
    return Samples("classification", np.zeros((len(y), 2), np.float32), np.array(y, np.int64), classes)


def test_sine_has_1000_points_split_60_20_20(tmp_path: Path) -> None:
    data = _load(tmp_path)
    assert [len(part) for part in data.splits().values()] == [600, 200, 200]
    assert (data.task, data.input_shape, data.outputs, data.classes) == ("regression", (1,), 1, ())
    assert data.train.x.dtype == data.train.y.dtype == np.float32


def test_sine_points_lie_around_the_curve(tmp_path: Path) -> None:
    train = _load(tmp_path).train
    noise = train.y - np.sin(train.x)
    assert train.x.min() >= 0 and train.x.max() < 2 * np.pi
    assert 0.08 < noise.std() < 0.12


def test_the_seed_decides_the_data(tmp_path: Path) -> None:
    first, again, other = _load(tmp_path), _load(tmp_path), _load(tmp_path, seed=2)
    assert np.array_equal(first.test.x, again.test.x) and np.array_equal(first.test.y, again.test.y)
    assert not np.array_equal(first.test.x, other.test.x)


def test_unknown_source_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(SINE.format(more="", seed=1).replace('"sine"', '"sin"'))
    with pytest.raises(InputError, match=r"no data source .sin.\. Did you mean sine") as caught:
        load_dataset(load_project(tmp_path))
    assert "[data]" in str(caught.value.hint)


def test_unknown_option_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tinyml.toml:7: data.options.nose: .*Did you mean noise"):
        _load(tmp_path, "[data.options]\nnose = 0.2")


def test_option_of_the_wrong_type_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tinyml.toml:7: data.options.samples: must be a whole number"):
        _load(tmp_path, '[data.options]\nsamples = "many"')


@pytest.mark.parametrize("line", ["samples = -1", "noise = -0.5"])
def test_option_out_of_range_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match="must"):
        _load(tmp_path, f"[data.options]\n{line}")


def test_empty_data_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sine are empty") as caught:
        _load(tmp_path, "[data.options]\nsamples = 0")
    assert "samples = 1000" in str(caught.value.hint)


def test_two_samples_are_too_few_for_three_parts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 samples are too few"):
        _load(tmp_path, "[data.options]\nsamples = 2")


def test_one_class_only_is_an_error() -> None:
    with pytest.raises(InputError, match="one class only \\('a'\\)"):
        check_samples(_classified([0, 0, 0]), "mine", "Try: more")


def test_a_class_with_two_samples_is_named() -> None:
    with pytest.raises(InputError, match="2 samples of the class 'b'"):
        check_samples(_classified([0, 0, 0, 1, 1]), "mine", "Try: more")


def test_a_label_without_class_is_an_error() -> None:
    with pytest.raises(InputError, match="label outside 0 to 1"):
        check_samples(_classified([0, 1, 2]), "mine", "Try: more")


def test_labels_that_are_no_whole_numbers_are_an_error() -> None:
    samples = Samples("classification", np.zeros((4, 1), np.float32), np.zeros(4, np.float32), ("a", "b"))
    with pytest.raises(InputError, match="float32 labels"):
        check_samples(samples, "mine", "Try: more")


def test_inputs_and_labels_of_different_number_are_an_error() -> None:
    samples = Samples("regression", np.zeros((4, 1), np.float32), np.zeros((3, 1), np.float32))
    with pytest.raises(InputError, match="4 inputs, 3 labels"):
        check_samples(samples, "mine", "Try: more")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_named_with_their_row(bad: float) -> None:
    x, y = np.zeros((9, 2), np.float32), np.zeros((9, 1), np.float32)
    x[4, 1] = bad
    with pytest.raises(InputError, match="an input that is NaN or infinite in row 4 "):
        check_samples(Samples("regression", x, y), "mine", "Try: more")
    with pytest.raises(InputError, match="a target that is NaN or infinite in row 0, 1, 2, 3, 4 and 4 more"):
        check_samples(Samples("regression", np.zeros_like(x), y + bad), "mine", "Try: more")


def test_every_part_has_the_same_mix_of_classes() -> None:
    samples = _classified([0] * 100 + [1] * 20)
    parts = split_indices(samples, (0.6, 0.2, 0.2), 3, "")
    assert [np.bincount(samples.y[rows]).tolist() for rows in parts] == [[60, 12], [20, 4], [20, 4]]


def test_every_row_is_in_exactly_one_part() -> None:
    for count in range(6, 40):
        samples = _classified([0, 1] * count)
        parts = split_indices(samples, (0.8, 0.1, 0.1), count, "")
        assert sorted(np.concatenate(parts).tolist()) == list(range(2 * count))


def test_every_source_says_what_it_is() -> None:
    assert {"sine", "digits"} <= set(sources())
    for name, source in sources().items():
        assert (source.name, bool(source.summary)) == (name, True)


def test_digits_are_the_1797_of_scikit_learn(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'tinyml-toolkit[train]'")
    (tmp_path / "tinyml.toml").write_text(SINE.format(more="", seed=1).replace('"sine"', '"digits"'))
    data = load_dataset(load_project(tmp_path))
    assert sum(len(part) for part in data.splits().values()) == 1797
    assert (data.input_shape, data.outputs, data.classes) == ((8, 8, 1), 10, tuple("0123456789"))
    assert (data.train.x.min(), data.train.x.max()) == (0.0, 1.0)


def test_digits_can_be_chosen(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'tinyml-toolkit[train]'")
    text = SINE.format(more="[data.options]\ndigits = [7, 1]", seed=1).replace('"sine"', '"digits"')
    (tmp_path / "tinyml.toml").write_text(text)
    data = load_dataset(load_project(tmp_path))
    assert data.classes == ("7", "1") and set(data.test.y.tolist()) == {0, 1}


def test_one_digit_only_is_one_class_only(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'tinyml-toolkit[train]'")
    text = SINE.format(more="[data.options]\ndigits = [7]", seed=1).replace('"sine"', '"digits"')
    (tmp_path / "tinyml.toml").write_text(text)
    with pytest.raises(InputError, match="one class only"):
        load_dataset(load_project(tmp_path))


def test_a_digit_that_is_none_is_an_error(tmp_path: Path) -> None:
    text = SINE.format(more="[data.options]\ndigits = [1, 12]", seed=1).replace('"sine"', '"digits"')
    (tmp_path / "tinyml.toml").write_text(text)
    with pytest.raises(InputError, match="from 0 to 9"):
        load_dataset(load_project(tmp_path))


def test_without_scikit_learn_the_pip_line_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    (tmp_path / "tinyml.toml").write_text(SINE.format(more="", seed=1).replace('"sine"', '"digits"'))
    with pytest.raises(ToolMissingError, match="sklearn is not installed") as caught:
        load_dataset(load_project(tmp_path))
    assert caught.value.hint == "Try: pip install 'tinyml-toolkit[train]'"


def test_the_rooms_are_imported_without_any_extra() -> None:
    rooms = "toolkit.data, toolkit.models, toolkit.training, toolkit.quantization, toolkit.report"
    heavy = "('tensorflow', 'keras', 'sklearn', 'matplotlib', 'PIL')"
    code = f"import sys, {rooms}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
