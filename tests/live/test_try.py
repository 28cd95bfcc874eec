# SPDX-License-Identifier: Apache-2.0
"""\"Try it\" in a real browser: every way in, three columns, the grid, what is saved."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live.conftest import Server, drop_file, opened

pytestmark = pytest.mark.xdist_group("live")


def wait_for_column(page: Any, on: str) -> Any:
    """Wait until a column shows an answer, and return it."""
    page.wait_for_function(
        "on => { const c = document.querySelector(`.column[data-on=${on}]`);"
        " return c.dataset.sample && c.getAttribute('aria-busy') === 'false' }",
        arg=on,
    )
    return page.locator(f".column[data-on={on}]")


def shown(page: Any, on: str) -> list[str]:
    return list(wait_for_column(page, on).locator(".bars .name").all_inner_texts())


def test_a_drawing_goes_through_the_reference_and_the_firmware(page: Any) -> None:
    page.click("[data-input=draw]")
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 80, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 220, steps=5)
    page.mouse.up()
    board = wait_for_column(page, "board")
    assert "Every byte as the reference." in board.inner_text()
    assert re.search(r"[\d.]+ ms on the board ± \d+ %, modelled", board.inner_text())
    assert shown(page, "int8") == shown(page, "board")
    assert len(shown(page, "int8")) == 10
    assert "there is no float model beside model.tflite." in wait_for_column(page, "float").inner_text()
    assert "8 x 8 pixels, grey" in page.inner_text("#seen-caption")
    assert "to the byte" in page.inner_text("#parts")


def test_what_the_model_gets_is_what_was_drawn(page: Any) -> None:
    """Ink in the left half only."""
    page.click("[data-input=draw]")
    page.wait_for_selector("#pad")
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 270, steps=3)
    page.mouse.up()
    wait_for_column(page, "int8")
    page.wait_for_function("() => document.getElementById('seen').width === 8")
    left, right = page.evaluate(
        "() => { const c = document.getElementById('seen').getContext('2d');"
        " const sum = (x) => c.getImageData(x, 0, 4, 8).data.filter((_, i) => i % 4 === 0)"
        ".reduce((a, b) => a + b); return [sum(0), sum(4)] }"
    )
    assert abs(left - right) > 1000


def test_a_file_of_several_samples_is_walked_through_by_keys(page: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "three.npy", np.random.default_rng(2).random((3, 8, 8, 1), np.float32))
    page.click("[data-input=file]")
    page.set_input_files("#file", tmp_path / "three.npy")
    page.wait_for_selector("#stepper:not([hidden])")
    assert page.inner_text("#place") == "1 of 3"
    page.focus("#next")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('place').textContent === '2 of 3'")
    page.wait_for_function(
        "() => document.getElementById('seen-caption').textContent.startsWith('three.npy:2')"
    )


def test_a_file_that_is_dropped_is_taken_and_a_wrong_one_named(page: Any, server: Server) -> None:
    drop_file(page, "0.png", (server.project / "pictures" / "3" / "0.png").read_bytes())
    page.wait_for_function("() => document.getElementById('seen-caption').textContent.startsWith('0.png')")
    drop_file(page, "words.txt", b"hello")
    page.wait_for_selector("#input-problem:not([hidden])")
    assert "words.txt: is not one of .jpg" in page.inner_text("#input-problem")


def test_the_camera_is_asked_over_and_over(page: Any) -> None:
    page.click("[data-input=camera]")
    page.click("#camera-toggle")
    first = wait_for_column(page, "int8").get_attribute("data-sample")
    page.wait_for_function(
        "first => document.querySelector('.column[data-on=int8]').dataset.sample !== first", arg=first
    )
    page.click("#camera-toggle")
    assert page.inner_text("#camera-toggle") == "Start the camera"
    assert page.inner_text("#seen-caption").startswith("camera.jpg: 8 x 8")


def test_the_grid_shows_truth_and_prediction_by_class_and_the_wrong_ones(page: Any) -> None:
    page.click("#tests-show")
    page.wait_for_selector("#tests-grid li")
    count = page.locator("#tests-grid li").count()
    assert count == 20
    wrong = page.locator("#tests-grid .wrong").count()
    assert f"20 shown, {wrong} of 20 wrong" in page.inner_text("#tests-count")
    page.check("#tests-wrong")
    page.wait_for_function(f"() => document.querySelectorAll('#tests-grid li').length === {wrong}")
    page.uncheck("#tests-wrong")
    page.select_option("#tests-label", "7")
    page.wait_for_function("() => document.querySelectorAll('#tests-grid li').length === 2")
    assert all(text.startswith("is 7\n") for text in page.locator("#tests-grid button").all_inner_texts())
    said = page.locator("#tests-grid .said").first.inner_text()
    page.locator("#tests-grid button").first.click()
    assert f"said {wait_for_column(page, 'int8').locator('.top').inner_text()}" == said
    page.wait_for_function("() => document.getElementById('seen-caption').textContent.includes(', is 7:')")
    assert page.locator("#tests-grid button[aria-pressed=true]").count() == 1


def test_a_picture_with_its_prediction_is_saved(page: Any, server: Server) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    page.click("[data-input=file]")
    page.set_input_files("#file", server.project / "pictures" / "1" / "0.png")
    wait_for_column(page, "board")
    with page.expect_download() as found:
        page.click("#save")
    assert found.value.suggested_filename == "prediction.png"
    content = Path(found.value.path()).read_bytes()
    assert image.open(io.BytesIO(content)).size[0] == 900


def test_a_dropped_connection_is_said_and_taken_up_again(browser: Any, server: Server) -> None:
    sockets: list[Any] = []

    def through(socket: Any) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    with opened(browser, server) as page:
        page.route_web_socket(re.compile("/events$"), through)
        page.reload()
        page.wait_for_selector("#connection[data-state=connected]")
        sockets[0].close()
        page.wait_for_selector("#connection[data-state=lost]")
        assert page.inner_text("#connection") == "connection lost, trying again"
        page.wait_for_selector("#connection[data-state=connected]")
        page.click("[data-input=draw]")
        page.context.set_offline(True)
        page.click("#pad-clear")
        page.wait_for_selector("#input-problem:not([hidden])")
        assert "tinyml live does not answer." in page.inner_text("#input-problem")
        page.context.set_offline(False)
        page.click("#pad-clear")
        wait_for_column(page, "int8")
        page.wait_for_selector("#input-problem", state="hidden")


def test_a_phone_shows_everything_without_scrolling_sideways(browser: Any, server: Server) -> None:
    with opened(browser, server, viewport={"width": 360, "height": 740}, color_scheme="dark") as page:
        page.click("[data-input=draw]")
        page.click("#pad-clear")
        wait_for_column(page, "int8")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(18, 22, 28)"


def test_everything_that_can_be_used_has_a_name(page: Any) -> None:
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, canvas, video, textarea')]
          .filter((x) => !x.hidden && x.getAttribute('aria-hidden') !== 'true')
          .filter((x) => !(x.textContent.trim() || x.getAttribute('aria-label') || x.labels?.length))
          .map((x) => x.outerHTML)"""
    )
    assert nameless == []
