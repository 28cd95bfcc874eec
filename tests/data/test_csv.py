# SPDX-License-Identifier: Apache-2.0
"""Tables: a class or numbers to tell, groups and splits by column, and what is wrong with a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, load_dataset
from toolkit.data.survey import survey
from toolkit.errors import InputError
from toolkit.project.config import load_project

HEADER = "width,height,kind\n"


def load(
    folder: Path, table: str | bytes, options: str = "", *, file: str = "t.csv", skip_broken: bool = False
) -> Dataset:
    (folder / "t.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    target = "" if "target" in options else 'target = ["kind"]'
    raw = "" if "standardize" in options else "standardize = false"
    if "columns" not in options and isinstance(table, str) and HEADER in table:
        raw += '\ncolumns = ["width", "height"]'  # their numbers only rise
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "csv"\n[data.options]\n'
        f'file = "{file}"\n{target}\n{raw}\n{options}\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder), skip_broken=skip_broken)


def rows(count: int, text: str = "{i},{j},{kind}\n") -> str:
    return "".join(text.format(i=i, j=i * 0.5, kind="ab"[i % 2], group=i // 4) for i in range(count))


def test_columns_are_inputs_and_the_target_s_texts_are_classes(tmp_path: Path) -> None:
    dataset = load(tmp_path, "\ufeff" + HEADER + rows(20))
    assert (dataset.task, dataset.classes, dataset.input_shape) == ("classification", ("a", "b"), (2,))
    for part in dataset.splits().values():
        assert np.array_equal(part.x[:, 0] * 0.5, part.x[:, 1])
        assert np.array_equal(part.x[:, 0].astype(int) % 2, part.y)
        assert [int(name.removeprefix("t.csv:")) - 2 for name in part.names] == part.x[:, 0].tolist()


def test_numbers_can_be_told_from_chosen_columns(tmp_path: Path) -> None:
    options = 'target = ["height", "width"]\ntask = "regression"\ncolumns = ["extra"]\nseparator = ";"'
    text = "width;height;extra\n" + "".join(f"{i};{2 * i};{3 * i}\n" for i in range(12))
    dataset = load(tmp_path, text, options)
    assert (dataset.task, dataset.input_shape, dataset.outputs) == ("regression", (1,), 2)
    assert np.array_equal(dataset.test.y[:, 1] * 3, dataset.test.x[:, 0])
    assert np.array_equal(dataset.test.y[:, 0], dataset.test.y[:, 1] * 2)


def test_rows_of_one_group_stay_in_one_split(tmp_path: Path) -> None:
    text = "width,kind,person\n" + rows(80, "{i},{kind},p{group}\n")
    dataset = load(tmp_path, text, 'group = "person"\ncolumns = ["width"]')
    homes = [set((part.x[:, 0] // 4).tolist()) for part in dataset.splits().values()]
    assert dataset.input_shape == (1,)
    assert sum(map(len, homes)) == len(homes[0] | homes[1] | homes[2]) == 20


def test_a_column_can_say_the_split(tmp_path: Path) -> None:
    parts = ["train", "train", "validation", "validation", "test", "test"]
    text = "width,kind,part\n" + "".join(f"{i},{'ab'[i % 2]},{part}\n" for i, part in enumerate(parts))
    dataset = load(tmp_path, text, 'split = "part"')
    assert {name: sorted(part.x[:, 0].tolist()) for name, part in dataset.splits().items()} == {
        "train": [0, 1],
        "validation": [2, 3],
        "test": [4, 5],
    }
    with pytest.raises(InputError, match="column split has 'extra', which is none of train"):
        load(tmp_path, text.replace("validation", "extra"), 'split = "part"')


def test_quoted_texts_may_have_separators_and_line_ends(tmp_path: Path) -> None:
    text = HEADER + rows(20).replace(",a\n", ',"a, ""b""\nc"\n')
    assert load(tmp_path, text).classes == ('a, "b"\nc', "b")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nan,1,a", "t.csv:22: nan in the column 'width' is NaN, infinite or too large"),
        ("1,-inf,a", "t.csv:22: -inf in the column 'height' is NaN"),
        ("1e39,1,a", "t.csv:22: 1e39 in the column 'width' is NaN, infinite or too large"),
        ("1,,a", "t.csv:22: the column 'height' is empty"),
        ("1,2", "t.csv:22: has 2 cells; the header names 3 columns; is the line cut off?"),
        ("1,2,5,a", "has 4 cells; the header names 3 columns; are its commas decimal ones?"),
        ("width,height,kind", "t.csv:22: repeats the header"),
        ("1_0,1,a", "t.csv:22: '1_0' in the column 'width' is no number"),
        ("1,two,a", "t.csv:22: 'two' in the column 'height' is no number"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_can_be_skipped(tmp_path: Path, row: str, said: str) -> None:
    text = HEADER + rows(20) + row + "\n"
    with pytest.raises(InputError, match="1 place in the data cannot be used") as caught:
        load(tmp_path, text)
    assert said in caught.value.message
    dataset = load(tmp_path, text, skip_broken=True)
    assert sum(len(part) for part in dataset.splits().values()) == 20
    assert [broken.name for broken in dataset.skipped] == ["t.csv:22"]


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (HEADER + rows(9), 'target = ["kinds"]', r"t\.csv has no column 'kinds'\. Did you mean kind"),
        (HEADER + rows(9), 'columns = ["depth"]', r"t\.csv has no column 'depth'"),
        (HEADER + rows(9), 'columns = ["kind"]', "the model would be given the answer"),
        (HEADER + rows(9), 'target = ["kind", "width"]', "target must be one column"),
        (HEADER + rows(9), 'separator = ""', "must be one character"),
        (HEADER + rows(5), "", "2 samples of the class 'b'"),
        (HEADER, "", "are empty"),
        ("", "", "t.csv is empty"),
        ("a,a,kind\n1,2,x\n", "", "two columns of the same name"),
        ("kind\na\nb\n", "", "no column beside the target"),
        (HEADER + "1,2,a\n" * 9, "", r"one class only \('a'\)"),
        (b"width,kind\n1,caf\xe9\n", "", "t.csv:2: is not UTF-8 text"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(
    tmp_path: Path, table: str | bytes, options: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load(tmp_path, table, options)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*u\.csv"):
        load(tmp_path, HEADER, file="u.csv")


def test_a_column_of_splits_may_have_any_of_their_usual_names(tmp_path: Path) -> None:
    rows = [(i, "ab"[i % 2], ("train", "Training", "dev", "eval")[i // 2 % 4]) for i in range(48)]
    (tmp_path / "t.csv").write_text("x,kind,part\n" + "".join(f"{i % 7}.{i},{k},{p}\n" for i, k, p in rows))
    (tmp_path / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "csv"\n[data.options]\nfile = "t.csv"\ntarget = ["kind"]\n'
        'split = "part"\n[model]\nfamily = "mlp"\n'
    )
    sizes = {name: len(part) for name, part in load_dataset(load_project(tmp_path)).splits().items()}
    assert sizes == {"train": 24, "validation": 12, "test": 12}
    assert survey(tmp_path / "t.csv").options["split"] == "part"


def test_cells_that_stand_for_a_missing_value_are_empty(tmp_path: Path) -> None:
    table = HEADER + rows(20) + "-999.0,3,a\n7,ERR,b\n8,9,-999\n"
    options = 'missing = ["-999", "ERR"]'
    with pytest.raises(
        InputError, match=r"t\.csv:22: the column 'width' is -999\.0, which is missing"
    ) as caught:
        load(tmp_path, table, options)
    assert len(caught.value.facts["broken"]) == 3  # type: ignore[arg-type]
    dataset = load(tmp_path, table, options, skip_broken=True)
    assert sum(map(len, dataset.splits().values())) == 20
    assert dataset.classes == ("a", "b")
    with pytest.raises(InputError, match="missing: must be text, not -999"):
        load(tmp_path, table, "missing = [-999]")


def test_missing_numbers_have_the_decimal_sign_of_the_table(tmp_path: Path) -> None:
    table = (HEADER + rows(20)).replace(",", ";").replace(".", ",") + "-9,990;3;a\n"
    options = 'missing = ["-9,99"]\nseparator = ";"\ndecimal = ","\ncolumns = ["width", "height"]'
    assert len(load(tmp_path, table, options, skip_broken=True).skipped) == 1


def test_a_number_far_from_all_others_is_told_with_the_option_that_makes_it_empty(tmp_path: Path) -> None:
    table = HEADER + rows(60) + "".join(f"-999,{i % 7},{'ab'[i % 2]}\n" for i in range(15))
    told = [note for note in load(tmp_path, table).notes if "-999" in note]
    assert told == [
        "width is -999 in 15 rows, far from all others: does it stand for a missing value? "
        'In a table, missing = ["-999"] in [data.options] takes such cells as empty'
    ]
    again = load(tmp_path, table, 'missing = ["-999"]', skip_broken=True)
    assert not [note for note in again.notes if "-999" in note]
