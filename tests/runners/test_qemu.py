# SPDX-License-Identifier: Apache-2.0
"""QEMU as another opinion: the same model code on a machine with the board's core."""

from __future__ import annotations

import json
import shutil
from functools import cache

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without
from support.firmware_image import build_image
from support.variants_that_wait import all_but

from toolkit import paths
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import DeviceError, InputError, ToolMissingError, UsageError
from toolkit.firmware import Application, Firmware, build_to_fit, worst_stack
from toolkit.ir.graph import Graph
from toolkit.reference import oracle
from toolkit.report.text import verdict_lines
from toolkit.runners.link import open_link
from toolkit.runners.qemu import PROGRAM, machine_for, machine_name
from toolkit.runners.session import run_samples
from toolkit.targets.board import Board, board_names, load_board
from toolkit.targets.target import target_of
from toolkit.verify import on_device
from toolkit.verify.on_device import Place, Samples, check_firmware
from toolkit.verify.verdict import Verdict

M55 = "mps3_an547"
BOARDS = ["nano33ble", "stm32f746g_disco", M55]
QEMU = Place("qemu", timeout_s=60)


@pytest.fixture
def has_qemu() -> None:
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed: apt-get install qemu-system-arm")


@pytest.fixture
def fake_elf(tmp_path, has_qemu):
    """The firmware with the fake model for QEMU's machine with a Cortex-M4, and that machine."""
    board = machine_for(load_board("nano33ble"))
    return build_image(board, "gcc", tmp_path), board


@pytest.mark.parametrize("name", [name for name in board_names() if not load_board(name).is_host])
def test_a_machine_has_the_core_and_the_memory_of_its_board(name: str) -> None:
    board = load_board(name)
    machine = machine_for(board)
    assert machine.core == board.core and machine.name == f"{name}_qemu"
    assert machine.memory is not None and board.memory is not None
    assert machine.memory.ram.bytes == board.memory.ram.bytes
    assert machine.memory.flash.bytes == board.memory.flash.bytes
    assert machine.memory.stack_bytes == board.memory.stack_bytes
    assert target_of(machine) == target_of(board), "the same kernels and C"


def found_board(name: str) -> Board:
    """Return a board, or the machine itself: no board of ours has a Cortex-M55."""
    return load_board(name, paths.data_dir("boards") / "qemu" if name == M55 else None)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory):
    """Return what builds a model for the machine that stands in for a board, once."""

    @cache
    def built(name: str) -> tuple[CompiledModel, Firmware]:
        if shutil.which(PROGRAM) is None:
            pytest.skip(f"{PROGRAM} is not installed: apt-get install qemu-system-arm")
        skip_without(name, "gcc")
        board = machine_for(found_board(name))
        compiled = compile_model(digits_like()[0], "digits_like", target_of(board))
        folder = tmp_path_factory.mktemp(name) / "firmware"
        return build_to_fit(compiled, digits_like()[0], board, Application(), folder)

    return built


def check(compiled: CompiledModel, firmware: Firmware) -> Verdict:
    samples = Samples(np.stack(SAMPLES))
    return check_firmware(firmware, compiled, digits_like()[0], samples, QEMU).verdict


@pytest.mark.parametrize("name", all_but(BOARDS, [M55]))
def test_a_model_computes_in_qemu_what_tflm_does(name: str, build) -> None:
    verdict = check(*build(name))
    assert verdict.passed and verdict.samples == len(SAMPLES)
    assert (verdict.instructions, verdict.cycles, verdict.latency_ms) == (None, None, None)
    assert verdict.remark == f"QEMU {machine_name(found_board(name))}: same core, not the board"
    assert json.loads(json.dumps(verdict.to_json()))["remark"] == verdict.remark
    assert any(verdict.remark in line for line in verdict_lines(verdict))


def test_the_stack_of_a_core_with_vectors_is_proved(build) -> None:
    _, firmware = build(M55)
    found = worst_stack(firmware)
    assert found is not None and not found.why_unknown
    link = open_link(firmware.elf, firmware.board, runner="qemu")
    try:
        used = run_samples(link, [SAMPLES[0].tobytes()], timeout_s=60).info.stack_used
    finally:
        link.close()
    assert used is not None and 256 < used <= found.bytes


def test_a_wrong_byte_is_found(build, monkeypatch: pytest.MonkeyPatch) -> None:
    right = oracle.expected_outputs

    def with_a_wrong_byte(
        model: bytes, graph: Graph, samples: oracle.Rows, *, is_stream: bool = False
    ) -> oracle.Expected:
        expected = right(model, graph, samples, is_stream=is_stream)
        expected.outputs[1, 3] ^= 1
        return expected

    monkeypatch.setattr(on_device, "expected_outputs", with_a_wrong_byte)
    verdict = check(*build("nano33ble"))
    assert not verdict.passed and verdict.equal == len(SAMPLES) - 1
    assert verdict.first_difference is not None
    assert (verdict.first_difference.sample, verdict.first_difference.index) == (1, 3)


def test_two_runs_say_the_same_in_every_line(fake_elf) -> None:
    elf, board = fake_elf
    said = []
    for _ in range(2):
        link = open_link(elf, board, runner="qemu")
        try:
            transcript = run_samples(link, [bytes(range(7)), bytes(7)], timeout_s=60)
        finally:
            link.close()
        said.append([i.outputs for i in transcript.inferences])
    assert said[0] == said[1]
    assert (elf.parent / "qemu.log").is_file()


def test_a_qemu_that_ends_is_told_with_its_own_words(fake_elf) -> None:
    elf, board = fake_elf
    elf.unlink()
    link = open_link(elf, board, runner="qemu")
    try:
        with pytest.raises(DeviceError, match=r"QEMU ended with exit code 1; it said .*firmware.elf") as told:
            run_samples(link, [bytes(7)], timeout_s=20)
    finally:
        link.close()
    assert str(elf.parent / "qemu.log") in told.value.hint


def test_a_silent_firmware_is_not_told_of_cables(fake_elf) -> None:
    elf, board = fake_elf
    elf.write_bytes(build_loop(elf.read_bytes()))
    link = open_link(elf, board, runner="qemu")
    try:
        with pytest.raises(DeviceError, match="silent") as told:
            run_samples(link, [bytes(7)], timeout_s=1)
    finally:
        link.close()
    assert "qemu.log" in told.value.hint and "TX" not in told.value.hint


def build_loop(elf: bytes) -> bytes:
    """Return the image with its first instruction, cpsid i, replaced by a jump to itself."""
    assert elf.count(b"\x72\xb6") >= 1
    return elf.replace(b"\x72\xb6", b"\xfe\xe7", 1)


def test_without_qemu_the_runner_says_so_before_anything_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError, match="qemu-system-arm is not on the PATH") as told:
        QEMU.require_possible(load_board("nano33ble"))
    assert "apt-get install qemu-system-arm" in told.value.hint


def test_the_firmware_of_a_real_board_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="QEMU does not run the firmware of nano33ble"):
        open_link(tmp_path / "firmware.elf", load_board("nano33ble"), runner="qemu")


def test_a_core_that_no_machine_has_is_named() -> None:
    host = load_board("host")
    with pytest.raises(InputError, match="QEMU has no machine for host, whose core is native"):
        machine_name(host)
    with pytest.raises(UsageError, match="does not run on the runner qemu"):
        QEMU.require_possible(host)
