# SPDX-License-Identifier: Apache-2.0
"""Processes that hear stretches, each one after the other, and say how far they are."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from toolkit.errors import DeviceError
from toolkit.listen.stretch import Hearing, Sensed, Stretch

OnHeard = Callable[[float], None]
"""Hears how many seconds of all stretches were heard since the last call."""


def hear_all(stretches: Sequence[Stretch], processes: int, on_heard: OnHeard) -> list[Sensed]:
    """Return what is made of each stretch, in their order; with one process it is this one.

    Raises what a process raised, and DeviceError if one ends without a word. However this ends, no process
    outlives it.
    """
    if processes == 1:
        return [Hearing(stretch, on_heard).hear() for stretch in stretches]
    waiting = deque(enumerate(stretches))
    found: dict[int, Sensed] = {}
    workers = [_Worker() for _ in range(processes)]
    try:
        busy = [worker for worker in workers if worker.take(waiting)]
        while busy:
            ready = wait([worker.pipe for worker in busy])
            for worker in [each for each in busy if each.pipe in ready]:
                kind, value = worker.said()
                if kind == "failed":
                    raise value
                if kind == "heard":
                    on_heard(value)
                    continue
                found[worker.place] = value
                if not worker.take(waiting):
                    busy.remove(worker)
    finally:
        for worker in workers:
            worker.end()
    return [found[place] for place in range(len(stretches))]


class _Worker:
    """A process, and the line to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.place = -1
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def take(self, waiting: deque[tuple[int, Stretch]]) -> bool:
        """Send the next stretch that waits; return whether there was one."""
        if not waiting:
            return False
        self.place, stretch = waiting.popleft()
        self.pipe.send(stretch)
        return True

    def said(self) -> tuple[str, Any]:
        """Return what the process said."""
        try:
            found: tuple[str, Any] = self.pipe.recv()
        except (EOFError, OSError) as error:
            raise DeviceError(
                "a process that hears a part of the recording ended without a word.",
                hint="Try: fewer --parts, if this computer has too little memory",
            ) from error
        return found

    def end(self) -> None:
        """End the process at once: all that it would still do is lost anyway."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection) -> None:
    """Hear what comes, until the process is ended; Ctrl-C comes to the whole group, and is for the first."""
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            stretch = pipe.recv()
        except (EOFError, OSError):  # who asked is gone
            return
        try:
            pipe.send(("done", Hearing(stretch, lambda seconds: pipe.send(("heard", seconds))).hear()))
        except Exception as error:  # it is raised again where it can be told
            pipe.send(("failed", error))
