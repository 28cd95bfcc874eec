# SPDX-License-Identifier: Apache-2.0
"""A program's output as a link reads it: what comes within a time. Windows cannot wait for its pipes."""

from __future__ import annotations

import os
import selectors
from typing import IO

_READ_BYTES = 65536


class OutputPipe:
    """The pipe that a program writes to. The pipe itself is closed by whoever made it."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._selector = selectors.DefaultSelector()
        self._selector.register(output, selectors.EVENT_READ)

    @property
    def number(self) -> int:
        """The file that is readable when read() has something."""
        return self._output.fileno()

    def read(self, timeout_s: float) -> bytes | None:
        """Return what came within timeout_s, which may be nothing; None once the program has closed it."""
        if not self._selector.select(timeout_s):
            return b""
        return os.read(self._output.fileno(), _READ_BYTES) or None

    def forget(self) -> None:
        """Wait for it no more."""
        self._selector.close()
