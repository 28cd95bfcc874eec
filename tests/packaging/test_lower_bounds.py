# SPDX-License-Identifier: Apache-2.0
"""The lower bounds in setup.cfg hold: the toolkit works with the lowest version of each package."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.firmware import SAMPLES, digits_like, skip_without

ROOT = Path(__file__).parents[2]
EXTRAS = ("emulate", "tflm")
"""Not train: TensorFlow's download is hundreds of megabytes."""


def lowest() -> list[str]:
    """Return the requirements of the base and EXTRAS, each at its lowest version."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    texts = [config["options"]["install_requires"], *(config["options.extras_require"][e] for e in EXTRAS)]
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    return [re.sub(r">=([^,;]+)(,<[^;]*)?", r"==\1", line) for line in lines]


def test_every_requirement_has_a_lower_bound() -> None:
    assert [line for line in lowest() if "==" not in line] == []
    assert "click==8.2" in lowest()


@pytest.mark.bench
@pytest.mark.timeout(1200)
def test_the_lowest_versions_compile_build_and_emulate(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    python = tmp_path / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", *lowest()]
    subprocess.run(install, check=True, timeout=600)
    (tmp_path / "digits.tflite").write_bytes(digits_like()[0])
    np.save(tmp_path / "x.npy", np.stack(SAMPLES))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TINYML_CACHE_DIR": str(tmp_path / "cache")}

    def tinyml(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [python, "-m", "toolkit", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout + done.stderr

    code, said = tinyml("run", "digits.tflite", "--inputs", "x.npy")
    assert code == 0, said
    assert "4 of 4 samples equal" in said
    assert tinyml("inspect", "digits.tflite")[0] == 0
    assert tinyml("run") == (2, "Error: Missing argument 'MODEL'.\n  Try: tinyml run --help\n")
    assert tinyml("boards", "--nope")[0] == 2
    assert tinyml()[0] == 2
