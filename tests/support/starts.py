# SPDX-License-Identifier: Apache-2.0
"""The processor time of a process in starts of a bare Python, as machines differ by three times."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Sequence

_TIMES = 3


def starts_of(words: Sequence[str]) -> float:
    """Return the processor time of python with these words, as a multiple of python that does nothing.

    Both are the best of three, taken in turn.
    """
    bare, wanted = [], []
    for _ in range(_TIMES):
        bare.append(_seconds(["-c", "pass"]))
        wanted.append(_seconds(words))
    return min(wanted) / min(bare)


def _seconds(words: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, capture_output=True, timeout=120)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
