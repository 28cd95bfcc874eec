# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite Micro's own repository and generator: what is fetched has the known hashes, and runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.firmware import digits_like

from toolkit.engines.fetch import fetch_tflm
from toolkit.engines.kept import Kept
from toolkit.firmware.engine import EngineChoice, KernelsName
from toolkit.verify.any_model import save_rows, try_model
from toolkit.verify.on_device import Place

GIT, THIRD_PARTY = "TINYML_TFLM_GIT", "TINYML_TFLM_THIRD_PARTY"
pytestmark = [
    pytest.mark.skipif(
        not os.environ.get(GIT),
        reason=f"needs TFLM's repository: {GIT}=FOLDER, and {THIRD_PARTY}=FOLDER with what it takes in",
    ),
    pytest.mark.skipif(shutil.which("make") is None, reason="needs make: apt-get install make"),
    pytest.mark.timeout(3000),
    pytest.mark.xdist_group("tflm"),
]


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    given = os.environ.get(THIRD_PARTY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYML_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("TINYML_BUILD_CACHE", str(tmp_path_factory.mktemp("objects")))
        patch.delenv("TINYML_TFLM", raising=False)
        yield fetch_tflm(os.environ[GIT], third_party=Path(given) if given else None)


def test_the_known_commit_gives_the_known_bytes(fetched: Kept) -> None:
    assert fetched.is_checked and not fetched.damaged()


@pytest.mark.skipif(
    shutil.which("arm-none-eabi-g++") is None,
    reason="needs arm-none-eabi-g++: apt-get install gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib",
)
@pytest.mark.parametrize(
    ("board", "kernels"),
    [
        ("nano33ble", "cmsis_nn"),
        ("sparkfun_edge", "cmsis_nn"),
        ("stm32f746g_disco", "cmsis_nn"),
        ("nano33ble", "reference"),
    ],
)
def test_its_firmware_computes_what_the_interpreter_does(
    board: str, kernels: KernelsName, fetched: Kept, tmp_path: Path
) -> None:
    (tmp_path / "digits.tflite").write_bytes(digits_like()[0])
    save_rows(np.random.default_rng(3).integers(-128, 128, (5, 64), np.int8), tmp_path / "x.npy")
    engine = EngineChoice("tflm", kernels=kernels)
    trial = try_model(tmp_path / "digits.tflite", tmp_path / "x.npy", board, Place(), engine=engine)
    assert trial.checked.verdict.passed
    assert trial.checked.transcript.info.engine == "tflm"
    assert trial.checked.verdict.arena_bytes % 16 == 0
