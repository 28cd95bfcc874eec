# SPDX-License-Identifier: Apache-2.0
"""report.html: whatever the build folder has, in one file, safe to open."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from toolkit.data import Divided, Part, save_dataset
from toolkit.data.dataset import SPLIT_NAMES
from toolkit.errors import InputError
from toolkit.files import sha256_of
from toolkit.report import write_report

Json = dict[str, Any]
CURVE = {"x": [0.0, 1.0, 2.0], "truth": [0.0, 0.8, 0.9]}
LAYERS = [{"index": 0, "name": "CONV_2D", "cycles": 300}, {"index": 1, "name": "SOFTMAX", "cycles": 100}]
VERDICT: Json = {
    "passed": True,
    "board": "nano33ble",
    "runner": "emulator",
    "oracle": "TFLM interpreter",
    "model_sha256": "0123456789abcdef",
    "samples": 359,
    "equal": 359,
    "first_difference": None,
    "score": {"metric": "accuracy", "device": 0.9916, "host": 0.9916},
    "instructions": 1234567,
    "cycles": 1234567,
    "layers": LAYERS,
    "arena_bytes": 3072,
    "stack_bytes": 512,
    "flash_bytes": 23456,
    "model_flash_bytes": 14321,
    "weights_bytes": 5300,
    "ram_bytes": 9000,
}
DIFFERENCE = {"sample": 12, "output": 0, "layer": "1 SOFTMAX", "index": 3, "expected": 5.0, "got": -6.0}


def _history(task: str) -> Json:
    metric = {"classification": "accuracy", "regression": "mae"}[task]
    curves = {name: [0.9, 0.5, 0.4, 0.3] for name in ("loss", "val_loss", metric, f"val_{metric}")}
    model: Json = {"label": "mlp 16+16", "parameters": 321, "score": 0.25, "curves": curves}
    if task == "regression":
        model["predictions"] = {**CURVE, "predicted": [0.1, 0.7, 0.8]}
    return {
        "project": "hello",
        "description": "a project",
        "seed": 1,
        "data": "sine",
        "task": task,
        "metric": metric,
        "classes": [],
        "samples": {"train": 6, "validation": 2, "test": 3},
        "skip_epochs": 1,
        "models": [model, {**model, "label": "mlp 16"}],
    }


def _quantization(task: str, classes: tuple[str, ...] = ("cat", "dog")) -> Json:
    variant: Json = {
        "bytes": 24020,
        "sha256": "0123456789abcdef",
        "score": 0.99,
        "confusion": [],
        "predicted": [],
    }
    about: Json = {
        "task": task,
        "metric": {"classification": "accuracy", "regression": "mae"}[task],
        "classes": list(classes),
        "samples": 3,
        "calibration_samples": 200,
        "operators": {"CONV_2D": 2, "SOFTMAX": 1},
        "agreement": None,
        "x": [],
        "truth": [],
    }
    if task == "classification":
        variant["confusion"] = [[2, 0], [0, 1]]
        about["agreement"] = 1.0
    else:
        variant["predicted"] = [0.1, 0.7, 0.8]
        about.update(CURVE)
    return {**about, "float32": variant, "int8": {**variant, "bytes": 14792}}


def _write(build: Path, **files: Json) -> str:
    """Write files (a board's name stands for its verdict) and return the report's text."""
    for name, value in files.items():
        path = build / (f"{name}.json" if name in ("history", "quantization") else f"{name}/verdict.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    return write_report(build).read_text(encoding="utf-8")


_CURVES = {
    metric: {f"curve_{name}_{model}" for name in ("loss", metric) for model in (0, 1)}
    for metric in ("mae", "accuracy")
}


@pytest.mark.parametrize(
    ("task", "plots"),
    [
        ("regression", {*_CURVES["mae"], "predictions", "float_and_int8", "difference"}),
        ("classification", _CURVES["accuracy"]),
    ],
)
def test_charts_are_in_the_page_and_beside_it(
    tmp_path: Path, task: str, plots: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = _write(tmp_path, history=_history(task), quantization=_quantization(task))
    assert {path.stem for path in (tmp_path / "plots").glob("*.svg")} == plots
    assert text.count('<svg class="chart"') == len(plots)
    for path in (tmp_path / "plots").iterdir():
        assert fromstring(path.read_text(encoding="utf-8")).tag == "{http://www.w3.org/2000/svg}svg"


def test_charts_of_an_earlier_report_are_gone(tmp_path: Path) -> None:
    _write(tmp_path, history=_history("regression"), quantization=_quantization("regression"))
    assert (tmp_path / "plots" / "predictions.svg").is_file()
    (tmp_path / "plots" / "curves_0.png").write_bytes(b"of an older version")
    _write(tmp_path, history=_history("classification"), quantization=_quantization("classification"))
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == _CURVES["accuracy"]


def test_the_page_needs_no_other_file(tmp_path: Path) -> None:
    files = {"history": _history("regression"), "quantization": _quantization("regression")}
    text = _write(tmp_path, **files, nano33ble=VERDICT)
    assert not re.search(r"https?://|<script|<link|@import|url\(", text)
    assert all(source.startswith("data:") for source in re.findall(r'src="([^"]*)"', text))


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    files = {"history": _history("classification"), "quantization": _quantization("classification")}
    first, second = (_write(tmp_path / name, **files) for name in ("a", "b"))
    assert first == second
    for path in (tmp_path / "a" / "plots").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / "plots" / path.name).read_bytes()


def test_an_empty_build_folder_gives_a_page(tmp_path: Path) -> None:
    assert "<h1>Report</h1>" in _write(tmp_path / "build")


def test_history_alone_says_the_score_of_the_model_to_deploy(tmp_path: Path) -> None:
    text = _write(tmp_path, history=_history("regression"))
    assert "mean absolute error" in text and "0.2500" in text and "mlp 16+16 (to deploy)" in text


def test_a_verdict_alone_says_sizes_and_shares_of_the_layers(tmp_path: Path) -> None:
    text = _write(tmp_path, nano33ble=VERDICT)
    assert "right to the byte" in text and 'title="9,000 of 262,144 B"' in text and "<b>3.43 %</b>" in text
    for part in ("359 of 359", "99.16 %", "1,234,567", "14,321", "3,072", "0 CONV_2D", "75.0 %"):
        assert part in text
    assert "passed" in text and "failed" not in text


def test_a_failed_check_shows_the_first_difference(tmp_path: Path) -> None:
    failed = {**VERDICT, "passed": False, "equal": 358, "first_difference": DIFFERENCE, "board": "edge"}
    text = _write(tmp_path, nano33ble=VERDICT, edge=failed)
    assert "right to the byte" in text and "wrong bytes" in text and "1 differ" in text
    assert "edge does not compute what the reference computes" in text and "<code>tinyml bisect" in text
    assert "sample 12, output 0 (written by 1 SOFTMAX), index 3: expected 5, got -6." in text


def test_a_verdict_of_another_model_is_left_out_and_said_so(tmp_path: Path) -> None:
    old = {**VERDICT, "board": "edge", "model_sha256": "fedcba9876543210"}
    text = _write(tmp_path, quantization=_quantization("regression"), nano33ble=VERDICT, edge=old)
    assert "right to the byte" in text and "edge: <" not in text
    assert "edge is left out, because another model or firmware was checked" in text
    assert "<code>tinyml check --board edge</code>" in text


def test_an_old_verdict_of_qemu_says_how_to_check_again(tmp_path: Path) -> None:
    old = {**VERDICT, "board": "nano33ble_qemu", "model_sha256": "fedcba9876543210"}
    text = _write(tmp_path, quantization=_quantization("regression"), nano33ble=VERDICT, qemu=old)
    assert "<code>tinyml check --board nano33ble --runner qemu</code>" in text


def test_a_model_of_which_most_channels_tell_nothing_is_said(tmp_path: Path) -> None:
    dropped = {**_quantization("regression"), "dropped": {"channels": 60, "of": 100}}
    assert "60 % of the channels tell nothing" in _write(tmp_path, quantization=dropped)


def test_targets_that_int8_cannot_tell_apart_are_said(tmp_path: Path) -> None:
    coarse = {**_quantization("regression"), "outputs": [{"scale": 398.2}], "target_deviation": 50.4}
    assert "The int8 output comes in steps of 398" in _write(tmp_path, quantization=coarse)


def test_the_plot_of_a_loss_in_deviations_is_another_one(tmp_path: Path) -> None:
    history = _history("regression")
    history["models"][0]["targets"] = {"mean": [0.5], "deviation": [0.4]}
    _write(tmp_path, history=history)
    titles = [(tmp_path / "plots" / f"curve_loss_{number}.svg").read_text() for number in (0, 1)]
    assert [", targets in deviations" in title for title in titles] == [True, False]


def test_what_nobody_measured_is_a_dash(tmp_path: Path) -> None:
    bare = {**VERDICT, "score": None, "instructions": None, "layers": []}
    assert _write(tmp_path, host=bare).count("<td>–</td>") == 5


def test_layers_that_took_no_cycles_do_not_divide_by_zero(tmp_path: Path) -> None:
    idle = {**VERDICT, "layers": [{"index": 0, "name": "RESHAPE", "cycles": 0}]}
    assert "0.0 %" in _write(tmp_path, host=idle)


def test_layers_that_nothing_counts_have_no_bars(tmp_path: Path) -> None:
    layer = {"index": 0, "name": "CONV_2D", "cycles": None, "instructions": None}
    qemu = {**VERDICT, "instructions": None, "cycles": None, "layers": [layer], "remark": "QEMU: same core"}
    text = _write(tmp_path, nano33ble_qemu=qemu)
    assert "run by QEMU: same core, compared" in text and "0 CONV_2D" not in text


def test_names_from_the_user_are_escaped(tmp_path: Path) -> None:
    evil = '<script>alert("1")</script>'
    history = {**_history("classification"), "project": evil, "description": evil}
    text = _write(tmp_path, history=history, nano33ble={**VERDICT, "board": evil, "oracle": evil})
    assert "<script" not in text and "&lt;script&gt;" in text


def test_class_names_of_every_kind_are_drawn(tmp_path: Path) -> None:
    names = ('$x^2 "quoted"', "back\\slash ünïcode 猫")
    text = _write(tmp_path, quantization=_quantization("classification", names))
    assert "$x^2 &#34;quoted&#34;" in text and "back\\slash ünïcode 猫" in text


def test_more_epochs_to_skip_than_there_are_skips_none(tmp_path: Path) -> None:
    all_epochs = _write(tmp_path / "a", history={**_history("regression"), "skip_epochs": 0})
    too_many = _write(tmp_path / "b", history={**_history("regression"), "skip_epochs": 3})
    curves = [(tmp_path / name / "plots" / "curve_loss_0.svg").read_bytes() for name in ("a", "b")]
    assert curves[0] == curves[1]
    assert "without the first" not in all_epochs + too_many


def test_a_verdict_of_another_firmware_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "nano33ble").mkdir()
    elf = tmp_path / "nano33ble" / "firmware.elf"
    elf.write_bytes(b"checked")
    verdict = {**VERDICT, "firmware_sha256": sha256_of(elf)}
    files = {"history": _history("regression"), "quantization": _quantization("regression")}
    left_out = "nano33ble is left out, because another model or firmware was checked"
    assert left_out not in _write(tmp_path, **files, nano33ble=verdict)
    elf.write_bytes(b"built afterwards")
    assert left_out in _write(tmp_path, **files, nano33ble=verdict)


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe"])
def test_a_damaged_file_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.json").write_bytes(content)
    with pytest.raises(InputError, match=r"history\.json is damaged"):
        write_report(tmp_path)


def test_a_browser_shows_the_page(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs pillow: pip install 'tinyml-toolkit[train]'")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs a browser: apt install chromium")
    files = {"history": _history("regression"), "quantization": _quantization("regression")}
    _write(tmp_path, **files, nano33ble=VERDICT)
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1100,1400"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'shot.png'}"]
    page = (tmp_path / "report.html").as_uri()
    subprocess.run([*command, page], capture_output=True, timeout=120, check=True)
    with image.open(tmp_path / "shot.png") as shot:
        colors = {color: count for count, color in shot.convert("RGB").getcolors(1 << 24)}
    assert len(colors) > 500
    assert max(colors.values()) < 0.9 * math.prod((1100, 1400))


@pytest.mark.parametrize("text", ['{"equal": "x"}', '{"passed": 3, "model_sha256": 1}'])
def test_a_verdict_that_lacks_its_parts_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "verdict.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is damaged"):
        write_report(tmp_path)


def test_the_page_and_its_json_say_what_the_curves_show(tmp_path: Path) -> None:
    history = _history("classification")
    falling = [2.0, 1.5, 1.0, 0.5, 0.2, 0.1]
    history["models"][0]["curves"] = {
        "loss": falling,
        "val_loss": [2.0, 1.5, 1.2, 1.5, 2.0, 2.5],
        "accuracy": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
        "val_accuracy": [0.5, 0.6, 0.7, 0.7, 0.7, 0.7],
    }
    text = _write(tmp_path, history=history)
    (first, second) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["diagnoses"]
    assert (first["model"], first["verdict"]) == ("mlp 16+16", "overfitting")
    assert second["verdict"] == "unclear"
    assert "overfitting" in text and "lowest, 1.2, in epoch 3, and ends at 2.5" in text


PICTURES = 1 + 3  # the mistake, and the training samples


def _with_mistakes(build: Path, shape: tuple[int, ...]) -> Json:
    """A quantization with a mistake, and the data it is about in the build folder."""
    x = np.random.default_rng(1).uniform(0, 1, (3, *shape)).astype(np.float32)
    part = Part(x, np.array([0, 0, 1]), ("a.png", "b.png", "c.png"))
    save_dataset(
        Divided("image_folder", "classification", ("cat", "dog"), dict.fromkeys(SPLIT_NAMES, part)),
        build / "data",
    )
    mistake = {"sample": 1, "name": "b.png", "truth": "cat", "said": "$dog", "by": 0.875}
    sha256 = sha256_of(build / "data" / "dataset.json")
    return {**_quantization("classification"), "worst": [mistake], "data_sha256": sha256}


@pytest.mark.parametrize("channels", [1, 3])
def test_the_worst_mistakes_are_shown_as_pictures(tmp_path: Path, channels: int) -> None:
    text = _write(tmp_path, quantization=_with_mistakes(tmp_path, (6, 8, channels)))
    assert "<td>b.png</td><td>cat</td><td>$dog</td><td>0.875</td>" in text
    assert text.count("data:image/png;base64,") == PICTURES


def test_the_worst_mistakes_of_a_recording_are_curves(tmp_path: Path) -> None:
    text = _write(tmp_path, quantization=_with_mistakes(tmp_path, (40, 3)))
    assert text.count('<svg class="wave"') == PICTURES
    assert text.count('class="line line2"') == PICTURES
    assert 'aria-label="is cat"' in text


def test_a_detectors_nearest_samples_are_shown_against_its_threshold(tmp_path: Path) -> None:
    mistake = {"sample": 0, "name": "", "truth": "anomalous", "said": "normal, 0.5", "by": 0.25}
    about = {**_with_mistakes(tmp_path, (6, 8, 1)), "task": "anomaly", "worst": [mistake]}
    text = _write(tmp_path, quantization=about)
    assert "<td>sample 0</td><td>anomalous</td><td>normal, 0.5</td><td>0.25</td>" in text
    assert "the wrong side of the threshold" in text
    assert text.count("data:image/png;base64,") == PICTURES


def test_mistakes_of_data_that_are_no_pictures_or_others_by_now_stay_a_table(tmp_path: Path) -> None:
    assert "<td>b.png</td>" in _write(tmp_path, quantization=_with_mistakes(tmp_path, (6,)))
    other = {**_with_mistakes(tmp_path, (6, 8, 1)), "data_sha256": "0" * 64}
    text = _write(tmp_path, quantization=other)
    assert "<td>b.png</td>" in text
    assert "data:image/png" not in text


def test_each_class_has_its_scores_on_the_page_and_in_the_json(tmp_path: Path) -> None:
    quantization = _quantization("classification")
    quantization["int8"]["confusion"] = [[3, 1], [0, 4]]
    text = _write(tmp_path, quantization=quantization)
    assert "<td>cat</td><td>4</td><td>100.00 %</td><td>75.00 %</td><td>85.71 %</td>" in text
    assert "<td>mean of the classes</td><td>8</td><td>90.00 %</td><td>87.50 %</td><td>87.30 %</td>" in text
    first = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["classes"][0]
    assert first == {"name": "cat", "samples": 4, "precision": 1.0, "recall": 0.75, "f1": 6 / 7}


def test_modelled_milliseconds_stand_with_their_error(tmp_path: Path) -> None:
    times = {"latency_ms": 87.26, "latency_is_modelled": True}
    assert "<td>87.3 +- 9 % (modelled)</td>" in _write(
        tmp_path, host={**VERDICT, **times, "latency_error": 0.09}
    )
    assert "87.3 (modelled, error not known)" in _write(
        tmp_path, host={**VERDICT, **times, "latency_error": None}
    )
    assert "<td>1,571 +- 9 % (modelled)</td>" in _write(
        tmp_path, host={**VERDICT, **times, "latency_ms": 1571.1, "latency_error": 0.09}
    )
    assert "<td>87.3</td>" in _write(tmp_path, host={**VERDICT, "latency_ms": 87.26})
