# SPDX-License-Identifier: Apache-2.0
"""Those of Renode's keywords that our suites use, over our embedded emulator: a library of Robot Framework.

It is not Renode. It shows that a suite's commands, lines and bytes are those of the firmware, and that a
wrong one fails. As in Renode, a line is looked for in what was said since the last match, by a part of it
or a regular expression; with matchNextLine the next line has to have it, and there are no groups.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.protocol import LineSplitter
from toolkit.targets.board import load_board


class robot_stand_in:  # noqa: N801
    """One emulated board for each test case; Robot Framework takes the class by the name of the file."""

    ROBOT_LIBRARY_SCOPE = "TEST"

    def __init__(self) -> None:
        self._script = Path()
        self._link: EmulatorLink | None = None
        self._splitter = LineSplitter()
        self._lines: list[str] = []

    def execute_command(self, command: str) -> None:
        """Take the script that is included, with a backslash before each space."""
        assert command.startswith("include @") and not re.search(r"(?<!\\) ", command.partition("@")[2])
        self._script = Path(command.partition("@")[2].replace("\\ ", " "))
        assert "\nstart\n" not in self._script.read_text(encoding="utf-8")

    def create_terminal_tester(self, uart: str, timeout: str) -> None:
        """Need the board's UART, before the start."""
        board = load_board(self._script.stem)
        assert board.renode is not None and board.renode.uart == uart and float(timeout) > 0
        assert self._link is None, "the tester comes after the start, and misses what is said before it"

    def start_emulation(self) -> None:
        """Start the board."""
        board = load_board(self._script.stem)
        self._link = EmulatorLink(self._script.parent / "firmware.elf", board)

    def write_to_uart(self, content: str) -> None:
        """Send text."""
        assert self._link is not None
        self._link.write(content.encode("ascii"))

    def wait_for_line_on_uart(
        self,
        content: str,
        treatAsRegex: str = "false",  # noqa: N803
        matchNextLine: str = "false",  # noqa: N803
    ) -> dict[str, Any]:
        """Return the line; fail if the firmware says no more."""
        while True:
            line = self._next_line()
            is_regex = treatAsRegex == "true"
            match = re.search(content if is_regex else re.escape(content), line)
            if match:
                groups = list(match.groups()) if matchNextLine != "true" else None
                return {"Line": line, "Groups": groups}
            if matchNextLine == "true":
                raise AssertionError(f"{content} was to come, not {line}")

    def _next_line(self) -> str:
        assert self._link is not None
        while not self._lines:
            data = self._link.read(10.0)
            if not data:
                raise AssertionError("nothing more comes")
            self._lines = self._splitter.feed(data)
        return self._lines.pop(0)
