# SPDX-License-Identifier: Apache-2.0
"""A Cortex-M0+, that of the Pico: the same runtime and the portable kernels on ARMv6-M, by both compilers."""

from __future__ import annotations

import dataclasses
import re
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without
from support.firmware_image import build_image
from support.tflm import run_tflm
from support.variants_that_wait import waiting

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.emulator.error import EmulationError
from toolkit.emulator.machine import Machine
from toolkit.errors import CompileError, InputError
from toolkit.firmware import Application, build_firmware, render_project, worst_stack
from toolkit.runners.link import open_link
from toolkit.runners.protocol import fault_in
from toolkit.runners.qemu import PROGRAM, machine_for
from toolkit.runners.session import run_samples
from toolkit.targets.board import Board, load_board
from toolkit.targets.target import target_of
from toolkit.timing.model import Counts
from toolkit.verify.bare import built_bare, count_layers
from toolkit.verify.on_device import Place, Samples, check_firmware

DATA = digits_like()[0]
MODEL = Path(__file__).with_name("faulty_model.c")
WRITE, UNALIGNED, DWT, NVIC_BYTE, CYCLES, MASKED_CYCLES = range(5, 11)
SPIN = 1 << 20
SPIN_CYCLES = SPIN // 16 * 17  # a jump takes a cycle more


@pytest.fixture(scope="module")
def board() -> Board:
    return load_board("raspberry_pi_pico")


@pytest.fixture(scope="module")
def compiled(board: Board) -> CompiledModel:
    return compile_model(DATA, "digits_like", target_of(board))


@pytest.fixture(scope="module", params=waiting(["gcc", "zig"], ["zig"]))
def image(request: pytest.FixtureRequest, board: Board, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_image(board, request.param, tmp_path_factory.mktemp("armv6m"), model=MODEL)


def ask(image: Path, board: Board, what: int, counts: Counts = "instructions") -> tuple[str, Machine]:
    """Return what the firmware says when its model does something, and the machine."""
    machine = Machine(image, board, counts=counts)
    machine.line.offer(f"db load 1%db {what:02x}%infer 1 0%tm raw%".encode())
    said = b""
    for _ in range(400):
        machine.run(1_000_000, timeout_s=60)
        said += machine.line.collect()
        if b"m-tm-crc" in said or b"e-[" in said:
            break
    return said.decode(), machine


def fail(image: Path, board: Board, what: int) -> str:
    """Return how the emulator ends when the model does something wrong."""
    with pytest.raises(EmulationError) as caught:
        ask(image, board, what)
    return str(caught.value)


@pytest.fixture(scope="module")
def expected() -> list[bytes]:
    """What TensorFlow Lite Micro computes of each sample."""
    rows = run_tflm(DATA, [[sample.reshape(1, 8, 8, 1)] for sample in SAMPLES])
    outputs = [np.asarray(row[0]).tobytes() for row in rows]
    assert len({*outputs}) == len(SAMPLES)
    return outputs


def test_a_model_computes_what_tflm_does(
    board: Board, compiled: CompiledModel, expected: list[bytes], tmp_path: Path
) -> None:
    skip_without(board.name, "gcc")
    firmware = build_firmware(render_project(compiled, board, Application(), tmp_path / "build" / "firmware"))
    verdict = check_firmware(firmware, compiled, DATA, Samples(np.stack(SAMPLES)), Place()).verdict
    assert verdict.passed and verdict.samples == len(SAMPLES)
    assert verdict.instructions is not None and verdict.cycles is not None
    assert 1.1 * verdict.instructions < verdict.cycles < 1.6 * verdict.instructions
    assert verdict.latency_ms is not None and verdict.latency_error is None
    transcript = run_samples(open_link(firmware.elf, board), [sample.tobytes() for sample in SAMPLES])
    assert [each.outputs for each in transcript.inferences] == expected
    stack = worst_stack(firmware)
    assert stack is not None and not stack.why_unknown
    used = transcript.info.stack_used
    assert used is not None and used <= stack.bytes
    assert any(name == "tm_cycles_turn" for name, _ in stack.chain)


@pytest.mark.bench
def test_the_model_alone_computes_what_tflm_does_by_zig(
    board: Board,
    compiled: CompiledModel,
    expected: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    skip_without(board.name, "zig")
    monkeypatch.setenv("TINYML_TOOLCHAIN", "zig")
    output = next(
        each for each in compiled.plan.placements if each.buffer.tensor == compiled.graph.outputs[0]
    )
    found: list[bytes] = []
    with built_bare(compiled, board, np.stack(SAMPLES).reshape(len(SAMPLES), -1)) as elf:
        machine = Machine(elf, board)
        place = machine.image.symbols["digits_like_arena"] + output.offset
        start = machine.image.symbols["tm_model_reset"] & ~1
        machine.watch(start, lambda: found.append(machine.read_memory(place, output.buffer.bytes)))
        with pytest.raises(EmulationError, match="stopped at a breakpoint"):
            machine.run(1_000_000_000, timeout_s=60)
    found.append(machine.read_memory(place, output.buffer.bytes))
    assert found[1:] == expected


@pytest.mark.bench
def test_the_same_model_in_qemu(board: Board, compiled: CompiledModel, tmp_path: Path) -> None:
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed: apt-get install qemu-system-arm")
    skip_without(board.name, "gcc")
    machine = machine_for(board)
    firmware = build_firmware(render_project(compiled, machine, Application(), tmp_path / "firmware"))
    place = Place("qemu", timeout_s=60)
    verdict = check_firmware(firmware, compiled, DATA, Samples(np.stack(SAMPLES)), place).verdict
    assert verdict.passed and verdict.samples == len(SAMPLES)
    assert verdict.remark.startswith("QEMU mps2-an385: a Cortex-M3, ") and "same core" not in verdict.remark


def test_each_layer_is_counted_without_a_firmware(board: Board, compiled: CompiledModel) -> None:
    skip_without(board.name, "gcc")
    rows = np.stack(SAMPLES).reshape(len(SAMPLES), -1)[:1]
    (layers,) = count_layers(compiled, board, rows)
    assert all(layer.instructions and layer.cycles for layer in layers)
    convolution = layers[0].instructions
    assert convolution is not None and convolution > 8 * 8 * 8 * 9, "an instruction a multiplication at least"
    assert layers[0].cycles > 1.1 * convolution


def test_an_access_that_is_not_aligned_is_found(image: Path, board: Board) -> None:
    said, machine = ask(image, board, UNALIGNED)
    line = said.rstrip().split("\r\n")[-1]
    found = re.fullmatch(
        r"e-\[fault HardFault pc=0x(\w{8}) lr=0x\w{8} cfsr=0x0{8} addr=0x0{8} crc=0x\w{8}\]", line
    )
    assert found is not None, said
    assert fault_in(line)
    assert machine.image.symbol_at(int(found[1], 16)).startswith("tm_model_invoke")
    with pytest.raises(EmulationError, match=r"a HardFault \(an access that is not aligned\)"):
        machine.run(1_000_000_000, timeout_s=60)


def test_a_write_to_nowhere_faults_at_once_as_there_is_no_write_buffer(image: Path, board: Board) -> None:
    said, machine = ask(image, board, WRITE)
    found = re.search(r"e-\[fault HardFault pc=0x(\w{8})", said)
    assert found is not None, said
    with pytest.raises(EmulationError, match="a HardFault on 0x60000010") as caught:
        machine.run(1_000_000_000, timeout_s=60)
    assert caught.value.pc == int(found[1], 16)


def test_what_the_core_does_not_have_ends_the_run(image: Path, board: Board) -> None:
    assert "0xe0001004: nothing is mapped there" in fail(image, board, DWT)
    assert "takes only whole words of Nvic, here are 1 bytes" in fail(image, board, NVIC_BYTE)


@pytest.mark.parametrize("what", [CYCLES, MASKED_CYCLES])
@pytest.mark.parametrize(("counts", "spin"), [("instructions", SPIN), ("cycles", SPIN_CYCLES)])
def test_cycles_are_counted_beyond_the_24_bits_of_systick(
    image: Path, board: Board, what: int, counts: Counts, spin: int
) -> None:
    said, _ = ask(image, board, what, counts)
    output = re.search(r"m-tm-raw-\[0,([0-9a-fA-F]{32})", said)
    assert output is not None, said
    least, most = struct.unpack("<2I", bytes.fromhex(output[1])[:8])
    assert spin <= least <= most < spin + 200


@pytest.mark.parametrize(("interrupts", "bits"), [(240, 2), (32, 3)])
def test_a_board_with_more_than_armv6m_has_is_refused(
    image: Path, board: Board, interrupts: int, bits: int
) -> None:
    assert board.emulation is not None
    emulation = dataclasses.replace(board.emulation, interrupts=interrupts, priority_bits=bits)
    with pytest.raises(InputError, match=f"{interrupts} interrupt lines and {bits} bits of priority"):
        Machine(image, dataclasses.replace(board, emulation=emulation))


def test_an_instruction_of_armv7m_ends_the_build(board: Board, tmp_path: Path) -> None:
    skip_without(board.name, "gcc")
    model = compile_model(DATA, "digits_like", target_of(board))
    project = render_project(model, board, Application(), tmp_path / "firmware")
    kept = '__attribute__((used, section(".isr_vector"))) static void (*const kept)(void) = own;'
    body = '{ __asm volatile(".inst.n 0xb108"); }  /* cbz r0, two instructions on: runs in the emulator */'
    (project.folder / "src" / "own.c").write_text(f"void own(void);\nvoid own(void) {body}\n{kept}\n")
    with pytest.raises(CompileError, match=r"own has a Thumb-2 instruction at 0x.*needs ARMv7-M"):
        build_firmware(project)
