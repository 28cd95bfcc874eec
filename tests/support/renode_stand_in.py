# SPDX-License-Identifier: Apache-2.0
"""Stands in for the program renode, which cannot be installed with the tests' other tools. It is not Renode.

It understands as much of our own command line and script as is needed to make the pseudo terminal that they
ask for, and puts our embedded emulator behind it. So what a test sees with it is our runner's side alone:
start, line, log, end. Whether Renode understands our files is not seen here.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.pty import serve_pty
from toolkit.targets.board import load_board


def main(arguments: list[str]) -> None:
    """Do what renode does for our runner, until it is ended."""
    assert arguments[:5] == ["--disable-gui", "--port", "-1", "--plain", "-e"], arguments
    assert sys.stdin.read() == ""
    included = re.fullmatch(r"include @(.+)", arguments[5])
    assert included is not None
    script = Path(re.sub(r"\\ ", " ", included[1]))
    text = script.read_text(encoding="utf-8")
    line = re.search(r'^emulation CreateUartPtyTerminal "line" "(.+)" true\nconnector .+\nstart$', text, re.M)
    assert line is not None, text
    print("[INFO] this is not Renode", flush=True)
    board = re.search(r'^\$name\?="(\w+)"$', text, re.M)
    assert board is not None
    with serve_pty(EmulatorLink(script.parent / "firmware.elf", load_board(board[1]))) as server:
        Path(line[1]).symlink_to(server.name)
        while True:
            server.check()
            time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1:])
