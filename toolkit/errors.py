# SPDX-License-Identifier: Apache-2.0
"""Every error the toolkit raises on purpose: one tree, one exit code a branch."""

from __future__ import annotations

from collections.abc import Mapping


class TinymlError(Exception):
    """What went wrong, as one sentence with names and numbers, and what to do next.

    message names the thing and the fact; hint is the next step, best a command; facts are what
    --json shows beside them. exit_code is what the command line returns for this branch of the tree.
    """

    exit_code = 70

    def __init__(
        self, message: str, *, hint: str | None = None, facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = dict(facts or {})


class CheckFailedError(TinymlError):
    """A check ran and said no: an output byte differs, an accuracy is too low."""

    exit_code = 1


class UsageError(TinymlError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class InputError(TinymlError):
    """The user's file or choice is at fault."""

    exit_code = 3


class DivergedError(InputError):
    """The training's loss stopped being a number: the learning rate is too high."""


class UnsupportedError(InputError):
    """The model needs something that the toolkit does not have."""


class DoesNotFitError(InputError):
    """The model or firmware is larger than what the board has."""


class ToolMissingError(TinymlError):
    """A program or package that this step needs is not installed."""

    exit_code = 4


class DeviceError(TinymlError):
    """The device could not be checked: silent, absent, faulted or out of protocol."""

    exit_code = 5


class CompileError(TinymlError):
    """The C compiler or PlatformIO said no."""

    exit_code = 6
