# SPDX-License-Identifier: Apache-2.0
"""Send samples to a firmware, compare every output byte, keep what was said."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import DeviceError, TinymlError, UsageError
from toolkit.files import sha256_of, write_atomic
from toolkit.firmware import Firmware, worst_stack
from toolkit.metrics import Task
from toolkit.ops.shared.ends import as_file_gives, as_graph_takes
from toolkit.reference.oracle import Expected, Rows, expected_outputs
from toolkit.runners.emulator import require_unicorn
from toolkit.runners.link import RunnerName, open_link
from toolkit.runners.own_steps import run_own_steps
from toolkit.runners.ports import is_pseudo_terminal
from toolkit.runners.qemu import machine_for, machine_remark, require_qemu
from toolkit.runners.renode_outputs import outputs_robot
from toolkit.runners.session import run_samples
from toolkit.runners.transcript import DeviceInfo, Inference, Transcript
from toolkit.suggest import quoted
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core
from toolkit.tflite.reader import read_graph
from toolkit.timing.model import Counts, cost_of, latency_error, waits_of
from toolkit.ui import OnProgress
from toolkit.verify.fed import Fed, fed
from toolkit.verify.verdict import Layer, Verdict, compare, score


@dataclass(frozen=True, eq=False)
class Samples:
    """inputs is int8 (n, input bytes); with task and labels (n, ...) the outputs get a score.

    threshold is that of an anomaly detector's errors. is_stream says that the samples are one sequence,
    for a model that remembers; else each is for itself.
    """

    inputs: Rows
    task: Task | None = None
    labels: NDArray[Any] | None = None
    threshold: float | None = None
    is_stream: bool = False


@dataclass(frozen=True)
class Place:
    """Where the firmware runs: by a runner, or on the serial port. timeout_s is for one inference."""

    runner: RunnerName | None = None
    port: str | None = None
    timeout_s: float = 60.0

    def name(self, board: Board) -> str:
        """Return the runner's name, as the verdict says it."""
        if self.port:
            return "serial"
        return self.runner or ("host" if board.is_host else "emulator")

    @property
    def is_played(self) -> bool:
        """Whether a program is behind the port, such as an emulator of tinyml serve, and no board."""
        return self.port is not None and is_pseudo_terminal(self.port)

    def board_of(self, board: Board) -> Board:
        """Return the board to build for: QEMU has none of ours, but a machine with the same core."""
        return machine_for(board) if self.runner == "qemu" and not self.port else board

    def remark(self, board: Board) -> str:
        """Return what the verdict says of where it ran, "" where the runner's name says it all."""
        if self.is_played:
            return "a program behind a pseudo terminal, not the board: its times are no times of the board"
        if self.runner != "qemu":
            return ""
        return machine_remark(board)

    def require_possible(self, board: Board) -> None:
        """Raise UsageError if this board's firmware cannot run there, ToolMissingError without its tool."""
        runner = self.name(board)
        if board.is_host != (runner == "host"):
            raise UsageError(
                f"the firmware for {board.name} does not run on the runner {runner}.",
                hint="Try: --board host with --runner host; another with emulator, renode, qemu or --port",
            )
        if runner == "qemu":
            require_qemu()
        if runner == "emulator":
            require_unicorn()


@dataclass(frozen=True, eq=False)
class Checked:
    """A check's verdict, what was said, and the outputs (n, output bytes) that came.

    scored are the places in outputs of the samples themselves: with a window that slides, others stand
    between. renode_test is a test for Renode with the same outputs, "" where they are wrong or it has no such
    board.
    """

    verdict: Verdict
    transcript: Transcript
    outputs: tuple[bytes, ...] = field(repr=False)
    scored: Sequence[int]
    renode_test: str = field(default="", repr=False)

    @property
    def of_samples(self) -> tuple[bytes, ...]:
        """The outputs for the samples."""
        return tuple(self.outputs[place] for place in self.scored)


def check_firmware(
    firmware: Firmware,
    compiled: CompiledModel,
    model: bytes,
    samples: Samples,
    place: Place,
    on_progress: OnProgress | None = None,
) -> Checked:
    """Run every sample on the firmware and compare each output byte with the oracle's.

    A firmware that takes a window hop by hop gets the samples' rows one after the other, and every window
    that is full is compared.

    model is the .tflite that compiled came from. Raises DeviceError if the firmware cannot be
    asked, runs another model, or answers no more once the
    user's own application runs; TinymlError, a bug of the toolkit, if it used more stack than proved.
    """
    place.require_possible(firmware.board)
    graph = read_graph(model, compiled.name)
    is_aot = firmware.engine == "aot"  # TFLM runs the file as it is, with its float32 ends
    feed = fed(compiled.graph, graph.tensors[graph.inputs[0]], samples.inputs, is_stream=samples.is_stream)
    expected = expected_outputs(model, graph, feed.windows, is_stream=feed.is_stream)
    link = open_link(firmware.elf, firmware.board, runner=place.runner, port=place.port)
    try:
        given = as_graph_takes(compiled.graph, feed.rows) if is_aot else feed.rows
        rows = [row.tobytes() for row in given]
        transcript = run_samples(
            link,
            rows,
            timeout_s=place.timeout_s,
            is_stream=feed.is_stream,
            require=lambda info: require_same_firmware(info, firmware, compiled),
            on_progress=on_progress,
        )
        own_stack = run_own_steps(link, place.timeout_s) if firmware.has_own_application else 0
    finally:
        link.close()
    require_proved_stack(firmware, max(transcript.info.stack_used, own_stack))
    is_emulated = place.name(firmware.board) == "emulator"
    modelled = _modelled(firmware, rows[:1], place) if is_emulated else {}
    outputs = tuple(transcript.inferences[place].outputs for place in feed.compared)
    if is_aot:
        outputs = tuple(as_file_gives(compiled.graph, _one_row(each))[0].tobytes() for each in outputs)
    equal, first = compare(compiled.graph, expected, outputs)
    of_samples = Expected(expected.outputs[list(feed.scored)], expected.oracle)
    verdict = Verdict(
        board=firmware.board.name,
        runner=place.name(firmware.board),
        remark=place.remark(firmware.board),
        oracle=expected.oracle,
        model_sha256=compiled.sha256,
        firmware_sha256=sha256_of(firmware.elf),
        made_by=compiled.made_by.to_json(),
        samples=len(outputs),
        equal=equal,
        of_windows=compiled.hop is not None,
        first_difference=first,
        score=None
        if samples.task is None or samples.labels is None
        else score(
            compiled.graph,
            samples.task,
            samples.labels,
            of_samples,
            [outputs[place] for place in feed.scored],
            samples.inputs,
            samples.threshold,
        ),
        **_times(compiled, firmware.board, transcript, modelled, place),
        **_sizes(firmware, transcript),
    )
    return Checked(
        verdict, transcript, outputs, feed.scored, _renode_test(verdict, firmware, transcript, rows, feed)
    )


def _renode_test(
    verdict: Verdict, firmware: Firmware, transcript: Transcript, rows: Sequence[bytes], feed: Fed
) -> str:
    if firmware.board.renode is None or not verdict.passed:
        return ""
    given = {place: transcript.inferences[place].outputs for place in feed.compared}
    return outputs_robot(
        firmware.board, transcript.info, verdict.oracle, rows, given, is_stream=feed.is_stream
    )


def _one_row(data: bytes) -> Rows:
    return np.frombuffer(data, np.int8)[np.newaxis]


def write_check(checked: Checked, folder: Path) -> None:
    """Write transcript.txt, verdict.json, and the test for Renode where there is one."""
    write_atomic(folder / "transcript.txt", checked.transcript.text())
    robot = folder / f"{checked.verdict.board}_outputs.robot"
    if checked.renode_test:
        write_atomic(robot, checked.renode_test)
    else:
        robot.unlink(missing_ok=True)
    text = json.dumps(checked.verdict.to_json(), indent=1, ensure_ascii=False) + "\n"
    write_atomic(folder / "verdict.json", text)


def require_same_firmware(info: DeviceInfo, firmware: Firmware, compiled: CompiledModel) -> None:
    """Raise DeviceError if what answers is not this firmware: its board, version, engine or model."""
    _require_board(info, firmware)
    if info.model_sha256 != compiled.sha256:
        raise DeviceError(
            f"the board runs another model: its SHA-256 is {info.model_sha256[:12]}..., "
            f"that of {compiled.name} is {compiled.sha256[:12]}....",
            hint="Try: tinyml flash, then check again",
        )
    _require_version(info, firmware)


def require_built_firmware(info: DeviceInfo, firmware: Firmware) -> None:
    """Raise DeviceError if what answers is of another board, version or engine; the model is not known."""
    _require_board(info, firmware)
    _require_version(info, firmware)


def _require_board(info: DeviceInfo, firmware: Firmware) -> None:
    if info.name != firmware.board.name:
        raise DeviceError(
            f"the board on this line is {info.name}; {firmware.board.name} was to be checked.",
            hint=f"Try: --board {quoted(info.name)}, or another --port",
        )


def _require_version(info: DeviceInfo, firmware: Firmware) -> None:
    found = {"version": info.firmware_version, "engine": info.engine}
    for what, wanted in (("version", firmware.version), ("engine", firmware.engine)):
        if found[what] != wanted:
            raise DeviceError(
                f"the board's firmware has the {what} {found[what]}; the one that was built has {wanted}.",
                hint="Try: tinyml flash, then check again",
            )


def require_proved_stack(firmware: Firmware, used: int) -> None:
    """Raise TinymlError if the painted stack shows more use than was proved to be possible."""
    bound = worst_stack(firmware)
    if bound is not None and not bound.why_unknown and used > bound.bytes:
        raise TinymlError(
            f"{firmware.board.name} used {used:,} bytes of stack; {bound.bytes:,} were proved to be the most."
        )


def layers_of(
    compiled: CompiledModel,
    names: Sequence[str],
    cycles: Sequence[int | None],
    counts: Sequence[int | None],
    waits: Sequence[int | None] = (),
) -> tuple[Layer, ...]:
    """Return what each layer took: cycles, instructions, waits; the patches of one are added up."""
    places = layer_numbers(compiled)
    if len(places) != len(names):
        places = list(range(len(names)))
    found: dict[int, Layer] = {}
    rows = zip(places, names, cycles, counts, waits or [None] * len(names), strict=True)
    for place, name, cycle, count, wait in rows:
        so_far = found.get(place, Layer(len(found), name, None))
        found[place] = replace(
            so_far,
            cycles=_added(so_far.cycles, cycle),
            instructions=_added(so_far.instructions, count),
            flash_wait_cycles=_added(so_far.flash_wait_cycles, wait),
        )
    return tuple(found.values())


def layer_numbers(compiled: CompiledModel) -> list[int]:
    """Return the number of the layer that each operation is, by the order in which they run; the patches of
    one are one layer.
    """
    operations = compiled.graph.operations
    if compiled.patching is None:
        return list(range(len(operations)))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(operation.index, len(numbers)) for operation in operations]


def _added(so_far: int | None, more: int | None) -> int | None:
    return so_far if more is None else (so_far or 0) + more


def _modelled(firmware: Firmware, rows: Sequence[bytes], place: Place) -> dict[Counts, Transcript]:
    """Return what a firmware says of a sample for whatever else its counter can count in emulation."""
    if cost_of(find_core(firmware.board.core).timing) is None:
        return {}
    found: dict[Counts, Transcript] = {}
    for counts in ("cycles", "flash_waits") if firmware.board.flash_timing else ("cycles",):
        link = open_link(firmware.elf, firmware.board, counts=counts)
        try:
            found[counts] = run_samples(link, rows, timeout_s=place.timeout_s)
        finally:
            link.close()
    return found


def times_in_emulation(firmware: Firmware, compiled: CompiledModel, row: bytes) -> dict[str, Any]:
    """Return what an emulated firmware takes for a row of the graph's inputs, by the names of a Verdict.

    The firmware must have the protocol. Raises ToolMissingError without the emulator, DeviceError if it
    does not answer.
    """
    place = Place("emulator")
    place.require_possible(firmware.board)
    link = open_link(firmware.elf, firmware.board)
    try:
        transcript = run_samples(link, [row], timeout_s=place.timeout_s)
    finally:
        link.close()
    return _times(compiled, firmware.board, transcript, _modelled(firmware, [row], place), place)


def _times(
    compiled: CompiledModel,
    board: Board,
    transcript: Transcript,
    modelled: Mapping[Counts, Transcript],
    place: Place,
) -> dict[str, Any]:
    """Return what an inference took (the most of all samples), and the layers of the first."""
    runner, most, timed = place.name(board), _most(transcript), _timed(transcript)
    names = timed.layer_names if timed else ()
    taken: Sequence[int | None] = timed.layer_cycles if timed else ()
    if runner == "qemu":  # a cycle counter is what it has none of
        return {
            "instructions": None,
            "cycles": None,
            "layers": layers_of(compiled, names, [None] * len(names), [None] * len(names)),
        }
    if runner == "renode":  # an instruction counts as a cycle there; 0 is a counter that stands still
        layers = layers_of(compiled, names, [None] * len(names), taken if most else [None] * len(names))
        return {"instructions": most or None, "cycles": None, "layers": layers}
    if runner != "emulator":
        layers = layers_of(compiled, names, taken, [None] * len(names))
        latency = 1000 * most / transcript.info.clock_hz if most and not place.is_played else None
        return {"instructions": None, "cycles": most, "layers": layers, "latency_ms": latency}
    cycles, waited = (_layer_counts(modelled.get(counts), len(names)) for counts in ("cycles", "flash_waits"))
    waits = waits_of(waited, taken)
    found = {"instructions": most, "cycles": None, "layers": layers_of(compiled, names, cycles, taken, waits)}
    if "cycles" not in modelled:
        return found
    total = _most(modelled["cycles"])
    wait: int | None = None
    if "flash_waits" in modelled:
        wait = _most(modelled["flash_waits"]) - transcript.inferences[0].cycles  # of the same sample
    return {
        **found,
        "cycles": total,
        "flash_wait_cycles": wait,
        "latency_ms": 1000 * (total + (wait or 0)) / board.clock.hz,
        "latency_error": latency_error(find_core(board.core).timing, board.flash_timing),
        "latency_is_modelled": True,
    }


def _layer_counts(transcript: Transcript | None, layers: int) -> Sequence[int | None]:
    timed = _timed(transcript) if transcript else None
    return timed.layer_cycles if timed else [None] * layers


def _most(transcript: Transcript) -> int:
    return max((inference.cycles for inference in transcript.inferences), default=0)


def _timed(transcript: Transcript) -> Inference | None:
    return next((i for i in transcript.inferences if i.layer_cycles), None)


def _sizes(firmware: Firmware, transcript: Transcript) -> dict[str, Any]:
    return {
        "arena_bytes": transcript.info.arena_bytes,
        "stack_bytes": transcript.info.stack_used,
        "flash_bytes": firmware.sizes.flash_bytes,
        "model_flash_bytes": firmware.sizes.model_flash_bytes or None,
        "weights_bytes": transcript.info.weights_bytes,
        "ram_bytes": firmware.sizes.ram_bytes,
    }
