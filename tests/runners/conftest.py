# SPDX-License-Identifier: Apache-2.0
"""Firmware with the fake model: for this computer and for a board, built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.firmware_image import build_image

from toolkit.targets.board import load_board


@pytest.fixture(scope="session")
def host_elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware as a program."""
    return build_image(load_board("host"), "gcc", tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="session")
def host_sine_elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware as a program whose application prints all the time."""
    return build_image(load_board("host"), "gcc", tmp_path_factory.mktemp("sine"), "sine")


@pytest.fixture(scope="session")
def nano_elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware for the Nano 33 BLE."""
    return build_image(load_board("nano33ble"), "gcc", tmp_path_factory.mktemp("nano"))


@pytest.fixture(scope="session")
def nano_sine_elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware for the Nano 33 BLE whose application prints all the time."""
    return build_image(load_board("nano33ble"), "gcc", tmp_path_factory.mktemp("nano_sine"), "sine")
