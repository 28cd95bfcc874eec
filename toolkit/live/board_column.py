# SPDX-License-Identifier: Apache-2.0
"""The firmware of a model, kept running: in emulation, as a program, or on a real board."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import DeviceError, InputError, TinymlError
from toolkit.firmware import Firmware, load_firmware
from toolkit.firmware.loose import build_loose
from toolkit.ops.shared.ends import as_file_gives, as_graph_takes
from toolkit.reference.oracle import Rows
from toolkit.runners.link import open_link
from toolkit.runners.session import Session
from toolkit.runners.transcript import DeviceInfo
from toolkit.targets.board import Board
from toolkit.verify.any_model import naming_no_file_of
from toolkit.verify.on_device import times_in_emulation

_CLOSE_S = 2.0

OnWord = Callable[[str], None]


@dataclass(frozen=True)
class Time:
    """How long an inference takes on the board, ms; error is that of a modelled one, 0.09 for 9 %."""

    ms: float | None
    error: float | None = None
    is_modelled: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it in JSON's types."""
        return {"ms": self.ms, "error": self.error, "modelled": self.is_modelled}


@dataclass(frozen=True, eq=False)
class FromBoard:
    """outputs (n, bytes of the file's outputs), and how long the last of them took."""

    outputs: Rows
    time: Time


@dataclass
class _Open:
    """A firmware that answers. firmware is None for a board on a port, which says itself what it is."""

    session: Session
    info: DeviceInfo
    compiled: CompiledModel
    firmware: Firmware | None
    close: ExitStack
    times: dict[str, Any] | None = None


class BoardColumn:
    """The firmware for the .tflite file model on board, opened when it is first asked.

    made is the folder of a firmware that a project may have built; another is built into a temporary
    folder where that one is missing or of another model. on_word hears what takes time.
    """

    def __init__(self, model: Path, board: Board, port: str | None, made: Path | None, on_word: OnWord):
        self._model, self.board, self._port, self._made, self._on_word = model, board, port, made, on_word
        self._lock = threading.Lock()
        self._open: _Open | None = None
        self._is_closed = False

    @property
    def by(self) -> str:
        """Who answers: the board, and where it runs."""
        where = "on the port" if self._port else ("a program" if self.board.is_host else "emulated")
        return f"{self.board.name}, {where}"

    @property
    def layers(self) -> Sequence[Any]:
        """What each layer takes, as in a verdict; empty until an emulated firmware was asked."""
        return self._open.times["layers"] if self._open and self._open.times else ()

    def ask(self, rows: Rows) -> FromBoard:
        """Return what the firmware gives for rows (n, bytes of a whole input).

        Raises DeviceError if it does not answer, and as build_loose() does; the next call starts anew.
        Raises InputError after close().
        """
        with self._lock:
            try:
                if self._is_closed:
                    raise InputError("this model is no longer open.", hint="Try: once more")
                self._open = self._open or self._opened()
                return self._ask(self._open, rows)
            except TinymlError:
                self._close()
                raise
            finally:
                if self._is_closed:  # while it was opened
                    self._close()

    def close(self) -> None:
        """End the firmware for good; one that is busy for long ends when it has answered."""
        self._is_closed = True
        if self._lock.acquire(timeout=_CLOSE_S):
            try:
                self._close()
            finally:
                self._lock.release()

    def _close(self) -> None:
        if self._open is not None:
            self._open.close.close()
        self._open = None

    def _ask(self, found: _Open, rows: Rows) -> FromBoard:
        is_aot = found.info.engine == "aot"
        graph = found.compiled.graph
        given = as_graph_takes(graph, rows) if is_aot else rows
        inferences = [found.session.infer(row.tobytes()) for row in given]
        outputs = np.stack([np.frombuffer(each.outputs, np.int8) for each in inferences])
        if found.times is None and found.firmware is not None and not self.board.is_host:
            self._on_word(f"count what an inference takes on {self.board.name}")
            found.times = times_in_emulation(found.firmware, found.compiled, given[0].tobytes())
            self._on_word(f"{self.by}: counted")
        return FromBoard(
            as_file_gives(graph, outputs) if is_aot else outputs, _time(found, inferences[-1].cycles)
        )

    def _opened(self) -> _Open:
        with ExitStack() as stack:
            found = self._on_port(stack) if self._port else (self._of_project(stack) or self._built(stack))
            found.close = stack.pop_all()
            self._on_word(f"{self.by}: ready")
            return found

    def _on_port(self, stack: ExitStack) -> _Open:
        data = self._model.read_bytes()
        compiled = compile_model(data, self._model.stem)
        link = open_link(Path(), self.board, port=self._port)
        stack.callback(link.close)
        session = Session(link)
        info = session.hello()
        _require(info, self.board, compiled)
        return _Open(session, info, compiled, None, stack)

    def _of_project(self, stack: ExitStack) -> _Open | None:
        """Return the project's own firmware if it takes whole inputs of this very model."""
        if self._made is None or not (self._made / "firmware.elf").is_file():
            return None
        with suppress(TinymlError, OSError):
            data = self._model.read_bytes()
            compiled = compile_model(data, self._model.stem)
            found = self._started(load_firmware(self.board, self._made), compiled, stack)
            takes = sum(compiled.graph.tensors[i].bytes for i in compiled.graph.inputs)
            if found.info.model_sha256 == compiled.sha256 and found.info.input_bytes == takes:
                return found
        stack.close()
        return None

    def _built(self, stack: ExitStack) -> _Open:
        kept = tempfile.TemporaryDirectory(prefix="tinyml-live-", ignore_cleanup_errors=True)
        folder = stack.enter_context(kept)  # at Ctrl-C a build may still write there
        self._on_word(f"build the firmware for {self.board.name}")
        with naming_no_file_of(folder):
            built = build_loose(
                self._model, self.board, Path(folder), on_line=self._on_word, on_word=self._on_word
            )
        return self._started(built.firmware, built.compiled, stack)

    def _started(self, firmware: Firmware, compiled: CompiledModel, stack: ExitStack) -> _Open:
        link = open_link(firmware.elf, self.board)
        stack.callback(link.close)
        session = Session(link)
        return _Open(session, session.hello(), compiled, firmware, stack)


def _require(info: DeviceInfo, board: Board, compiled: CompiledModel) -> None:
    """Raise DeviceError unless the board on the line is this one and runs this model."""
    if info.name != board.name:
        raise DeviceError(
            f"the board on this line is {info.name}, not {board.name}.", hint=f"Try: --board {info.name}"
        )
    if info.model_sha256 != compiled.sha256:
        raise DeviceError(f"the board runs another model than {compiled.name}.", hint="Try: tinyml flash")


def _time(found: _Open, cycles: int) -> Time:
    if found.times is not None:
        error = found.times.get("latency_error")
        return Time(found.times.get("latency_ms"), error, is_modelled=True)
    if found.firmware is not None and not found.firmware.board.is_host:
        return Time(None)
    return Time(1000 * cycles / found.info.clock_hz if cycles and found.info.clock_hz else None)
