# SPDX-License-Identifier: Apache-2.0
"""From files to an int8 model and a board: anomalies, several labels, columns of wild scales."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.cli.main import run

pytestmark = pytest.mark.train

pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def write_project(folder: Path, source: str, options: str, model: str, training: str) -> None:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "tasks"\n[data]\nsource = "{source}"\n[data.options]\n{options}\n'
        f'[model]\nfamily = "{model}"\n[training]\n{training}\n[firmware]\nsamples = 4\n'
    )


def write_machine(folder: Path) -> None:
    """Two channels in step with each other, one of them a thousand times the other; out of step when ill."""
    random = np.random.default_rng(1)
    for kind, count in (("normal", 20), ("worn", 6)):
        (folder / kind).mkdir(parents=True)
        for i in range(count):
            angle = random.uniform(0, 7) + 0.7 * np.arange(64)
            apart = 0.0 if kind == "normal" else 1.5
            rows = np.stack([np.sin(angle), 5000 + 1000 * np.sin(angle + apart)], axis=1)
            rows += random.normal(0, [0.05, 50], rows.shape)
            text = "".join(f"{a:.5f},{b:.3f}\n" for a, b in rows)
            (folder / kind / f"{i}.csv").write_text("shake,pressure\n" + text)


def test_a_machine_that_gets_ill_is_told_by_a_board_as_by_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_machine(tmp_path / "machine")
    options = 'folder = "machine"\ntask = "anomaly"\nwindow = 16'
    write_project(tmp_path, "windows", options, "autoencoder", "epochs = 20\nlearning_rate = 0.02")
    monkeypatch.chdir(tmp_path)

    quantized = said(capsys, "quantize")
    assert quantized["metric"] == "auc" and quantized["int8"]["score"] > 0.9
    assert quantized["int8"]["detection"]["recall"] > 0.5
    assert quantized["int8"]["detection"]["false_alarms"] < 0.3

    verdict = said(capsys, "check")["nano33ble"]
    assert verdict["passed"] and verdict["samples"] == verdict["equal"] > 40
    assert verdict["score"]["device"] == verdict["score"]["host"]
    assert verdict["score"]["device"] == pytest.approx(quantized["int8"]["score"], abs=0.02)
    assert verdict["score"]["detection"]["threshold"] == quantized["int8"]["detection"]["threshold"]
    worst = json.loads((tmp_path / "build" / "quantization.json").read_text(encoding="utf-8"))["worst"]
    assert [sum(m["truth"] == kind for m in worst) for kind in ("normal", "anomalous")] == [6, 6]
    page = (tmp_path / "build" / "report.html").read_text(encoding="utf-8")
    assert worst[0]["said"] in page and "What is called anomalous" in page and "AUC" in page
    header = (tmp_path / "build" / "nano33ble" / "firmware" / "src" / "model" / "tasks_input.h").read_text()
    assert "#define TASKS_INPUT_COLUMNS 2u" in header

    files = ["machine/normal/0.csv", "machine/worn/0.csv"]
    answer = said(capsys, "predict", *files)
    errors = {True: [], False: []}
    for sample in answer["samples"]:
        (value,) = sample["values"]
        assert value["label"] == ("anomalous" if value["value"] > answer["threshold"] else "normal")
        errors["worn" in sample["sample"]].append(value["value"])
    assert np.mean(errors[True]) > 2 * np.mean(errors[False])
    assert said(capsys, "predict", *files, "--on", "board")["samples"] == answer["samples"]

    capsys.readouterr()
    assert run(["emulate", "--seconds", "1"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("sample")]
    kinds = np.load("build/data/test_y.npy")[:4]
    assert shown[0].startswith("sample 0: ") and "(error 0." in shown[0]
    assert [line.endswith("anomalous") for line in shown[:4]] == kinds.astype(bool).tolist()


def test_pictures_with_several_labels_are_told_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    random = np.random.default_rng(1)
    (tmp_path / "d").mkdir()
    lines = ["file,target"]
    for i in range(120):
        pixels = random.integers(0, 60, (8, 8)).astype(np.uint8)
        has = random.integers(0, 2, 2)
        pixels[:, :2] += np.uint8(150 * has[0])
        pixels[:2] += np.uint8(45 * has[1])
        pixels[6:] += np.uint8(150 * has[1])
        image.fromarray(pixels).save(tmp_path / "d" / f"{i}.png")
        lines.append(f"{i}.png,{';'.join(name for name, on in zip(('left', 'low'), has, strict=True) if on)}")
    (tmp_path / "d" / "labels.csv").write_text("\n".join(lines) + "\n")
    options = 'folder = "d"\nlabels = "labels.csv"\ntask = "multilabel"\nsize = [8, 8]\ncolor = "grey"'
    write_project(tmp_path, "image_folder", options, "mlp", "epochs = 20\nlearning_rate = 0.01")
    monkeypatch.chdir(tmp_path)

    quantized = said(capsys, "quantize")
    assert quantized["metric"] == "binary_accuracy" and quantized["int8"]["score"] > 0.9
    truth = np.load("build/data/test_y.npy")
    for counts, has in zip(quantized["int8"]["label_counts"], truth.T, strict=True):
        assert sum(counts) == len(truth) and counts[0] + counts[2] == has.sum()

    verdict = said(capsys, "check", "--board", "host")["host"]
    assert verdict["passed"] and verdict["samples"] == len(truth)
    assert verdict["score"]["device"] == verdict["score"]["host"] > 0.9
    report = json.loads((tmp_path / "build" / "report.json").read_text(encoding="utf-8"))
    assert [score["name"] for score in report["classes"]] == ["left", "low"]
    assert all(score["f1"] > 0.8 for score in report["classes"])
    worst = json.loads((tmp_path / "build" / "quantization.json").read_text(encoding="utf-8"))["worst"]
    wrong_labels = sum(counts[1] + counts[2] for counts in quantized["int8"]["label_counts"])
    assert min(wrong_labels, 1) <= len(worst) <= wrong_labels
    assert (tmp_path / "build" / "plots" / "worst.png").is_file() == bool(worst)

    plain = np.full((2, 8, 8), 30, np.uint8)
    plain[0, :, :2] = 200
    for i, pixels in enumerate(plain):
        image.fromarray(pixels).save(tmp_path / f"new{i}.png")
    capsys.readouterr()
    assert run(["predict", "new0.png", "new1.png"]) == 0
    first, second = capsys.readouterr().out.splitlines()[-2:]
    assert "left " in first and "low" not in first and second.split()[-1] == "none"
