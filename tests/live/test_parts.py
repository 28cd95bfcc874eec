# SPDX-License-Identifier: Apache-2.0
"""Collect, train and build, look inside: by clicks in a real browser, on a project of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from live.conftest import Server, opened

pytestmark = pytest.mark.xdist_group("live")


def text_of(page: Any, selector: str, wanted: str) -> str:
    """Wait until an element says what is wanted, and return all that it says."""
    page.wait_for_function(
        "([selector, wanted]) => document.querySelector(selector).textContent.includes(wanted)",
        arg=[selector, wanted],
    )
    return str(page.text_content(selector))


def test_samples_are_collected_relabelled_and_deleted_to_the_bin(page: Any, server: Server) -> None:
    pictures, source = server.project / "pictures", server.project / "pictures" / "2" / "1.png"
    page.click("#tab-collect")
    page.wait_for_selector("#collect-grid .tile")
    page.fill("#new-label", "new")
    page.set_input_files("#new-files", source)
    text_of(page, "#collect-said", "1 kept as new")
    added = pictures / "new" / "new_0001.png"
    assert added.read_bytes() == source.read_bytes()
    page.select_option("#collect-label", "new")
    tile = page.locator("#collect-grid [data-name='new/new_0001.png']")
    tile.locator("select").select_option("3")
    text_of(page, "#collect-said", "new/new_0001.png is 3 now")
    moved = pictures / "3" / "new_0001.png"
    assert moved.read_bytes() == source.read_bytes() and not added.parent.exists()
    page.select_option("#collect-label", "3")
    page.click("[data-name='3/new_0001.png'] .delete")
    text_of(page, "#collect-said", "is in the bin")
    assert not moved.exists()
    assert (server.project / "deleted" / "3" / "new_0001.png").read_bytes() == source.read_bytes()


def test_the_camera_s_picture_is_kept_and_dark_and_equal_ones_are_marked(page: Any, server: Server) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    page.click("#tab-collect")
    page.fill("#new-label", "4")
    page.click("#collect-camera-toggle")
    page.click("#collect-picture:not([disabled])")
    text_of(page, "#collect-said", "1 kept as 4")
    page.click("#collect-camera-toggle")
    folder = server.project / "pictures" / "4"
    image.new("L", (8, 8)).save(folder / "black.png")
    (folder / "again.png").write_bytes((folder / "0.png").read_bytes())
    page.select_option("#collect-label", "4")
    text_of(page, "#collect-grid", "dark, one colour")
    text_of(page, "#collect-grid", "same bytes as 4/0.png")
    for name in ("4_0001.jpg", "black.png", "again.png"):
        (folder / name).unlink()


def test_a_step_tells_both_tabs_what_it_does(browser: Any, page: Any, server: Server) -> None:
    with opened(browser, server) as other:
        for tab in (page, other):
            tab.click("#tab-train")
        page.click("[data-step=data]")
        for tab in (page, other):
            text_of(tab, "#step-outcome", "data: done")
            assert "data: " in text_of(tab, "#step-log", "build/data/dataset.json")
    assert "flash" in text_of(page, "#budget", " %")


def test_settings_are_checked_in_the_words_of_the_commands_before_they_are_written(
    page: Any, server: Server
) -> None:
    file = server.project / "tinyml.toml"
    before = file.read_text()
    page.click("#tab-train")
    page.wait_for_function("() => document.getElementById('settings').value.includes('[data]')")
    page.fill("#settings", before.replace("color", "colour").replace("family", "famly"))
    page.click("#settings-write")
    page.wait_for_selector("#settings-problem:not([hidden])")
    assert "tinyml.toml:" in page.inner_text("#settings-problem")
    assert "famly" in page.inner_text("#settings-problem")
    assert file.read_text() == before
    page.fill("#settings", before + "# a remark\n")
    page.click("#settings-write")
    text_of(page, "#settings-said", "written")
    assert file.read_text() == before + "# a remark\n"
    file.write_text(before)


def test_the_layers_say_what_they_cost_and_the_arena_is_drawn(page: Any, server: Server) -> None:
    assert server.call("POST", "api/tests/0")[0] == 200
    page.click("#tab-inside")
    assert "CONV_2D" in text_of(page, "#layers", "SOFTMAX")
    costs = str(page.locator(".node[role=button]").first.get_attribute("aria-label"))
    assert costs.startswith("0 CONV_2D, 8x8x") and "weights " in costs and "arena " in costs
    assert page.locator(".wire").count() == page.locator(".node[role=button]").count()
    page.wait_for_function("() => document.getElementById('arena').naturalWidth > 100")
    assert "arena " in page.inner_text("#inside-said")


def test_a_step_that_fails_says_why_and_a_running_one_is_not_started_twice(server: Server) -> None:
    assert server.call("POST", "api/job/nonsense")[1]["error"] == "there is no step 'nonsense'."
    status, said = server.call("POST", "api/job/data")
    assert status == 200 and said["running"]
    assert server.call("POST", "api/job/data")[1]["error"] == "data still runs."
    assert server.call("POST", "api/job/stop")[0] == 200
    assert server.call("GET", "api/job")[1]["outcome"] in ("stopped", "done")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("api/data/delete?name=../tinyml.toml", "the data have no file '../tinyml.toml'."),
        ("api/data/delete?name=/etc/passwd", "the data have no file '/etc/passwd'."),
        ("api/data/relabel?name=2/0.png&label=../../out", "cannot be a folder's name"),
        ("api/data?label=../out&name=a.png", "is no picture"),
        ("api/data?label=fine&name=a.exe", "a.exe is not one of .jpg"),
    ],
)
def test_no_name_and_no_label_leads_out_of_the_data(server: Server, path: str, said: str) -> None:
    before = sorted(server.project.rglob("*"))
    status, answer = server.call("POST", path, b"x")
    assert status == 400 and said in answer["error"]
    assert sorted(server.project.rglob("*")) == before


def test_a_data_folder_outside_of_the_project_is_left_alone(server: Server, tmp_path: Path) -> None:
    link = server.project / "pictures" / "5" / "link.png"
    (tmp_path / "far.png").write_bytes((server.project / "pictures" / "5" / "0.png").read_bytes())
    link.symlink_to(tmp_path / "far.png")
    try:
        status, answer = server.call("POST", "api/data/delete?name=5/link.png")
        assert status == 400 and "leads out of the data folder" in answer["error"]
        assert (tmp_path / "far.png").is_file()
    finally:
        link.unlink()
