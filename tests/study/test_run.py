# SPDX-License-Identifier: Apache-2.0
"""Workers on a study: each cell has one result, whoever is killed, and what is done stays done."""

from __future__ import annotations

import os
import random
import signal
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.search_farm import Farm, begun, farm
from support.study_cells import cheap, measured, work, write_study

from toolkit.errors import InputError
from toolkit.search.storage import open_storage
from toolkit.search.worker import place_of

pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.xdist_group("search_workers"),
    pytest.mark.skipif(not find_spec("optuna"), reason="needs Optuna: pip install 'tinyml-toolkit[train]'"),
]


@pytest.fixture(scope="module")
def forks() -> Any:
    if not hasattr(os, "fork"):
        pytest.skip("needs os.fork")
    with farm() as found:
        yield found


def test_each_cell_is_trained_once_and_a_seed_more_trains_only_its_own(tmp_path: Path) -> None:
    log, place = tmp_path / "log", str(tmp_path / "journal")
    said: list[tuple[float, int]] = []
    worked = work(
        write_study(tmp_path), place, cheap(log), on_cells=lambda done, total, _: said.append((done, total))
    )
    assert len(worked.results) == len(worked.cells) == 8
    assert said[-1] == (8, 8)
    assert (0.25, 8) in said and (7.25, 8) in said, "a cell says how far it is"
    assert set(begun(log).values()) == {1}
    again = work(write_study(tmp_path, (1, 2, 3)), place, cheap(log))
    assert len(again.results) == 12
    assert again.results[:8] == worked.results
    assert sorted(begun(log)) == sorted(cell.place for cell in again.cells)
    assert set(begun(log).values()) == {1}
    fewer = work(write_study(tmp_path, (3,)), place, cheap(log))
    assert [result.cell.seed for result in fewer.results] == [3] * 4
    assert set(begun(log).values()) == {1}


def test_a_cell_that_cannot_be_trained_says_why_and_the_others_go_on(tmp_path: Path) -> None:
    notes: list[str] = []

    def train(cell: Any, on_progress: Any) -> Any:
        if cell.model == "large" and cell.seed == 1:
            raise InputError("the training diverged.\nreally")
        return 0.5, measured(0.5)

    worked = work(write_study(tmp_path), str(tmp_path / "journal"), train, notes)
    failed = [result for result in worked.results if result.measured is None]
    assert {result.reason for result in failed} == {"the training diverged. really"}
    assert len(failed) == 2
    assert len(worked.results) == 8
    assert notes[0].startswith("study: rows, large, baseline, seed 1: the training diverged")


def test_no_time_trains_nothing_and_gives_what_is_there(tmp_path: Path) -> None:
    log, place = tmp_path / "log", str(tmp_path / "journal")
    path = write_study(tmp_path)
    assert work(path, place, cheap(log), seconds=0.0).results == ()
    assert not log.exists()
    done = work(path, place, cheap(log)).results
    assert work(path, place, cheap(log), seconds=0.0).results == done


def test_an_interrupted_worker_gives_its_cell_back(tmp_path: Path) -> None:
    log, place = tmp_path / "log", str(tmp_path / "journal")
    count = 0

    def train(cell: Any, on_progress: Any) -> Any:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return cheap(log)(cell, on_progress)

    path = write_study(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        work(path, place, train)
    assert len(work(path, place, cheap(log)).results) == 8
    assert set(begun(log).values()) == {1}


def test_a_trial_that_another_file_asked_for_is_left_to_it(tmp_path: Path) -> None:
    """The workers of two versions of a study file share a storage; each does what stands in its own."""
    log, place = tmp_path / "log", str(tmp_path / "journal")
    work(write_study(tmp_path, (1,)), place, cheap(log), seconds=0.0)
    first = work(write_study(tmp_path, (1, 2)), place, cheap(log))

    def interrupted(cell: Any, on_progress: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(write_study(tmp_path, (3, 4)), place, interrupted)
    more = work(write_study(tmp_path, (1, 5)), place, cheap(log))  # those of 3 and 4 wait in the storage
    assert {result.cell.seed for result in more.results} == {1, 5}
    last = work(write_study(tmp_path, (3, 4)), place, cheap(log))
    assert len(last.results) == len(first.results) == len(more.results) == 8
    assert set(begun(log).values()) == {1}


def kill_at_random(forks: Farm, folder: Path, place: str, kills: int, seeds: int, longest_s: float) -> None:
    """Kill one of two workers again and again, wherever it is; then let two come to the end."""
    rng, log = random.Random(2), folder / "log"
    path = write_study(folder, tuple(range(seeds)))
    about = {"place": place, "study": str(path), "log": str(log), "nap": 0.1}  # longer than all kills
    workers = [forks.start(**about), forks.start(**about)]
    killed = 0
    for _ in range(kills):
        time.sleep(rng.uniform(0.01, longest_s))
        victim = workers.pop(0)
        if not forks.has_ended(victim):
            os.kill(victim, signal.SIGKILL)
            killed += forks.wait(victim) == -signal.SIGKILL
        workers.append(forks.start(**about))
    assert [forks.wait(worker, 300) for worker in workers] == [0, 0]
    worked = work(path, place, cheap(log))
    assert killed
    assert len(worked.results) == len(worked.cells) == 4 * seeds
    given_up = {r.cell.place for r in worked.results if r.measured is None}
    assert all("died 3 times" in r.reason for r in worked.results if r.measured is None)
    counts = begun(log)
    assert sum(counts.values()) - len(counts) <= killed
    study = __import__("optuna").load_study(study_name="farm", storage=open_storage(place).optuna_storage)
    done = [place_of(t) for t in study.get_trials() if t.state.name in ("COMPLETE", "PRUNED")]
    assert len(done) == len(set(done)) == 4 * seeds
    assert len(given_up) <= killed // 3


def test_workers_killed_at_random_moments_leave_no_cell_undone(forks: Farm, tmp_path: Path) -> None:
    kill_at_random(forks, tmp_path, str(tmp_path / "journal"), kills=4, seeds=3, longest_s=0.3)


@pytest.mark.bench
@pytest.mark.timeout(1200)
def test_workers_killed_at_50_random_moments_leave_no_cell_undone(forks: Farm, tmp_path: Path) -> None:
    kill_at_random(forks, tmp_path, str(tmp_path / "journal"), kills=50, seeds=25, longest_s=0.4)
