# SPDX-License-Identifier: Apache-2.0
"""Tables that are nearly right: what is said of them is true, and names the way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import load_dataset
from toolkit.data.conditions import other_unit
from toolkit.data.survey import survey
from toolkit.data.survey_cells import described
from toolkit.errors import InputError
from toolkit.project.config import load_project

NUMBERS = np.random.default_rng(2).normal(size=(24, 2)).round(2)


def table(folder: Path, lines: list[str]) -> Path:
    path = folder / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(form: str) -> list[str]:
    return [form.format(a=a, b=b, k="kl"[i % 2]) for i, (a, b) in enumerate(NUMBERS)]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        survey(path)
    return f"{caught.value.message} {caught.value.hint}"


def test_quoted_decimal_commas_between_commas_are_read(tmp_path: Path) -> None:
    lines = [line.replace(".", ",") for line in rows('"{a}","{b}",{k}')]
    path = table(tmp_path, ["a,b,class", *lines])
    assert survey(path).options["decimal"] == ","
    options = f'file = "{path.name}"\ntarget = ["class"]\nstandardize = false\n'
    form = '[project]\nname = "p"\n[data]\nsource = "csv"\n[data.options]\n{}[model]\nfamily = "mlp"\n'
    (tmp_path / "tinyml.toml").write_text(form.format(options))
    with pytest.raises(InputError) as caught:
        load_dataset(load_project(tmp_path))
    assert 'Try: decimal = "," in the section' in str(caught.value.hint)
    (tmp_path / "tinyml.toml").write_text(form.format(options + 'decimal = ","\n'))
    found = np.concatenate([part.x for part in load_dataset(load_project(tmp_path)).splits().values()])
    assert sorted(found[:, 0].tolist()) == sorted(np.float32(NUMBERS[:, 0]).tolist())


def test_thousands_between_commas_stay_text_and_are_called_so(tmp_path: Path) -> None:
    lines = [f'"{1000 + 7 * i:,}",{b},{"kl"[i % 2]}' for i, (_, b) in enumerate(NUMBERS)]
    path = table(tmp_path, ["n,b,class", *lines])
    found = survey(path)
    assert "decimal" not in found.options
    assert "columns of text are left out: n (thousands separators, such as '1,000')" in found.unsure


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (("0,066", "-1,234"), "decimal commas"),
        (("1,234,567", "12", "-3,000"), "thousands separators"),
        (("0.5", "\u22121.5"), "minus signs other than -, such as '\u22121.5'"),
        (("1.5", "oops"), "such as 'oops'"),
    ],
)
def test_a_column_of_text_is_called_what_keeps_it_from_being_numbers(
    cells: tuple[str, ...], what: str
) -> None:
    assert what in described("c", cells)


def test_two_lines_of_names_are_told_with_the_one_that_would_do(tmp_path: Path) -> None:
    numbers = rows("{a},{b},{k}")
    grouped = refusal(table(tmp_path, ["acc,acc,", "x,y,class", *numbers]))
    assert "two lines of names" in grouped and "acc_x,acc_y,class" in grouped
    titled = refusal(table(tmp_path, ["Sensor,,", "x,y,class", *numbers]))
    assert "two lines of names" in titled
    assert survey(table(tmp_path, ["x,y,class", "mm,g,", *numbers])).options["units"] is True


def test_a_header_alone_zero_bytes_and_too_many_columns_have_their_own_hints(tmp_path: Path) -> None:
    assert "Try: a row for each sample" in refusal(table(tmp_path, ["a,b,class"]))
    assert "a logger leaves them" in refusal(table(tmp_path, ["a,b,class", "1,2,k\0\0"]))
    assert "utf-16" in refusal(table(tmp_path, ["\0a\0,\0b\0,\0c\0l\0", "1,2,k"]))
    wide = refusal(table(tmp_path, [",".join(f"c{i}" for i in range(100_001))]))
    assert "has 100,001 columns; at most 100,000 are read" in wide


def test_names_that_differ_in_capitals_alone_have_no_other_unit() -> None:
    assert other_unit(["T", "AX"], ["t", "ax"]) == ""
    assert "has another unit: 'AX [g]'" in other_unit(["T", "AX [g]"], ["t", "ax [m/s2]"])
