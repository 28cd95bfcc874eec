# SPDX-License-Identifier: Apache-2.0
"""A stream of raw samples or rows, sent to a firmware that makes windows and detections of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.errors import DeviceError
from toolkit.runners import exact
from toolkit.runners.protocol import Complaint, Reply, Text
from toolkit.runners.session import Session
from toolkit.ui import OnProgress

_START = re.compile(r"m-tm-feed-\[item=(\d+),rows=(\d+),hop=(\d+),ram=(\d+)\]")
_WINDOW = re.compile(r"m-tm-window-\[(\d+),([0-9A-F]{8}),(\d+),(\d+),(\d+),((?:[0-9A-F]{2})*)\]")
_FED = re.compile(r"m-tm-fed-\[(\d+)\]")
_SAID_EVERY = 32


@dataclass(frozen=True)
class FeedInfo:
    """What a firmware says of its stream; ram_bytes is the static memory of feed and decision."""

    item_bytes: int
    rows: int
    hop: int
    ram_bytes: int


@dataclass(frozen=True)
class FedWindow:
    """A window, due when `end` bytes of the stream had come: crc is that of the model's input.

    found is the class that was detected, feature_cycles what features took since the window before; in the
    emulator cycles are instructions.
    """

    end: int
    crc: int
    found: int | None
    feature_cycles: int
    run_cycles: int
    outputs: bytes


def feed_stream(
    session: Session, stream: bytes, on_progress: OnProgress | None = None
) -> tuple[FeedInfo, list[FedWindow]]:
    """Send a stream from its start on, and return what the firmware made of it.

    Raises DeviceError for a firmware that takes none, and if an answer with windows was lost on the line.
    """
    info = _started(session.ask("tm feed start"))
    room = min(exact.put_bytes(session.hello().command_bytes), 128)
    step = room // info.item_bytes * info.item_bytes
    windows: list[FedWindow] = []
    for count, start in enumerate(range(0, len(stream), step)):
        piece = stream[start : start + step]
        windows += _windows(session.ask(f"tm feed {start} {piece.hex().upper()}"), start + len(piece))
        if on_progress is not None and count % _SAID_EVERY == 0:
            on_progress(start, len(stream))
    return info, windows


def _started(replies: list[Reply]) -> FeedInfo:
    for text in _texts(replies):
        match = _START.fullmatch(text)
        if match:
            return FeedInfo(*map(int, match.groups()))
    raise DeviceError("the firmware does not say how it takes a stream.", hint="Try: tinyml flash")


def _windows(replies: list[Reply], end: int) -> Iterator[FedWindow]:
    fed = 0
    for text in _texts(replies):
        window, done = _WINDOW.fullmatch(text), _FED.fullmatch(text)
        if window:
            at, crc, found, features, run, outputs = window.groups()
            place = int(found) - 1 if int(found) else None
            yield FedWindow(int(at), int(crc, 16), place, int(features), int(run), bytes.fromhex(outputs))
        elif done:
            fed = int(done[1])
    if fed != end:
        raise DeviceError(f"the firmware took {fed:,} bytes of the stream, not {end:,}.")


def _texts(replies: list[Reply]) -> Iterator[str]:
    for reply in replies:
        if isinstance(reply, Complaint):
            again = "so far" in reply.text
            raise DeviceError(
                f"the firmware does not take the stream: {reply.text}.",
                hint="Try: the same again; an answer was lost on the line" if again else "",
            )
        if isinstance(reply, Text):
            yield reply.text
