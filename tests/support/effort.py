# SPDX-License-Identifier: Apache-2.0
"""How long the fuzzers run: TINYML_FUZZ multiplies their rounds, as make fuzz sets it."""

from __future__ import annotations

import os


def times(rounds: int) -> int:
    """Return so many rounds, multiplied by TINYML_FUZZ where it is set."""
    return rounds * int(os.environ.get("TINYML_FUZZ", "1"))
