# SPDX-License-Identifier: Apache-2.0
"""The ring between the UART's interrupt and the main loop: nothing is lost untold, and a hole is seen."""

from __future__ import annotations

import ctypes
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.firmware_image import TEMPLATES, compile_for_host

RING_BYTES = 1024
HOLE = 0
REASONS = ("full", "overrun", "framing", "noise", "breaks")


class Losses(ctypes.Structure):
    """tm_losses."""

    _fields_ = tuple((reason, ctypes.c_uint32) for reason in REASONS)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = TEMPLATES / "ports" / "cortex_m" / "receive.c"
    return compile_for_host(
        [source],
        tmp_path_factory.mktemp("ring") / "ring.so",
        ("-O2", "-shared", "-fPIC"),
        (source.parent,),
    )


class Ring:
    """receive.c, as it is after reset."""

    def __init__(self, library: Path, copy: Path) -> None:
        copy.write_bytes(library.read_bytes())  # a library is loaded once; a copy has its own variables
        self._c = ctypes.CDLL(str(copy))
        self._c.tm_port_losses.restype = Losses
        self._c.tm_received.argtypes = (ctypes.c_uint8,)

    def received(self, data: bytes) -> None:
        for byte in data:
            self._c.tm_received(byte)

    def badly(self, **lost: int) -> None:
        self._c.tm_received_badly(ctypes.byref(Losses(**lost)))

    def read(self) -> bytes:
        found = bytearray()
        while (byte := self._c.tm_port_read()) >= 0:
            found.append(byte)
        return bytes(found)

    def losses(self) -> dict[str, int]:
        lost = self._c.tm_port_losses()
        return {reason: getattr(lost, reason) for reason in REASONS if getattr(lost, reason)}


@pytest.fixture
def ring(library: Path, tmp_path: Path) -> Ring:
    return Ring(library, tmp_path / "ring.so")


def test_bytes_come_in_their_order_round_and_round(ring: Ring) -> None:
    for start in range(20):
        data = bytes((start + i) % 255 + 1 for i in range(1000))
        ring.received(data)
        assert ring.read() == data
    assert ring.losses() == {}


def test_a_full_ring_keeps_the_oldest_and_counts_the_rest(ring: Ring) -> None:
    data = bytes(i % 255 + 1 for i in range(5000))
    ring.received(data)
    assert ring.losses() == {"full": 5000 - RING_BYTES}
    assert ring.read() == data[:RING_BYTES]
    ring.received(b"next")
    assert ring.read() == bytes([HOLE]) + b"next"
    assert ring.losses() == {}


def test_errors_leave_one_hole_once_the_next_byte_is_there(ring: Ring) -> None:
    ring.received(b"na")
    ring.badly(framing=1)
    ring.badly(noise=1, overrun=2)
    ring.badly(breaks=1)
    assert ring.read() == b"na"
    ring.received(b"e%")
    assert ring.read() == bytes([HOLE]) + b"e%"
    assert ring.losses() == {"framing": 1, "noise": 1, "overrun": 2, "breaks": 1}


@pytest.fixture(scope="module")
def used(library: Path) -> Ring:
    """One ring for many examples."""
    return Ring(library, library.with_name("used.so"))


_STEPS = st.one_of(
    st.binary(min_size=1, max_size=1500).map(lambda data: data.replace(b"\0", b"\1")),
    st.sampled_from(REASONS[1:]),
    st.integers(0, 1500),
    st.just(None),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(_STEPS, max_size=12))
def test_whatever_comes_each_byte_is_read_or_counted(
    used: Ring, steps: list[bytes | str | int | None]
) -> None:
    ring = used
    ring.read(), ring.losses()
    ring.received(b"x")  # takes the hole that the example before may have left
    ring.read()
    expected: deque[int] = deque()
    lost, hole = dict.fromkeys(REASONS, 0), False
    for step in steps:
        if isinstance(step, bytes):
            ring.received(step)
            for byte in step:
                if hole and len(expected) < RING_BYTES:
                    expected.append(HOLE)
                    hole = False
                if hole or len(expected) == RING_BYTES:
                    lost["full"] += 1
                    hole = True
                else:
                    expected.append(byte)
        elif isinstance(step, str):
            ring.badly(**{step: 1})
            lost[step] += 1
            hole = True
        elif step is None:
            assert ring.losses() == {reason: count for reason, count in lost.items() if count}
            lost = dict.fromkeys(REASONS, 0)
        else:
            for _ in range(min(step, len(expected))):
                assert ring._c.tm_port_read() == expected.popleft()
    assert ring.read() == bytes(expected)
    assert ring.losses() == {reason: count for reason, count in lost.items() if count}
    if hole:
        ring.received(b"x")
        assert ring.read() == bytes([HOLE]) + b"x"
