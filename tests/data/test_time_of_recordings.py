# SPDX-License-Identifier: Apache-2.0
"""The time of recordings: told from inputs, its gaps crossed by no window, its rate shown and changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, decode_file, load_dataset
from toolkit.data.timeline import trait_of, unit_of
from toolkit.errors import InputError
from toolkit.project.config import load_project

WINDOWS = 'folder = "logs"\nwindow = 10\noverlap = 0.5\n'


def load(folder: Path, options: str = WINDOWS, source: str = "windows", data: str = "") -> Dataset:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "{source}"\n{data}\n[data.options]\n{options}\n'
        'standardize = false\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def noise(seed: int, rows: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=rows)


def write(folder: Path, times: np.ndarray, kinds: str = "ab", files: int = 5, name: str = "millis") -> None:
    """x is noise, with the row's number in front of the point."""
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        for number in range(files):
            seed = number + 50 * (kind == "b")
            x = np.sin(np.arange(len(times)) * 1.7 + number) + noise(seed, len(times)) / 9
            lines = [f"{name},x", *(f"{t:.10g},{v:.6g}" for t, v in zip(times, x, strict=True))]
            (folder / kind / f"{number}.csv").write_text("\n".join(lines) + "\n")


def windows(dataset: Dataset) -> int:
    return sum(map(len, dataset.splits().values()))


def names(dataset: Dataset) -> list[str]:
    return [channel.name for channel in dataset.channels]


def test_a_column_that_only_rises_is_no_input_unless_it_is_named(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.arange(40) * 20)
    dataset = load(tmp_path)
    assert names(dataset) == ["x"]
    assert any(note.startswith("millis is left out: it only rises") for note in dataset.notes)
    assert "time is millis, in ms: 50 rows a second" in dataset.notes
    assert names(load(tmp_path, WINDOWS + 'columns = ["millis", "x"]')) == ["millis", "x"]


def test_a_time_that_columns_leave_out_is_told(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.arange(40) * 20)
    (said,) = load(tmp_path, WINDOWS + 'columns = ["x"]').notes
    assert said.startswith("millis may be the time")
    notes = load(tmp_path, WINDOWS + 'columns = ["x"]\ntime = "millis"').notes
    assert "time is millis, in ms: 50 rows a second" in notes


def test_a_row_s_and_a_file_s_number_are_no_inputs(tmp_path: Path) -> None:
    number = 0
    for kind in "ab":
        (tmp_path / "logs" / kind).mkdir(parents=True)
        for _ in range(5):
            number += 1
            lines = [f"{row},{number},{value:.3f}" for row, value in enumerate(noise(number, 30))]
            path = tmp_path / "logs" / kind / f"{number}.csv"
            path.write_text("\n".join(["row,file,x", *lines]) + "\n")
    dataset = load(tmp_path)
    assert names(dataset) == ["x"]
    assert any(note.startswith("row is left out: it counts the rows") for note in dataset.notes)
    assert any(note.startswith("file is left out: it is another number in each") for note in dataset.notes)


def test_a_table_s_index_is_no_input_either(tmp_path: Path) -> None:
    rows = "".join(f"{i},{10 * i + i % 3},{v:.3f},{'ab'[i % 2]}\n" for i, v in enumerate(noise(1, 40)))
    (tmp_path / "t.csv").write_text(",when,x,y\n" + rows)
    dataset = load(tmp_path, 'file = "t.csv"\ntarget = ["y"]', "csv")
    assert names(dataset) == ["x"] and len(dataset.notes) == 3
    (tmp_path / "new.csv").write_text("x\n0.5\n")
    assert decode_file(load_project(tmp_path), tmp_path / "new.csv").tolist() == [[0.5]]
    with pytest.raises(InputError, match="no column beside the target but when"):
        (tmp_path / "t.csv").write_text("when,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)))
        load(tmp_path, 'file = "t.csv"\ntarget = ["y"]', "csv")


def test_no_window_crosses_a_gap(tmp_path: Path) -> None:
    times = np.arange(40) * 20.0
    times[25:] += 60_000
    write(tmp_path / "logs", times)
    dataset = load(tmp_path)
    assert windows(dataset) == 10 * (4 + 2)
    (said,) = [note for note in dataset.notes if "gap" in note]
    assert said.startswith("10 gaps in 10 of 10 recordings, the longest 60.02 s")
    new = (tmp_path / "logs" / "a" / "0.csv").read_text()
    (tmp_path / "new.csv").write_text(new)
    assert len(decode_file(load_project(tmp_path), tmp_path / "new.csv")) == 6


def test_a_clock_that_starts_again_is_a_gap(tmp_path: Path) -> None:
    times = np.concatenate([np.arange(60), np.arange(60)]) * 20.0
    write(tmp_path / "logs", times)
    dataset = load(tmp_path)
    assert names(dataset) == ["x"] and windows(dataset) == 10 * 22
    assert any("in 10 of them the time starts again" in note for note in dataset.notes)


def test_jitter_is_no_gap(tmp_path: Path) -> None:
    times = np.cumsum(20 + np.random.default_rng(1).integers(-8, 9, 40))
    write(tmp_path / "logs", times)
    dataset = load(tmp_path)
    assert windows(dataset) == 70 and not any("gap" in note for note in dataset.notes)
    (said,) = [note for note in dataset.notes if "irregular" in note]
    assert (
        said.startswith("millis is irregular: its steps deviate by 2")
        and "time and rate in the section" in said
    )
    even = load(tmp_path, WINDOWS + 'time = "millis"\nrate = 50')
    assert not any("irregular" in note for note in even.notes)


def test_a_little_jitter_is_not_told(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.cumsum(20 + np.random.default_rng(1).integers(-2, 3, 40)))
    assert not any("irregular" in note for note in load(tmp_path).notes)


def test_mixed_rates_are_said_and_rate_resamples_them(tmp_path: Path) -> None:
    for kind in "ab":
        (tmp_path / "logs" / kind).mkdir(parents=True)
        for number in range(6):
            step = 10 if number < 3 else 20
            time = np.arange(0, 1000, step)
            lines = [f"{t},{np.sin(t / 100) + 10 * number + 100 * (kind == 'b'):.6f}" for t in time]
            (tmp_path / "logs" / kind / f"{number}.csv").write_text("\n".join(["ms,x", *lines]) + "\n")
    (said,) = [note for note in load(tmp_path).notes if "mixed" in note]
    assert said.startswith("mixed rates: 100 rows a second in 6, 50 rows a second in 6 recordings; rate in")
    dataset = load(tmp_path, WINDOWS + 'time = "ms"\nrate = 50')
    assert not any("mixed" in note for note in dataset.notes)
    assert windows(dataset) == 12 * 9
    slow, fast = (decode_file(load_project(tmp_path), tmp_path / "logs" / "a" / f"{n}.csv") for n in (5, 0))
    assert slow.shape == fast.shape and np.abs(slow - 50 - fast).max() < 0.01


def test_resampling_does_not_cross_a_gap(tmp_path: Path) -> None:
    times = np.arange(40) * 20.0
    times[20:] += 200
    write(tmp_path / "logs", times)
    dataset = load(tmp_path, WINDOWS + 'time = "millis"\nrate = 25')
    assert windows(dataset) == 10 * 2


def test_a_clock_of_whole_seconds_has_the_rate_of_its_rows(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.arange(60) // 10, name="seconds")
    notes = load(tmp_path).notes
    assert "time is seconds, in s: 10 rows a second" in notes
    assert "seconds is coarse: several rows have the same time" in notes
    with pytest.raises(InputError, match="cannot be resampled: several rows have the same time"):
        load(tmp_path, WINDOWS + 'time = "seconds"\nrate = 20')


def test_rate_needs_a_unit(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.arange(40) * 20, name="tick")
    with pytest.raises(InputError, match="'tick' does not say its unit") as caught:
        load(tmp_path, WINDOWS + 'time = "tick"\nrate = 25')
    assert "time_unit" in str(caught.value.hint)
    assert windows(load(tmp_path, WINDOWS + 'time = "tick"\ntime_unit = "ms"\nrate = 25')) == 30


def test_a_time_may_be_a_date(tmp_path: Path) -> None:
    for kind in "ab":
        (tmp_path / "logs" / kind).mkdir(parents=True)
        for number in range(3):
            lines = [
                f"2026-01-02T10:00:{row // 10:02}.{row % 10}00,{v:.3f}"
                for row, v in enumerate(noise(number + 10 * ord(kind), 40))
            ]
            (tmp_path / "logs" / kind / f"{number}.csv").write_text("\n".join(["at,x", *lines]) + "\n")
    with pytest.raises(InputError, match=r"'2026-01-02T10:00:00\.000' in the column 'at' is no number"):
        load(tmp_path)
    assert "time is at, in s: 10 rows a second" in load(tmp_path, WINDOWS + 'time = "at"').notes


@pytest.mark.parametrize(
    ("name", "first", "unit"),
    [("millis", 0, "ms"), ("t [us]", 0, "us"), ("time_s", 0, "s"), ("timestamp", 1.7e12, "ms"), ("n", 4, "")],
)
def test_units(name: str, first: float, unit: str) -> None:
    assert unit_of(name, first) == unit


def test_noise_and_constants_do_not_rise() -> None:
    assert not any(trait_of(noise(seed, 50)).rises for seed in range(50))
    assert not trait_of(np.zeros(50)).rises
    assert trait_of(np.repeat(np.arange(5.0), 10)).rises


# Long recordings


def shared_rows(dataset: Dataset) -> set[bytes]:
    """Return what two splits have in common; a row of noise is known by its and the next one's value."""
    rows = [
        {window[i : i + 2].tobytes() for window in part.x for i in range(len(window) - 1)}
        for part in dataset.splits().values()
    ]
    return rows[0] & rows[1] | rows[0] & rows[2] | rows[1] & rows[2]


def test_one_long_log_a_class_is_cut_in_time_and_no_row_is_in_two_splits(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.arange(1000) * 20, files=1)
    dataset = load(tmp_path)
    assert any("cut in time into 20 stretches" in note for note in dataset.notes)
    assert not shared_rows(dataset)
    assert all(set(part.y.tolist()) == {0, 1} for part in dataset.splits().values())
    assert len(dataset.train) > 2 * len(dataset.test) > 50


def test_one_log_with_a_label_column_is_cut_in_time_too(tmp_path: Path) -> None:
    values = noise(1, 900)
    rows = "".join(f"{20 * i},{v:.5f},{'ab'[i // 450]}\n" for i, v in enumerate(values))
    (tmp_path / "log.csv").write_text("millis,x,target\n" + rows)
    dataset = load(tmp_path, 'file = "log.csv"\nwindow = 10')
    assert names(dataset) == ["x"]
    assert any("no column 'recording': all its rows are one recording" in note for note in dataset.notes)
    assert not shared_rows(dataset)
    for part in dataset.splits().values():
        places = [int(np.abs(values - window[0, 0]).argmin()) for window in part.x]
        assert {place // 450 for place in places} == {0, 1}
        assert [place // 450 for place in places] == part.y.tolist()


def test_a_class_with_enough_recordings_stays_whole(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.arange(1000) * 20, kinds="a", files=1)
    write(tmp_path / "logs", np.arange(40) * 20, kinds="b", files=6)
    dataset = load(tmp_path)
    kept = {name for part in dataset.splits().values() for name in part.names if name.startswith("b/")}
    assert kept == {f"b/{i}.csv" for i in range(6)}


# Leaks


def test_a_column_that_gives_the_class_away_is_told(tmp_path: Path) -> None:
    rows = "".join(f"{v:.3f},{i % 2 * 7 + i % 5 / 9:.3f},{'ab'[i % 2]}\n" for i, v in enumerate(noise(1, 60)))
    (tmp_path / "t.csv").write_text("x,score,y\n" + rows)
    notes = load(tmp_path, 'file = "t.csv"\ntarget = ["y"]', "csv").notes
    assert [note for note in notes if note.startswith("score alone tells every class")]
    assert not [note for note in notes if note.startswith("x alone")]


def test_a_number_that_is_the_target_is_told(tmp_path: Path) -> None:
    rows = "".join(
        f"{v:.6f},{v * 9 / 5 + 32:.6f},{w:.3f}\n" for v, w in zip(noise(1, 60), noise(2, 60), strict=True)
    )
    (tmp_path / "t.csv").write_text("celsius,fahrenheit,x\n" + rows)
    options = 'file = "t.csv"\ntarget = ["celsius"]\ntask = "regression"'
    notes = load(tmp_path, options, "csv").notes
    assert [note for note in notes if note.startswith("fahrenheit is the target but for its scale")]


def sine_log(folder: Path, steps: list[int], more: str = "") -> Path:
    """x is a slow sine of millis; steps are the times between rows in turn; the class changes by thirds."""
    times = np.concatenate([[0], np.cumsum(np.resize(steps, 899))])
    names = ["a", "b", "a", "b", "a", "b"]
    rows = [f"{t},{np.sin(t / 500):.6f},{names[i // 150]}" for i, t in enumerate(times)]
    path = folder / "log.csv"
    path.write_text("\n".join(["millis,x,target", *rows]) + more + "\n")
    return path


LOG = 'file = "log.csv"\nwindow = 10\noverlap = 0\ntime = "millis"\n'


def test_rate_resamples_one_log_with_a_label_column_too(tmp_path: Path) -> None:
    path = sine_log(tmp_path, [20, 30, 10])
    dataset = load(tmp_path, LOG + "rate = 25")
    values = np.concatenate([split.x for split in dataset.splits().values()])
    assert windows(dataset) < windows(load(tmp_path, LOG))
    # each window is a piece of the sine at 40 ms, so three neighbours fulfil its difference equation
    bent = values[:, 2:, 0] + values[:, :-2, 0] - 2 * np.cos(40 / 500) * values[:, 1:-1, 0]
    assert np.abs(bent).max() < 0.001
    assert "time is millis, in ms: 25 rows a second" in load(tmp_path, LOG + "rate = 25").notes
    assert len(decode_file(load_project(tmp_path), path)) == 45


def test_resampling_one_log_crosses_neither_a_gap_nor_another_class(tmp_path: Path) -> None:
    path = sine_log(tmp_path, [20])
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:101] + lines[111:]) + "\n")
    dataset = load(tmp_path, LOG + "rate = 50")
    assert windows(dataset) == 10 + 4 + 15 * 5


def test_rate_keeps_recordings_of_one_table_apart(tmp_path: Path) -> None:
    rows = [f"r{r},{20 * i},{10 * r + np.sin(i):.4f},{'ab'[r % 2]}" for r in range(10) for i in range(40)]
    (tmp_path / "log.csv").write_text("\n".join(["recording,millis,x,target", *rows]) + "\n")
    dataset = load(tmp_path, LOG + "rate = 25")
    assert windows(dataset) == 10 * 2
    for split in dataset.splits().values():
        assert (np.ptp(split.x, axis=1) < 2.1).all()


def test_new_data_without_the_time_are_not_taken_as_resampled(tmp_path: Path) -> None:
    write(tmp_path / "logs", np.arange(80) * 20)
    load(tmp_path, WINDOWS + 'time = "millis"\nrate = 25')
    (tmp_path / "new.csv").write_text("x\n" + "0.5\n" * 60)
    with pytest.raises(InputError, match="has no column 'millis'"):
        decode_file(load_project(tmp_path), tmp_path / "new.csv")


def test_an_option_of_another_source_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,a\n")
    with pytest.raises(InputError, match="rate: unknown key") as problem:
        load(tmp_path, 'file = "t.csv"\ntarget = ["y"]\nrate = 50', "csv")
    assert 'source = "windows"' in str(problem.value.hint)
    with pytest.raises(InputError, match="window: unknown key") as problem:
        load(tmp_path, 'x = "x.npy"\ny = "y.npy"\nwindow = 50', "numpy")
    assert "window means nothing to the source numpy" in str(problem.value.hint)
