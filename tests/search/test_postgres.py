# SPDX-License-Identifier: Apache-2.0
"""Four workers on a real PostgreSQL, of which one is killed and one cut off: the study is done."""

from __future__ import annotations

import os
import signal
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from support.postgres import MISSING, Line, postgres, programs
from support.search_farm import begun, farm, open_study

from toolkit.errors import InputError
from toolkit.search.storage import open_storage
from toolkit.search.worker import OWN, place_of

pytestmark = [
    pytest.mark.no_cover,
    pytest.mark.xdist_group("search_workers"),
    pytest.mark.skipif(
        not (find_spec("optuna") and find_spec("psycopg")),
        reason="needs Optuna and psycopg: pip install 'tinyml-toolkit[train,search]'",
    ),
    pytest.mark.skipif(programs() is None, reason=MISSING),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
]
TRIALS = 12


@pytest.fixture(scope="module")
def server() -> Any:
    with postgres() as port:
        yield port


def url(port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def trials_of(port: int) -> list[Any]:
    """Return the trials, and leave no connection open: psycopg warns of it in whatever test runs then."""
    storage, study = open_study(url(port))
    trials = list(study.get_trials())
    storage.optuna_storage.remove_session()
    storage.optuna_storage.engine.dispose()
    return trials


def wait_until_at_work(pid: int, log: Path) -> None:
    """Wait until a worker has begun a candidate, and has not come to its end."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        words = [line.split()[0] for line in lines if line.endswith(f" {pid}")]
        if words and words[-1] == "begin":
            return
        time.sleep(0.01)
    raise AssertionError(f"worker {pid} began nothing")


def test_one_killed_and_one_cut_off_of_four_workers_lose_nothing(server: int, tmp_path: Path) -> None:
    log, line = tmp_path / "log", Line(server)
    about = {"trials": TRIALS, "log": str(log), "nap": 0.3}
    with farm() as forks:
        near = [forks.start(place=url(server), **about) for _ in range(3)]
        far = forks.start(place=url(line.port), **about)
        wait_until_at_work(near[0], log)
        os.kill(near[0], signal.SIGKILL)
        wait_until_at_work(far, log)
        line.cut()
        codes = [forks.wait(worker) for worker in (*near, far)]
    assert codes == [-signal.SIGKILL, 0, 0, InputError.exit_code]

    trials = trials_of(server)
    done = [t for t in trials if t.state.name in ("COMPLETE", "PRUNED")]
    places = [place_of(t) for t in done]
    assert len(places) == len(set(places)) == TRIALS
    assert OWN in places
    assert not [t for t in trials if t.state.name in ("RUNNING", "WAITING")]
    dead = {place_of(t) for t in trials if t.state.name == "FAIL" and "surplus" not in t.user_attrs}
    assert len(dead) == 2
    counts = begun(log)
    assert {place for place, count in counts.items() if count > 1} == dead
    assert sum(counts.values()) == TRIALS + 2
    for trial in done:
        assert trial.user_attrs["half"] == trial.params["x"] / 2
        expected = "PRUNED" if trial.params["x"] < 0.2 else "COMPLETE"
        assert trial.state.name == expected


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(InputError, match="cannot be used") as error:
        open_storage("postgresql://me:secret@127.0.0.1:1/nothing")
    assert "secret" not in error.value.message
    assert "me:***@127.0.0.1:1/nothing" in error.value.message
    assert "psql" in str(error.value.hint)
