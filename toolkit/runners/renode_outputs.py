# SPDX-License-Identifier: Apache-2.0
"""A test for Renode that asks a firmware for the outputs that a check found equal, to the byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from toolkit.errors import InputError
from toolkit.runners import exact, protocol
from toolkit.runners.renode_files import render_for_renode
from toolkit.runners.transcript import DeviceInfo
from toolkit.targets.board import Board

_MOST_INPUT_BYTES = 32_768
_MOST_ROWS = 64
_RAW_BYTES = 64
"""Of one line of tm raw: docs/protocol.md."""
_SPECIAL = re.compile(r"([\\$@&%#=])")


def outputs_robot(
    board: Board,
    info: DeviceInfo,
    oracle: str,
    rows: Sequence[bytes],
    outputs: Mapping[int, bytes],
    *,
    is_stream: bool,
) -> str:
    """Return a Robot Framework suite: every command, and every line of its answer.

    rows are inputs as the firmware takes them, outputs what it must give, by the place in rows; the first
    rows that 32 kB hold are sent. is_stream: they are one sequence. Raises InputError where Renode has no
    platform.
    """
    if board.renode is None:
        raise InputError(f"Renode has no platform for {board.name}.")
    fitting = _MOST_INPUT_BYTES // max(1, info.input_bytes)
    count = min(max(1, fitting), _MOST_ROWS, len(rows))
    context = {
        "name": board.name,
        "title": board.title,
        "uart": board.renode.uart,
        "model": info.model,
        "sha256": _robot(f"sha256={info.model_sha256}"),
        "oracle": oracle,
        "by_mlperf": list(_by_mlperf(rows[0], outputs.get(0), info)),
        "by_run": [
            line
            for place in range(count)
            for line in _by_run(place, rows, outputs.get(place), info, is_stream)
        ],
    }
    return render_for_renode("outputs.robot.j2", context)


def _by_mlperf(row: bytes, output: bytes | None, info: DeviceInfo) -> Iterator[str]:
    size = exact.put_bytes(info.command_bytes)
    yield _ask("tm reset", "m-tm-reset-done")
    yield _ask(f"db load {len(row)}", f"m-[Expecting {len(row)} bytes]")
    for start in range(0, len(row), size):
        is_last = start + size >= len(row)
        yield _ask(f"db {row[start : start + size].hex().upper()}", *(["m-load-done"] if is_last else []))
    yield "Infer    infer 1 0"
    if output is not None:
        yield _ask("tm raw", *_raw_lines(output))


def _by_run(
    place: int, rows: Sequence[bytes], output: bytes | None, info: DeviceInfo, is_stream: bool
) -> Iterator[str]:
    row, number, size = rows[place], place + 1, exact.put_bytes(info.command_bytes)
    for start in range(0, len(row), size):
        count = min(size, len(row) - start)
        yield _ask(exact.put_words(row, start, count), f"m-tm-put-[{start},{count}]")
    words = f"tm run {number} {protocol.crc_of(row):08X}"
    if number == 1 or not is_stream:
        words += " reset" if info.state_bytes else ""
    else:
        words += f" after {number - 1}"
    yield f"Run    {words}"
    if output is not None:
        yield _ask(f"tm raw {number}", *_raw_lines(output))


def _raw_lines(output: bytes) -> Iterator[str]:
    for start in range(0, len(output), _RAW_BYTES):
        yield f"m-tm-raw-[{start},{output[start : start + _RAW_BYTES].hex().upper()}]"
    yield f"m-tm-crc-[{protocol.crc_of(output):08X}]"


def _ask(*words: str) -> str:
    return "    ".join(("Ask", *map(_robot, words)))


def _robot(text: str) -> str:
    """Return text as an argument in Robot Framework's plain text format, which has escapes of its own."""
    return _SPECIAL.sub(r"\\\1", text)
