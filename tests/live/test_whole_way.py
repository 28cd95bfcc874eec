# SPDX-License-Identifier: Apache-2.0
"""The digits by clicks alone: trained, stopped, taken up again, built, drawn, emulated. TensorFlow does it.

TINYML_PICTURE=docs/live.png pytest -m bench tests/live/test_whole_way.py writes the README's picture, and
docs/live-inside.png.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from live.conftest import Server, opened, serving
from live.test_parts import text_of
from live.test_try import wait_for_column
from support.firmware import skip_without

from toolkit.cli.main import run

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1200)]
_THREE = ((0.22, 0.12), (0.5, 0.06), (0.78, 0.14), (0.74, 0.36), (0.45, 0.47), (0.78, 0.6), (0.8, 0.84))
_END = ((0.5, 0.95), (0.2, 0.88))
_SLOW_MS = 400_000
_SHOWN = {"x": 0, "y": 0, "width": 1180, "height": 1025}


def draw(page: Any, points: tuple[tuple[float, float], ...]) -> None:
    box = page.locator("#pad").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def test_the_digits_are_trained_and_drawn_by_clicks(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    skip_without("nano33ble", "gcc")
    folder = tmp_path / "digits"
    assert run(["new", str(folder), "--example", "digits"]) == 0
    with serving(folder) as server, opened(browser, server, viewport={"width": 1180, "height": 1180}) as page:
        page.set_default_timeout(_SLOW_MS)
        assert "There is no model yet." in page.inner_text("#no-model")
        train_in_two_goes(page, folder)
        page.click("[data-step=build]")
        text_of(page, "#step-outcome", "build: done")
        page.click("#tab-try")
        try_it(page, server)
        look_inside(page)
        page.click("#emulate")
        text_of(page, "#emulate-outcome", "done")
        assert re.search(r"\[#* *\]", page.inner_text("#uart"))
        assert re.fullmatch(r"LED at \d+ %", str(page.get_attribute("#led", "aria-label")))


def train_in_two_goes(page: Any, folder: Path) -> None:
    page.click("#tab-train")
    page.click("[data-step=train]")
    text_of(page, "#step-title", "2/30")
    page.wait_for_selector("#curves svg")
    page.click("#step-stop")
    text_of(page, "#step-outcome", "train: stopped")
    assert not (folder / "build" / "model.keras").exists()
    page.click("[data-step=train]")
    text_of(page, "#step-outcome", "train: done")
    text_of(page, "#step-log", "training: ")
    assert (folder / "build" / "model.keras").is_file()
    page.click("#budget-estimate")
    page.wait_for_selector("[data-of=time]")
    assert re.search(r"ms ± \d+ %, modelled", page.inner_text("#budget"))
    page.click("[data-step=quantize]")
    text_of(page, "#step-outcome", "quantize: done")


def try_it(page: Any, server: Server) -> None:
    page.click("[data-input=draw]")
    draw(page, _THREE + _END)
    page.wait_for_timeout(1000)
    for on in ("int8", "board", "float"):
        assert wait_for_column(page, on).locator(".top").inner_text() == "3"
    page.click("#tests-show")
    page.wait_for_selector("#tests-grid li")
    picture = os.environ.get("TINYML_PICTURE")
    if picture:
        page.screenshot(path=picture, scale="css", clip=_SHOWN)


def look_inside(page: Any) -> None:
    """Choose a layer by keys, and see the sample on all three."""
    page.click("#tab-inside")
    page.wait_for_selector(".node[aria-pressed=true]")
    page.focus(".node[aria-pressed=true]")
    page.keyboard.press("Home")
    page.click("#maps-show")
    page.wait_for_selector("#layer-maps [data-on=board]")
    assert [each.get_attribute("data-on") for each in page.locator("#layer-maps [data-on]").all()] == [
        "float",
        "int8",
        "board",
        "difference",
    ]
    assert re.search(r"time[\d.]+ ms", str(page.text_content("#layer-costs")))
    picture = os.environ.get("TINYML_PICTURE")
    if picture:
        place = Path(picture)
        page.locator("#panel-inside .card").first.screenshot(
            path=place.with_stem(f"{place.stem}-inside"), scale="css"
        )
