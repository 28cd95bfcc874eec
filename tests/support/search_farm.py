# SPDX-License-Identifier: Apache-2.0
"""Forks workers of a search: Optuna is imported once, so a worker costs no start of Python.

Reads a JSON object a line: {"place": storage, "trials": n, "log": file, "heartbeat": s, "nap": s}; prints the
worker's process id, and "end PID CODE" when one ends. With "study", a file, it works
on that (study_cells.py). The candidates are cheap functions of two numbers: what
is tested is who works on which of them. The log says who began which place, and who came to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from queue import Queue
from typing import IO, Any

NAME, SEED = "farm", 7


def open_study(place: str, heartbeat_s: int = 1) -> tuple[Any, Any]:
    """Return the storage and the study of the workers."""
    import optuna

    from toolkit.search.storage import open_storage

    storage = open_storage(place, heartbeat_s)
    study = optuna.create_study(
        study_name=NAME,
        storage=storage.optuna_storage,
        directions=["maximize", "minimize"],
        load_if_exists=True,
    )
    return storage, study


def make_worker(place: str, heartbeat_s: int = 1, notes: list[str] | None = None) -> tuple[Any, Any]:
    """Return a worker, and its study."""
    import optuna

    from toolkit.search.worker import Worker

    storage, study = open_study(place, heartbeat_s)
    on_note = notes.append if notes is not None else lambda text: print(text, file=sys.stderr)
    sampler = lambda seed: optuna.samplers.RandomSampler(seed=seed)  # noqa: E731
    return Worker(storage, study, sampler, SEED, on_note), study


def objective_of(log: Path, nap_s: float) -> Any:
    """Return an objective that naps, and writes down what it does."""
    from toolkit.search.worker import Outcome

    def say(word: str, asked: Any) -> None:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{word} {asked.place} {asked.number} {os.getpid()}\n")

    def objective(asked: Any) -> Any:
        say("begin", asked)
        x = asked.suggest_float("x", 0.0, 1.0)
        asked.note("half", x / 2)
        time.sleep(nap_s)
        kind = asked.suggest_categorical("kind", ["a", "b"])
        say("end", asked)
        if x < 0.2:
            return Outcome(None, "too small", (0.2 - x, 0.0))
        return Outcome((x, 1 - x + (kind == "b")))

    return objective


def _work(wanted: dict[str, Any]) -> int:
    from toolkit.errors import TinymlError

    try:
        if "study" in wanted:
            from support.study_cells import cheap, work

            train = cheap(Path(wanted["log"]), wanted.get("nap", 0.02))
            work(Path(wanted["study"]), wanted["place"], train)
            return 0
        worker, _ = make_worker(wanted["place"], wanted.get("heartbeat", 1))
        worker.add_own()
        worker.run(objective_of(Path(wanted["log"]), wanted.get("nap", 0.02)), wanted["trials"], None)
    except TinymlError as error:
        print(f"Error: {error.message}", file=sys.stderr)
        return error.exit_code
    return 0


def _main() -> None:
    import optuna

    import toolkit.search.worker
    import toolkit.study.run

    optuna.storages.RDBStorage("sqlite://")  # imports what a database needs, once for all workers
    if find_spec("psycopg"):
        import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

    _say("ready")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                code = _work(json.loads(line))
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _say(str(pid))
        threading.Thread(target=_reap, args=(pid,), daemon=True).start()
    del toolkit


def _reap(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    _say(f"end {pid} {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    """Write one line at once: print writes the text and its end by themselves, and threads mix."""
    os.write(1, f"{line}\n".encode())


class Farm:
    """The process that forks workers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._in: IO[str] = process.stdin  # type: ignore[assignment]
        self._lines: Queue[str] = Queue()
        self._ended: dict[int, int] = {}
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()
        assert self._next() == "ready"

    def start(self, **wanted: Any) -> int:
        """Fork a worker and return its process id."""
        self._in.write(json.dumps(wanted) + "\n")
        self._in.flush()
        while not (line := self._next()).isdecimal():
            self._note(line)
        return int(line)

    def wait(self, pid: int, timeout_s: float = 60) -> int:
        """Return the exit code of a worker, when it ends; below 0 for the signal that ended it."""
        while pid not in self._ended:
            self._note(self._next(timeout_s))
        return self._ended[pid]

    def has_ended(self, pid: int) -> bool:
        """Return whether a worker is known to have ended."""
        while not self._lines.empty():
            self._note(self._lines.get())
        return pid in self._ended

    def _note(self, line: str) -> None:
        _, pid, code = line.split()
        self._ended[int(pid)] = int(code)

    def _next(self, timeout_s: float = 60) -> str:
        return self._lines.get(timeout=timeout_s)

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line.strip())


@contextmanager
def farm() -> Iterator[Farm]:
    """Give a farm; its workers that still work then are killed."""
    command = [sys.executable, __file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield Farm(process)
        finally:
            os.killpg(process.pid, 9)


def begun(log: Path) -> dict[int, int]:
    """Return how often each place was begun, by place."""
    counts: dict[int, int] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        word, place, *_ = line.split()
        if word == "begin":
            counts[int(place)] = counts.get(int(place), 0) + 1
    return counts


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]
    _main()
