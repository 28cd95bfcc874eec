# SPDX-License-Identifier: Apache-2.0
"""Firmware to flash, built once."""

from __future__ import annotations

import pytest
from support.flashing import built_firmware

from toolkit.firmware import Firmware


@pytest.fixture(scope="session")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """The firmware with the fake model for the Nano 33 BLE."""
    return built_firmware(tmp_path_factory.mktemp("nano"), "nano33ble")


@pytest.fixture(scope="session")
def disco(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """The same for the STM32F746G-DISCO."""
    return built_firmware(tmp_path_factory.mktemp("disco"), "stm32f746g_disco")


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """The same for the SparkFun Edge."""
    return built_firmware(tmp_path_factory.mktemp("edge"), "sparkfun_edge")


@pytest.fixture(scope="session")
def pico(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    """The same for the Raspberry Pi Pico."""
    return built_firmware(tmp_path_factory.mktemp("pico"), "raspberry_pi_pico")
