# SPDX-License-Identifier: Apache-2.0
"""A command that begins anew: same words, same process id, and no time is won by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.renewal import MOST_VARIABLE, GrownError, Growth

COMMAND = """
import os, sys, time
from pathlib import Path
from toolkit.renewal import Beginning, GrownError
beginning, been = Beginning(), Path(sys.argv[1])
with been.open("a") as stream:
    print(os.getpid(), beginning.left(60.0), beginning.left(None), *sys.argv[1:], file=stream)
if len(been.read_text().splitlines()) < 3:
    time.sleep(0.2)
    beginning.anew(GrownError("this process has grown by 1 MB"))
"""


def test_growth_is_what_came_since(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip("nobody says it there")
    monkeypatch.setenv(MOST_VARIABLE, "100")
    growth = Growth()
    growth.require_room()
    much = b"1" * (200 << 20)
    with pytest.raises(GrownError, match=r"grown by (19|20)[0-9] MB"):
        growth.require_room()
    del much
    growth.require_room()


def test_a_command_goes_on_in_a_new_process_with_the_time_that_was_left(tmp_path: Path) -> None:
    file, been = tmp_path / "a command.py", tmp_path / "been"
    file.write_text(COMMAND, encoding="utf-8")
    words = [sys.executable, str(file), str(been), "--option", "two words"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    lines = [line.split(maxsplit=3) for line in been.read_text().splitlines()]
    assert len(lines) == 3
    assert os.name == "nt" or len({pid for pid, *_ in lines}) == 1
    left = [float(seconds) for _, seconds, *_ in lines]
    assert 60 >= left[0] > left[1] + 0.15 > left[2] + 0.3
    assert {(none, rest) for _, _, none, rest in lines} == {("None", f"{been} --option two words")}
    assert done.stderr.count("grown by 1 MB, which TensorFlow does not give back") == 2
