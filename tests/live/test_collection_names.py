# SPDX-License-Identifier: Apache-2.0
"""Names of what the page keeps: groups, classes that become empty, labels of others, what it leaves alone."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live.conftest import opened, serving
from live.test_collection import MODEL, SOUNDS, WINDOWS, recordings, table, waving
from live.test_parts import text_of

from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.live.collection import Collection
from toolkit.live.events import Events
from toolkit.live.jobs import Jobs

pytestmark = pytest.mark.xdist_group("live")
GROUP = 'group = "/(p[0-9]+)_"\n'


def grouped(root: Path) -> Collection:
    collection = recordings(root)
    (root / "tinyml.toml").write_text(WINDOWS + GROUP + MODEL)
    for path in sorted((root / "data").rglob("*.csv")):
        path.rename(path.with_name(f"p1_{path.name}"))
    return collection


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.csv"))


def test_a_file_keeps_its_name_and_so_its_group_when_its_label_changes(tmp_path: Path) -> None:
    collection = grouped(tmp_path)
    assert collection.relabel("slow/p1_a.csv", "fast") == {"name": "p1_a.csv"}
    (tmp_path / "data/slow/p1_c.csv").write_bytes(table(waving(9)))
    assert collection.relabel("slow/p1_c.csv", "fast") == {"name": "p1_c_0001.csv"}
    shown = collection.show("", 0)
    assert shown["broken"] == [] and sum(shown["counts"].values()) == 7


def test_a_new_file_must_match_the_group_before_it_is_written(tmp_path: Path) -> None:
    collection = grouped(tmp_path)
    before = names(tmp_path)
    for label in ("fast", "new"):
        with pytest.raises(InputError, match=r"_0001\.csv would not match group"):
            collection.add(label, "a.csv", table(waving(3)))
        with pytest.raises(InputError, match="would not match group"):
            Jobs(tmp_path, "nano33ble", Events()).record(label, "", 1, ["accel"], b"")
    assert names(tmp_path) == before and not (tmp_path / "data/new").exists()
    assert collection.add("fast", "p2_mine.csv", table(waving(3))) == {"name": "p2_mine.csv"}
    assert collection.add("fast", "a.csv", table(waving(4)), "p3") == {"name": "p3_0001.csv"}
    assert collection.show("", 0)["broken"] == []


def test_a_file_that_the_data_cannot_use_is_shown_first_and_can_be_deleted(tmp_path: Path) -> None:
    collection = grouped(tmp_path)
    for hertz, name in enumerate(("z.csv", "notes.txt"), 8):
        (tmp_path / "data/slow" / name).write_bytes(table(waving(hertz)))
    shown = collection.show("slow", 0)
    assert [each["name"] for each in shown["files"][:2]] == ["slow/notes.txt", "slow/z.csv"]
    assert shown["files"][1]["marks"] == ["does not match group = '/(p[0-9]+)_'"]
    assert shown["counts"]["slow"] == 3 and len(shown["broken"]) == 2
    assert collection.delete("slow/z.csv") == {"name": "deleted/slow/z.csv"}
    assert collection.delete("slow/notes.txt") == {"name": "deleted/slow/notes.txt"}
    assert collection.show("", 0)["broken"] == []


@pytest.mark.parametrize("how", ["delete", "relabel"])
def test_the_last_file_of_a_class_takes_its_folder_with_it(how: str, tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    collection.add("typo", "a.csv", table(waving(3)))
    if how == "delete":
        collection.delete("typo/typo_0001.csv")
    else:
        collection.relabel("typo/typo_0001.csv", "fast")
    assert not (tmp_path / "data/typo").exists()
    assert "typo" not in collection.show("", 0)["counts"]


def test_a_class_folder_without_files_counts_none_and_locks_nothing(tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    (tmp_path / "data/new").mkdir()
    assert collection.show("", 0)["counts"] == {"fast": 3, "new": 0, "slow": 3}
    assert collection.relabel("slow/a.csv", "new") == {"name": "a.csv"}
    for name in ("slow/b", "slow/still", "fast/c", "fast/d", "fast/e", "new/a"):
        collection.delete(f"{name}.csv")
    assert collection.show("", 0)["counts"] == {}
    assert collection.add("again", "a.csv", table(waving(3))) == {"name": "again_0001.csv"}


@pytest.mark.parametrize("label", ['x"y', "_background_noise_", "R&B"])
def test_a_class_that_is_there_may_have_a_name_that_a_new_one_may_not(label: str, tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    with pytest.raises(InputError, match="cannot be a folder's name"):
        collection.relabel("slow/a.csv", label)
    (tmp_path / "data" / label).mkdir()
    assert collection.relabel("slow/a.csv", label) == {"name": "a.csv"}
    assert collection.relabel("slow/b.csv", label) == {"name": "b.csv"}
    assert collection.relabel(f"{label}/b.csv", "fast") == {"name": "b.csv"}
    assert collection.delete(f"{label}/a.csv") == {"name": f"deleted/{label}/a.csv"}


def test_a_label_changes_within_the_split_that_a_folder_says(tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    for split in ("train", "test"):
        for label in ("slow", "fast"):
            place = tmp_path / "data" / split / label
            place.mkdir(parents=True)
            for path in sorted((tmp_path / "data" / label).iterdir()):
                (place / path.name).write_bytes(path.read_bytes())
    for label in ("slow", "fast"):
        for path in (tmp_path / "data" / label).iterdir():
            path.unlink()
        (tmp_path / "data" / label).rmdir()
    assert collection.relabel("test/slow/a.csv", "fast") == {"name": "a.csv"}
    assert (tmp_path / "data/test/fast/a.csv").is_file()
    assert collection.delete("train/slow/a.csv") == {"name": "deleted/train/slow/a.csv"}
    with pytest.raises(InputError, match="a folder for each split"):
        collection.add("slow", "a.csv", table(waving(3)))


@pytest.mark.parametrize("where", ["../outside", "absolute", "link"])
def test_nothing_is_recorded_outside_of_the_project(where: str, tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    if where == "link":
        (root / "data").symlink_to(outside, target_is_directory=True)
    folder = {"absolute": outside.as_posix(), "link": "data"}.get(where, where)
    (root / "tinyml.toml").write_text(WINDOWS.replace('"data"', f'"{folder}"') + MODEL)
    with pytest.raises(UsageError, match="is outside of the project"):
        Jobs(root, "nano33ble", Events()).record("wave", "", 1, ["accel"], b"")
    assert list(outside.iterdir()) == []


def test_two_that_change_one_file_at_once_are_one_after_the_other(tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    said: list[object] = []

    def change(label: str) -> None:
        try:
            said.append(collection.relabel("slow/a.csv", label))
        except TinymlError as error:
            said.append(error.message)

    threads = [threading.Thread(target=change, args=(f"new{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, said)) == ["the data have no file 'slow/a.csv'."] * 3 + ["{'name': 'a.csv'}"]
    assert len(names(tmp_path / "data")) == 6


def test_a_broken_file_is_shown_with_its_own_name_and_can_be_deleted(tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    (tmp_path / "data/slow/a0.csv").write_bytes(b"nothing")
    shown = {each["name"]: each["marks"] for each in collection.show("slow", 0)["files"]}
    assert shown["slow/a0.csv"][0].startswith("a0.csv: ") and str(tmp_path) not in shown["slow/a0.csv"][0]
    (tmp_path / "data/slow/link.csv").symlink_to(tmp_path / "nowhere.csv")
    first = collection.show("slow", 0)["files"][0]
    assert first["name"] == "slow/link.csv" and "leads out of the data folder" in first["marks"][0]
    assert collection.delete("slow/a0.csv") == {"name": "deleted/slow/a0.csv"}


def test_labels_of_an_anomaly_detector_are_its_folders(tmp_path: Path) -> None:
    collection = recordings(tmp_path)
    (tmp_path / "tinyml.toml").write_text(WINDOWS + 'task = "anomaly"\nnormal = "slow"\n' + MODEL)
    assert collection.show("", 0)["counts"] == {"fast": 3, "slow": 3}


def test_how_long_a_recording_may_be_is_said_for_one_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(SOUNDS + MODEL)
    with pytest.raises(UsageError, match="more than 0 and at most 600 s"):
        Jobs(tmp_path, "nano33ble", Events()).record("a", "", 0, [], b"")
    assert np.all([path.name == "tinyml.toml" for path in tmp_path.iterdir()])


def test_recordings_with_groups_are_collected_relabelled_and_deleted_by_clicks(
    browser: Any, tmp_path: Path
) -> None:
    pytest.importorskip("starlette", reason="needs the extra live: pip install 'tinyml-toolkit[live]'")
    root = tmp_path / "p"
    root.mkdir()
    grouped(root)
    sent = [{"name": f"{i}.csv", "mimeType": "text/csv", "buffer": table(waving(i))} for i in (3, 4)]
    broken = {"name": "broken.csv", "mimeType": "text/csv", "buffer": b"nothing"}
    with serving(root) as server, opened(browser, server) as page:
        page.click("#tab-collect")
        page.fill("#new-label", "fast")
        page.set_input_files("#new-files", [sent[0]])
        text_of(page, "#collect-problem", "3.csv: fast/fast_0001.csv would not match group")
        page.fill("#new-stem", "p9")
        page.set_input_files("#new-files", [sent[0], broken, sent[1]])
        text_of(page, "#collect-said", "2 kept as fast, 1 refused")
        assert page.inner_text("#collect-problem").startswith("broken.csv: ")
        page.locator("[data-name='fast/p9_0001.csv'] select").select_option("slow")
        text_of(page, "#collect-said", "fast/p9_0001.csv is slow now")
        page.click("[data-name='slow/p9_0001.csv'] .delete")
        text_of(page, "#collect-said", "is in the bin")
    assert (root / "deleted/slow/p9_0001.csv").is_file() and (root / "data/fast/p9_0002.csv").is_file()
