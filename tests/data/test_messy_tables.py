# SPDX-License-Identifier: Apache-2.0
"""Tables as people have them: what is wrong is named with the option that helps, and nothing is shifted."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, decode_file, load_dataset
from toolkit.data.form import TableForm, hint_of, sniff_form
from toolkit.data.table import read_columns, read_plain_table, read_table
from toolkit.errors import InputError
from toolkit.project.config import load_project

ROOT = Path(__file__).parents[2]


def project(folder: Path, options: str, source: str = "windows", data: str = "") -> Path:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "{source}"\n{data}\n[data.options]\n{options}\n'
        'standardize = false\n[model]\nfamily = "mlp"\n'
    )
    return folder


def load(folder: Path, *, skip_broken: bool = False) -> Dataset:
    return load_dataset(load_project(folder), skip_broken=skip_broken)


def log(kind: str, number: int, rows: int = 40, step: int = 20) -> list[str]:
    """millis,ax,az: "shake" swings on ax, "turn" on az; every value tells its class and file."""
    random = np.random.default_rng(number + 100 * (kind == "turn"))
    noise = random.normal(0, 0.1, (rows, 2)).round(3)
    noise[:, 0 if kind == "shake" else 1] += 5
    return ["millis,ax,az", *(f"{row * step},{ax},{az}" for row, (ax, az) in enumerate(noise))]


def write_logs(folder: Path, change=lambda lines, number: lines, files: int = 5, **more: int) -> None:  # type: ignore[no-untyped-def]
    for kind in ("shake", "turn"):
        (folder / kind).mkdir(parents=True)
        for number in range(files):
            lines = change(log(kind, number, **more), number)
            (folder / kind / f"{number}.csv").write_text("\n".join(lines) + "\n")


WINDOWS = 'folder = "logs"\nwindow = 10'


def require_by_name(dataset: Dataset, ax: int = 0, az: int = 1) -> None:
    for part in dataset.splits().values():
        for window, label in zip(part.x, part.y, strict=True):
            means = window.mean(axis=0)
            assert (means[ax] > 4, means[az] > 4) == (label == 0, label == 1)


def swapped(lines: list[str]) -> list[str]:
    return [",".join(reversed(line.split(","))) for line in lines]


def test_columns_in_another_order_are_matched_by_name_also_in_a_file_to_predict(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", lambda lines, number: swapped(lines) if number % 2 else lines)
    dataset = load(project(tmp_path, WINDOWS))
    assert [channel.name for channel in dataset.channels] == ["ax", "az"]
    require_by_name(dataset)
    (tmp_path / "new.csv").write_text("\n".join(swapped(log("turn", 7))) + "\n")
    x = decode_file(load_project(tmp_path), tmp_path / "new.csv")
    assert x.shape == (7, 10, 2) and x[:, :, 1].mean() > 4
    (tmp_path / "lacks.csv").write_text("millis,ax\n" + "1,2\n" * 20)
    with pytest.raises(InputError, match="has no column 'az'"):
        decode_file(load_project(tmp_path), tmp_path / "lacks.csv")


@pytest.mark.parametrize("odd", [0, 3])
def test_a_file_that_lacks_a_column_is_named_whichever_it_is(tmp_path: Path, odd: int) -> None:
    def change(lines: list[str], number: int) -> list[str]:
        return [line.rpartition(",")[0] for line in lines] if number == odd else lines

    write_logs(tmp_path / "logs", change)
    with pytest.raises(InputError, match=rf"shake/{odd}\.csv: has no column 'az'") as caught:
        load(project(tmp_path, WINDOWS))
    assert "likewise turn" in caught.value.message and "columns = " in str(caught.value.hint)
    require_by_name(load(tmp_path, skip_broken=True))


def test_no_header_is_said_and_names_can_be_given(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", lambda lines, number: lines[1:])
    with pytest.raises(InputError, match=r"has no header: its first line has 0, ") as caught:
        load(project(tmp_path, WINDOWS))
    assert 'header = ["column1", "column2", "column3"]' in str(caught.value.hint)
    assert len(caught.value.message.splitlines()) == 2
    dataset = load(project(tmp_path, WINDOWS + '\nheader = ["millis", "ax", "az"]'))
    require_by_name(dataset)
    assert sum(map(len, dataset.splits().values())) == 70


def test_numbers_may_be_names_of_columns_if_options_say_so(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", lambda lines, number: ["t,0,1", *lines[1:]])
    with pytest.raises(InputError, match="has no header: its first line has 0, 1 where"):
        load(project(tmp_path, WINDOWS))
    require_by_name(load(project(tmp_path, WINDOWS + '\ncolumns = ["0", "1"]')))


def test_decimal_commas_are_read_once_options_say_so_and_the_error_names_these(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", lambda lines, n: [x.replace(",", ";").replace(".", ",") for x in lines])
    with pytest.raises(InputError) as caught:
        load(project(tmp_path, WINDOWS))
    assert 'separator = ";" and decimal = "," in the section' in str(caught.value.hint)
    assert len(caught.value.message.splitlines()) == 2
    require_by_name(load(project(tmp_path, WINDOWS + '\nseparator = ";"\ndecimal = ","')))


BROKEN = ["5,1", "5,1,2,3", "millis,ax,az", "x,1,2", "5,,2", "5,1,"]


@pytest.mark.parametrize("row", BROKEN)
def test_a_broken_row_is_named_or_taken_as_a_gap_but_never_shifted(tmp_path: Path, row: str) -> None:
    write_logs(tmp_path / "logs", lambda lines, n: [*lines[:21], row, *lines[21:]] if n == 2 else lines)
    with pytest.raises(InputError, match=r"shake/2\.csv: line 22: ") as caught:
        load(project(tmp_path, WINDOWS))
    assert 'broken_rows = "gap"' in str(caught.value.hint)
    dataset = load(project(tmp_path, WINDOWS + '\nbroken_rows = "gap"'))
    require_by_name(dataset)
    assert sum(map(len, dataset.splits().values())) == 2 * (4 * 7 + 3 + 3)


def test_a_last_line_that_is_cut_off_is_said(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs")
    path = tmp_path / "logs" / "turn" / "4.csv"
    path.write_text(path.read_text().rstrip("\n").rpartition(",")[0])
    with pytest.raises(InputError, match=r"turn/4\.csv: line 41: has 2 cells.*is the line cut off"):
        load(project(tmp_path, WINDOWS))


def test_a_separator_at_the_end_of_each_line_makes_no_column(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", lambda lines, number: [line + "," for line in lines])
    require_by_name(load(project(tmp_path, WINDOWS)))


def test_comments_are_left_out_once_an_option_says_so(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", lambda lines, number: ["# logger 3", *lines[:9], "# on", *lines[9:]])
    with pytest.raises(InputError) as caught:
        load(project(tmp_path, WINDOWS))
    assert 'comment = "#" in the section' in str(caught.value.hint)
    require_by_name(load(project(tmp_path, WINDOWS + '\ncomment = "#"')))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    write_logs(tmp_path / "logs")
    for path in (tmp_path / "logs").glob("*/*.csv"):
        path.write_bytes(path.read_text().replace("ax", "größe").encode(encoding))
    with pytest.raises(InputError) as caught:
        load(project(tmp_path, WINDOWS))
    assert f'encoding = "{encoding}"' in str(caught.value.hint)
    require_by_name(load(project(tmp_path, f'{WINDOWS}\nencoding = "{encoding}"')))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a,b\n1,2\n3,4\n", TableForm()),
        ("a;b\n1,5;2,5\n3,1;4,2\n", TableForm(";", ",")),
        ("a;b\n1.5;2.5\n3.1;4.2\n", TableForm(";")),
        ("a\tb\n1,5\t2,5\n", TableForm("\t", ",")),
        ("a|b|c\n1|2|x\n", TableForm("|")),
        ("sep=;\na;b\n1;2\n", TableForm(";", comment="sep=")),
        ("1.5,2\n3,4\n", TableForm(header=("column1", "column2"))),
        ("x\n1.5\n2.5\n", TableForm()),
        ("kind,width\ncat,1\ndog,2\n", TableForm()),
    ],
)
def test_how_a_table_is_written_is_found(text: str, form: TableForm) -> None:
    assert sniff_form(text.encode()) == form
    assert hint_of(sniff_form(text.encode()), form) == ""


def test_a_missing_column_never_lists_thousands(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(90_000)]
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n")
    with pytest.raises(InputError) as caught:
        read_columns(read_table(tmp_path / "wide.csv"), ["target"], [])
    assert "It has 90,000: c0, c1" in caught.value.message and len(caught.value.message) < 200


LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
from toolkit.data.table import read_columns, read_table
from toolkit.errors import InputError
try:
    table = read_table(Path(sys.argv[1]))
    read_columns(table, table.columns[:1], [])
except InputError as error:
    print(error.message[:300])
"""


def read_with_little_memory(path: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LIMITED, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="needs Linux, to limit memory")
def test_hostile_tables_take_no_memory(tmp_path: Path) -> None:
    assert "is no regular file" in read_with_little_memory(Path("/dev/zero"))
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no regular file" in read_with_little_memory(tmp_path / "pipe.csv")
    with (tmp_path / "zeros.csv").open("wb") as file:
        file.truncate(8 << 30)
    assert "has more than 8,388,608 characters" in read_with_little_memory(tmp_path / "zeros.csv")
    with (tmp_path / "quote.csv").open("w") as quoted:
        quoted.write('a,b\n1,"2\n')
        for _ in range(300):
            quoted.write("1,2,3,4,5,6,7,8\n" * (1 << 16))
    assert "quote.csv:2: a cell has no end: is a quotation mark not closed?" in read_with_little_memory(
        tmp_path / "quote.csv"
    )


def test_a_table_of_labels_has_no_options_to_be_named(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs")
    (tmp_path / "logs" / "labels.csv").write_bytes("file;target\nshake/0.csv;\xe4\n".encode("cp1252"))
    with pytest.raises(InputError, match="is not UTF-8 text") as caught:
        load(project(tmp_path, WINDOWS + '\nlabels = "labels.csv"'))
    hint = "Try: save it as UTF-8, with a header, and with commas between cells and points in numbers"
    assert caught.value.hint == hint


PLAIN = "ax,ay,az\n1.5,2,3\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        b"ax;ay;az\n1,5;2;3\n",
        b"sep=;\r\nax;ay;az\r\n1.5;2;3\r\n",
        PLAIN.replace(",", "\t").encode("utf-16"),
        b"# made by a logger, with commas\nax ay  az\n1.5  2 3\n",
        b"\xef\xbb\xbfax|ay|az\n1,5|2|3\n",
    ],
    ids=["commas", "semicolons", "a spreadsheet", "UTF-16", "spaces", "bars"],
)
def test_a_table_that_no_option_describes_is_read_as_its_first_lines_show(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    found = read_columns(read_plain_table(tmp_path / "rows.csv"), ("ax", "ay", "az"), ())
    assert found.numbers.tolist() == [[1.5, 2, 3]] and not found.broken


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("pressed\n1,5\n0\n", ("pressed",)),
        ("a name; with both,b\n1;2,3\n", ("a name; with both", "b")),
        ("a long name\n1\n2\n", ("a long name",)),
    ],
)
def test_what_may_be_a_name_is_no_separator(tmp_path: Path, content: str, columns: tuple[str, ...]) -> None:
    (tmp_path / "rows.csv").write_text(content)
    assert read_plain_table(tmp_path / "rows.csv").columns == columns


def test_a_list_that_never_ends_is_refused(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs")
    with pytest.raises(InputError, match="/dev/zero is no regular file"):
        load(project(tmp_path, WINDOWS, data='[data.lists]\ntest = "/dev/zero"'))


def test_a_broken_row_of_one_table_can_be_a_gap_too(tmp_path: Path) -> None:
    lines = [
        f"r{r},{'ab'[r % 2]},{v:.5f}" for r in range(6) for v in np.random.default_rng(r).normal(size=40)
    ]
    lines.insert(60, "r1,b,many")  # after 20 of the 40 rows of r1
    (tmp_path / "log.csv").write_text("recording,target,x\n" + "\n".join(lines) + "\n")
    with pytest.raises(InputError, match="'many' in the column 'x' is no number"):
        load(project(tmp_path, 'file = "log.csv"\nwindow = 10'))
    dataset = load(project(tmp_path, 'file = "log.csv"\nwindow = 10\nbroken_rows = "gap"'))
    assert sum(map(len, dataset.splits().values())) == 5 * 7 + 3 + 3


@pytest.mark.parametrize("source", ["csv", "windows"])
def test_a_column_of_text_is_told_with_the_option_that_leaves_it_out(tmp_path: Path, source: str) -> None:
    write_logs(tmp_path / "logs", lambda lines, n: [f"{lines[0]},who", *(f"{line},me" for line in lines[1:])])
    (tmp_path / "t.csv").write_text("x,who,y\n" + "1,me,a\n2,me,b\n" * 9)
    options = WINDOWS if source == "windows" else 'file = "t.csv"\ntarget = ["y"]'
    with pytest.raises(InputError, match="'me' in the column 'who' is no number") as caught:
        load(project(tmp_path, options, source))
    columns = 'time = "millis" and columns = ["ax", "az"]' if source == "windows" else 'columns = ["x"]'
    assert f"Try: {columns} in the section [data.options]: column who is text" in str(caught.value.hint)
    assert len(caught.value.message.splitlines()) == 2


def test_an_unclosed_quotation_mark_is_found_by_the_line_it_stands_in(tmp_path: Path) -> None:
    rows = [f"{i},{i},up" for i in range(20)]
    rows[5] = '"' + rows[5]  # line 7 of the file, which has 21
    path = tmp_path / "quote.csv"
    path.write_text("a,b,label\n" + "\n".join(rows) + "\n")
    (broken,) = read_columns(read_table(path), ["a", "b"], ["label"]).broken
    assert broken.reason.endswith("is a quotation mark not closed, 14 lines before?")


@pytest.mark.parametrize("text", ["NaN", "nan", "NA", "N/A", "null", "NULL", "None", "?"])
def test_what_stands_for_a_missing_value_is_no_class(tmp_path: Path, text: str) -> None:
    rows = [f"{i},{i % 7}.5,{text if i % 7 == 6 else 'ab'[i % 2]}" for i in range(42)]
    (tmp_path / "t.csv").write_text("\n".join(["x,y,kind", *rows]) + "\n")
    options = 'file = "t.csv"\ntarget = ["kind"]'
    with pytest.raises(InputError, match=r"6 places in the data cannot be used") as caught:
        load(project(tmp_path, options, "csv"))
    assert f"t.csv:8: the column 'kind' is {text!r}, which stands for a missing value" in caught.value.message
    assert "if it is a class" in str(caught.value.hint)
    assert load(tmp_path, skip_broken=True).classes == ("a", "b")


def test_a_class_may_be_called_none(tmp_path: Path) -> None:
    rows = [f"{i % 5}.{i},{('none', '-')[i % 2]}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["x,kind", *rows]) + "\n")
    assert load(project(tmp_path, 'file = "t.csv"\ntarget = ["kind"]', "csv")).classes == ("-", "none")


def test_a_missing_value_is_no_label_of_several_and_no_label_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "x,kinds\n" + "".join(f"{i}.5,{('a;b', 'a', 'b', 'NaN')[i % 4]}\n" for i in range(40))
    )
    read = read_columns(read_plain_table(tmp_path / "t.csv"), (), ("kinds",), ("kinds",))
    assert {row[0] for row in read.texts} == {"a;b", "a", "b", ""}
    assert len(read_columns(read_plain_table(tmp_path / "t.csv"), (), ("kinds",)).broken) == 10


def test_classes_that_look_the_same_are_one(tmp_path: Path) -> None:
    kinds = "caf\u00e9", "cafe\u0301", "tea"
    rows = [f"{i % 5}.{i},{kinds[i % 3]}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["x,kind", *rows]) + "\n")
    assert load(project(tmp_path, 'file = "t.csv"\ntarget = ["kind"]', "csv")).classes == ("caf\u00e9", "tea")
