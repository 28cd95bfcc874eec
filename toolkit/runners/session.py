# SPDX-License-Identifier: Apache-2.0
"""A conversation with the firmware: questions, answers that prove themselves, and asking again."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from toolkit.errors import DeviceError
from toolkit.runners import exact, protocol
from toolkit.runners.link import Link
from toolkit.runners.protocol import (
    Checksum,
    Complaint,
    Info,
    LayerCycles,
    MemoryUse,
    ProtocolError,
    Put,
    Raw,
    Reply,
    Run,
)
from toolkit.runners.transcript import DeviceInfo, Inference, Line, Transcript
from toolkit.runners.waits import Waits
from toolkit.ui import OnProgress

_HELLO_S = 20.0
_MOST_TIMES = 40
_LOSSLESS_TIMES = 3
_SAMPLE_TIMES = 5
_WORD_S = 10.0
_MOST_LINES = 100_000
_MOST_TAGS = 1 << 31
_STARTED = "m-init-done"
_OLD_FIRMWARE = "Unknown 'tm' subcommand"
_SURE = 2
_LEAST_PUT_BYTES = 8

OnWord = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """The time in seconds; tests have one of their own."""

    now: Callable[[], float] = time.monotonic


class Session:
    """Asks one firmware over one link; timeout_s is the longest that an answer may take.

    Samples stand for themselves: a model that remembers is reset before each. With is_stream they are
    one sequence instead, from a reset before the first on. on_word hears why it takes so long, at least
    every few seconds while nothing comes. lines holds everything that was said.
    """

    def __init__(
        self,
        link: Link,
        timeout_s: float = 60.0,
        *,
        is_stream: bool = False,
        on_word: OnWord | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._link = link
        self._timeout_s = timeout_s
        self._is_stream = is_stream
        self._on_word = on_word or (lambda _: None)
        self._clock = clock or Clock()
        self._is_lossless = bool(getattr(link, "is_lossless", False))
        if hasattr(link, "patience_s"):
            link.patience_s = timeout_s
        self._waits = Waits()
        self._splitter = protocol.LineSplitter()
        self._waiting: list[str] = []
        # Answers to who asked before us, still on their way, must not have one of our tags.
        self._tag = 0 if self._is_lossless else int.from_bytes(os.urandom(4), "big") % _MOST_TAGS
        self._is_unsure = True
        self._old_said = 0
        self._heard = ""
        self._heard_ours = False
        self._said_at = 0.0
        self._put_bytes = 0
        self._run = 0
        self._last_run = 0
        self._info: DeviceInfo | None = None
        self.lines: list[Line] = []

    def hello(self) -> DeviceInfo:
        """Find the firmware, whatever it is doing, and return what it says of itself.

        The first byte ends the application mode, an empty command ends a half-sent one; what else is on
        the line is no answer. Raises DeviceError if nothing that speaks the protocol is there, or a
        firmware that is too old to prove its answers.
        """
        self._is_unsure = True
        try:
            replies = self.ask("tm info", min(_HELLO_S, self._timeout_s))
        except _SilenceError as error:
            if self._old_said >= _SURE:
                raise _too_old() from error
            hint = getattr(self._link, "silence_hint", "")
            raise _nobody_there(self._heard, is_ours=self._heard_ours, hint=hint) from error
        for reply in replies:
            if isinstance(reply, Info):
                self._info = _device_info(reply)
                self._run = int(reply.values.get("run", "0"))
                self._put_bytes = exact.put_bytes(self._info.command_bytes)
                return self._info
        raise DeviceError("the firmware does not answer tm info.", hint="Try: tinyml flash")

    def ask(self, words: str, timeout_s: float | None = None) -> list[Reply]:
        """Send a command, again until its answer came whole, and return its replies.

        Over a line that loses bytes the command may be run more than once. Raises ProtocolError for an
        answer that is not the protocol's, DeviceError when none comes in time.
        """
        lines = self._exact_answer(words, self._timeout_s if timeout_s is None else timeout_s)
        return [protocol.parse_reply(line) for line in lines]

    def infer(self, sample: bytes, *, with_layers: bool = False) -> Inference:
        """Return the firmware's answer to one sample, with every layer's cycles if asked for.

        Each step is asked for until it is done, and is done once. The sample is sent anew if the firmware
        lost it, as by a reset; within a stream, which the firmware then has lost too, this is an error.
        In a stream, layers are for the first sample only.
        """
        info = self._info or self.hello()
        if len(sample) != info.input_bytes:
            raise DeviceError(
                f"a sample has {len(sample):,} bytes, the firmware's model takes {info.input_bytes:,}.",
                hint="Try: tinyml build, if the model has changed since the firmware was flashed",
            )
        self._run = self._run % _MOST_TAGS + 1
        for again in range(_SAMPLE_TIMES):
            try:
                return self._infer(sample, info, with_layers)
            except _LostError:
                if again + 1 == _SAMPLE_TIMES:
                    raise
        raise AssertionError("the loop returns or raises")

    def show_layers(self, sample: bytes) -> tuple[LayerCycles, ...]:
        """Run the last sample once more, from the state that the model is in, with its hook."""
        info = self._info or self.hello()
        words = f"tm run {self._run} {protocol.crc_of(sample):08X} layers"
        return tuple(self._layers(sample, words, info))

    def memory(self) -> DeviceInfo:
        """Return what hello() found, with the stack's use up to now."""
        if self._info is None:
            raise DeviceError("nobody was asked yet: hello() comes first.")
        use = _only(self._asked("tm memory"), MemoryUse, "tm memory")
        self._info = dataclasses.replace(self._info, stack_used=use.stack_used, stack_size=use.stack_size)
        return self._info

    def _infer(self, sample: bytes, info: DeviceInfo, with_layers: bool) -> Inference:
        self._put(sample)
        words = start = f"tm run {self._run} {protocol.crc_of(sample):08X}"
        if info.state_bytes:
            start += " reset"
        words = f"{words} after {self._last_run}" if self._is_stream and self._last_run else start
        run = _only(self._asked(words), Run, words)
        if run.number != self._run:
            raise _LostError(f"run {run.number} was done in place of {self._run}.")
        outputs = _outputs(self._asked(f"tm raw {self._run}"), info.output_bytes)
        layers = self._layers(sample, f"{start} layers", info) if with_layers else []
        self._last_run = self._run
        return Inference(
            outputs,
            run.cycles,
            tuple(layer.cycles for layer in layers),
            tuple(layer.name for layer in layers),
        )

    def _put(self, sample: bytes) -> None:
        start = 0
        while start < len(sample):
            count = min(self._put_bytes, len(sample) - start)
            put = _only(self._asked(exact.put_words(sample, start, count)), Put, "tm put")
            if (put.offset, put.count) != (start, count):
                raise _LostError(f"{put.count} input bytes came at {put.offset}.")
            start += count

    def _layers(self, sample: bytes, words: str, info: DeviceInfo) -> list[LayerCycles]:
        """The same inference once more, from the same state: after it the model is where it was.

        A firmware that does not keep its input needs it again, each time that an answer is lost.
        """
        for _ in range(_SAMPLE_TIMES):
            if not info.kept_bytes:
                self._put(sample)
            replies = self.ask(words)
            found = [reply for reply in replies if isinstance(reply, LayerCycles)]
            if info.kept_bytes or len(found) == info.layers:
                self._require_done(replies, words)
                return found
        raise _LostError("the layers' cycles did not arrive.")

    def _asked(self, words: str) -> list[Reply]:
        replies = self.ask(words)
        self._require_done(replies, words)
        return replies

    @staticmethod
    def _require_done(replies: list[Reply], words: str) -> None:
        for reply in replies:
            if isinstance(reply, Complaint):
                shown = words if len(words) <= 40 else f"{words[:37]}..."
                raise _LostError(f'the firmware answers "{shown}" with an error: {reply.text}.')

    def _exact_answer(self, words: str, timeout_s: float) -> list[str]:
        begun = self._clock.now()
        kind = _kind(words)
        answers, sent_at = exact.Answers(), {}
        wait_s = timeout_s if self._is_lossless else self._waits.first_s(kind)
        most_times = _LOSSLESS_TIMES if self._is_lossless else _MOST_TIMES
        for _ in range(most_times):
            tag = self._next_tag()
            answers.expect(tag)
            sent_at[tag] = self._clock.now()
            self._send(exact.exact_words(words, tag))
            until = min(self._clock.now() + wait_s, begun + timeout_s)
            found = self._listen(answers, until, words, begun)
            if found is not None:
                found_tag, lines = found
                self._waits.hear(kind, self._clock.now() - sent_at[found_tag])
                if self._is_lossless:
                    self._hear_ready(until, words)
                return lines
            self._is_unsure = True
            self._shorten(words)
            wait_s = self._waits.next_s(wait_s)
            if self._clock.now() >= begun + timeout_s:
                break
        hint = getattr(self._link, "silence_hint", "")
        raise _SilenceError(words, self._heard or self._splitter.rest(), hint)

    def _send(self, words: str) -> None:
        """Send a command; after one that may have come in part an empty one, which ends it.

        Twice, because what comes first may meet a board that is about to switch its line on, or a break.
        """
        if self._is_unsure:
            self._link.write(2 * protocol.command(""))
        self._is_unsure = False
        self._log(Line(True, f"{words}%"))
        self._link.write(protocol.command(words))

    def _next_tag(self) -> int:
        self._tag = self._tag % _MOST_TAGS + 1
        return self._tag

    def _shorten(self, words: str) -> None:
        """On a line that garbles long commands, shorter ones come through."""
        if words.startswith("tm put ") and not self._is_lossless:
            self._put_bytes = max(_LEAST_PUT_BYTES, self._put_bytes // 2)

    def _listen(
        self, answers: exact.Answers, until: float, words: str, begun: float
    ) -> tuple[int, list[str]] | None:
        """Return the first whole answer that comes until then; None after silence."""
        while True:
            line = self._next_line(until, words, begun)
            if line is None:
                return None
            self._log(Line(False, line))
            found = answers.take(line)
            if found is not None:
                return found
            self._note(line)

    def _note(self, line: str) -> None:
        """Remember what a line that is no answer says of who is there. Raises DeviceError for a fault."""
        if _OLD_FIRMWARE in line:
            self._old_said += 1
        fault = protocol.fault_in(line)
        if fault:
            raise DeviceError(
                f"the firmware faulted: {fault}.",
                hint="See docs/emulation.md: faults",
            )
        lost = protocol.loss_in(line)
        if lost:
            self._on_word(f"the board says that bytes to it were lost: {lost}")
        self._heard_ours = self._heard_ours or line == "m-ready" or "m-tm-" in line
        if line != "m-ready":
            self._heard = line

    def _say_waiting(self, words: str, begun: float) -> None:
        now = self._clock.now()
        if now - max(begun, self._said_at) >= _WORD_S:
            self._said_at = now
            self._on_word(f'no whole answer to "{_kind(words)}" for {now - begun:.0f} s')

    def _hear_ready(self, until: float, words: str) -> None:
        while (line := self._next_line(until, words, self._clock.now())) is not None:
            self._log(Line(False, line))
            if line == "m-ready":
                return

    def _next_line(self, until: float, words: str, begun: float) -> str | None:
        while not self._waiting:
            self._say_waiting(words, begun)
            now = self._clock.now()
            slice_s = min(until - now, _WORD_S)
            data = self._link.read(slice_s) if slice_s > 0 else b""
            if data:
                self._waiting = self._splitter.feed(data)
            elif self._clock.now() - now < 0.9 * slice_s or slice_s <= 0:
                return None  # the time is over, or the link knows that nothing comes
        return self._waiting.pop(0)

    def _log(self, line: Line) -> None:
        if len(self.lines) < _MOST_LINES:
            self.lines.append(line)


class _SilenceError(DeviceError):
    def __init__(self, words: str, heard: str, hint: str) -> None:
        what = f'; the last was "{heard[:80]}"' if heard else ""
        super().__init__(
            f'the firmware did not finish its answer to "{words[:40]}"{what}.',
            hint=hint or "Try: a longer --timeout, a better cable, or press the board's reset button",
        )


class _LostError(DeviceError):
    """The firmware says that it does not have what was sent before, as after a reset."""


def _kind(words: str) -> str:
    """Return what takes equally long each time."""
    return " ".join(words.split()[:2]) + (" layers" if words.endswith(" layers") else "")


def _only(replies: list[Reply], kind: type[T], words: str) -> T:
    """Return the reply of this kind. Raises ProtocolError if there is none."""
    for reply in replies:
        if isinstance(reply, kind):
            return reply
    raise ProtocolError("", f'"{words}" is answered without what it asks for')


def _outputs(replies: list[Reply], expected_bytes: int) -> bytes:
    data, crc = bytearray(), None
    for reply in replies:
        if isinstance(reply, Raw):
            if reply.offset != len(data):
                raise _LostError(f"output bytes {len(data)} to {reply.offset} did not arrive.")
            data += reply.data
        elif isinstance(reply, Checksum):
            crc = reply.crc
    if crc is None:
        raise _LostError("the outputs came without a checksum.")
    if crc != protocol.crc_of(data):
        raise _LostError(f"the outputs' CRC-32 is {protocol.crc_of(data):08X}, the board says {crc:08X}.")
    if len(data) != expected_bytes:
        raise _LostError(f"{len(data):,} output bytes came; the model has {expected_bytes:,}.")
    return bytes(data)


def _too_old() -> DeviceError:
    return DeviceError(
        "the board's firmware was built by an older tinyml: its answers cannot be proved.",
        hint="Try: tinyml flash, then check again",
    )


def _nobody_there(heard: str, *, is_ours: bool, hint: str) -> DeviceError:
    """Return what is wrong on the line; hint is the link's own, where there are no cables to check."""
    if is_ours and heard == _STARTED:
        return DeviceError(
            f'the board starts, but answers nothing; the last was "{heard}".',
            hint="Does app_start() return? Commands are answered once it did.\n"
            "Otherwise check: the wire from here to the board",
        )
    if is_ours:
        return DeviceError(
            f'the board answers, but nothing comes whole; the last was "{heard[:80]}".',
            hint=hint or "Check: the cable and its length, the ground of both sides, and 115200 baud",
        )
    hint = hint or (
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
            kept_bytes=int(values["kept"]),
            output_bytes=int(values["outputs"]),
            clock_hz=int(values["clock"]),
            command_bytes=int(values["command"]),
            state_bytes=int(values["state"]),
        )
    except (KeyError, ValueError) as error:
        if error.args == ("kept",):
            raise _too_old() from error
        raise DeviceError(f"the firmware's tm info lacks or garbles {error}.") from error


def run_samples(
    link: Link,
    samples: Sequence[bytes],
    *,
    timeout_s: float = 60.0,
    is_stream: bool = False,
    require: Callable[[DeviceInfo], None] | None = None,
    on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Transcript:
    """Send every sample to the firmware and return what came of it; the link stays open.

    timeout_s is how long one inference may take. The layers' cycles are asked for once, with the
    first sample. is_stream says that the samples are one sequence, for a model that remembers; else it
    is reset before each. require looks at what the firmware says of itself, before any sample, and raises
    what is wrong with it. Raises DeviceError when the firmware is silent, complains or is garbled.
    """
    from toolkit.runners.emulator import EmulatorLink

    done = 0

    def say(text: str) -> None:
        if on_progress is not None:
            on_progress(done, len(samples), text)

    session = Session(link, timeout_s, is_stream=is_stream, on_word=say, clock=clock)
    found = session.hello()
    if require is not None:
        require(found)
    inferences = []
    for index, sample in enumerate(samples):
        inferences.append(session.infer(sample, with_layers=index == 0))
        done = index + 1
        if on_progress is not None:
            on_progress(done, len(samples))
    led: tuple[tuple[int, float], ...] = ()
    if isinstance(link, EmulatorLink):
        led = tuple((change.time, change.lit) for change in link.led_changes())
    return Transcript(session.memory(), tuple(inferences), tuple(session.lines), led)
