# SPDX-License-Identifier: Apache-2.0
"""Options of custom operators: as FlatBuffers' own FlexBuffers reads them, and never an error."""

from __future__ import annotations

import random

import pytest
from flatbuffers import flexbuffers
from support.effort import times

from toolkit.ops.shared.registry import operators
from toolkit.tflite.custom import CUSTOM_KINDS, custom_options

MAPS: list[dict[str, object]] = [
    {},
    {"shift": 12},
    {"a": -1, "b": 200, "c": 70000, "d": 2**40, "e": -(2**40)},
    {"clamping": True, "other": False, "scale": 0.5, "T": 7},
    {f"option_{i}": i * 1000 for i in range(60)},
]


@pytest.mark.parametrize("options", MAPS)
def test_a_map_of_numbers_and_truths_is_read_as_it_was_written(options: dict[str, object]) -> None:
    assert custom_options(bytes(flexbuffers.Dumps(options))) == options


def test_what_is_no_number_is_left_out() -> None:
    written = flexbuffers.Dumps({"name": "x", "sizes": [1, 2], "inner": {"a": 1}, "shift": 3, "none": None})

    assert custom_options(bytes(written)) == {"shift": 3}


@pytest.mark.parametrize("value", [3, "text", [1, 2, 3], {f"o{i}": i for i in range(65)}])
def test_what_is_no_map_of_few_options_has_none(value: object) -> None:
    assert custom_options(bytes(flexbuffers.Dumps(value))) == {}


@pytest.mark.fuzz
def test_damaged_options_never_raise() -> None:
    rng = random.Random(5)
    seeds = [bytes(flexbuffers.Dumps(options)) for options in MAPS]
    for _ in range(times(5000, here=1500)):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 2, 5))):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 2, 255, rng.randrange(256)))
        found = custom_options(bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.2 else data))
        assert all(isinstance(value, int | float) for value in found.values())


def test_every_signal_operator_that_there_is_has_its_name_in_a_file() -> None:
    assert {kind for kind in operators() if kind.startswith("SIGNAL_")} <= {*CUSTOM_KINDS.values()}
