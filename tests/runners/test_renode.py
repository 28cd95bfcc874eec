# SPDX-License-Identifier: Apache-2.0
"""Renode's files for every board that it knows, and its runner where it is installed."""

from __future__ import annotations

import shutil

import pytest

from toolkit.errors import InputError, ToolMissingError
from toolkit.runners.link import open_link
from toolkit.runners.renode_files import renode_files
from toolkit.runners.session import run_samples
from toolkit.targets.board import board_names, load_board

KNOWN = [name for name in board_names() if load_board(name).renode is not None]


@pytest.mark.parametrize("name", KNOWN)
def test_a_script_a_platform_and_a_test_are_rendered(name) -> None:
    board = load_board(name)
    assert board.renode is not None and board.memory is not None
    files = renode_files(board, 4000)
    assert sorted(files) == [f"{name}.repl", f"{name}.resc", f"{name}.robot"]
    script = files[f"{name}.resc"]
    assert "$elf?=$ORIGIN/firmware.elf" in script
    assert 'CreateServerSocketTerminal 4000 "line" false' in script
    assert f"connector Connect {board.renode.uart} line" in script
    assert f"VectorTableOffset {board.memory.flash.origin:#x}" in script
    assert f'using "{board.renode.platform}"' in files[f"{name}.repl"]
    assert f"m-name-dut-[{name}]" in files[f"{name}.robot"]


def test_where_renode_has_no_platform_nothing_is_rendered(nano_elf) -> None:
    edge = load_board("sparkfun_edge")
    assert renode_files(edge) == {}
    with pytest.raises(InputError, match="Renode has no platform for sparkfun_edge"):
        open_link(nano_elf, edge, runner="renode")


def test_without_renode_the_runner_says_so(nano_elf, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError, match="renode is not on the PATH"):
        open_link(nano_elf, load_board("nano33ble"), runner="renode")


@pytest.mark.skipif(shutil.which("renode") is None, reason="renode is not installed: see Renode's releases")
def test_renode_gives_the_same_outputs_as_the_emulator(nano_elf) -> None:
    board, samples = load_board("nano33ble"), [bytes(7)]
    link = open_link(nano_elf, board, runner="renode")
    try:
        outputs = run_samples(link, samples, timeout_s=60).inferences[0].outputs
    finally:
        link.close()
    assert outputs == run_samples(open_link(nano_elf, board), samples).inferences[0].outputs
