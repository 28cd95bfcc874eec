# SPDX-License-Identifier: Apache-2.0
"""Running other programs: always with a timeout, never through a shell."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.errors import CompileError, ToolMissingError


@dataclass(frozen=True)
class Finished:
    """A program that ended: its exit code and what it printed (both streams, in order)."""

    exit_code: int
    output: str


def run(
    command: Sequence[str | Path],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Finished:
    """Run command to its end and return its exit code and output.

    Raises ToolMissingError if it is not there, CompileError if it takes more than timeout_s.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError as error:
        raise ToolMissingError(f"{words[0]} is not installed.", hint="Try: tinyml doctor") from error
    except subprocess.TimeoutExpired as error:
        raise CompileError(f"{words[0]} did not finish within {timeout_s:g} s.") from error
    return Finished(done.returncode, done.stdout.decode("utf-8", errors="replace"))
