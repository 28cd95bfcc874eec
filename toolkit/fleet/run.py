# SPDX-License-Identifier: Apache-2.0
"""Flashes and checks the boards of a fleet, each in a thread of its own; one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from toolkit import ui
from toolkit.errors import CheckFailedError, DeviceError, TinymlError
from toolkit.firmware import Firmware, load_firmware
from toolkit.flash import Patience, choose_way, flash_firmware
from toolkit.fleet.listing import Entry
from toolkit.pipeline.checking import Prepared, prepare_check
from toolkit.pipeline.pipeline import Pipeline
from toolkit.runners.link import open_link
from toolkit.runners.ports import line_port
from toolkit.runners.serial import open_port
from toolkit.runners.session import Session
from toolkit.verify.on_device import Place, check_firmware, require_built_firmware
from toolkit.verify.verdict import Verdict, require_all

_MOST_AT_ONCE = 32
_PORT_S = 5.0
"""How long a port may take to come back after the board was flashed."""

Say = Callable[[str], None]
OpenProject = Callable[[Path], Pipeline]


@dataclass(frozen=True)
class Outcome:
    """What came of a board: port, what was flashed and checked, and the error that ended it, if one did."""

    entry: Entry
    port: str = ""
    flashed: str = ""
    checked: str = ""
    error: TinymlError | None = None
    verdict: Verdict | None = field(default=None, repr=False)

    def to_json(self) -> dict[str, object]:
        """Return it in JSON's types."""
        return {
            "board": self.entry.board,
            "port": self.port,
            "flashed": self.flashed,
            "checked": self.checked,
            "error": self.error.message if self.error else "",
        }


@dataclass(frozen=True)
class Fleet:
    """How a fleet is run: samples of a project's test split (None: all), whether boards are flashed first."""

    open_project: OpenProject
    say: Say
    samples: int | None = None
    flashes: bool = True
    timeout_s: float = 60.0
    patience: Patience | None = None

    def run(self, entries: list[Entry]) -> list[Outcome]:
        """Build what is not built, one after the other; then do all boards at once."""
        made = [self._prepared(entry) for entry in entries]
        with ThreadPoolExecutor(min(len(entries), _MOST_AT_ONCE)) as threads:
            return list(threads.map(self._outcome, entries, made))

    def _prepared(self, entry: Entry) -> Prepared | Firmware | TinymlError:
        board = entry.find_board()
        try:
            if entry.firmware:
                return load_firmware(board, Path(entry.firmware))
            return prepare_check(self.open_project(Path(entry.project)), board, self.samples)
        except TinymlError as error:
            return error

    def _outcome(self, entry: Entry, made: Prepared | Firmware | TinymlError) -> Outcome:
        if isinstance(made, TinymlError):
            return Outcome(entry, entry.port, error=made)
        outcome = Outcome(entry, entry.port)
        firmware = made if isinstance(made, Firmware) else made.firmware
        try:
            flashed = self._flashed(entry, firmware)
            outcome = Outcome(entry, entry.port, flashed)
            port = self._port(entry, firmware)
            outcome = Outcome(entry, port, flashed)
            checked, verdict = self._checked(made, port)
            self._tell(entry, checked)
            error = _wrong(verdict) if verdict else None
            return Outcome(entry, port, flashed, "" if error else checked, error, verdict)
        except TinymlError as error:
            self._tell(entry, error.message)
            return Outcome(entry, outcome.port, outcome.flashed, "", error)

    def _tell(self, entry: Entry, words: str) -> None:
        self.say(f"{entry.title}: {ui.one_line(words)}")

    def _flashed(self, entry: Entry, firmware: Firmware) -> str:
        if not self.flashes:
            return ""
        method = choose_way(firmware.board, entry.method or None).upload.tool
        wanted = entry.plug if entry.flashes_by_bootloader(firmware.board) else entry.line
        self._tell(entry, f"flashing by {method}")
        flash_firmware(
            firmware,
            port=wanted.port,
            serial_number=wanted.serial_number,
            method=method,
            patience=self.patience,
            on_line=lambda line: self._tell(entry, line),
        )
        return f"by {method}"

    def _port(self, entry: Entry, firmware: Firmware) -> str:
        port = line_port(firmware.board, entry.line)
        open_port(port, 115200, wait_s=_PORT_S if self.flashes else 0.0).close()
        return port

    def _checked(self, made: Prepared | Firmware, port: str) -> tuple[str, Verdict | None]:
        if isinstance(made, Firmware):
            self._ask(made, port)
            return "is the one that was built", None
        place = Place(None, port, self.timeout_s)
        verdict = check_firmware(made.firmware, made.compiled, made.model, made.samples, place).verdict
        return f"{verdict.equal} of {verdict.samples} equal", verdict

    def _ask(self, firmware: Firmware, port: str) -> None:
        link = open_link(firmware.elf, firmware.board, port=port)
        try:
            require_built_firmware(Session(link, self.timeout_s).hello(), firmware)
        finally:
            link.close()


def require_fleet(outcomes: list[Outcome]) -> None:
    """Raise CheckFailedError if a board gave a wrong output, else DeviceError if one failed otherwise."""
    failed = [outcome for outcome in outcomes if outcome.error]
    if not failed:
        return
    is_wrong = any(isinstance(outcome.error, CheckFailedError) for outcome in failed)
    names = ", ".join(outcome.entry.title for outcome in failed)
    facts = {outcome.entry.name: outcome.to_json() for outcome in outcomes}
    kind = CheckFailedError if is_wrong else DeviceError
    raise kind(f"{len(failed)} of {len(outcomes)} boards failed: {names}.", facts=facts)


def _wrong(verdict: Verdict) -> TinymlError | None:
    try:
        require_all([verdict], {})
    except CheckFailedError as error:
        return error
    return None
