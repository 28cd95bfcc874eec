# SPDX-License-Identifier: Apache-2.0
"""Where a study is kept: a journal file, SQLite, or PostgreSQL, by Optuna's storages."""

from __future__ import annotations

import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from toolkit.errors import InputError, UsageError
from toolkit.extras import load_extra
from toolkit.search.journal import open_journal
from toolkit.search.presence import is_present, present

T = TypeVar("T")
_TRIES_TO_CREATE = 5
_KINDS = "Try: a file's name, sqlite:///FILE, or postgresql://USER@HOST/NAME"
_TELLS_A_CUT: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Of libpq, in seconds and ms: a line that says nothing any more is noticed within half a minute."""


class Storage:
    """A storage and what it knows about the workers that are alive; name is what a person reads.

    optuna_storage is Optuna's. watch holds up a sign that this process works on a trial until the block ends;
    dead gives the numbers of running trials whose worker is gone. grace_s is how long a sign may be late.
    """

    def __init__(self, name: str, optuna_storage: Any, grace_s: float) -> None:
        self.name = name
        self.optuna_storage = optuna_storage
        self.grace_s = grace_s
        self.worker = uuid.uuid4().hex[:12]
        self._seen: dict[int, float] = {}

    @contextmanager
    def attend(self) -> Iterator[None]:
        """Be there for other workers until the block ends."""
        yield

    def sign(self, trial_id: int) -> None:
        """Give the first sign of work on a trial."""

    @contextmanager
    def watch(self, trial_id: int) -> Iterator[None]:
        """Work on a trial."""
        yield

    def dead(self, study: Any) -> list[int]:
        """Return the numbers of running trials whose worker is gone."""
        raise NotImplementedError

    def late(self, trial: Any) -> bool:
        """Return whether this process has seen a running trial without a sign of its worker for too long."""
        now = time.monotonic()
        return now - self._seen.setdefault(trial.number, now) > self.grace_s


class FileStorage(Storage):
    """A journal file: workers of one computer, who hold locks. One that dies is known at once."""

    def __init__(self, path: Path, grace_s: float) -> None:
        super().__init__(str(path), open_journal(path), grace_s)
        self._signs = path.with_name(f"{path.name}.workers")

    @contextmanager
    def attend(self) -> Iterator[None]:
        """Hold this worker's lock."""
        with present(self._signs / self.worker):
            yield

    def dead(self, study: Any) -> list[int]:
        """Return the running trials whose worker holds no lock. One that has not said whose it is, is dead if
        nobody else is there, or nobody said so for too long.
        """
        running = load_extra("optuna").trial.TrialState.RUNNING
        alone = not any(is_present(p) for p in self._signs.glob("*") if p.name != self.worker)
        found = []
        for trial in study.get_trials(deepcopy=False, states=(running,)):
            worker = trial.user_attrs.get("worker")
            if worker is None:
                is_dead = alone or self.late(trial)
            else:
                is_dead = worker != self.worker and not is_present(self._signs / worker)
            found += [trial.number] if is_dead else []
        return found


class DatabaseStorage(Storage):
    """SQLite or PostgreSQL: workers send heartbeats, which the database times by its own clock."""

    def __init__(self, url: str, heartbeat_s: int) -> None:
        optuna = load_extra("optuna")
        sqlalchemy = load_extra("sqlalchemy")
        try:
            parsed = sqlalchemy.engine.make_url(url)
        except (ValueError, sqlalchemy.exc.ArgumentError) as error:
            start = url.partition("://")[0]  # the rest may have a password
            raise UsageError(f"{start}:// begins no URL of a storage.", hint=_KINDS) from error
        is_postgres = parsed.drivername.startswith("postgresql")
        if is_postgres:
            load_extra("psycopg", "search")
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif not parsed.drivername.startswith("sqlite"):
            raise UsageError(f"a study is not kept in {parsed.drivername}.", hint=_KINDS)
        arguments = _TELLS_A_CUT if is_postgres else {"timeout": 30}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            storage = _created(
                lambda: optuna.storages.RDBStorage(
                    parsed.render_as_string(hide_password=False),
                    engine_kwargs={"connect_args": arguments, "pool_pre_ping": True},
                    heartbeat_interval=heartbeat_s,
                    grace_period=2 * heartbeat_s,
                ),
                parsed.render_as_string(),
                "Try: whether the server runs, and lets you in: psql URL"
                if is_postgres
                else "Try: another file, or move this one away",
            )
        super().__init__(parsed.render_as_string(), storage, 2.0 * heartbeat_s)
        self._heartbeat_s = heartbeat_s

    def sign(self, trial_id: int) -> None:
        """Send the first heartbeat: of a trial that has none nobody knows when it is late."""
        self.optuna_storage.record_heartbeat(trial_id)

    @contextmanager
    def watch(self, trial_id: int) -> Iterator[None]:
        """Send heartbeats from a thread; one that does not get through is followed by the next.

        Optuna's own thread would end at the first.
        """
        import threading

        ended = threading.Event()
        failures = (load_extra("optuna").exceptions.StorageInternalError,)

        def beat() -> None:
            while True:
                with suppress(*failures):
                    self.optuna_storage.record_heartbeat(trial_id)
                if ended.wait(self._heartbeat_s):
                    return

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(self._heartbeat_s)

    def dead(self, study: Any) -> list[int]:
        """Return the running trials whose heartbeat is older than two intervals, or that never had one."""
        running = load_extra("optuna").trial.TrialState.RUNNING
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stale = set(self.optuna_storage._get_stale_trial_ids(study._study_id))
        return [
            trial.number
            for trial in study.get_trials(deepcopy=False, states=(running,))
            if trial._trial_id in stale or ("worker" not in trial.user_attrs and self.late(trial))
        ]


def open_storage(place: str, heartbeat_s: int = 60) -> Storage:
    """Return the storage at place: a file's name, or sqlite:/// and postgresql:// URLs.

    Raises InputError if it cannot be reached or written, UsageError for another kind, ToolMissingError
    without Optuna or, for PostgreSQL, without psycopg.
    """
    load_extra("optuna").logging.set_verbosity(load_extra("optuna").logging.ERROR)
    if "://" in place:
        return DatabaseStorage(place, heartbeat_s)
    return FileStorage(Path(place), 2.0 * heartbeat_s)


def _created(create: Callable[[], T], name: str, hint: str) -> T:
    """Return what create makes; of workers that begin at once, and make the same tables, one loses.

    Raises InputError with this hint.
    """
    sqlalchemy = load_extra("sqlalchemy")
    for left in reversed(range(_TRIES_TO_CREATE)):
        try:
            return create()
        except (sqlalchemy.exc.SQLAlchemyError, RuntimeError) as error:
            if not left:
                reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
                raise InputError(f"the storage {name} cannot be used: {reason}.", hint=hint) from error
            time.sleep(0.2)
    raise AssertionError("unreachable")
