# SPDX-License-Identifier: Apache-2.0
"""The processes of the page's steps: what Stop leaves behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, tempfile, time
from toolkit.live.telling import end_in_order
end_in_order()
with tempfile.TemporaryDirectory(dir=sys.argv[1]):
    print("there", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGTERM")
def test_a_step_that_is_stopped_leaves_no_temporary_folder(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE) as step:
        assert step.stdout is not None and step.stdout.readline() == b"there\n"
        assert len(list(tmp_path.iterdir())) == 1
        step.terminate()
        assert step.wait(30) == 143
    assert list(tmp_path.iterdir()) == []
