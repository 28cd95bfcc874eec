# SPDX-License-Identifier: Apache-2.0
"""A convolutional network on every board, built by gcc and by zig: the host's bytes, and the stack proved."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like
from support.variants_that_wait import waiting

from toolkit.firmware import worst_stack
from toolkit.reference.oracle import expected_outputs
from toolkit.runners.link import open_link
from toolkit.runners.session import run_samples
from toolkit.runners.transcript import Transcript

pytestmark = pytest.mark.xdist_group("firmware")

BOARDS = ("nano33ble", "sparkfun_edge", "stm32f746g_disco", "host")
CASES = waiting(
    [(board, toolchain) for board in BOARDS for toolchain in ("gcc", "zig")],
    [(board, "zig") for board in ("sparkfun_edge", "stm32f746g_disco", "host")],
)


@pytest.fixture(scope="module")
def ran(built) -> Callable[[str, str], Transcript]:
    """What a board says, built by a toolchain, of all samples; each is asked once."""

    @cache
    def run(board: str, toolchain: str) -> Transcript:
        firmware = built(board, toolchain)
        link = open_link(firmware.elf, firmware.board)
        try:
            return run_samples(link, [row.tobytes() for row in SAMPLES])
        finally:
            link.close()

    return run


@pytest.mark.parametrize(("board", "toolchain"), CASES)
def test_every_output_byte_is_the_hosts(built, ran, board: str, toolchain: str) -> None:
    data, model = digits_like()
    transcript = ran(board, toolchain)
    outputs = np.array([np.frombuffer(i.outputs, np.int8) for i in transcript.inferences])
    expected = expected_outputs(data, model.graph, SAMPLES).outputs
    assert len(np.unique(expected)) > 3
    np.testing.assert_array_equal(outputs, expected)
    assert transcript.info.model_sha256 == model.sha256
    if board != "host":
        assert built(board, toolchain).sizes.ram_bytes >= model.arena_bytes + transcript.info.stack_size


# A talk over the UART does not take the interrupt of the USB plug, which the proof counts.
NOT_TAKEN = {"nano33ble": 1024}


@pytest.mark.parametrize(("board", "toolchain"), [case for case in CASES if case.values[0] != "host"])
def test_the_painted_stack_is_within_the_proof_and_near_it(built, ran, board: str, toolchain: str) -> None:
    firmware, info = built(board, toolchain), ran(board, toolchain).info

    bound = worst_stack(firmware)

    assert bound is not None
    assert bound.why_unknown == ""
    assert 0 < info.stack_used <= bound.bytes <= info.stack_used + NOT_TAKEN.get(board, 512)
    assert bound.bytes <= info.stack_size
    assert bound.bytes == sum(size for _, size in bound.chain)
    assert bound.chain[0][0] == "Reset_Handler"
