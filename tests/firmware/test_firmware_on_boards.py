# SPDX-License-Identifier: Apache-2.0
"""A convolutional network computes on every board what the host computes, built by gcc and by zig."""

from __future__ import annotations

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like

from toolkit.oracle import expected_outputs
from toolkit.runners.link import open_link
from toolkit.runners.transcript import run_samples

pytestmark = pytest.mark.xdist_group("firmware")

BOARDS = ("nano33ble", "sparkfun_edge", "stm32f746g_disco", "host")
CASES = [(board, toolchain) for board in BOARDS for toolchain in ("gcc", "zig")]


@pytest.mark.parametrize(("board", "toolchain"), CASES)
def test_every_output_byte_is_the_hosts(built, board: str, toolchain: str) -> None:
    data, model = digits_like()
    firmware = built(board, toolchain)
    link = open_link(firmware.elf, firmware.board)
    try:
        transcript = run_samples(link, [row.tobytes() for row in SAMPLES])
    finally:
        link.close()
    outputs = np.array([np.frombuffer(i.outputs, np.int8) for i in transcript.inferences])
    expected = expected_outputs(data, model.graph, SAMPLES).outputs
    assert len(np.unique(expected)) > 3
    np.testing.assert_array_equal(outputs, expected)
    assert transcript.info.model_sha256 == model.sha256
    if board != "host":
        assert firmware.sizes.ram_bytes >= model.arena_bytes + transcript.info.stack_size
