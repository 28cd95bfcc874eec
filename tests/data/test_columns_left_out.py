# SPDX-License-Identifier: Apache-2.0
"""Columns that are no inputs are told with why; no gap hides a whole file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.cli.main import run
from toolkit.data.load import divide_data
from toolkit.data.survey import survey
from toolkit.errors import InputError
from toolkit.project.config import FILE_NAME, load_project

LOG = 'source = "windows"\n[data.options]\nfolder = "logs"\nwindow = 16\nunits = true\n'


def write_logs(folder: Path, clock: str, gap: int = 0, broken: int = -1) -> None:
    """Class folders of recordings with a clock in ms, a line of units and a label in each row."""
    for place, kind in enumerate(("rest", "walk")):
        for number in range(4):
            noise = np.random.default_rng(10 * place + number).normal(size=(80, 2))
            lines = [f"{clock},ax,ay,what", "ms,g,g,-"]
            for row, (x, y) in enumerate(noise):
                cells = "," if row == broken else f"{x:.3f},{y:.3f}"
                lines.append(f"{20 * row + gap * (row >= 40)},{cells},{kind}")
            (folder / kind).mkdir(parents=True, exist_ok=True)
            (folder / kind / f"{number}.csv").write_text("\n".join(lines) + "\n")


def divided(folder: Path, data: str, skip_broken: bool = False) -> tuple[str, ...]:
    (folder / FILE_NAME).write_text(f'[project]\nname = "x"\n[data]\n{data}[model]\nfamily = "mlp"\n')
    return divide_data(load_project(folder), skip_broken=skip_broken).notes


@pytest.mark.parametrize("clock", ["Zeit", "ticks"])
def test_the_time_is_named_where_text_is_left_out(tmp_path: Path, clock: str) -> None:
    write_logs(tmp_path / "logs", clock)
    options = survey(tmp_path / "logs").options
    assert (options["time"], options["time_unit"], options["columns"]) == (clock, "ms", ["ax", "ay"])


def test_columns_with_a_time_among_them_are_told(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "ticks", gap=900)
    notes = divided(tmp_path, LOG + 'columns = ["ticks", "ax"]\n')
    assert any("ticks is an input" in note and 'time = "ticks"' in note for note in notes)
    assert "not among columns, so not used: ay, what (text)" in notes


def test_a_column_of_text_is_no_gap(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "ticks")
    with pytest.raises(InputError, match="none of its 80 rows can be read; line 3: 'rest'") as caught:
        divided(tmp_path, LOG + 'broken_rows = "gap"\n')
    assert 'time = "ticks" and columns = ["ax", "ay"]' in str(caught.value.hint)


def test_rows_that_became_gaps_are_counted(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", "ticks", broken=40)
    notes = divided(tmp_path, LOG + 'columns = ["ax", "ay"]\nbroken_rows = "gap"\n')
    assert "rows cannot be read in 8 places of 8 of 8 recordings: gaps (broken_rows)" in notes
    with pytest.raises(InputError, match="--skip-broken leaves out all data, 8, and none are left") as caught:
        divided(tmp_path, LOG + 'columns = ["ax", "ay"]\n', skip_broken=True)
    assert 'broken_rows = "gap"' in str(caught.value.hint)


def test_gaps_of_one_table_are_counted(tmp_path: Path) -> None:
    rows = [f"{np.sin(i):.3f},{'x' if i == 150 else i % 7},{'ab'[i // 50 % 2]}" for i in range(400)]
    (tmp_path / "one.csv").write_text("\n".join(["p,q,target", *rows]))
    one = 'source = "windows"\n[data.options]\nfile = "one.csv"\nwindow = 10\nbroken_rows = "gap"\n'
    assert any(note.startswith("1 of 400 rows cannot be read") for note in divided(tmp_path, one))
    (tmp_path / "one.csv").write_text("\n".join(["p,q,target", *(f"{i},x,a" for i in range(400))]))
    with pytest.raises(InputError, match="none of the 400 rows"):
        divided(tmp_path, one)


@pytest.mark.parametrize("cell", ["1.5", "?"])
def test_a_leak_and_columns_left_out_are_told_by_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    rows = [
        f"{i},2026-03-01,{cell if i == 70 else i % 9},{'ns'[i % 2]},{i % 3},{'abc'[i % 3]}" for i in range(90)
    ]
    (tmp_path / "plants.csv").write_text("\n".join(["id,date,soil,site,code,health", *rows]))
    assert run(["new", str(tmp_path / "p"), "--data", str(tmp_path / "plants.csv")]) == 0
    shown = capsys.readouterr().out
    assert "code alone tells every class without an error" in shown
    assert "not used: id (only rises), date (text), site (text)" in shown
