# SPDX-License-Identifier: Apache-2.0
"""The signals that end a command; imported before all else, so it imports nothing of ours."""

import signal


def signals_to_end() -> list[int]:
    """Return the signals that end a command: Ctrl-C, SIGTERM, and the end of its terminal.

    Windows has no such last one, and nohup ignores it.
    """
    found = [int(signal.SIGINT), int(signal.SIGTERM)]
    hangs_up = getattr(signal, "SIGHUP", None)
    if hangs_up is not None and signal.getsignal(hangs_up) is not signal.SIG_IGN:
        found.append(int(hangs_up))
    return found
