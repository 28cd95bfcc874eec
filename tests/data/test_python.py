# SPDX-License-Identifier: Apache-2.0
"""Data that a function of the user's makes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, data_state, load_dataset
from toolkit.errors import InputError
from toolkit.project.config import load_project

RETURNS = {
    "pair": "x, y",
    "named": "x, y, ['no', 'yes']",
    "numbers": "x, x.sum(axis=1) / 3",
    "samples": "Samples('classification', x, y, ('a', 'b'))",
    "nothing": "None",
    "strings": "[['a']] * 4, y",
    "ragged": "[[1], [1, 2]], y",
}


def load(folder: Path, code: str, options: str = 'function = "mine:load"') -> Dataset:
    (folder / "mine.py").write_text(code)
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "python"\n'
        f'[data.options]\n{options}\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def code(returned: str, signature: str = "count=30") -> str:
    return (
        "import numpy as np\nfrom toolkit.data import Samples\n"
        f"def load({signature}):\n"
        "    y = np.arange(count) % 2\n    x = np.stack([y, 3 * y], axis=1)\n"
        f"    return {returned}\n"
    )


@pytest.mark.parametrize(
    ("returned", "classes", "outputs"),
    [("pair", ("0", "1"), 2), ("named", ("no", "yes"), 2), ("numbers", (), 1), ("samples", ("a", "b"), 2)],
)
def test_a_function_returns_x_and_y(
    tmp_path: Path, returned: str, classes: tuple[str, ...], outputs: int
) -> None:
    dataset = load(tmp_path, code(RETURNS[returned]))
    assert (dataset.classes, dataset.outputs, dataset.input_shape) == (classes, outputs, (2,))
    assert np.array_equal(dataset.train.x[:, 0] * 3, dataset.train.x[:, 1])


def test_arguments_go_to_the_function(tmp_path: Path) -> None:
    options = 'function = "mine:load"\narguments = { count = 50 }'
    assert sum(map(len, load(tmp_path, code("x, y"), options).splits().values())) == 50


def test_neighbours_can_be_imported_and_are_forgotten(tmp_path: Path) -> None:
    for number in (2, 3):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "neighbour.py").write_text(f"FACTOR = {number}\n")
        dataset = load(folder, "from neighbour import FACTOR\n" + code("x * FACTOR, y"))
        assert dataset.train.x.max() == 3 * number
        assert "neighbour" not in sys.modules and str(folder) not in sys.path


def test_a_package_may_hold_the_function(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "inner.py").write_text(code("x, y"))
    assert load(tmp_path, "", 'function = "pack.inner:load"').classes == ("0", "1")


@pytest.mark.parametrize("returned", ["nothing", "strings", "ragged"])
def test_what_is_no_data_is_an_error(tmp_path: Path, returned: str) -> None:
    with pytest.raises(InputError, match="mine:load returned"):
        load(tmp_path, code(RETURNS[returned]))


def test_an_error_in_the_function_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mine:load failed: ZeroDivisionError: .* \(mine\.py:6\)"):
        load(tmp_path, code("1 / 0"))
    with pytest.raises(InputError, match=r"mine:load failed: SyntaxError"):
        load(tmp_path, "def load(:\n")
    with pytest.raises(InputError, match=r"mine:load failed: TypeError: .*argument"):
        load(tmp_path, code("x, y"), 'function = "mine:load"\narguments = { size = 3 }')


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ('function = "mine:lod"', "has no function 'lod'. Did you mean load"),
        ('function = "none:load"', "there is no .*none.py"),
        ('function = "mine"', 'must be "module:name"'),
        ('function = "../mine:load"', 'must be "module:name"'),
        ('function = "mine:load"\nfiles = ["../x"]', "must be inside the project's folder"),
    ],
)
def test_a_wrong_name_is_said(tmp_path: Path, options: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load(tmp_path, code("x, y"), options)


def test_the_data_are_made_again_when_code_or_a_named_file_changes(tmp_path: Path) -> None:
    options = 'function = "mine:load"\nfiles = ["raw/*.bin"]'
    (tmp_path / "raw").mkdir()
    load(tmp_path, code("x, y"), options)
    states = [data_state(load_project(tmp_path))]
    for name, text in (("raw/a.bin", "1"), ("raw/a.bin", "2"), ("other.py", "x = 1"), ("mine.py", "y = 2")):
        (tmp_path / name).write_text(text)
        states.append(data_state(load_project(tmp_path)))
    assert len(set(states)) == 5
    (tmp_path / "notes.txt").write_text("nothing")
    assert data_state(load_project(tmp_path)) == states[-1]


def test_a_function_that_ends_the_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mine:load ended the program: SystemExit: 0 \(mine.py:3\)"):
        load(tmp_path, "import sys\ndef load():\n    sys.exit(0)\n")
