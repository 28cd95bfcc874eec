# SPDX-License-Identifier: Apache-2.0
"""The runner for Renode, and what is rendered for it. Renode itself cannot be installed with the other tools.

Programs that are called renode, and are not, stand in for it (support/renode_stand_in.py says how far that
goes). tests/runners/test_renode_names.py compares the names in our files with Renode's own.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import time
import tracemalloc
from collections import deque
from pathlib import Path

import pytest
from support.renode_names import keywords_stub, wrong_arguments
from support.robot_stand_in import robot_stand_in

from toolkit import paths, process
from toolkit.errors import DeviceError, InputError, ToolMissingError
from toolkit.runners.link import open_link
from toolkit.runners.renode import RenodeLink
from toolkit.runners.renode_files import renode_files
from toolkit.runners.renode_outputs import outputs_robot
from toolkit.runners.session import run_samples
from toolkit.targets.board import board_names, load_board

KNOWN = [name for name in board_names() if load_board(name).renode is not None]
NO_ROBOT = "robotframework is not installed: pip install -e '.[test]'"
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.mark.parametrize("name", KNOWN)
def test_scripts_a_platform_and_a_test_are_rendered(name) -> None:
    board = load_board(name)
    assert board.renode is not None and board.memory is not None
    files = renode_files(board)
    assert sorted(files) == sorted([f"{name}.repl", f"{name}.resc", f"{name}.robot", f"{name}_watch.resc"])
    script, watch, platform = files[f"{name}.resc"], files[f"{name}_watch.resc"], files[f"{name}.repl"]
    assert "$elf?=$ORIGIN/firmware.elf" in script and "logLevel 3" in script
    assert f"VectorTableOffset {board.memory.flash.origin:#x}" in script
    assert f"PerformanceInMips: {board.clock.hz // 1_000_000}\n" in platform
    assert platform.count(f": {board.clock.hz}\n") == 2, "DWT and SysTick count the core's clock"
    assert watch.splitlines()[-3:] == [
        f"include $ORIGIN/{name}.resc",
        f"showAnalyzer {board.renode.uart}",
        "start",
    ]
    assert f"m-name-dut-[{name}]" in files[f"{name}.robot"]


@pytest.mark.parametrize("name", KNOWN)
def test_the_script_for_tests_opens_no_socket_and_does_not_start(name) -> None:
    lines = renode_files(load_board(name))[f"{name}.resc"].splitlines()
    assert "start" not in lines
    assert not re.search(r"Socket|showAnalyzer|emulation", "\n".join(lines))


@pytest.mark.parametrize("name", KNOWN)
def test_a_suite_waits_before_it_starts(name) -> None:
    words = re.findall(r"^    (\S+ \S+ ?\S*)", renode_files(load_board(name))[f"{name}.robot"], re.M)
    assert words.index("Create Terminal Tester") < words.index("Start Emulation")


def test_where_renode_has_no_platform_nothing_is_rendered(nano_elf) -> None:
    host = load_board("host")
    assert renode_files(host) == {}
    with pytest.raises(InputError, match="Renode has no platform for host"):
        open_link(nano_elf, host, runner="renode")


def test_without_renode_the_runner_says_so(nano_elf, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError, match="renode is not on the PATH"):
        open_link(nano_elf, load_board("nano33ble"), runner="renode")


@pytest.fixture
def in_place_of_renode(tmp_path, monkeypatch):
    """Put a script in place of the program renode; return what does that."""

    def put(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "renode"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return put


@pytest.fixture
def elf(nano_elf, tmp_path) -> Path:
    """A firmware in a folder of its own, whose name has a space."""
    folder = tmp_path / "my project"
    folder.mkdir()
    return Path(shutil.copy(nano_elf, folder / "firmware.elf"))


def test_the_runner_talks_over_a_pseudo_terminal_and_keeps_the_log(
    elf, in_place_of_renode, monkeypatch, tmp_path
) -> None:
    (tmp_path / "with space").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "with space"))
    monkeypatch.setenv("PYTHONPATH", f"{paths.data_dir('boards').parent}:{SUPPORT}")
    in_place_of_renode(f'exec {sys.executable} {SUPPORT / "renode_stand_in.py"} "$@"')
    board, samples = load_board("nano33ble"), [bytes(7), bytes(range(7))]
    link = open_link(elf, board, runner="renode")
    try:
        transcript = run_samples(link, samples, timeout_s=60)
    finally:
        link.close()
    expected = run_samples(open_link(elf, board), samples)
    assert [i.outputs for i in transcript.inferences] == [i.outputs for i in expected.inferences]
    assert "this is not Renode" in (elf.parent / "renode.log").read_text()
    left = list((tmp_path / "with space").glob("tinyml-renode-*"))
    assert left == [], "what was written for Renode is gone"


def test_what_ends_before_the_start_is_told_with_its_own_words(elf, in_place_of_renode) -> None:
    in_place_of_renode('echo "12:00 [INFO] Loaded"; echo "12:01 [ERROR] no such file: x.repl"; exit 3')
    with pytest.raises(DeviceError) as told:
        RenodeLink(elf, load_board("nano33ble"))
    assert "Renode ended with exit code 3 before it had started the board" in str(told.value)
    assert "no such file: x.repl" in str(told.value)
    assert told.value.hint == f"See: {elf.resolve().parent / 'renode.log'}"


def test_what_does_not_start_is_ended_with_all_that_it_started(elf, in_place_of_renode, tmp_path) -> None:
    in_place_of_renode(f'sleep 600 & echo $! > "{tmp_path}/child"; echo "Script: Error E17"; wait')
    with pytest.raises(DeviceError, match=r"did not start the board within 1 s; .* Error E17"):
        RenodeLink(elf, load_board("nano33ble"), start_timeout_s=1)
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while _is_running(child):
        assert time.monotonic() < deadline, "the child runs on"
        time.sleep(0.05)


def _is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


_PTY = """import os, pty, re, sys, time
script = open(sys.argv[1].replace("\\\\\\\\ ", " ").partition("@")[2]).read()
master, slave = pty.openpty()
os.symlink(os.ttyname(slave), re.search(r'"line" "(.+)" true', script)[1])
"""


def test_a_silent_firmware_is_not_told_of_cables(elf, in_place_of_renode, tmp_path) -> None:
    (tmp_path / "silent.py").write_text(_PTY + "time.sleep(600)\n")
    in_place_of_renode(f'exec {sys.executable} "{tmp_path}/silent.py" "$6"')
    link = open_link(elf, load_board("nano33ble"), runner="renode")
    try:
        with pytest.raises(DeviceError, match="silent") as told:
            run_samples(link, [bytes(7)], timeout_s=1)
    finally:
        link.close()
    assert "renode.log" in told.value.hint and "TX" not in told.value.hint


def test_what_ends_in_the_middle_is_told(elf, in_place_of_renode, tmp_path) -> None:
    (tmp_path / "ends.py").write_text(_PTY + "os.read(master, 1); print('[ERROR] CPU abort')\nsys.exit(2)\n")
    in_place_of_renode(f'exec {sys.executable} "{tmp_path}/ends.py" "$6"')
    link = open_link(elf, load_board("nano33ble"), runner="renode")
    try:
        with pytest.raises(DeviceError, match=r"Renode ended with exit code 2; .*CPU abort"):
            run_samples(link, [bytes(7)], timeout_s=20)
    finally:
        link.close()


def test_what_floods_its_log_is_kept_up_to_a_size_and_its_error_is_still_found(
    elf, in_place_of_renode, monkeypatch
) -> None:
    monkeypatch.setattr(process, "MOST_LOG_BYTES", 1 << 20)
    in_place_of_renode("echo '[ERROR] E1'; exec head -c 6000000 /dev/zero")
    with pytest.raises(
        DeviceError, match=r'ended with exit code 0 .*the last that it said is "\[ERROR\] E1"'
    ):
        RenodeLink(elf, load_board("nano33ble"))
    log = (elf.parent / "renode.log").read_bytes()
    assert 1 << 20 < len(log) < (1 << 20) + 100
    assert log.endswith(b"the log ends here: the program said more.\n")


def test_a_log_without_a_line_end_is_read_in_pieces(tmp_path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 3_000_000 + b"\n\n last \xff\n")
    tracemalloc.start()
    try:
        (last,) = deque(process.lines_of(log), maxlen=1)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert last == "last \ufffd"
    assert most < 2_000_000


def test_a_renode_that_is_no_program_is_named(elf, in_place_of_renode) -> None:
    in_place_of_renode("")
    program = Path(shutil.which("renode") or "")
    program.write_bytes(b"\0\1\2")
    with pytest.raises(ToolMissingError, match="renode is no program that this computer can run") as told:
        RenodeLink(elf, load_board("nano33ble"))
    assert "another folder" not in str(told.value.hint)


@pytest.fixture
def outputs(elf):
    """What two samples give, and a suite that asks for it in a folder with Renode's other files."""
    board, rows = load_board("nano33ble"), [bytes(range(7)), bytes([200] * 7)]
    transcript = run_samples(open_link(elf, board), rows)
    given = {place: each.outputs for place, each in enumerate(transcript.inferences)}
    for name, text in renode_files(board).items():
        (elf.parent / name).write_text(text, encoding="utf-8")
    text = outputs_robot(board, transcript.info, "test", rows, given, is_stream=False)
    return text, given[1]


def run_suite(text: str, folder: Path) -> list[str]:
    """Return the messages of the test cases that fail, with our emulator in place of Renode."""
    robot = pytest.importorskip("robot.api", reason=NO_ROBOT)
    suite_file = folder / "suite.robot"
    suite_file.write_text(text, encoding="utf-8")
    suite = robot.TestSuite.from_file_system(suite_file)
    for library in (str(SUPPORT / "robot_stand_in.py"), "String"):
        suite.resource.imports.create(type="Library", name=library)
    with (folder / "said").open("w", encoding="utf-8") as said:
        result = suite.run(output=None, stdout=said, stderr=said)
    return [test.message for test in result.suite.all_tests if not test.passed]


def test_the_suite_of_outputs_asks_what_the_firmware_answers(elf, outputs) -> None:
    assert run_suite(outputs[0], elf.parent) == []
    assert wrong_arguments(outputs[0]) == []
    texts = re.findall(r"Ask    tm raw.*", outputs[0])
    assert len(texts) == 3, "two samples by run, and the first by MLPerf Tiny's commands"
    assert all(text.count("m-tm-raw-[") == 2 for text in texts), "64 bytes a line, of 78"


def test_the_suite_of_outputs_finds_a_wrong_byte(elf, outputs) -> None:
    text, last = outputs[0], outputs[1][64:]
    wrong = bytes([*last[:-1], last[-1] ^ 1])
    before, found, after = text.rpartition(f"m-tm-raw-[64,{last.hex().upper()}]")
    assert found
    (message,) = run_suite(f"{before}m-tm-raw-[64,{wrong.hex().upper()}]{after}", elf.parent)
    assert message == f"m-tm-raw-[64,{wrong.hex().upper()}] was to come, not {found}"


def test_the_suite_that_is_built_passes_too(elf, outputs) -> None:
    assert run_suite((elf.parent / "nano33ble.robot").read_text(), elf.parent) == []


def test_the_stand_in_for_renodes_keywords_has_no_keyword_of_its_own() -> None:
    own = [name for name in vars(robot_stand_in) if not name.startswith("_") and name.islower()]
    assert own
    for name in own:
        assert f"\n{name.replace('_', ' ')}\n" in keywords_stub().lower()


@pytest.mark.skipif(shutil.which("renode") is None, reason="renode is not installed: see Renode's releases")
def test_renode_gives_the_same_outputs_as_the_emulator(nano_elf) -> None:
    board, samples = load_board("nano33ble"), [bytes(7)]
    link = open_link(nano_elf, board, runner="renode")
    try:
        outputs = run_samples(link, samples, timeout_s=60).inferences[0].outputs
    finally:
        link.close()
    assert outputs == run_samples(open_link(nano_elf, board), samples).inferences[0].outputs
