# SPDX-License-Identifier: Apache-2.0
"""\"Look inside\" and the sensors by clicks: feature maps, sliders, recording, files that are alike."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live.conftest import TOML, Server
from live.test_parts import text_of
from live.test_try import wait_for_column

from toolkit.errors import InputError
from toolkit.live.events import Events
from toolkit.live.jobs import Jobs
from toolkit.live.layers import _of_layer
from toolkit.live.views import heat_map
from toolkit.predict.look import LayerView
from toolkit.runners.feeds import feedable_on, read_feeds
from toolkit.targets.board import load_board

pytestmark = pytest.mark.xdist_group("live")


def test_each_layer_s_output_is_shown_on_each_column_with_what_int8_leaves(page: Any, server: Server) -> None:
    about = server.project / "build" / "quantization.json"
    before = about.read_text()
    page.click("#tab-inside")
    page.click("#maps-show")
    assert text_of(page, "#maps-problem", "Choose one in Try it") and page.locator("#maps li").count() == 0
    page.click("#tab-try")
    page.click("[data-input=file]")
    page.set_input_files("#file", server.project / "pictures" / "6" / "0.png")
    sample = wait_for_column(page, "board").get_attribute("data-sample")
    _, layers = server.call("GET", f"api/samples/{sample}/layers/int8")
    named = [{"layer": each["layer"], "sqnr_db": 9.5} for each in layers["layers"]]
    about.write_text(json.dumps({**json.loads(before), "layers": named}))
    page.click("#tab-inside")
    text_of(page, "#layer-costs", "int8 leaves9.5 dB")
    page.click("#maps-show")
    page.click("#maps-all summary")
    page.wait_for_selector("#maps [data-on=board]")
    assert page.locator("#maps li").count() == len(named)
    assert "CONV_2D, 8x8" in page.locator("#maps li").first.inner_text()
    assert page.locator("#maps .bad").first.inner_text() == "9.5 dB"
    label = str(page.locator("#maps canvas").last.get_attribute("aria-label"))
    assert label.startswith("output, firmware: 10, every byte as int8")
    assert text_of(page, "#maps-problem", "model_float.tflite is not beside it.")
    page.focus(".node[aria-pressed=true]")
    page.keyboard.press("End")
    assert page.inner_text("#layer-title").endswith("SOFTMAX") and page.inner_text("#layer-name") == "output"
    assert page.locator("#layer-maps [data-on]").count() == 2
    about.write_text(before)


def test_the_float_s_maps_have_the_range_of_the_integers_and_what_parts_them() -> None:
    integer, real = np.array([[0.0, 1.0, 2.0]]), np.array([[-1.0, 1.0, 2.5]])
    found = _of_layer(LayerView("dense", "FULLY_CONNECTED", integer, real), "float", {})
    assert base64.b64decode(found["view"]["pixels"]) == bytes([0, 128, 255])
    assert base64.b64decode(found["difference"]["view"]["pixels"]) == bytes([255, 0, 128])
    assert found["difference"]["most"] == 1.0


def test_a_map_s_missing_numbers_are_lowest() -> None:
    view = heat_map(np.array([[np.nan, -1.0], [1.0, 0.0]]))
    assert (view["height"], view["width"], view["low"], view["high"]) == (2, 2, -1.0, 1.0)
    assert base64.b64decode(view["pixels"])[0] == 0


def test_sliders_feed_the_sensors_that_are_open(page: Any, tmp_path: Path) -> None:
    asked: list[Any] = []

    def answer(route: Any) -> None:
        asked.append(route.request)
        route.fulfill(status=400, json={"error": "not now", "hint": ""})

    page.route("**/api/emulate*", answer)
    page.click("#tab-inside")
    page.click("#emulate-feed [data-sensor=gyro] summary")
    page.fill("#emulate-gyro_y", "-50")
    page.click("#emulate")
    text_of(page, "#emulate-problem", "not now")
    page.unroute("**/api/emulate*")
    (request,) = asked
    assert request.url.endswith("sensors=gyro")
    table = tmp_path / "fed.csv"
    table.write_text(request.post_data)
    feed = read_feeds(load_board("nano33ble"), [f"gyro={table}"])["gyro"]
    assert feed.channels == 3
    assert np.array_equal(np.genfromtxt(table, delimiter=",", skip_header=1), [[0, -50, 0]] * 2)


def test_what_a_table_can_feed_is_what_the_page_offers() -> None:
    found = {each.name: each for each in feedable_on(load_board("nano33ble"))}
    assert set(found) == {"accel", "gyro", "mag", "analog"}
    assert found["accel"].columns == ("accel_x", "accel_y", "accel_z") and found["accel"].unit == "g"
    assert found["analog"].columns == ("analog",)


def test_files_that_are_alike_are_found_and_another_label_is_said(page: Any, server: Server) -> None:
    folder = server.project / "pictures"
    copy = folder / "8" / "copy.png"
    copy.write_bytes((folder / "7" / "2.png").read_bytes())
    page.click("#tab-collect")
    page.select_option("#collect-label", "7")
    page.click("[data-name='7/2.png'] [aria-label='Files like 7/2.png']")
    page.wait_for_selector("#near-grid li")
    first = text_of(page, "#near-grid li", "8/copy.png")
    assert first == "8/copy.png, 0.0 awaythe same, labelled 8"
    assert page.locator("#near-grid li").count() == 8
    page.select_option("#collect-label", "8")
    text_of(page, "#collect-grid", "same bytes as 7/2.png")
    copy.unlink()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("api/record?label=../out&ms=1000&sensors=accel", "cannot be a folder's name"),
        ("api/record?label=wave&ms=0&sensors=accel", "at most 600 s"),
        ("api/data/near?name=../tinyml.toml", "the data have no file"),
    ],
)
def test_no_recording_leads_out_of_the_data(server: Server, path: str, said: str) -> None:
    status, answer = server.call("GET" if "near" in path else "POST", path, b"")
    assert status == 400 and said in answer["error"]


@pytest.mark.parametrize(("label", "stem"), [("--port", ""), ("wave", "--port")])
def test_the_words_of_a_recording_are_no_options(label: str, stem: str, tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(TOML)
    with pytest.raises(InputError, match="cannot be a folder's name"):
        Jobs(tmp_path, "nano33ble", Events()).record(label, stem, 1.0, ["accel"], b"")


@pytest.mark.bench
def test_the_board_s_sensors_are_recorded_with_a_plot_as_it_comes(page: Any, server: Server) -> None:
    page.click("#tab-collect")
    page.fill("#new-label", "wave")
    page.click("#record-feed [data-sensor=accel] summary")
    page.fill("#record-accel_z", "1")
    page.fill("#record-seconds", "1")
    page.click("#record")
    page.wait_for_selector("#record-plot[data-rows]", timeout=400_000)
    text_of(page, "#record-said", "wave/wave_0001.csv: 1 s, 119 rows at 119 Hz; accel up to 4 g; none lost")
    assert int(page.get_attribute("#record-plot", "data-rows")) >= 119  # the last piece may bring one more
    kept = server.project / "pictures" / "wave" / "wave_0001.csv"
    rows = np.genfromtxt(kept, delimiter=",", skip_header=1)
    assert rows.shape == (119, 4)
    assert np.allclose(rows[:, 1:], [0, 0, 1], atol=0.01)
    kept.unlink()
    kept.parent.rmdir()
