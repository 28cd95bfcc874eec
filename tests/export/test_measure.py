# SPDX-License-Identifier: Apache-2.0
"""What an export's README says of flash, RAM, stack and instructions is of its own C, for its core."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.exported import dense_model, export, needs, write_model

from toolkit.cli.main import run
from toolkit.data import Takes
from toolkit.data.audio_folder import AudioFolderOptions

SOUND: dict[str, object] = {
    "folder": "",
    "rate": 16000,
    "seconds": 1.0,
    "high_hz": 7600,
    "window_ms": 32.0,
    "hop_ms": 20.0,
    "bands": 40,
}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = AudioFolderOptions(**SOUND)
    data = dense_model((found.rules.frames(found.length), 40, 1), 2, scale=0.05)
    takes = Takes("audio_folder", "classification", ("yes", "no"), SOUND)
    return write_model(tmp_path_factory.mktemp("words"), "words", data, takes)


def measured(model: Path, folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    needs("arm-none-eabi-gcc", "gcc-arm-none-eabi")
    assert run(["export", str(model), "--output", str(folder), "--json", *more]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["measured"]
    return found


def test_a_stream_is_measured_beside_its_model(
    words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("unicorn", reason="needs unicorn: pip install 'tinyml-toolkit[emulate]'")
    found = measured(words, tmp_path / "out", capsys, "--core", "cortex-m4f")
    plain, stream, decision = found["programs"]
    kept, window = 49 * 40, 2 * 512 + 8 * (512 // 2 + 1)
    assert kept + window < stream["ram_bytes"] - plain["ram_bytes"] < kept + window + 100
    assert plain["flash_bytes"] + 2000 < stream["flash_bytes"] < decision["flash_bytes"]
    assert plain["stack_bytes"] <= stream["stack_bytes"] <= decision["stack_bytes"]
    calls = {call["call"]: call["instructions"] for call in found["calls"]}
    assert list(calls) == ["words_invoke()", "words_feed()", "words_feed_window()", "words_decide()"]
    # tests/emulator/test_features_in_emulation.py: a frame takes at most 60,000; then 40 of it are quantized.
    assert 50_000 < calls["words_feed()"] < 65_000
    assert kept / 4 < calls["words_feed_window()"] < 6 * kept
    assert 2 * 3 < calls["words_decide()"] < 500
    text = (tmp_path / "out" / "README.md").read_text()
    assert f"| `words_feed()` | a frame of sound, 320 samples on | {calls['words_feed()']:,} |" in text
    assert f"| and decide | {decision['flash_bytes']:,} bytes |" in text


def test_sections_of_ones_own_and_a_core_s_kernels_are_counted_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("unicorn", reason="needs unicorn: pip install 'tinyml-toolkit[emulate]'")
    model = write_model(tmp_path, "dense", dense_model((400,), 8, softmax=False))
    here = measured(model, tmp_path / "here", capsys, "--core", "cortex-m7f")
    sections = ("--weights-section", ".ext", "--arena-section", ".dtcm")
    there = measured(model, tmp_path / "there", capsys, "--core", "cortex-m7f", *sections)
    counts = [found["calls"][0]["instructions"] for found in (here, there)]
    assert counts[0] == counts[1] and 400 * 8 / 4 < counts[0] < 400 * 8 * 2


def test_without_an_emulator_it_says_that_nothing_was_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "unicorn", None)
    model = write_model(tmp_path, "dense", dense_model((4,), 2, softmax=False))
    found = measured(model, tmp_path / "out", capsys)
    assert found["calls"] == [] and len(found["programs"]) == 1
    assert "Instructions were not counted" in (tmp_path / "out" / "README.md").read_text()


def test_what_was_not_to_be_verified_was_not_measured(words: Path, tmp_path: Path) -> None:
    text = (export(words, tmp_path / "out", "--no-verify") / "README.md").read_text()
    assert "were not measured: --no-verify." in text and "was not run (--no-verify)" in text.replace(
        "\n ", ""
    )
