# SPDX-License-Identifier: Apache-2.0
"""The application mode, watched live."""

from __future__ import annotations

from toolkit.runners import emulator
from toolkit.runners.application import Spoken, watch_application
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.host import HostLink
from toolkit.targets.board import load_board


def test_the_sine_is_heard_and_its_led_seen(nano_sine_elf) -> None:
    spoken: list[Spoken] = []
    link = EmulatorLink(nano_sine_elf, load_board("nano33ble"))
    watch_application(link, spoken.append, seconds=0.1)
    link.close()
    assert [line.text.split(",")[0] for line in spoken[:3]] == ["0.0000", "0.0628", "0.1257"]
    assert all(line.led is not None and 0.0 <= line.led <= 1.0 for line in spoken)
    assert spoken[-1].with_led().endswith("%")


def test_a_host_build_shows_no_led(host_sine_elf) -> None:
    spoken: list[Spoken] = []
    link = HostLink(host_sine_elf)
    watch_application(link, spoken.append, seconds=0.2)
    link.close()
    assert spoken and spoken[0].led is None


def test_a_firmware_that_is_silent_for_long_is_watched_to_the_end_of_the_time(
    nano_sine_elf, monkeypatch
) -> None:
    monkeypatch.setattr(emulator, "_LEAST_PATIENCE_S", 0.0)
    monkeypatch.setattr(EmulatorLink, "patience_s", 0.0)
    spoken: list[Spoken] = []
    link = EmulatorLink(nano_sine_elf, load_board("nano33ble"))
    watch_application(link, spoken.append, seconds=0.05)
    link.close()
    assert spoken
