# SPDX-License-Identifier: Apache-2.0
"""Tables and folders as people have them: read as they are meant, or told what is odd; never in silence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, load_dataset
from toolkit.data.form import sniff_form
from toolkit.data.proposal import project_text
from toolkit.data.survey import Found, survey
from toolkit.data.suspicion import alike_classes, is_sums
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import FILE_NAME, load_project

R = np.random.default_rng(7)


def cells(rows: int, columns: int = 2) -> list[list[str]]:
    return [[f"{value:.2f}" for value in row] for row in R.normal(size=(rows, columns))]


def table(folder: Path, header: str, rows: list[str], name: str = "t.csv", encoding: str = "utf-8") -> Found:
    (folder / name).write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
    return survey(folder / name)


def read(found: Found, folder: Path) -> Dataset:
    (folder / FILE_NAME).write_text(project_text(found, "p", folder, "nano33ble"), encoding="utf-8")
    return load_dataset(load_project(folder))


def two(a: list[str], i: int) -> str:
    return f"{a[0]},{a[1]},{'xy'[i % 2]}"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ('"{0},{0}{0}{0}"', "price (thousands separators, such as '1,111')"),
        ("5{0}.5%", "price (percent signs, such as '51.5%')"),
        ("{0}.5 kg", "price (units behind the numbers, such as '1.5 kg')"),
        ("$ {0}.5", "price (signs of a currency, such as '$ 1.5')"),
        ("{0}{0}.01.2024", "price (dates or times, such as '11.01.2024')"),
        ("town {0}", "price (such as 'town 1')"),
    ],
)
def test_a_column_that_is_left_out_says_why_it_is_no_number(cell: str, why: str, tmp_path: Path) -> None:
    rows = [f"{cell.format(i % 9 + 1)},{two(a, i)}" for i, a in enumerate(cells(60))]
    found = table(tmp_path, "price,a,b,target", rows)
    assert found.options["columns"] == ["a", "b"]
    assert f"columns of text are left out: {why}" in found.unsure


def test_a_thousand_that_looks_like_a_decimal_is_asked_about(tmp_path: Path) -> None:
    rows = [f"{i % 9 + 1}.{100 + i};{i};{'xy'[i % 2]}" for i in range(60)]
    assert "1.100 in price is read as 1.1: is it 1100?" in table(tmp_path, "price;n;target", rows).unsure
    small = [f"0.{100 + i};{i};{'xy'[i % 2]}" for i in range(60)]
    assert not any("is read as" in line for line in table(tmp_path, "price;n;target", small).unsure)


def test_a_column_with_a_few_bad_cells_stays_and_they_are_named(tmp_path: Path) -> None:
    rows = [two(a, i) for i, a in enumerate(cells(60))]
    rows[3], rows[8], rows[9] = "NaN,1,x", ",2,x", "Total,,30"
    found = table(tmp_path, "a,b,target", rows)
    assert "columns" not in found.options
    with pytest.raises(InputError, match="3 places in the data cannot be used"):
        read(found, tmp_path)


def test_a_table_without_any_column_of_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column of numbers to learn from: city"):
        table(tmp_path, "city,target", [f"town {i % 9},{'xy'[i % 2]}" for i in range(40)])


def test_a_date_in_each_row_is_left_out_and_told(tmp_path: Path) -> None:
    rows = [f"2024-01-{i % 28 + 1:02},{two(a, i)}" for i, a in enumerate(cells(60))]
    found = table(tmp_path, "date,a,b,target", rows)
    assert found.options["columns"] == ["a", "b"] and any("date (dates" in line for line in found.unsure)
    assert len(read(found, tmp_path).channels) == 2


def write_logs(folder: Path, head: str, time: str = "{0:.2f}") -> None:
    for kind in ("walk", "run"):
        for number in range(4):
            rows = [
                f"{time.format(i / 50, i // 3000, i // 50 % 60, i % 50 * 20)},{a},{b}"
                for i, (a, b) in enumerate(cells(120))
            ]
            path = folder / kind / f"{number}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join([head, *rows, ""]))


def test_a_line_of_units_is_found_left_out_and_gives_the_unit_of_the_time(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "# by a logger\ntime,ax,ay\ns,g,g")
    found = survey(tmp_path / "logs")
    assert (found.options["units"], found.options["time_unit"], found.options["comment"]) == (True, "s", "#")
    assert "time is time, in s: 50 rows a second" in read(found, tmp_path).notes
    file = tmp_path / FILE_NAME
    file.write_text(file.read_text().replace("units = true\n", ""))
    with pytest.raises(InputError) as problem:
        load_dataset(load_project(tmp_path))
    assert str(problem.value.hint).startswith("Try: units = true in the section [data.options]")


@pytest.mark.parametrize(
    ("line", "has_units"),
    [
        (",m/s2,", True),
        (",,", False),
        ("rest,m/s2,", False),
        (",m/s2,rest", False),
        ("12:00,,rest", False),
        (",0.5,", False),
        (",m/s2", False),
    ],
)
def test_a_date_and_a_class_have_no_unit_beside_numbers_that_have_one(line: str, has_units: bool) -> None:
    rows = [f"12:{minute:02d},{minute / 8},rest" for minute in range(9)]
    table = "\n".join(["time,ax,label", line, *rows, ""])
    assert sniff_form(table.encode()).units == has_units


def test_with_units_a_table_without_them_loses_no_row(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "time,ax,ay")
    found = survey(tmp_path / "logs")
    assert "units" not in found.options
    found.options |= {"units": True, "window": 120, "columns": ["ax", "ay"]}
    assert sum(map(len, read(found, tmp_path).splits().values())) == 8


def test_times_of_a_day_are_times(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "time,ax,ay", "12:{1:02}:{2:02}.{3:03}")
    assert "time is time, in s: 50 rows a second" in read(survey(tmp_path / "logs"), tmp_path).notes


def test_a_time_that_is_none_never_makes_every_row_a_gap(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "time,ax,ay", "at {0:.2f}")
    (tmp_path / FILE_NAME).write_text(
        '[project]\nname = "p"\n[data]\nsource = "windows"\n[data.options]\nfolder = "logs"\nwindow = 50\n'
        'time = "time"\n[model]\nfamily = "mlp"\n'
    )
    with pytest.raises(InputError, match="neither a number nor a time such as 2024-01-31") as problem:
        load_dataset(load_project(tmp_path))
    assert "gap" not in str(problem.value.hint)


def test_spaces_between_cells_are_a_separator(tmp_path: Path) -> None:
    rows = [f" {a[0]}   {a[1]} {i % 2} " for i, a in enumerate(cells(40))]
    found = table(tmp_path, "a b  target", rows, "t.txt")
    assert found.options["separator"] == " "
    assert [channel.name for channel in read(found, tmp_path).channels] == ["a", "b"]


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (
            "a,b,target",
            "{sentinel},{b},{kind}",
            "a is -999 in 6 rows, far from all others",
        ),
        ("a,b,target", "{a},7,{kind}", "b is always the same: nothing can be learned from that"),
        ("a,b,target", "{a},{a},{kind}", "b is the same as a in every row"),
        ("sample_id,b,target", "{id},{b},{kind}", "sample_id is another number in each row, as a name is"),
        ("a,b,target", "{a},{b},{spelt}", "the classes 'Walk' and 'walk' are spelled almost alike"),
        ("a,b,target", "{five},{five},{kind}", "12 of 12 test samples have the very inputs of a training"),
    ],
)
def test_what_is_odd_is_told_once(header: str, row: str, said: str, tmp_path: Path) -> None:
    rows = [
        row.format(
            a=a,
            b=b,
            kind="xy"[i % 2],
            sentinel=-999 if i % 10 == 0 else a,
            id=7919 * (i + 3) % 10007,
            spelt=["Walk", "walk", "run"][i % 3],
            five=i % 5,
        )
        for i, (a, b) in enumerate(cells(60))
    ]
    notes = read(table(tmp_path, header, rows), tmp_path).notes
    assert sum(note.startswith(said) for note in notes) == 1


def test_ordinary_columns_are_not_called_odd(tmp_path: Path) -> None:
    rows = [f"{a},{float(b) + (i % 30 == 0) * 4:.2f},{'xy'[i % 2]}" for i, (a, b) in enumerate(cells(90))]
    assert not read(table(tmp_path, "a,b,target", rows), tmp_path).notes


def test_many_constant_columns_are_told_in_one_line(tmp_path: Path) -> None:
    rows = [",".join(["0"] * 30 + [a, "xy"[i % 2]]) for i, (a, _) in enumerate(cells(60))]
    header = ",".join([*(f"pixel{i}" for i in range(30)), "a", "target"])
    notes = read(table(tmp_path, header, rows), tmp_path).notes
    assert [note for note in notes if "pixel" in note] == [
        "30 columns, such as pixel0, are always the same: nothing can be learned from that"
    ]


def test_a_spreadsheet_or_an_archive_is_told_from_a_table(tmp_path: Path) -> None:
    for name, what, hint in (("d.xlsx", "a spreadsheet", "CSV"), ("d.zip", "an archive", "unpack")):
        folder = tmp_path / name[2:]
        folder.mkdir()
        (folder / name).write_bytes(b"PK\3\4")
        with pytest.raises(InputError, match=what) as problem:
            survey(folder)
        assert hint in str(problem.value.hint)


def test_what_systems_leave_behind_is_no_class_and_the_second_folder_is_asked_about(tmp_path: Path) -> None:
    image = load_extra("PIL.Image")
    for place in ("set1/cat", "set1/dog", "set2/cat", "set2/dog"):
        (tmp_path / "d" / place).mkdir(parents=True)
        for number in range(3):
            pixels = R.integers(0, 255, (40, 40, 3)).astype(np.uint8)
            image.fromarray(pixels).save(tmp_path / "d" / place / f"{number}.png")
        (tmp_path / "d" / place / "._0.png").write_bytes(b"\0\5")
    (tmp_path / "d" / "__MACOSX" / "set1").mkdir(parents=True)
    (tmp_path / "d" / ".DS_Store").write_bytes(b"\0")
    found = survey(tmp_path / "d")
    assert any("taken to be the first, such as set1, not the second, such as cat" in u for u in found.unsure)
    assert read(found, tmp_path).classes == ("set1", "set2")


HEAD = '[project]\nname = "p"\n[data]\nsource = "csv"\n[data.options]\n'


@pytest.mark.parametrize(
    ("options", "content", "reason", "hint"),
    [
        ('file = "no.csv"\ntarget = ["y"]', b"", "No such file", "its place, from the project's folder on"),
        ('file = "t.csv"\ntarget = "y"', b"", 'must be a list, such as ["y"], not', ""),
        (
            'file = "t.csv"\ntarget = ["y"]',
            b'a,y\n1,"2\n' + b"3,x\n" * 30,
            "mark not closed, 30 lines before",
            "skip",
        ),
        ('file = "t.csv"\ntarget = ["y"]', b"PK\3\4" + bytes(60), "a spreadsheet or an archive", "as CSV"),
        (
            'file = "t.csv"\ntarget = ["y"]\ntask = "regression"',
            b"a,y\n" + b"1,x\n2,z\n" * 9,
            "no number",
            'task = "classification"',
        ),
        (
            'file = "t.csv"\ntarget = ["y"]',
            b"a,y\n" + b"".join(b"%d,0.%d\n" % (i * i % 7, i + 10) for i in range(30)),
            "1 sample of the class",
            'task = "regression"',
        ),
        ('file = "C:\\Users\\t.csv"', b"", "is not valid TOML", "Try: / instead, or single quotes"),
        ("file = t.csv", b"", "is not valid TOML", 'texts stand in quotes. Try: file = "..."'),
    ],
)
def test_a_mistake_is_told_by_its_cause_and_what_to_do(
    options: str, content: bytes, reason: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    (tmp_path / FILE_NAME).write_text(f'{HEAD}{options}\n[model]\nfamily = "mlp"\n')
    with pytest.raises(InputError) as problem:
        load_dataset(load_project(tmp_path))
    assert reason in problem.value.message and hint in str(problem.value.hint)


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (("0", "00", "0.0", "1"), ("0", "00", "0.0")),
        (("-1", "1", "A+", "A-", "1.5 V", "15 V", "C", "C#", "<1", ">1"), ()),
        (("turn left", "Turn-left", "turn"), ("turn left", "Turn-left")),
        (("cat", "cat\u200b", "dog 01", "dog 10"), ("cat", "cat\u200b")),
        (("dog 01", "dog 1", "dog 10"), ("dog 01", "dog 1")),
    ],
)
def test_spellings_of_one_class_are_told_and_signs_are_none(
    names: tuple[str, ...], alike: tuple[str, ...]
) -> None:
    told = [f"the classes {' and '.join(map(repr, alike))} are spelled almost alike: are they one?"]
    assert alike_classes(names) == (told if alike else [])


def test_a_last_row_of_sums_is_told() -> None:
    rows = np.random.default_rng(1).normal(size=(4000, 3)).round(2) * [1, 10, 100]
    sums = rows.sum(axis=0)
    assert is_sums(np.vstack([rows, sums])) and is_sums(np.vstack([rows, (sums + 0.3).round()]))
    assert not is_sums(rows) and not is_sums(np.vstack([rows, sums + np.array([0, 0, 900])]))
    assert not is_sums(np.zeros((40, 2))) and not is_sums(np.vstack([rows, rows.mean(axis=0)]))


def test_a_last_row_of_sums_is_told_with_its_line(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(40, 2)).round(2)
    found = table(tmp_path, "a,b,y", [f"{a:.2f},{b:.2f},{a + b:.2f}" for a, b in [*rows, rows.sum(axis=0)]])
    assert any(
        note.startswith("t.csv:42 has the sums of all rows above") for note in read(found, tmp_path).notes
    )


def test_the_same_inputs_with_other_classes_are_told_with_their_number(tmp_path: Path) -> None:
    same = cells(20)
    rows = [f"{a},{b},{kind}" for kind in ("x", "y", "x") for a, b in same]
    rows += [f"{a}1,{b},{'xy'[i % 2]}" for i, (a, b) in enumerate(cells(40))]
    notes = read(table(tmp_path, "a,b,target", rows), tmp_path).notes
    assert (
        "the same inputs have different classes in 60 of 100 samples, such as t.csv:2 (x) and t.csv:22 (y): "
        "no model can be right in more than 80 % of all"
    ) in notes


def test_the_same_pixels_in_another_format_are_told(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    for kind in ("cat", "dog"):
        (tmp_path / "d" / kind).mkdir(parents=True)
        for number in range(6):
            pixels = np.random.default_rng(number + 10 * (kind == "dog")).integers(0, 256, (32, 32, 3))
            image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "d" / kind / f"{number}.png")
    image.open(tmp_path / "d" / "cat" / "0.png").save(tmp_path / "d" / "dog" / "copy.bmp")
    notes = read(survey(tmp_path / "d"), tmp_path).notes
    wanted = "different classes in 2 of 13 samples, such as cat/0.png (cat) and dog/copy.bmp (dog)"
    assert any(wanted in note for note in notes)
