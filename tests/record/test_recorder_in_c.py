# SPDX-License-Identifier: Apache-2.0
"""The recorder's C on this computer, over sensors that a test turns by hand: nothing lost is untold."""

from __future__ import annotations

import ctypes
import random
from pathlib import Path

import pytest
from support.firmware_image import RUNTIME, SANITIZERS, TEMPLATES, compile_for_host

HERE = Path(__file__).parent
GAPS = 8
KEPT_BYTES = 960


class Gap(ctypes.Structure):
    """tm_recorder_gap."""

    _fields_ = (("at", ctypes.c_uint32), ("rows", ctypes.c_uint32))


class Track(ctypes.Structure):
    """tm_recorder_track, as far as the test looks."""

    _fields_ = (
        ("sensor", ctypes.c_void_p),
        ("setting", ctypes.c_uint32 * 3),
        ("kept", ctypes.c_void_p),
        ("most", ctypes.c_uint32),
        ("first", ctypes.c_uint32),
        ("end", ctypes.c_uint32),
        ("gap_count", ctypes.c_uint32),
        ("gaps", Gap * GAPS),
    )


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("recorder")
    (folder / "board_config.h").write_text(f"#define TM_RECORDER_BYTES {KEPT_BYTES}u\n")
    (folder / "tm_sensors.h").write_text(
        '#include "tm_sensor.h"\nextern const tm_sensor tm_fake_a, tm_fake_b;\n'
        "#define TM_SENSORS {&tm_fake_a, &tm_fake_b}\n"
    )
    flags = [*(flag for flag in SANITIZERS if "address" not in flag), "-shared", "-fPIC"]
    sources = [RUNTIME / "recorder" / "tm_recorder.c", HERE / "fake_board.c"]
    includes = [folder, RUNTIME / "recorder", TEMPLATES / "sensors"]
    library = ctypes.CDLL(str(compile_for_host(sources, folder / "recorder.so", flags, includes)))
    library.track_of.restype = ctypes.POINTER(Track)
    return library


@pytest.mark.parametrize("seed", range(20))
def test_every_row_is_kept_in_order_or_told_as_missing(recorder: ctypes.CDLL, seed: int) -> None:
    """Whatever the pace of sensors, main loop and computer: rows and gaps together are what was sensed."""
    rng = random.Random(seed)
    recorder.start_both()
    produced = [0, 0]
    taken: list[list[int]] = [[], []]
    told: list[dict[int, int]] = [{}, {}]
    for _ in range(300):
        which = rng.randrange(2)
        rows = rng.choice((1, 3, 10, 30))
        recorder.produce(which, rows)
        produced[which] += rows
        if rng.random() < 0.7:
            recorder.tm_recorder_step()
        if rng.random() < rng.choice((0.1, 0.6)):
            fetch(recorder, which, taken[which], told[which], rng.randrange(1, 60))
    recorder.tm_recorder_step()
    for which in range(2):
        while fetch(recorder, which, taken[which], told[which], 1000):
            pass
        assert sum(told[which].values()) + len(taken[which]) == produced[which]
        assert taken[which] == sorted(set(taken[which]))
        if len(told[which]) < GAPS:  # with more of them, what is lost counts with the last one
            assert_gaps_are_where_rows_are_missing(taken[which], told[which])


def fetch(recorder: ctypes.CDLL, which: int, taken: list[int], told: dict[int, int], most: int) -> int:
    """Take up to so many rows as `tm record get` does; returns how many there were."""
    track = recorder.track_of(which).contents
    recorder.tm_recorder_forget(recorder.track_of(which), len(taken))
    told.update({track.gaps[i].at: track.gaps[i].rows for i in range(track.gap_count)})
    assert track.first <= len(taken) <= track.end and track.end - track.first <= track.most
    count = min(most, track.end - len(taken))
    taken += [recorder.row_of(which, len(taken) + i) for i in range(count)]
    return count


def assert_gaps_are_where_rows_are_missing(taken: list[int], told: dict[int, int]) -> None:
    missing = {i: b - a - 1 for i, (a, b) in enumerate(zip([-1, *taken], taken, strict=False)) if b - a > 1}
    assert {at: rows for at, rows in told.items() if at < len(taken)} == missing
