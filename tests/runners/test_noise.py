# SPDX-License-Identifier: Apache-2.0
"""Over a noisy line a check is right or ends in a DeviceError: never a wrong figure, never a long silence."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from dataclasses import dataclass, field

import pytest
from support.effort import times
from support.noisy_line import (
    INPUT_BYTES,
    NOISES,
    CleanLink,
    Device,
    Noise,
    NoisyLink,
    build_device,
    random_noise,
)

from toolkit.errors import DeviceError
from toolkit.runners.feeding import FedWindow, FeedInfo, feed_stream
from toolkit.runners.session import Clock, Session, run_samples
from toolkit.runners.transcript import Transcript

LONGEST_SILENCE_S = 60.0


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory):
    return build_device(tmp_path_factory.mktemp("noise"))


@dataclass
class Heard:
    """When words came, by the line's clock."""

    link: NoisyLink
    last: float = 0.0
    longest: float = field(default=0.0)

    def hear(self, *_: object) -> None:
        self.longest = max(self.longest, self.link.now - self.last)
        self.last = self.link.now


def check(link: NoisyLink, samples: list[bytes], *, is_stream: bool) -> tuple[Transcript | None, float]:
    """Return what came of it, None where the check gave up, and the longest time without a word."""
    heard = Heard(link)
    try:
        found = run_samples(
            link, samples, is_stream=is_stream, on_progress=heard.hear, clock=Clock(lambda: link.now)
        )
    except DeviceError:
        found = None
    heard.hear()
    return found, heard.longest


def rights(library, samples: list[bytes], flaw: int, *, is_stream: bool, keeps: bool = True) -> Transcript:
    link = CleanLink(Device(library, flaw, keeps_input=keeps))
    return run_samples(link, samples, is_stream=is_stream)


def facts(transcript: Transcript) -> tuple[object, ...]:
    return transcript.info, transcript.inferences


def one_check(library, seed: int) -> str:
    """Run one check over a line that the seed makes; return how it ended, or fail."""
    rng = random.Random(seed)
    kinds = tuple(rng.sample(NOISES, 1 if rng.random() < 0.6 else rng.randint(2, 4)))
    samples = [rng.randbytes(INPUT_BYTES) for _ in range(rng.randint(1, 3))]
    flaw, is_stream = rng.choice((0, 0, 1, 2)), rng.random() < 0.3
    keeps = rng.random() < 0.5
    right = rights(library, samples, flaw, is_stream=is_stream, keeps=keeps)
    link = NoisyLink(Device(library, flaw, keeps_input=keeps), random_noise(rng, kinds), rng)
    found, silence_s = check(link, samples, is_stream=is_stream)
    assert silence_s < LONGEST_SILENCE_S, (seed, kinds, silence_s)
    if found is None:
        return "not checked"
    assert facts(found) == facts(right), (seed, kinds)
    return "checked"


@pytest.mark.fuzz
@pytest.mark.no_cover
def test_no_check_over_a_noisy_line_is_wrong(library) -> None:
    count = times(335, here=80)
    ended = Counter(one_check(library, seed) for seed in range(count))
    print(f"{count} checks: {dict(ended)}")
    assert ended["checked"] > 0.8 * count


def feed(link: NoisyLink | CleanLink, stream: bytes) -> tuple[FeedInfo, list[FedWindow]]:
    """Return what the device makes of a stream, as `tinyml check --raw` asks for it."""
    clock = Clock(lambda: link.now) if isinstance(link, NoisyLink) else Clock()
    session = Session(link, clock=clock)
    session.hello()
    return feed_stream(session, stream)


def one_stream(library, seed: int) -> str:
    """Feed a stream over a line that the seed makes; return how it ended, or fail."""
    rng = random.Random(seed)
    kinds = tuple(rng.sample(NOISES, 1 if rng.random() < 0.6 else rng.randint(2, 4)))
    stream, flaw = rng.randbytes(2 * rng.randint(12, 300)), rng.choice((0, 0, 1, 2))
    right = feed(CleanLink(Device(library, flaw)), stream)
    link = NoisyLink(Device(library, flaw), random_noise(rng, kinds), rng)
    try:
        found = feed(link, stream)
    except DeviceError:
        return "not checked"
    assert found == right, (seed, kinds)
    return "checked"


@pytest.mark.fuzz
@pytest.mark.no_cover
def test_no_stream_over_a_noisy_line_gives_wrong_windows(library) -> None:
    """Each window's features, outputs and detection are those of a clean line, or the check gives up."""
    count = times(335, here=80)
    ended = Counter(one_stream(library, seed) for seed in range(count))
    print(f"{count} streams: {dict(ended)}")
    assert ended["checked"] > 0.5 * count


class FaultyDevice:
    """Says that it faulted, whatever it is told."""

    def start(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> tuple[int, bytes]:
        text = b"e-[fault BusFault pc=0x00010152 lr=0x00010F43 cfsr=0x00008200 addr=0x60000010"
        return 0, b"\r\n" + text + b" crc=0x%08X]\r\n" % zlib.crc32(text)


def test_a_fault_is_told_with_its_own_figures_or_not_at_all() -> None:
    told = Counter()
    for seed in range(300):
        rng = random.Random(seed)
        link = NoisyLink(FaultyDevice(), Noise(drop=0.004, flip=0.01, double=0.004), rng)
        with pytest.raises(DeviceError) as caught:
            run_samples(link, [bytes(INPUT_BYTES)], timeout_s=0.05, clock=Clock(lambda link=link: link.now))
        if "faulted" in caught.value.message:
            assert "pc=0x00010152 lr=0x00010F43 cfsr=0x00008200 addr=0x60000010." in caught.value.message
        told["faulted" in caught.value.message] += 1
    assert min(told[True], told[False]) > 30


@pytest.mark.parametrize("latency_s", [0.1, 0.5, 1.0])
def test_a_line_that_is_slow_both_ways_is_checked(library, latency_s: float) -> None:
    samples = [bytes(range(INPUT_BYTES)), bytes(INPUT_BYTES)]
    link = NoisyLink(Device(library), Noise(latency_s=latency_s), random.Random(1))
    found, _ = check(link, samples, is_stream=False)
    assert found is not None
    assert facts(found) == facts(rights(library, samples, 0, is_stream=False))


def test_what_does_not_keep_its_input_answers_the_same(library) -> None:
    samples = [bytes(range(INPUT_BYTES)), bytes(INPUT_BYTES)]
    kept, not_kept = (rights(library, samples, 0, is_stream=True, keeps=keeps) for keeps in (True, False))
    assert not_kept.inferences == kept.inferences
    assert (kept.info.kept_bytes, not_kept.info.kept_bytes) == (INPUT_BYTES, 0)


def test_waits_follow_the_pace_of_the_line(library) -> None:
    """Once answers have been heard, one that is lost is missed after a part of a second."""
    samples = [bytes([i] * INPUT_BYTES) for i in range(20)]
    link = NoisyLink(Device(library), Noise(drop=0.0005), random.Random(2))
    found, _ = check(link, samples, is_stream=False)
    assert found is not None
    assert link.now < 60


def test_a_dead_line_is_told_within_a_minute(library) -> None:
    link = NoisyLink(Device(library), Noise(cuts=((-1.0, 1e9),)), random.Random(3))
    assert check(link, [bytes(INPUT_BYTES)], is_stream=False)[0] is None
    assert link.now < LONGEST_SILENCE_S
