# SPDX-License-Identifier: Apache-2.0
"""Workers on one study: what is killed or interrupted is taken up again, and nothing has two results."""

from __future__ import annotations

import os
import random
import signal
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.search_farm import Farm, begun, farm, make_worker, objective_of, open_study

from toolkit.errors import InputError, UsageError
from toolkit.renewal import MOST_VARIABLE, GrownError
from toolkit.search.journal import cut_unfinished_line
from toolkit.search.presence import is_present, present
from toolkit.search.storage import open_storage
from toolkit.search.worker import MOST_DEATHS, OWN, Outcome, place_of

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


def results(place: str) -> tuple[dict[int, Any], list[Any]]:
    """Return the results of the study by place, and all its trials; asserts that no place has two."""
    _, study = open_study(place)
    trials = study.get_trials()
    done = [t for t in trials if t.state.name in ("COMPLETE", "PRUNED")]
    found = {place_of(t): t for t in done}
    assert not [(t.number, t.state.name, t.user_attrs) for t in done if found[place_of(t)] is not t]
    return found, trials


def test_one_worker_tries_the_projects_own_first_and_then_as_many_as_are_wanted(tmp_path: Path) -> None:
    worker, _ = make_worker(str(tmp_path / "journal"))
    worker.add_own()
    worker.run(objective_of(tmp_path / "log", 0), 5, None)
    found, trials = results(str(tmp_path / "journal"))
    assert sorted(found) == [OWN, 1, 2, 3, 4]
    assert len(trials) == 5
    worker.run(objective_of(tmp_path / "log", 0), 5, None)
    assert len(results(str(tmp_path / "journal"))[1]) == 5


def test_samplers_learn_of_the_projects_own_by_its_point_in_the_space(tmp_path: Path) -> None:
    from optuna.distributions import FloatDistribution

    worker, _ = make_worker(str(tmp_path / "journal"))
    worker.add_own(({"x": 0.75}, {"x": FloatDistribution(0.0, 1.0)}))
    worker.run(objective_of(tmp_path / "log", 0), 2, None)
    found, _ = results(str(tmp_path / "journal"))
    assert found[OWN].params["x"] == 0.75


def test_a_worker_that_has_grown_ends_behind_a_result_and_another_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "journal")
    monkeypatch.setenv(MOST_VARIABLE, "-100")
    for trials in (1, 2):
        with pytest.raises(GrownError):
            make_worker(place)[0].run(objective_of(tmp_path / "log", 0), 2, None)
        assert len(results(place)[0]) == trials
    make_worker(place)[0].run(objective_of(tmp_path / "log", 0), 2, None)
    assert len(results(place)[1]) == 2


def test_a_worker_that_is_alone_tries_the_same_each_time(tmp_path: Path) -> None:
    params = []
    for name in ("one", "two"):
        worker, study = make_worker(str(tmp_path / name))
        worker.run(objective_of(tmp_path / "log", 0), 4, None)
        params.append([t.params for t in study.get_trials()])
    assert params[0] == params[1]
    assert len({p["x"] for p in params[0]}) == 4


def test_an_interrupted_worker_gives_its_trial_back_with_what_was_noted(tmp_path: Path) -> None:
    place, log = str(tmp_path / "journal"), tmp_path / "log"
    worker, _ = make_worker(place)

    def interrupted(asked: Any) -> Outcome:
        asked.note("kept", asked.suggest_float("x", 0.0, 1.0))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.run(interrupted, 1, None)
    make_worker(place)[0].run(objective_of(log, 0), 1, None)
    found, trials = results(place)
    assert trials[0].state.name == "FAIL"
    assert found[0].user_attrs["kept"] == found[0].params["x"]
    assert found[0].user_attrs["deaths"] == 0


def test_a_candidate_whose_workers_keep_dying_is_given_up(tmp_path: Path) -> None:
    place = str(tmp_path / "journal")
    for _ in range(MOST_DEATHS):
        _, study = open_study(place)
        worker, _ = make_worker(place)
        worker.take_over()
        study.ask().set_user_attr("worker", "0" * 12)  # of one that holds no lock
    notes: list[str] = []
    worker, _ = make_worker(place, notes=notes)
    worker.run(objective_of(tmp_path / "log", 0), 2, None)
    found, _ = results(place)
    assert found[0].user_attrs["reason"] == "its workers died 3 times"
    assert any("is gone; it is taken up again" in note for note in notes)
    assert sorted(found) == [0, 4]


def test_two_workers_that_give_the_same_candidate_up_give_it_one_result(tmp_path: Path) -> None:
    place = str(tmp_path / "journal")
    worker, study = make_worker(place)
    for _ in range(MOST_DEATHS - 1):
        study.ask().set_user_attr("worker", "0" * 12)
        worker.take_over()
    study.ask().set_user_attr("worker", "0" * 12)
    worker.take_over()
    study.add_trial(study.get_trials()[-1])  # what a second worker does, which looked at the same moment
    worker.run(objective_of(tmp_path / "log", 0), 2, None)
    assert results(place)[0][0].user_attrs["reason"] == "its workers died 3 times"


def test_one_fault_is_a_candidates_result_and_five_in_a_row_end_the_worker(tmp_path: Path) -> None:
    worker, study = make_worker(str(tmp_path / "journal"))

    def broken(asked: Any) -> Outcome:
        asked.suggest_float("x", 0.0, 1.0)
        raise ZeroDivisionError("of the test")

    with pytest.raises(ZeroDivisionError):
        worker.run(broken, 50, None)
    reasons = [t.user_attrs.get("reason") for t in study.get_trials()]
    assert reasons[:4] == ["failed: ZeroDivisionError: of the test"] * 4
    assert reasons[4:] == [None]


def test_two_workers_that_take_the_same_trial_up_run_it_once(tmp_path: Path) -> None:
    place = str(tmp_path / "journal")
    first, study = make_worker(place)
    study.ask().set_user_attr("worker", "0" * 12)
    first.take_over()
    waiting = study.get_trials()[-1]
    study.add_trial(waiting)  # what a second worker does, which looked at the same moment
    first.run(objective_of(tmp_path / "log", 0), 1, None)
    assert begun(tmp_path / "log") == {0: 1}
    assert sorted(results(place)[0]) == [0]


def test_a_trial_that_another_worker_lets_fail_at_the_same_moment_is_put_back_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a worker's look at the trial and its word the other's comes; random kills found it."""
    place = str(tmp_path / "journal")
    worker, study = make_worker(place)
    study.ask().set_user_attr("worker", "0" * 12)
    other = open_study(place)[1]
    say = type(study._storage).set_trial_state_values

    def after_the_other(storage: Any, *arguments: Any, **named: Any) -> Any:
        monkeypatch.undo()
        other.tell(0, state=other.get_trials()[0].state.__class__.FAIL)
        return say(storage, *arguments, **named)

    monkeypatch.setattr(type(study._storage), "set_trial_state_values", after_the_other)
    worker.take_over()
    worker.run(objective_of(tmp_path / "log", 0), 1, None)
    assert sorted(results(place)[0]) == [0]


@pytest.mark.parametrize("is_late", [False, True], ids=["before it begins", "while it runs"])
def test_a_trial_whose_place_got_a_result_after_all_gives_none(tmp_path: Path, is_late: bool) -> None:
    """A worker that was late ends its trial when another has put it back; random kills on SQLite found it."""
    import optuna

    place, log = str(tmp_path / "journal"), tmp_path / "log"
    worker, study = make_worker(place)
    study.ask().set_user_attr("worker", "0" * 12)
    worker.take_over()
    late = optuna.trial.create_trial(values=(0.5, 0.5), user_attrs={"place": 0})

    def objective(asked: Any) -> Outcome:
        if is_late and asked.place == 0:
            study.add_trial(late)
        return Outcome(objective_of(log, 0)(asked).values)

    if not is_late:
        study.add_trial(late)
    worker.run(objective, 2, None)
    assert results(place)[0][0].values == [0.5, 0.5]
    assert begun(log).get(0, 0) == is_late


def test_a_study_that_has_enough_is_shown_while_others_go_on(tmp_path: Path) -> None:
    place = str(tmp_path / "journal")
    worker, study = make_worker(place)
    worker.run(objective_of(tmp_path / "log", 0), 2, None)
    with present(tmp_path / "journal.workers" / "other"):
        study.ask().set_user_attr("worker", "other")
        worker.run(objective_of(tmp_path / "log", 0), 2, None)
    assert len(begun(tmp_path / "log")) == 2


def test_a_journal_with_half_a_line_at_its_end_is_read_and_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "journal"
    worker, _ = make_worker(str(place))
    worker.run(objective_of(tmp_path / "log", 0), 2, None)
    with place.open("ab") as stream:
        stream.write(b'{"op_code": 4, "wor')
    make_worker(str(place))[0].run(objective_of(tmp_path / "log", 0), 4, None)
    assert sorted(results(str(place))[0]) == [0, 1, 2, 3]
    cut_unfinished_line(place)
    assert place.read_bytes().endswith(b"\n")


def damaged(place: Path, line: int, record: bytes) -> bytes:
    """Return the journal with this record as a line more."""
    lines = place.read_bytes().splitlines(keepends=True)
    return b"".join([*lines[: line - 1], record + b"\n", *lines[line - 1 :]])


@pytest.mark.parametrize(
    "record",
    [
        b"\x00garbage{{{",
        b"garbage",
        b"[1, 2]",
        b"{}",
        b'{"op_code":{}}',
        b'{"op_code":42,"worker_id":"w"}',
        b'{"op_code":0,"worker_id":"w","study_name":"s","directions":["up"]}',
        b'{"op_code":4,"worker_id":"w","study_id":7,"datetime_start":null}',
        b'{"op_code":8,"worker_id":"w","trial_id":99,"user_attr":{}}',
        b'{"op_code":2,"worker_id":"w","study_id":0}',
        b"\xff\xfe\r",
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_is_named_and_nothing_is_written(tmp_path: Path, record: bytes) -> None:
    place = tmp_path / "journal"
    make_worker(str(place))[0].add(range(2))
    lines = len(place.read_bytes().splitlines())
    for line in (1, lines, lines + 1):
        content = damaged(place, line, record)
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(InputError, match=rf"other is no journal.*line {line} is") as caught:
            open_storage(str(tmp_path / "other"))
        assert "--storage" in str(caught.value.hint)
        assert (tmp_path / "other").read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [b"hello", b"\n", b"[project]\nname = 'p'\n", b'{"a": 1}', b"\0\0\0\0\0\0\0\0\0\0\0\0x", b"\x89PNG"],
)
def test_a_file_of_something_else_is_no_storage_and_stays(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "notes"
    place.write_bytes(content)
    with pytest.raises(InputError, match=r"notes is no journal of a study"):
        open_storage(str(place))
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]
    assert place.read_bytes() == content


def test_zeros_that_a_power_loss_left_are_cut(tmp_path: Path) -> None:
    place = tmp_path / "journal"
    place.write_bytes(bytes(4096))
    make_worker(str(place))[0].run(objective_of(tmp_path / "log", 0), 2, None)
    with place.open("ab") as stream:
        stream.write(bytes(4096))
    make_worker(str(place))[0].run(objective_of(tmp_path / "log", 0), 3, None)
    assert sorted(results(str(place))[0]) == [0, 1, 2]
    assert b"\0" not in place.read_bytes()


def test_a_line_that_is_damaged_while_workers_read_ends_them(tmp_path: Path) -> None:
    place = tmp_path / "journal"
    worker, study = make_worker(str(place))
    worker.add(range(1))
    with place.open("ab") as stream:
        stream.write(b"garbage\n")
    for _ in range(2):
        with pytest.raises(InputError, match="is no JSON"):
            study.get_trials()


def test_a_lock_is_held_until_its_process_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "signs" / "me"
    assert not is_present(path)
    with present(path):
        assert is_present(path)
    assert not is_present(path)


def test_storages_that_are_not_known_or_not_there_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not kept in mysql"):
        open_storage("mysql://host/name")
    for url in ("://", "postgresql://me:secret@host:port/name"):
        with pytest.raises(UsageError, match="begins no URL of a storage") as wrong:
            open_storage(url)
        assert "secret" not in wrong.value.message
    with pytest.raises(InputError, match="cannot write"):
        open_storage("/proc/no/journal")
    with pytest.raises(InputError, match="sqlite:////proc/no/file cannot be used"):
        open_storage("sqlite:////proc/no/file")
    (tmp_path / "study.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="file is not a database") as caught:
        open_storage(f"sqlite:///{tmp_path / 'study.db'}")
    assert "another file" in str(caught.value.hint)
    with pytest.raises(InputError, match="is no regular file but a folder"):
        open_storage(str(tmp_path))


def test_sqlite_is_a_storage_too(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 'study.db'}"
    worker, _ = make_worker(place)
    worker.add_own()
    worker.run(objective_of(tmp_path / "log", 0), 3, None)
    assert sorted(results(place)[0]) == [OWN, 1, 2]


def kill_at_random(
    forks: Farm, folder: Path, kills: int, place: str, *, wanted: int, longest_s: float
) -> None:
    """Kill one of two workers again and again, wherever it is; then let two come to the end."""
    rng, log = random.Random(1), folder / "log"
    about = {"place": place, "trials": wanted, "log": str(log), "nap": 0.03}
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
    found, trials = results(place)
    assert len(found) == wanted, [(t.number, t.state.name, t.user_attrs) for t in trials]
    assert not [t for t in trials if t.state.name in ("RUNNING", "WAITING")]
    again = sum(count - 1 for count in begun(log).values())
    assert again <= killed
    failed = {place_of(t) for t in trials if t.state.name == "FAIL" and "surplus" not in t.user_attrs}
    assert {place for place, count in begun(log).items() if count > 1} <= failed
    for trial in found.values():
        if "half" in trial.user_attrs:
            assert trial.user_attrs["half"] == trial.params["x"] / 2


def test_workers_killed_at_random_moments_leave_nothing_undone(forks: Farm, tmp_path: Path) -> None:
    kill_at_random(forks, tmp_path, 6, str(tmp_path / "journal"), wanted=16, longest_s=0.4)


@pytest.mark.bench
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_workers_killed_at_50_random_moments_leave_nothing_undone(
    forks: Farm, tmp_path: Path, kind: str
) -> None:
    """The database is slower by ten times: opening it takes seconds on a busy computer."""
    if kind == "journal":
        kill_at_random(forks, tmp_path, 50, str(tmp_path / "journal"), wanted=100, longest_s=0.4)
    else:
        kill_at_random(forks, tmp_path, 50, f"sqlite:///{tmp_path}/study", wanted=60, longest_s=5)
