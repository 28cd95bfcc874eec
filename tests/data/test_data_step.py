# SPDX-License-Identifier: Apache-2.0
"""`tinyml data` and the step behind it: made once, again when a file changes, broken files left out."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.cli.main import run
from toolkit.data import Dataset, Split, describe
from toolkit.data.contact_sheet import contact_sheet
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.pipeline.build import application_of
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import load_project

pytest.importorskip("PIL", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'tinyml-toolkit[train]'")

Image: Any = load_extra("PIL.Image")
CLASSES = ('a"b\\', "café ??/", "plain")


def write_project(folder: Path, options: str = "") -> None:
    for number, name in enumerate(CLASSES):
        home = folder / "pictures" / name.replace("/", "_")
        home.mkdir(parents=True)
        for i in range(30 if number else 6):
            Image.new("RGB", (9, 9), (7 * i, 80 * number, 5)).save(home / f"{i}.png")
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "image_folder"\nweighted = true\n[data.options]\n'
        f'folder = "pictures"\nsize = [8, 8]\n{options}\n[model]\nfamily = "cnn"\n'
        "[model.options]\nfilters = [4]\n[training]\nepochs = 1\n"
    )


def pipeline(folder: Path, said: list[str], **more: Any) -> Pipeline:
    def progress(title: str, **_: object) -> Any:
        return nullcontext(lambda done, total, text="": None)

    return Pipeline(load_project(folder), on_step=said.append, progress=progress, **more)


def test_what_is_no_regular_file_is_named_and_nothing_waits_for_it(tmp_path: Path) -> None:
    write_project(tmp_path)
    home = tmp_path / "pictures" / "plain"
    os.mkfifo(home / "pipe.png")
    (home / "gone.png").symlink_to(home / "nothing.png")
    with pytest.raises(InputError) as caught:
        pipeline(tmp_path, []).data()
    assert "plain/pipe.png: is no regular file" in caught.value.message
    assert "plain/gone.png: cannot be read: No such file" in caught.value.message


def test_the_step_runs_again_only_when_the_data_or_options_change(tmp_path: Path) -> None:
    write_project(tmp_path)
    said: list[str] = []
    first = pipeline(tmp_path, said).data().read_bytes()
    pipeline(tmp_path, said).data()
    picture = tmp_path / "pictures" / "plain" / "0.png"
    Image.new("RGB", (9, 9), (255, 255, 255)).save(picture)
    changed = pipeline(tmp_path, said).data().read_bytes()
    picture.unlink()
    pipeline(tmp_path, said).data()
    toml = tmp_path / "tinyml.toml"
    toml.write_text(toml.read_text().replace("size = [8, 8]", "size = [8, 9]"))
    pipeline(tmp_path, said).data()
    (tmp_path / "build" / "data" / "train_x.npy").unlink()
    pipeline(tmp_path, said).data()
    words = [word for word in (line.split()[1] for line in said) if word in ("made", "up")]
    assert words == ["made", "up", "made", "made", "made", "made"]
    assert first != changed


def test_what_was_skipped_stays_skipped_for_the_steps_after(tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "pictures" / "plain" / "bad.png").write_bytes(b"")
    said: list[str] = []
    with pytest.raises(InputError, match=r"plain/bad\.png: is empty"):
        pipeline(tmp_path, said).data()
    pipeline(tmp_path, said, skip_broken=True).data()
    dataset = pipeline(tmp_path, said).dataset()
    assert [broken.name for broken in dataset.skipped] == ["plain/bad.png"]
    assert said[0].startswith("data: 1 broken left out") and "up to date" in said[-1]
    (tmp_path / "pictures" / "plain" / "worse.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"worse\.png"):
        pipeline(tmp_path, said).data()


def test_the_command_shows_counts_and_draws_a_sheet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_project(tmp_path)
    (tmp_path / "pictures" / "plain" / "bad.png").write_bytes(b"")
    assert run(["data", "--project", str(tmp_path)]) == 3
    assert "plain/bad.png: is empty" in capsys.readouterr().err
    assert run(["data", "--project", str(tmp_path), "--skip-broken"]) == 0
    shown = capsys.readouterr().out
    assert "café ??_" in shown and "18     6           6" in shown.replace("  café", "café")
    assert "a sample is 8x8x3, 192 bytes as int8" in shown
    assert "uneven: the largest class has 4.5 times" in shown and "weighted = true" in shown
    assert "left out, 1:\n  plain/bad.png: is empty" in shown
    sheet = tmp_path / "build" / "data.png"
    assert str(sheet) in shown
    with Image.open(sheet) as image:
        colors = {color for _, color in image.convert("RGB").getcolors(1 << 24)}
    assert image.width > 800 and any(abs(g - 160) < 3 and b < 9 for _, g, b in colors)


def test_the_command_s_json_has_it_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)
    assert run(["data", "--project", str(tmp_path), "--json"]) == 0
    about = json.loads(capsys.readouterr().out)
    assert about["samples"] == {"train": 40, "validation": 13, "test": 13}
    assert about["table"][2] == {
        "class": "plain",
        "train": "18",
        "validation": "6",
        "test": "6",
        "share": "45.5 %",
    }
    assert about["imbalance"] == 4.5 and len(about["sha256"]) == 64
    assert run(["data", "--project", str(tmp_path / "none"), "--json"]) == 3


def dataset_of(x: np.ndarray, y: np.ndarray, classes: tuple[str, ...] = (), name: str = "d") -> Dataset:
    split = Split(x.astype(np.float32), y)
    return Dataset(name, "classification" if classes else "regression", split, split, split, classes)


@pytest.mark.parametrize(
    ("shape", "name"), [((6, 8, 1), "d"), ((20, 4, 1), "audio_folder"), ((30, 3), "d"), ((6, 8, 2), "d")]
)
def test_samples_of_any_shape_can_be_drawn(shape: tuple[int, ...], name: str) -> None:
    samples = np.random.default_rng(2).standard_normal((12, *shape))
    assert contact_sheet(dataset_of(samples, np.arange(12) % 2, ("$a", "b_c"), name)).startswith(b"\x89PNG")


@pytest.mark.parametrize("shape", [(6, 8, 3), (5,)])
def test_a_regression_is_drawn_by_its_targets_and_twice_the_same(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(2)
    data = dataset_of(random.random((12, *shape)), random.random((12, 2)).astype(np.float32))
    assert contact_sheet(data) == contact_sheet(data)


def test_points_equal_values_and_a_hundred_classes_can_be_drawn() -> None:
    x = np.linspace(0, 1, 30).reshape(-1, 1)
    assert contact_sheet(dataset_of(x, np.sin(x).astype(np.float32))).startswith(b"\x89PNG")
    constant = np.ones((30, 4, 4, 1))
    assert contact_sheet(dataset_of(constant, np.arange(30) % 2, ("a", "b"))).startswith(b"\x89PNG")
    many = dataset_of(np.ones((300, 2, 2, 1)), np.arange(300) % 100, tuple(map(str, range(100))))
    assert contact_sheet(many).startswith(b"\x89PNG")


def test_targets_are_described_by_their_range() -> None:
    overview = describe(dataset_of(np.zeros((4, 2)), np.array([[1, -5], [2, 0], [3, 5], [2, 2]], np.float32)))
    assert overview.headings == ("target", "train", "validation", "test")
    assert overview.rows == (("0", *["1 to 3"] * 3), ("1", *["-5 to 5"] * 3))
    assert overview.imbalance is None


@pytest.mark.train
@pytest.mark.skipif(
    not find_spec("tensorflow"), reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'"
)
def test_folder_names_arrive_as_the_firmware_s_labels_and_in_the_history(tmp_path: Path) -> None:
    write_project(tmp_path)
    said: list[str] = []
    made = pipeline(tmp_path, said)
    application = application_of(made.context, made.compile(verify=False))
    assert application.labels == ('a"b\\', "café ??_", "plain")
    history = made.read_json("history.json")
    assert history["classes"] == list(application.labels)
    assert history["data_sha256"] == made.dataset().sha256
