# SPDX-License-Identifier: Apache-2.0
"""How a process that the page started says something: a line of JSON on stdout."""

from __future__ import annotations

import json
import sys


def tell(kind: str, **about: object) -> None:
    """Write a line for the page; kind says what it is, text in it what a person reads."""
    sys.stdout.write(json.dumps({"kind": kind, **about}) + "\n")
    sys.stdout.flush()
