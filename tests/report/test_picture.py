# SPDX-License-Identifier: Apache-2.0
"""The README's picture of a report: the digits trained, checked on two boards, and seen in a browser.

TINYML_PICTURE=docs/report.png pytest -m bench tests/report/test_picture.py writes it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from support.firmware import skip_without

from toolkit.cli.main import run

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]
BOARDS = ("nano33ble", "stm32f746g_disco")


def show(page: Path, width: int, scheme: str, picture: str | None = None, height: int = 1400) -> int:
    """Open a page in Chromium, write a picture of its top, and return how wide its content is."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs a browser: apt install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        tab.goto(page.as_uri())
        if picture:
            tab.screenshot(path=picture)
        found = int(tab.evaluate("document.documentElement.scrollWidth"))
        browser.close()
    return found


def test_the_report_of_the_digits_fits_a_desk_and_a_phone(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    skip_without(BOARDS[0], "gcc")
    folder = tmp_path / "digits"
    assert run(["new", str(folder), "--example", "digits"]) == 0
    boards = [word for board in BOARDS for word in ("--board", board)]
    assert run(["check", "--project", str(folder), *boards]) == 0
    report = folder / "build" / "report.html"
    assert show(report, 1080, "light", os.environ.get("TINYML_PICTURE")) == 1080
    assert show(report, 360, "dark") == 360
