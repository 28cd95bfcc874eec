# SPDX-License-Identifier: Apache-2.0
"""What the page has running: one program at a time, its lines told to every tab as they come."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit import process
from toolkit.errors import UsageError
from toolkit.live import pictures
from toolkit.live.events import Events
from toolkit.live.own import place_to_record
from toolkit.live.steps_worker import STEPS
from toolkit.ui import shown

_MOST_LINES, _LAST_LINES = 2000, 40
_TRIALS = 10
_MOST_SECONDS = 600


def _kept_for(owner: object, suffix: str) -> Path:
    """Return a new temporary file, closed, that is deleted when its owner is gone."""
    descriptor, name = tempfile.mkstemp(prefix="tinyml-live-", suffix=suffix)
    os.close(descriptor)
    weakref.finalize(owner, Path(name).unlink, missing_ok=True)
    return Path(name)


class Jobs:
    """The steps of the project in root, for board. A training that is stopped goes on where it was.

    skip_broken leaves data out that cannot be read.
    """

    def __init__(
        self,
        root: Path,
        board: str,
        events: Events,
        port: str | None = None,
        *,
        skip_broken: bool = False,
    ) -> None:
        self._root, self.board, self._events, self._port = root, board, events, port
        self._skip = ["--skip-broken"] if skip_broken else []
        self._feed, self._errors = (_kept_for(self, suffix) for suffix in (".csv", ".log"))
        self._lock = threading.Lock()
        self._running: process.Companion | None = None
        self._name, self._outcome = "", ""
        self._progress: dict[str, Any] | None = None
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._charts: list[dict[str, str]] = []
        self._cost: dict[str, Any] | None = None

    def state(self) -> dict[str, Any]:
        """Return what runs and what it said, as JSON."""
        with self._lock:
            return {
                "name": self._name,
                "running": self._running is not None,
                "outcome": self._outcome,
                "progress": self._progress,
                "charts": self._charts,
                "cost": self._cost,
                "lines": list(self._lines),
                "steps": [*STEPS, "check"],
            }

    def start(self, name: str, trials: int = 0) -> dict[str, Any]:
        """Start a step, or "cost": what the model would take of the board.

        "search" goes on to so many trials in all, "emulate" runs the application for three seconds. Raises
        UsageError while one runs.
        """
        return self._begin(name, self._command(name, trials))

    def _begin(self, name: str, command: Sequence[str]) -> dict[str, Any]:
        with self._lock:
            if self._running is not None:
                raise UsageError(f"{self._name} still runs.", hint="Try: stop it first")
            self._running = process.Companion(command, cwd=self._root, errors=self._errors)
            self._name, self._outcome, self._progress = name, "", None
            self._charts = []
            self._lines.clear()
            threading.Thread(target=self._follow, args=(self._running,), daemon=True).start()
        self._say()
        return self.state()

    def _command(self, name: str, trials: int) -> list[str]:
        commands = {
            "emulate": ("emulate", "--led", "--seconds", "3"),
            "search": ("search", "--trials", str(trials or _TRIALS)),
            "check": ("check",),
        }
        if name in commands:
            words = (*commands[name], "--board", self.board, "--project", str(self._root))
            return [sys.executable, "-m", "toolkit", *words, *self._skip]
        if name not in (*STEPS, "cost"):
            raise UsageError(f"there is no step {name!r}.", hint=f"Try: {', '.join(STEPS)}")
        return [
            sys.executable,
            "-m",
            "toolkit.live.steps_worker",
            str(self._root),
            name,
            self.board,
            *self._skip,
        ]

    def run_fed(self, sensors: Sequence[str], table: bytes) -> dict[str, Any]:
        """Run the application for three seconds; a CSV table is what its sensors of these names sense."""
        given = [word for name in sensors for word in ("--feed", f"{name}={self._keep_feed(table)}")]
        return self._begin("emulate", [*self._command("emulate", 0), *(given if table else ())])

    def record(
        self, label: str, stem: str, seconds: float, sensors: Sequence[str], table: bytes
    ) -> dict[str, Any]:
        """Record under a label as <stem>_<number>, as `tinyml record` does; table feeds an emulated board.

        Raises TinymlError, before anything is built, where the recording could not be kept.
        """
        place_to_record(self._root, label, stem)
        if not 0 < seconds <= _MOST_SECONDS:
            raise UsageError(f"a recording has more than 0 and at most {_MOST_SECONDS} s.")
        fed = self._keep_feed(table) if table and not self._port else ""
        where = (str(self._root), self.board, self._port or "")
        words = (*where, label, stem, str(seconds), ",".join(sensors), fed)
        return self._begin("record", [sys.executable, "-m", "toolkit.live.record_worker", *words])

    def _keep_feed(self, table: bytes) -> str:
        self._feed.write_bytes(table)
        return str(self._feed)

    def stop(self) -> dict[str, Any]:
        """End what runs."""
        with self._lock:
            running, self._outcome = self._running, "stopped" if self._running else self._outcome
        if running is not None:
            running.end()
        return self.state()

    def _follow(self, running: process.Companion) -> None:
        """Hear what a program says to its end."""
        try:
            for line in running.output:
                self._hear(line.decode("utf-8", "replace").rstrip())
        except (OSError, ValueError):  # it was stopped
            pass
        how = running.how_it_ended(10.0)
        with self._lock:
            errors = self._errors.read_text("utf-8", "replace")
            self._lines.extend(map(shown, errors.splitlines()[-_LAST_LINES:]))
            self._running, self._progress = None, None
            self._outcome = self._outcome or ("done" if how == "with exit code 0" else f"ended {how}")
        running.end()
        self._say()
        self._events.say({"event": "model"})

    def _hear(self, line: str) -> None:
        said = _said(line)
        with self._lock:
            if said["kind"] == "progress":
                self._progress = said
            elif said["kind"] == "rows":
                pass  # the open pages plot them
            elif said["kind"] == "curves":
                self._charts = pictures.of_curves(said)
            else:
                self._cost = said["cost"] if said["kind"] == "cost" else self._cost
                self._lines.append(shown("\n  ".join(filter(None, (said["text"], said.get("hint"))))))
        self._say(said)

    def _say(self, said: dict[str, Any] | None = None) -> None:
        state = self.state()
        if said is not None:  # the lines so far are known to every tab
            state["lines"] = None
            state["charts"] = self._charts if said["kind"] == "curves" else []
        self._events.say({"event": "job", "said": said, **state})


def _said(line: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
        if isinstance(said, dict) and {"kind", "text"} <= said.keys():
            return said
    except ValueError:
        pass
    return {"kind": "line", "text": line}
