# SPDX-License-Identifier: Apache-2.0
"""How a process that the page started says something: a line of JSON on stdout."""

from __future__ import annotations

import json
import signal
import sys

_ENDED = 143


def tell(kind: str, **about: object) -> None:
    """Write a line for the page; kind says what it is, text in it what a person reads."""
    sys.stdout.write(json.dumps({"kind": kind, **about}) + "\n")
    sys.stdout.flush()


def end_in_order() -> None:
    """Have the page's Stop and Ctrl-C, which send SIGTERM, leave no temporary files."""
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(_ENDED)
