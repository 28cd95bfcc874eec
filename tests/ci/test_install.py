# SPDX-License-Identifier: Apache-2.0
"""What pip is configured with holds for uv, or pip installs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / ".ci" / "install.py"


@pytest.fixture(scope="module")
def install() -> ModuleType:
    """The file, which is in no package, as a module."""
    spec = importlib.util.spec_from_file_location("install", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_pip_itself_lists_reaches_uv_and_the_environment_wins_over_the_file(
    install: ModuleType, tmp_path: Path
) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\nindex-url = https://file.invalid/simple\nextra-index-url =\n  https://one.invalid\n"
        "  https://two.invalid\n[install]\nfind-links = /a\n  /b\n[download]\nno-deps = true\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment = {**kept, "PIP_CONFIG_FILE": str(file), "PIP_INDEX_URL": "https://user.invalid/simple"}
    words = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=True)
    settings = install.settings_of_pip(done.stdout)
    # This machine's own files may say more.
    found = install.environment_of_uv(
        {name: settings[name] for name in ("index-url", "extra-index-url", "find-links")}
    )
    assert "no-deps" not in settings
    assert found["UV_DEFAULT_INDEX"] == "https://user.invalid/simple"
    assert found["UV_INDEX"] == "https://one.invalid https://two.invalid"
    assert found["UV_FIND_LINKS"] == "/a,/b"


def test_a_setting_that_uv_would_not_follow_leaves_the_work_to_pip(install: ModuleType) -> None:
    harmless = "global.disable-pip-version-check='1'\n"
    assert install.environment_of_uv(install.settings_of_pip(harmless)) is not None
    strict = harmless + "global.require-hashes='true'\n"
    assert install.environment_of_uv(install.settings_of_pip(strict)) is None
