# SPDX-License-Identifier: Apache-2.0
"""Recordings through a firmware: its own features, model and decision, compared with the host's."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.codegen.model_feed import Feed
from toolkit.data.load import source_of
from toolkit.decision.rule import Decider
from toolkit.errors import CheckFailedError, InputError
from toolkit.files import sha256_of, write_atomic
from toolkit.firmware import Firmware
from toolkit.listen.cost import row_name
from toolkit.listen.listen import Ears, Heard, by_own_time, ears_of, heard_by, scores_of
from toolkit.listen.recording import Recording, read_recording, require_a_window, windows_of
from toolkit.pipeline.build import board_folder
from toolkit.pipeline.checking import require_protocol
from toolkit.pipeline.pipeline import Pipeline
from toolkit.reference.oracle import Rows, expected_outputs
from toolkit.runners.feeding import FedWindow, FeedInfo, feed_stream
from toolkit.runners.link import open_link
from toolkit.runners.session import Session
from toolkit.targets.board import Board
from toolkit.ui import OnProgress
from toolkit.verify.on_device import Place, require_proved_stack, require_same_firmware

_MOST_HOPS = 200


@dataclass(frozen=True)
class RawVerdict:
    """Windows of raw recordings: those whose features, outputs and detection are the host's.

    row_cycles is what a row took, a frame of features or a row of a sensor, in the mean, and unit what was
    counted, cycles or instructions. ram_bytes is the static memory of feed and decision, firmware_sha256
    the ELF's.
    """

    board: str
    runner: str
    oracle: str
    recordings: int
    windows: int
    equal: int
    first_difference: str
    row_cycles: int
    unit: str
    ram_bytes: int
    firmware_sha256: str

    @property
    def passed(self) -> bool:
        """Whether every window was right, and there was at least one."""
        return self.windows > 0 and self.equal == self.windows

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"passed": self.passed, **asdict(self)}


@dataclass(frozen=True, eq=False)
class OnBoard:
    """What a firmware made of each recording, and what it says of its stream."""

    info: FeedInfo
    windows: tuple[tuple[FedWindow, ...], ...]


def feed_firmware(
    ears: Ears,
    firmware: Firmware,
    place: Place,
    recordings: Sequence[Recording],
    on_progress: OnProgress | None = None,
) -> OnBoard:
    """Send recordings to a firmware. Raises DeviceError if it cannot be asked, or is another one.

    Raises TinymlError, a bug of the toolkit, if it used more stack than was proved.
    """
    place.require_possible(firmware.board)
    link = open_link(firmware.elf, firmware.board, runner=place.runner, port=place.port)
    try:
        session = Session(link, place.timeout_s)
        require_same_firmware(session.hello(), firmware, ears.compiled)
        found = []
        for recording in recordings:
            info, windows = feed_stream(session, recording.items.tobytes(), on_progress)
            found.append(tuple(windows))
        require_proved_stack(firmware, session.memory().stack_used)
    finally:
        link.close()
    return OnBoard(info, tuple(found))


def scores_on_board(ears: Ears, windows: Sequence[FedWindow]) -> Any:
    """Return the scores (windows, classes) that a firmware gave."""
    rows = np.frombuffer(b"".join(window.outputs for window in windows), np.int8)
    return scores_of(ears, rows.reshape(len(windows), -1))


def compare_raw(
    ears: Ears, firmware: Firmware, place: Place, recordings: Sequence[Recording], on_board: OnBoard
) -> RawVerdict:
    """Return how far a firmware's windows, outputs and detections are the host's."""
    equal, total, first, oracle = 0, 0, "", ""
    for recording, windows in zip(recordings, on_board.windows, strict=True):
        rows = windows_of(recording, ears.feed, ears.takes, ears.input)
        expected = expected_outputs(ears.model, ears.graph, rows, is_stream=True)
        oracle = expected.oracle
        reasons = _differences(ears, rows, expected.outputs, windows)
        total += len(rows)
        equal += reasons.count("")
        wrong = next((place for place, reason in enumerate(reasons) if reason), None)
        if wrong is not None and not first:
            first = f"{recording.path.name}, window {wrong}: {reasons[wrong]}"
    rows_done = sum(
        ears.feed.rows + (len(windows) - 1) * ears.feed.hop for windows in on_board.windows if windows
    )
    cycles = sum(window.feature_cycles for windows in on_board.windows for window in windows)
    return RawVerdict(
        board=firmware.board.name,
        runner=place.name(firmware.board),
        oracle=oracle,
        recordings=len(recordings),
        windows=total,
        equal=equal,
        first_difference=first,
        row_cycles=cycles // max(rows_done, 1),
        unit="instructions" if place.name(firmware.board) == "emulator" else "cycles",
        ram_bytes=on_board.info.ram_bytes,
        firmware_sha256=sha256_of(firmware.elf),
    )


def check_raw(pipeline: Pipeline, board: Board, place: Place, most: int) -> RawVerdict:
    """Check a project's firmware on raw recordings of the test split, as many as most, and write raw.json.

    Raises InputError if the project's data are no stream, DeviceError if the firmware cannot be asked.
    """
    place.require_possible(board)
    require_protocol(pipeline.project)
    board = place.board_of(board)
    firmware, ears = pipeline.build(board), ears_of(pipeline, board=board)
    paths = _paths_to_check(pipeline)
    long, short = first_whole(ears, (read_recording(path, ears.takes) for path in paths), most)
    if not long:
        raise InputError(f"each recording of the test split is shorter than a window: {paths[0]}.")
    if short:
        pipeline.context.say(
            f"check: {short} of {short + len(long)} recordings left out, shorter than a window"
        )
    with pipeline.progress(f"check {board.name}: {len(long)} recordings, raw") as on_progress:
        on_board = feed_firmware(ears, firmware, place, long, on_progress)
    verdict = compare_raw(ears, firmware, place, long, on_board)
    text = json.dumps(verdict.to_json(), indent=1) + "\n"
    write_atomic(board_folder(pipeline.for_board(board)) / "raw.json", text)
    return verdict


def first_whole(ears: Ears, recordings: Iterable[Recording], most: int) -> tuple[list[Recording], int]:
    """Return the first recordings that have a window, and how many shorter ones stand among them."""
    long: list[Recording] = []
    short = 0
    for recording in recordings:
        if len(recording.items) < ears.feed.first_items:
            short += 1
        else:
            long.append(_beginning(recording, ears.feed))
        if len(long) == most:
            break
    return long, short


def _paths_to_check(pipeline: Pipeline) -> list[Path]:
    """Return recordings of the test split, or the one file of data that are in one."""
    _, options, context = source_of(pipeline.project)
    if file := getattr(options, "file", ""):
        return [context.root / file]
    folder = context.root / getattr(options, "folder", "")
    return recordings_of_split(pipeline.dataset().test.names, folder)


def _beginning(recording: Recording, feed: Feed) -> Recording:
    """Return what of a recording a check takes: a line carries a few windows a second."""
    return replace(recording, items=recording.items[: feed.first_items + _MOST_HOPS * feed.hop_items])


def hear_on_board(
    pipeline: Pipeline, board: Board, files: Sequence[Path], labels: Path | None, rate: float
) -> tuple[Ears, list[Heard]]:
    """Return what the firmware in emulation detects in recordings, by its own C from raw items on."""
    require_protocol(pipeline.project)
    firmware, ears = pipeline.build(board), ears_of(pipeline, rate, board)
    recordings = [read_recording(path, ears.takes) for path in files]
    ears, recordings = by_own_time(ears, recordings)
    for recording in recordings:
        require_a_window(recording, ears.feed)
    with pipeline.progress(f"listen: {len(files)} recordings on {board.name}") as on_progress:
        on_board = feed_firmware(ears, firmware, Place(), recordings, on_progress)
    heard = [
        heard_by(ears, recording, scores_on_board(ears, windows), [w.found for w in windows], labels)
        for recording, windows in zip(recordings, on_board.windows, strict=True)
    ]
    return ears, heard


def raw_lines(verdict: RawVerdict, feed: Feed) -> list[str]:
    """Return what a person reads of a verdict."""
    row = row_name(feed)
    lines = [
        f"{verdict.board} ({verdict.runner}): {verdict.equal} of {verdict.windows} windows of "
        f"{verdict.recordings} raw recordings equal: features, outputs and detections",
        f"  against   {verdict.oracle}",
        f"  a {row} {verdict.row_cycles:,} {verdict.unit}; the stream's RAM {verdict.ram_bytes:,} B",
    ]
    return [*lines, f"  first     {verdict.first_difference}"] if verdict.first_difference else lines


def require_raw(verdicts: Sequence[RawVerdict]) -> None:
    """Raise CheckFailedError with each reason unless every check passed."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        reasons = [
            f"{v.windows - v.equal} of {v.windows} windows differ on {v.board}. First: {v.first_difference}."
            for v in failed
        ]
        facts = {verdict.board: verdict.to_json() for verdict in verdicts}
        raise CheckFailedError(
            "\n".join(reasons), hint="See raw.json in the board's build folder", facts=facts
        )


def _differences(ears: Ears, rows: Rows, outputs: Rows, windows: Sequence[FedWindow]) -> list[str]:
    """Return, of each window that the host has, what is wrong with the firmware's: "" for nothing."""
    decider, found = Decider(ears.rule), []
    for place, (row, output) in enumerate(zip(rows, outputs, strict=True)):
        wanted = decider.step(scores_of(ears, output[np.newaxis])[0].tolist())
        if place >= len(windows):
            found.append("it did not come")
            continue
        window = windows[place]
        if window.crc != zlib.crc32(row[-ears.given_bytes :].tobytes()):
            found.append("the features differ")
        elif window.outputs != output.tobytes():
            found.append("the outputs differ")
        else:
            found.append("" if window.found == wanted else "the detection differs")
    return found


def recordings_of_split(names: Sequence[str], folder: Path) -> list[Path]:
    """Return the files in folder of the recordings that a split's names stand for.

    A name may end in the rows of a stretch. Raises InputError if none of them is there.
    """
    plain = dict.fromkeys(name if (folder / name).is_file() else name.rpartition(":")[0] for name in names)
    found = [folder / name for name in plain if name and (folder / name).is_file()]
    if not found:
        raise InputError(
            f"the recordings of the test split are not in {folder}.",
            hint="--raw is for projects whose data are a folder of recordings, one in each file",
        )
    return found
