# SPDX-License-Identifier: Apache-2.0
"""`python -m toolkit` is `tinyml`; also the first that runs of it, before anything is imported."""

import os
import signal

from toolkit.signals import signals_to_end


def _leave(number: int, frame: object) -> None:
    """End as Ctrl-C does later on: while modules are being imported nobody could catch it."""
    try:
        os.write(2, b"Interrupted.\n")
    finally:
        os._exit(128 + number)


def main() -> None:
    """Run the command line, interruptible without a traceback from the start."""
    for number in signals_to_end():
        signal.signal(number, _leave)
    from toolkit.cli.main import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
