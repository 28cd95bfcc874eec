# SPDX-License-Identifier: Apache-2.0
"""Builds in a cache of their own, each made once for all tests of a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from support.firmware import SAMPLES, digits_like, skip_without

from toolkit.firmware import Application, Firmware, build_firmware, render_project
from toolkit.targets.board import load_board

Build = Callable[[str, str], Firmware]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder for this run, and none of the user's own settings."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("TINYML_CACHE_DIR", str(folder))
        for name in [name for name in os.environ if name.startswith("PLATFORMIO_")]:
            patch.delenv(name)
        patch.delenv("TINYML_TOOLCHAIN", raising=False)
        yield folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The firmware of the model digits_like for a board, by a toolchain."""

    @cache
    def build(board: str, toolchain: str) -> Firmware:
        skip_without(board, toolchain)
        folder = tmp_path_factory.mktemp(f"{board}-{toolchain}") / "firmware"
        application = Application("samples", tuple("0123456789"), SAMPLES, tuple(range(len(SAMPLES))))
        project = render_project(digits_like()[1], load_board(board), application, folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TINYML_TOOLCHAIN", toolchain)
            return build_firmware(project)

    return build
