# SPDX-License-Identifier: Apache-2.0
"""The user's own application on a firmware, for some steps: whether it returns, and the stack it took."""

from __future__ import annotations

from toolkit.errors import DeviceError
from toolkit.runners.link import Link
from toolkit.runners.session import Session

_READS, _READ_S = 4, 0.2


def run_own_steps(link: Link, timeout_s: float) -> int:
    """Let the application begin and run for a moment; return the stack in bytes that was used up to then.

    Raises DeviceError that names app_start() and app_step() if the firmware then answers no more.
    """
    Session(link, timeout_s).ask("tm app")
    try:
        for _ in range(_READS):
            link.read(_READ_S)
        session = Session(link, timeout_s)
        session.hello()
        return session.memory().stack_used
    except DeviceError as error:
        raise DeviceError(
            f"the firmware answers no more once your application runs: {error.message}",
            hint="Do app_start() and app_step() return? Commands are answered between two steps.\n"
            "Or do they call tm_port_read()? The bytes that it returns are those of commands",
        ) from error
