# SPDX-License-Identifier: Apache-2.0
"""A conversation with the firmware: commands, their answers, and finding back into step."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

from toolkit.errors import DeviceError
from toolkit.runners import protocol
from toolkit.runners.link import Link
from toolkit.runners.protocol import (
    Checksum,
    Complaint,
    Info,
    LayerCycles,
    MemoryUse,
    Number,
    ProtocolError,
    Raw,
    Ready,
    Reply,
)
from toolkit.runners.transcript import DeviceInfo, Inference, Line, Transcript
from toolkit.ui import OnProgress

_HELLO_TRIES = 4
_HELLO_TIMEOUT_S = 2.0
_QUIET_S = 0.15
_MOST_CHATTER_BYTES = 1 << 20
_ATTEMPTS = 3


class Session:
    """Asks one firmware over one link; timeout_s is the longest that an answer may take.

    Samples stand for themselves: a model that remembers is reset before each. With is_stream they are
    one sequence instead, from a reset before the first on.
    lines holds everything that was said since hello() found the firmware.
    """

    def __init__(self, link: Link, timeout_s: float = 60.0, *, is_stream: bool = False) -> None:
        self._link = link
        self._timeout_s = timeout_s
        self._is_stream = is_stream
        self._has_begun = False
        self._splitter = protocol.LineSplitter()
        self._waiting: list[str] = []
        self._info: DeviceInfo | None = None
        self.lines: list[Line] = []

    def hello(self) -> DeviceInfo:
        """Find the firmware, whatever it is doing, and return what it says of itself.

        The first byte ends the application mode, an empty command ends a half-sent one; what was on
        the line before is thrown away. Raises DeviceError if nothing that speaks the protocol is there.
        """
        heard = ""
        for _ in range(_HELLO_TRIES):
            self._link.write(protocol.command(""))
            heard = self._drain() or heard
            self.lines.clear()
            try:
                replies = self.ask("tm info", _HELLO_TIMEOUT_S)
            except DeviceError as error:
                if isinstance(error, ProtocolError) or type(error) is _SilenceError:
                    continue
                raise
            for reply in replies:
                if isinstance(reply, Info):
                    self._info = _device_info(reply)
                    return self._info
        raise _nobody_there(heard)

    def ask(self, words: str, timeout_s: float | None = None) -> list[Reply]:
        """Send a command and return its replies without the last, m-ready.

        Raises ProtocolError for a garbled line, DeviceError when the answer does not come in time.
        """
        self.lines.append(Line(True, f"{words}%"))
        self._link.write(protocol.command(words))
        deadline = time.monotonic() + (self._timeout_s if timeout_s is None else timeout_s)
        replies: list[Reply] = []
        while True:
            line = self._next_line(words, deadline)
            self.lines.append(Line(False, line))
            reply = protocol.parse_reply(_without_echo(line, words))
            if isinstance(reply, Ready):
                return replies
            if isinstance(reply, Complaint) and reply.text.startswith("fault "):
                raise DeviceError(
                    f"the firmware faulted: {reply.text}.", hint="See docs/emulation.md: faults"
                )
            replies.append(reply)

    def infer(self, sample: bytes, *, with_layers: bool = False) -> Inference:
        """Return the firmware's answer to one sample, with every layer's cycles if asked for.

        A garbled line or a wrong checksum is tried again, up to three times in all; but not within a
        stream, which would take the sample twice. There, layers are for the first sample only.
        """
        attempts = 1 if self._is_stream else _ATTEMPTS
        for attempt in range(attempts):
            try:
                return self._infer(sample, with_layers)
            except (ProtocolError, _GarbledError):
                if attempt + 1 == attempts:
                    raise
                self._link.write(protocol.command(""))
                self._drain()
        raise AssertionError("the loop returns or raises")

    def memory(self) -> DeviceInfo:
        """Return what hello() found, with the stack's use up to now."""
        if self._info is None:
            raise DeviceError("nobody was asked yet: hello() comes first.")
        for reply in self._asked("tm memory"):
            if isinstance(reply, MemoryUse):
                self._info = dataclasses.replace(
                    self._info, stack_used=reply.stack_used, stack_size=reply.stack_size
                )
        return self._info

    def _infer(self, sample: bytes, with_layers: bool) -> Inference:
        if self._info is None:
            self._info = self.hello()
        if len(sample) != self._info.input_bytes:
            raise DeviceError(
                f"a sample has {len(sample):,} bytes, the firmware's model takes {self._info.input_bytes:,}.",
                hint="Try: tinyml build, if the model has changed since the firmware was flashed",
            )
        chunk_bytes = max(1, (self._info.command_bytes - len("db ")) // 2)
        for load in protocol.load_commands(sample, chunk_bytes):
            self._asked(load.decode("ascii")[:-1])
        if not (self._is_stream and self._has_begun):
            self._reset()
        self._has_begun = True
        self._asked("infer 1 0")
        outputs = self._outputs(self._asked("tm raw"), self._info.output_bytes)
        return self._timed(outputs, with_layers)

    def _reset(self) -> None:
        if self._info is not None and self._info.state_bytes:
            self._asked("tm reset")

    def _timed(self, outputs: bytes, with_layers: bool) -> Inference:
        if with_layers:  # the same inference once more, which must not be a step of its own
            self._reset()
        replies = self._asked("tm cycles" if with_layers else "tm cycles total")
        cycles = [reply.value for reply in replies if isinstance(reply, Number) and reply.word == "cycles"]
        layers = [reply for reply in replies if isinstance(reply, LayerCycles)]
        if not cycles:
            raise _GarbledError("tm cycles was answered without m-tm-cycles.")
        names = tuple(layer.name for layer in layers)
        return Inference(outputs, cycles[0], tuple(layer.cycles for layer in layers), names)

    def _outputs(self, replies: list[Reply], expected_bytes: int) -> bytes:
        data, crc = bytearray(), None
        for reply in replies:
            if isinstance(reply, Raw):
                if reply.offset != len(data):
                    raise _GarbledError(f"output bytes {len(data)} to {reply.offset} did not arrive.")
                data += reply.data
            elif isinstance(reply, Checksum):
                crc = reply.crc
        if crc is None:
            raise _GarbledError("the outputs came without a checksum.")
        if crc != protocol.crc_of(data):
            raise _GarbledError(
                f"the outputs' CRC-32 is {protocol.crc_of(data):08X}, the board says {crc:08X}."
            )
        if len(data) != expected_bytes:
            raise _GarbledError(f"{len(data):,} output bytes came; the model has {expected_bytes:,}.")
        return bytes(data)

    def _asked(self, words: str) -> list[Reply]:
        replies = self.ask(words)
        for reply in replies:
            if isinstance(reply, Complaint):
                shown = words if len(words) <= 40 else f"{words[:37]}..."
                raise _GarbledError(f'the firmware answers "{shown}" with an error: {reply.text}.')
        return replies

    def _next_line(self, words: str, deadline: float) -> str:
        while not self._waiting:
            left = deadline - time.monotonic()
            data = self._link.read(left) if left > 0 else b""
            if not data:
                heard = self._splitter.rest()
                raise _SilenceError(words, heard)
            self._waiting = self._splitter.feed(data)
        return self._waiting.pop(0)

    def _drain(self) -> str:
        """Throw away what is on the line until it is quiet; return the last line of it."""
        last, total = "", 0
        self._waiting.clear()
        while data := self._link.read(_QUIET_S):
            total += len(data)
            lines = self._splitter.feed(data)
            last = lines[-1] if lines else last
            if total > _MOST_CHATTER_BYTES:
                break
        return self._splitter.rest() or last


class _SilenceError(DeviceError):
    def __init__(self, words: str, heard: str) -> None:
        what = f'; the last was "{heard[:80]}"' if heard else ""
        super().__init__(
            f'the firmware did not finish its answer to "{words[:40]}"{what}.',
            hint="Try: a longer --timeout, or press the board's reset button",
        )


class _GarbledError(DeviceError):
    """Bytes were lost or changed on the way: worth another try."""


def _without_echo(line: str, words: str) -> str:
    """A terminal server may echo the command in front of the answer."""
    echo = f"{words}%"
    return line[len(echo) :] if line.startswith(echo) else line


def _nobody_there(heard: str) -> DeviceError:
    hint = (
        "Check: the board is powered and flashed (tinyml flash), TX and RX are crossed, both sides share\n"
        "ground and 115200 baud, and the port is the board's (tinyml monitor lists the ports)"
    )
    if heard:
        return DeviceError(f'the board sends, but not our protocol: "{heard[:80]}".', hint=hint)
    return DeviceError("the board is silent.", hint=hint)


def _device_info(reply: Info) -> DeviceInfo:
    values = reply.values
    try:
        return DeviceInfo(
            name=values["board"],
            engine=values["engine"],
            model=values["model"],
            model_sha256=values["sha256"],
            firmware_version=values["version"],
            arena_bytes=int(values["arena"]),
            weights_bytes=int(values["weights"]),
            layers=int(values["layers"]),
            input_bytes=int(values["inputs"]),
            output_bytes=int(values["outputs"]),
            clock_hz=int(values["clock"]),
            command_bytes=int(values.get("command", "64")),
            state_bytes=int(values.get("state", "0")),
        )
    except (KeyError, ValueError) as error:
        raise DeviceError(f"the firmware's tm info lacks or garbles {error}.") from error


def run_samples(
    link: Link,
    samples: Sequence[bytes],
    *,
    timeout_s: float = 60.0,
    is_stream: bool = False,
    on_progress: OnProgress | None = None,
) -> Transcript:
    """Send every sample to the firmware and return what came of it; the link stays open.

    timeout_s is how long one inference may take. The layers' cycles are asked for once, with the
    first sample. is_stream says that the samples are one sequence, for a model that remembers; else it
    is reset before each. Raises DeviceError when the firmware is silent, complains or is garbled.
    """
    from toolkit.runners.emulator import EmulatorLink

    session = Session(link, timeout_s, is_stream=is_stream)
    session.hello()
    inferences = []
    for index, sample in enumerate(samples):
        inferences.append(session.infer(sample, with_layers=index == 0))
        if on_progress is not None:
            on_progress(index + 1, len(samples))
    led: tuple[tuple[int, bool], ...] = ()
    if isinstance(link, EmulatorLink):
        led = tuple((change.instruction, change.is_on) for change in link.led_changes())
    return Transcript(session.memory(), tuple(inferences), tuple(session.lines), led)
