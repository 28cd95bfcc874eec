# SPDX-License-Identifier: Apache-2.0
"""MLPerf Tiny's commands, plain as its runner sends them; but an error line of the firmware is an error."""

from __future__ import annotations

import math
import re
import time

from toolkit.errors import DeviceError
from toolkit.runners.link import Link
from toolkit.runners.protocol import (
    Complaint,
    LineSplitter,
    Named,
    Number,
    Ready,
    Reply,
    Results,
    command,
    parse_reply,
)
from toolkit.runners.transcript import Line

_ANSWER_S, _HELLO_S, _NAME_S, _QUIET_S = 10.0, 20.0, 3.0, 0.3
_SLICE_S = 0.5
_LOAD_BYTES = 120
"""What one db command carries: the firmware takes commands of 256 characters."""
_TOO_MUCH = (1 << 32) - 1
_MOST = re.compile(r"exceeds the maximum of ([0-9]+)")


class Talk:
    """Asks one firmware over one link; timeout_s is the longest that a window of inferences may take.

    lines holds everything that was said, board and model what the firmware says of itself.
    """

    def __init__(self, link: Link, timeout_s: float) -> None:
        self._link, self._timeout_s = link, timeout_s
        if hasattr(link, "patience_s"):
            link.patience_s = math.inf  # the time-out below is the one that counts
        self._splitter = LineSplitter()
        self._waiting: list[str] = []
        self.lines: list[Line] = []
        self.board = self.model = ""

    def hello(self) -> None:
        """Ask for name and model. Raises DeviceError if nothing that speaks the protocol is there."""
        deadline = time.monotonic() + _HELLO_S
        while not self.board:
            self._quieten(deadline)
            try:
                replies = self.ask("name", _NAME_S)
            except DeviceError:
                if time.monotonic() > deadline:
                    raise
                continue
            self.board = next((each.text for each in replies if isinstance(each, Named)), "")
            if not self.board and time.monotonic() > deadline:
                raise DeviceError("the firmware does not say its name.", hint="Try: tinyml flash")
        for reply in self.ask("profile"):
            if isinstance(reply, Named) and reply.word == "model":
                self.model = reply.text

    def most_bytes(self) -> int:
        """Return the bytes of an input: what the firmware names as the most when it is asked for too much."""
        try:
            self.ask(f"db load {_TOO_MUCH}")
        except DeviceError as error:
            if match := _MOST.search(error.message):
                return int(match[1])
            raise
        raise DeviceError(f"the firmware takes inputs of {_TOO_MUCH:,} bytes, which no board has room for.")

    def load(self, data: bytes) -> None:
        """Send an input, as a file of the benchmark has it."""
        self.ask(f"db load {len(data)}")
        for start in range(0, len(data), _LOAD_BYTES):
            self.ask(f"db {data[start : start + _LOAD_BYTES].hex()}")

    def infer(self, times: int, warmups: int) -> tuple[float, tuple[float, ...]]:
        """Return the seconds that inferences took by the board's clock, and the results of the last."""
        replies = self.ask(f"infer {times} {warmups}", self._timeout_s)
        laps = [each.value for each in replies if isinstance(each, Number) and each.word == "lap-us"]
        results = [each.values for each in replies if isinstance(each, Results)]
        if len(laps) != 2 or not results:
            raise DeviceError(f'"infer {times} {warmups}" was answered without its times and results.')
        return (laps[1] - laps[0]) / 1e6, results[-1]

    def ask(self, words: str, timeout_s: float = _ANSWER_S) -> list[Reply]:
        """Send a command and return the replies before m-ready.

        Raises DeviceError for silence and for an error line: the runner looks at none of these, and goes on
        with what the last input left.
        """
        self.lines.append(Line(True, f"{words}%"))
        self._link.write(command(words))
        deadline, replies = time.monotonic() + timeout_s, list[Reply]()
        while True:
            text = self._line(deadline)
            if text is None:
                raise DeviceError(
                    f'no answer to "{words[:40]}" within {timeout_s:g} s.',
                    hint="Try: a longer --timeout, the right --port, or press the board's reset button",
                )
            self.lines.append(Line(False, text))
            reply = parse_reply(text)
            if isinstance(reply, Ready):
                break
            replies.append(reply)
        for reply in replies:
            if isinstance(reply, Complaint):
                raise DeviceError(f'the firmware answers "{words[:40]}" with an error: {reply.text}.')
        return replies

    def _quieten(self, deadline: float) -> None:
        """End the application and a half-sent command, and let go what was on its way."""
        self._link.write(command(""))
        while self._line(min(deadline, time.monotonic() + _QUIET_S)) is not None:
            pass

    def _line(self, deadline: float) -> str | None:
        while not self._waiting:
            now = time.monotonic()
            if now > deadline:
                return None
            slice_s = min(_SLICE_S, deadline - now)
            data = self._link.read(slice_s)
            self._waiting = self._splitter.feed(data) if data else []
            if not data and time.monotonic() - now < slice_s / 2:
                return None  # the link knows that nothing comes
        return self._waiting.pop(0)
