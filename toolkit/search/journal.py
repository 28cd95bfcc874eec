# SPDX-License-Identifier: Apache-2.0
"""The journal of a study: a file with one of Optuna's records, as JSON, a line. Whatever else is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.files import one_at_a_time, write_error
from toolkit.reading import parse_json, require_place

_START = b'{"op_code":'
_HINT = "Try: move it away, or give another --storage"
_CREATE_STUDY, _CREATE_TRIAL = 0, 4  # of Optuna's JournalOperation


class JournalFile:
    """Optuna's journal backend on a file, which is made. It is locked while it is written to: the system lets
    a lock go when its process dies. Optuna's own locks outlive their process.

    line is the last line that was read, from 1. Raises InputError where the file cannot be read or written,
    or has a line that is no record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        self._offset = 0
        self._made = {_CREATE_STUDY: 0, _CREATE_TRIAL: 0}
        require_place(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise write_error(path, error) from error

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Give the records from this number on, from 0. A last line without an end is being written."""
        if log_number_from != self.line:
            self.line, self._offset, self._made = 0, 0, dict.fromkeys(self._made, 0)
        try:
            content = self._rest()
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror}.", hint=_HINT) from error
        for line in content.split(b"\n")[:-1]:
            number = self.line
            self.line, self._offset = number + 1, self._offset + len(line) + 1
            record = self._record(line)
            if number >= log_number_from:
                yield record

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write records behind the last whole line, and wait until they are on the disk."""
        text = "".join(f"{json.dumps(log, separators=(',', ':'))}\n" for log in logs)
        with one_at_a_time(self.path.with_name(f"{self.path.name}.lock")):
            try:
                cut_unfinished_line(self.path)
                with self.path.open("ab") as stream:
                    stream.write(text.encode())
                    stream.flush()
                    os.fsync(stream.fileno())
            except OSError as error:
                raise write_error(self.path, error) from error

    def refusal(self, reason: str) -> InputError:
        """Return the error of the line that was read last."""
        return InputError(
            f"{self.path} is no journal of a study, or a damaged one: line {self.line} {reason}.", hint=_HINT
        )

    def _rest(self) -> bytes:
        """Return what stands behind the last line that was read; not what others add meanwhile."""
        with self.path.open("rb", buffering=0) as stream:
            if _is_begun(stream.read(len(_START))):
                size = stream.seek(0, os.SEEK_END)
                stream.seek(self._offset)
                content = stream.read(max(0, size - self._offset)) or b""
                if self._offset or _is_begun(content):
                    return content
        self.line = 1
        raise self.refusal("is no record")

    def _record(self, line: bytes) -> dict[str, Any]:
        try:
            record = parse_json(line)
        except ValueError as error:
            raise self.refusal("is no JSON") from error
        if not isinstance(record, dict) or not isinstance(record.get("op_code"), int):
            raise self.refusal("is no record")
        for key, operation in (("study_id", _CREATE_STUDY), ("trial_id", _CREATE_TRIAL)):
            number = record.get(key, -1)
            if not isinstance(number, int) or number >= self._made[operation]:
                raise self.refusal(
                    f"is of {key.replace('_id', '')} {number!r}, which no line before it makes"
                )
        if record["op_code"] in self._made:
            self._made[record["op_code"]] += 1
        return record


def _is_begun(content: bytes) -> bool:
    """Return whether a file's start is that of a record, of which zeros are left where power fails."""
    return content.startswith(_START) or _START.startswith(content.rstrip(b"\0"))


def open_journal(path: Path) -> Any:
    """Return Optuna's storage of the journal at path. Raises InputError as JournalFile does."""
    journal = JournalFile(path)
    try:
        return load_extra("optuna").storages.JournalStorage(journal)
    except InputError:
        raise
    except Exception as error:  # Optuna raises nearly anything for a record that lacks something
        raise journal.refusal("is no record that Optuna can read") from error


def cut_unfinished_line(path: Path) -> None:
    """Take away what stands behind a journal's last whole line: its writer was stopped, or the disk full."""
    with path.open("rb+") as stream:
        size = stream.seek(0, os.SEEK_END)
        if not size:
            return
        stream.seek(size - 1)
        if stream.read(1) == b"\n":
            return
        stream.seek(0)
        stream.truncate(stream.read().rfind(b"\n") + 1)
