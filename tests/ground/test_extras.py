# SPDX-License-Identifier: Apache-2.0
"""Optional packages: what is set before TensorFlow is loaded, and what is said where one is missing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from toolkit.errors import ToolMissingError
from toolkit.extras import load_extra

SETTLED = (
    "import os; from toolkit.cli.main import run; run(['--help']); print(os.environ['TF_ENABLE_ONEDNN_OPTS'])"
)


@pytest.mark.parametrize(("chosen", "expected"), [(None, "0"), ("1", "1")])
def test_the_command_settles_how_tensorflow_computes_before_a_users_code_can_import_it(
    chosen: str | None, expected: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    if chosen:
        environment["TF_ENABLE_ONEDNN_OPTS"] = chosen
    command = [sys.executable, "-c", SETTLED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env=environment)
    assert done.stdout.split()[-1] == expected


def test_a_missing_package_is_one_line_with_the_pip_command() -> None:
    with pytest.raises(ToolMissingError, match="no_such_package is not installed") as caught:
        load_extra("no_such_package", "tflm")
    assert caught.value.hint == "Try: pip install 'tinyml-toolkit[tflm]'"
