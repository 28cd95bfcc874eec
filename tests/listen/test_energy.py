# SPDX-License-Identifier: Apache-2.0
"""The energy of a day, from the currents in the boards' files."""

from __future__ import annotations

import dataclasses

import pytest

from toolkit.listen.delays import Light, delay_words, delays, light_words, lights
from toolkit.listen.energy import energy_of
from toolkit.listen.events import Event
from toolkit.listen.score import Detection
from toolkit.targets.board import Power, load_board

NANO = load_board("nano33ble_sense")


def test_core_and_sensors_add_up_over_a_day() -> None:
    board = dataclasses.replace(NANO, power=Power(3.0, 10.0, 2.0, "made up"))

    energy = energy_of(board, 0.25, ["microphone"])

    assert energy is not None
    assert energy.mean_ma == pytest.approx(4.0 + 0.65)
    assert energy.mah_a_day == pytest.approx(24 * 4.65)
    assert energy.joules_a_day == pytest.approx(86.4 * 3 * 4.65)


def test_what_no_data_sheet_says_is_told() -> None:
    board = load_board("nano33ble_sense_rev2")

    energy = energy_of(board, 0.25, ["microphone"])

    assert energy is not None and energy.left_out == ("microphone",)
    assert "not known, and not in it: microphone" in energy.words()
    assert energy_of(load_board("sparkfun_edge"), 0.25, ["accel"]) is None


def test_the_delay_is_from_the_end_of_a_word_to_its_own_light() -> None:
    events = [Event(1.0, 1.5, "yes"), Event(2.0, 2.4, "yes"), Event(8.0, 8.5, "yes")]
    found = [Detection(1.45, "yes", 0.9), Detection(2.6, "yes", 0.9)]
    lit = [(1.451, 1.0), (2.451, 0.0), (2.601, 1.0), (3.6, 0.0)]

    told = delays(found, events, lit)

    assert [(each.end, each.seconds) for each in told] == [(1.5, -0.049), (2.4, 0.201)]


def test_a_light_before_the_end_of_an_event_is_said_to_be_before() -> None:
    assert delay_words([0.13, 0.06, 0.097], "word") == (
        "the LED lights 97 ms after the end of a word in the middle, "
        "from 60 ms after to 130 ms after it (3 words)"
    )
    assert delay_words([-0.978], "event") == (
        "the LED lights 978 ms before the end of an event in the middle, "
        "from 978 ms before to 978 ms before it (1 event)"
    )


def test_a_light_goes_out_when_no_led_of_the_board_is_lit() -> None:
    """Four LEDs change one after the other; a dithered one goes out for microseconds."""
    lit = [(1.0, 0.25), (1.001, 1.0), (2.0, 0.75), (2.001, 0.0), (5.0, 1.0), (5.001, 0.0), (5.0011, 1.0)]

    found = lights("night.wav", lit)

    assert found == (Light("night.wav", 1.0, 2.001), Light("night.wav", 5.0, None))
    words = "the LED was lit 2 times, from 1.00 to 1.00 s until it went out, and is lit at the end"
    assert light_words(found) == words
    assert light_words(found[1:]) == "the LED was lit 1 time, and did not go out"
