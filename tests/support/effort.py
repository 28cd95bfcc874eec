# SPDX-License-Identifier: Apache-2.0
"""How much generated tests run: a part for each change; with TINYML_FUZZ, as make fuzz sets it, all."""

from __future__ import annotations

import os


def is_broad() -> bool:
    """Whether this is a run for breadth, as make fuzz is, and none for each change."""
    return "TINYML_FUZZ" in os.environ


def times(rounds: int, *, here: int | None = None) -> int:
    """Return so many rounds of a fuzzer, multiplied by TINYML_FUZZ; where that is not set, only here.

    The seeds of here are the first ones of the others.
    """
    if here is not None and not is_broad():
        return here
    return rounds * int(os.environ.get("TINYML_FUZZ", "1"))


def breadth(cases: int, *, here: int) -> int:
    """Return so many cases of a test that is no fuzzer; where TINYML_FUZZ is not set, only here."""
    return cases if is_broad() else here
