# SPDX-License-Identifier: Apache-2.0
"""What float32 does not hold, and what arrays are not as they should be: each has its own way out."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.data import load_dataset
from toolkit.data.precision import require_precision
from toolkit.data.survey import survey
from toolkit.errors import InputError
from toolkit.project.config import load_project

RNG = np.random.default_rng(1)
X = RNG.normal(size=(30, 4))
Y = np.arange(30) % 3


def load(folder: Path, source: str, options: str) -> Any:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "{source}"\n[data.options]\n{options}\n'
        '[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def refused(folder: Path, x: Any, y: Any, more: str = "") -> str:
    np.savez(folder / "d.npz", x=x, y=y)
    with pytest.raises(InputError) as caught:
        load(folder, "numpy", f'file = "d.npz"\n{more}')
    return f"{caught.value.message} {caught.value.hint}"


def test_arrays_with_an_offset_that_float32_cannot_hold_are_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, X + 1e9, Y)
    assert "x of d.npz of the columns 0, 1, 2, 3: numbers at " in told and "holds steps of 64 there" in told
    assert "subtract an offset" in told
    regression = refused(tmp_path, X, 1.7e18 + 1e5 * X[:, 0], 'task = "regression"')
    assert "y of d.npz: numbers at 1.7" in regression
    assert "are too large" in refused(tmp_path, 1e300 * X, Y)


def test_a_table_names_the_column_that_loses_its_numbers(tmp_path: Path) -> None:
    rows = [f"{a:.3f},{1.7e18 + 1e5 * b:.0f},{c:.3f},{'kl'[i % 2]}" for i, (a, b, c, _) in enumerate(X)]
    (tmp_path / "t.csv").write_text("\n".join(["a,ts,c,class", *rows]))
    with pytest.raises(InputError, match=r"t.csv of the column ts: numbers at 1.7e\+18 that differ by"):
        load(tmp_path, "csv", 'file = "t.csv"\ntarget = ["class"]')
    load(tmp_path, "csv", 'file = "t.csv"\ntarget = ["class"]\ncolumns = ["a", "c"]')


def test_recordings_and_functions_are_held_to_it_too(tmp_path: Path) -> None:
    rows = [f"{i},{2e9 + 100 * a:.1f},{'kl'[i // 60]}" for i, a in enumerate(RNG.normal(size=120))]
    (tmp_path / "t.csv").write_text("\n".join(["n,load,class", *rows]))
    options = 'file = "t.csv"\ntarget = "class"\nwindow = 8\ncolumns = ["load"]'
    with pytest.raises(InputError, match=r"the recordings of the column load: numbers at 1999999"):
        load(tmp_path, "windows", options)
    (tmp_path / "m.py").write_text(
        "def load():\n    return [[2e9 + i / 9] for i in range(30)], [0, 1] * 15\n"
    )
    with pytest.raises(InputError, match="the inputs of m:load: numbers at 2000000000 that"):
        load(tmp_path, "python", 'function = "m:load"')


@pytest.mark.parametrize(
    "x",
    [
        X + 1000,
        np.float32(X) + np.float32(1e9),
        np.full((30, 2), 0.1 + 0.2) + 1e-17,
        1e9 * (1 + 2e-16 * RNG.normal(size=(30, 2))),
        np.arange(30)[:, None] * 100_000,
        np.array([[np.nan, 1.0], [1e9, 2.0]]),
        np.zeros((0, 3)),
    ],
)
def test_numbers_that_float32_holds_and_rounding_itself_pass(x: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        require_precision(x, "x")


def test_each_fault_of_arrays_has_its_own_hint(tmp_path: Path) -> None:
    with_nan = X.copy()
    with_nan[3, 1] = np.nan
    assert "keep = numpy.isfinite(x)" in refused(tmp_path, with_nan, Y)
    gaps = np.where(Y == 0, np.nan, X[:, 0])
    assert "keep = numpy.isfinite(y)" in refused(tmp_path, X, gaps, 'task = "regression"')
    with np.errstate(over="ignore"):
        assert "float16 ends at 65,504" in refused(tmp_path, (1e6 * X).astype(np.float16), Y)
    assert "Try: one label or target for each row of x" in refused(tmp_path, X, Y[:29])
    assert "Try: x.T: it looks transposed" in refused(tmp_path, X.T, Y)
    assert 'Try: x.astype("float32")' in refused(tmp_path, X.astype(object), Y)


def test_labels_of_float16_are_read_without_a_warning(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=X, y=Y.astype(np.float16))
    assert load(tmp_path, "numpy", 'file = "d.npz"\ntask = "classification"').classes == ("0", "1", "2")


def test_pictures_of_bytes_are_divided_and_channels_that_may_come_first_are_asked_for(tmp_path: Path) -> None:
    pixels = RNG.integers(0, 255, (30, 3, 16, 16), dtype=np.uint8)
    np.savez(tmp_path / "d.npz", x=pixels.transpose(0, 2, 3, 1), y=Y)
    found = survey(tmp_path / "d.npz")
    assert found.options["divisor"] == 255 and not any("channels" in line for line in found.unsure)
    np.savez(tmp_path / "d.npz", x=pixels, y=Y)
    assert "x of d.npz is read as 3 x 16 with 16 channels: are the channels first?" in str(
        survey(tmp_path / "d.npz").unsure
    )
    assert "are the channels first?" in str(load(tmp_path, "numpy", 'file = "d.npz"').notes)


@pytest.mark.parametrize("value", [1e9, 0.0, -3.0])
def test_curves_that_are_all_one_number_are_drawn_without_a_warning(value: float) -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'tinyml-toolkit[train]'")
    from toolkit.plots import waves_png

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert waves_png([("a", np.full((2, 8, 2), value, np.float32))], "t").startswith(b"\x89PNG")
