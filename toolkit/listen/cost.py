# SPDX-License-Identifier: Apache-2.0
"""What the stream of a built firmware takes: features, windows and decisions, without the model."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

import numpy as np

from toolkit.codegen.model_feed import Feed, feed_of
from toolkit.codegen.model_stream import stream_feed
from toolkit.compiler.compile import CompiledModel
from toolkit.errors import DeviceError, ToolMissingError
from toolkit.files import sha256_of, write_atomic
from toolkit.firmware import Firmware
from toolkit.firmware.sizes import part_bytes
from toolkit.pipeline.build import board_folder
from toolkit.pipeline.compile import about_of
from toolkit.pipeline.pipeline import Pipeline
from toolkit.pipeline.step import Context
from toolkit.reading import parse_json
from toolkit.runners.feeding import feed_stream
from toolkit.runners.link import open_link
from toolkit.runners.session import Session
from toolkit.targets.board import Board
from toolkit.tflite.reader import read_graph

_FILE = "stream.json"
_LOUD = 3000


@dataclass(frozen=True)
class StreamCost:
    """Of a firmware: flash and static RAM of its stream, and the instructions of a row.

    A row is a frame of features, a sample or a sensor's row. instructions is None where the firmware
    cannot be asked: without the protocol, without RAM for it, or without an emulator.
    """

    board: str
    row: str
    instructions: int | None
    flash_bytes: int
    ram_bytes: int
    firmware_sha256: str

    def words(self) -> str:
        """Return it as a person reads it."""
        count = "" if self.instructions is None else f"a {self.row} {self.instructions:,} instructions; "
        return f"{count}flash {self.flash_bytes:,} B, RAM {self.ram_bytes:,} B"


def row_name(feed: Feed) -> str:
    """Return what a row of the stream is called."""
    return "frame of features" if feed.rules else "sample" if feed.is_sound else "row"


def stream_cost(pipeline: Pipeline, board: Board) -> StreamCost | None:
    """Build for a board and return what its stream takes; None where the data are none, and for the host.

    The instructions are counted once for a firmware, in emulation, over noise for two windows.
    """
    firmware = pipeline.build(board)
    if board.is_host or not _has_stream(pipeline.for_board(board)):
        return None
    known = known_cost(pipeline, board)
    if known is not None:
        return known
    model = pipeline.built_model(board)
    feed = stream_feed(model.graph, model.about, pipeline.project.firmware.decision)
    if feed is None:
        return None
    flash, ram = part_bytes(firmware.elf, _files(model.name), _names(model.name))
    if not flash:
        return None
    count = _instructions(firmware, model, feed) if pipeline.project.firmware.protocol else None
    cost = StreamCost(board.name, row_name(feed), count, flash, ram, sha256_of(firmware.elf))
    text = json.dumps(asdict(cost), indent=1) + "\n"
    write_atomic(board_folder(pipeline.for_board(board)) / _FILE, text)
    return cost


def _has_stream(context: Context) -> bool:
    """Return whether the data can be a stream, by the model's file alone: nothing is compiled."""
    purpose, graph = about_of(context).purpose, read_graph(context.model(), context.project.name)
    hop = context.project.firmware.decision.hop
    return purpose is not None and feed_of(graph.window, purpose.raw, hop) is not None


def known_cost(pipeline: Pipeline, board: Board) -> StreamCost | None:
    """Return what was measured of the firmware that stands there for a board, or None."""
    folder = board_folder(pipeline.for_board(board))
    try:
        cost = StreamCost(**parse_json((folder / _FILE).read_text(encoding="utf-8")))
        return cost if cost.firmware_sha256 == sha256_of(folder / "firmware.elf") else None
    except (OSError, ValueError, TypeError):
        return None


def _instructions(firmware: Firmware, model: CompiledModel, feed: Feed) -> int | None:
    try:
        link = open_link(firmware.elf, firmware.board)
    except ToolMissingError:
        return None
    try:
        session = Session(link)
        session.hello()
        _, windows = feed_stream(session, _noise(feed))
    except DeviceError:  # RAM had no room for the stream's commands
        return None
    finally:
        link.close()
    return sum(window.feature_cycles for window in windows) // (feed.rows + feed.hop)


def _noise(feed: Feed) -> bytes:
    """Return as many items of a stream as make two windows."""
    random, items = np.random.default_rng(1), feed.first_items + feed.hop_items
    if feed.is_sound:
        return random.integers(-_LOUD, _LOUD, items, np.int16).tobytes()
    return random.normal(size=(items, feed.width)).astype(np.float32).tobytes()


def _files(name: str) -> re.Pattern[str]:
    return re.compile(rf"{name}_(feed|decision)\.c|tm_(feature_\w+|decision|feed)\.c")


def _names(name: str) -> re.Pattern[str]:
    return re.compile(rf"tm_(feature|decision)_\w+|tm_feed|{name}_(feed|decide|decision)(_\w+)?")
