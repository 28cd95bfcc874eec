# SPDX-License-Identifier: Apache-2.0
"""What the export's README says of threads is true of the memory that its object files have."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from support.exported import dense_model, export, needs, write_model
from support.firmware import digits_like
from support.random_slides import small_slide
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run
from toolkit.data import Takes

CLASSES = ("no", "yes")
SOUND = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800, "bands": 20}
MODELS = {
    "hops": (write_tflite(small_slide()), None),
    "sound": (dense_model((24, 20, 1), 2), Takes("audio_folder", "classification", CLASSES, SOUND)),
}
STREAM = {"digits_feed_ring", "digits_feed_kept"}
FEATURES = {"digits_feed_bins", "digits_feed_tail", "digits_feed_sound_kept"}
OWN = {"hops": set[str](), "sound": STREAM | FEATURES}


def writable_symbols(folder: Path, objects: Path) -> set[str]:
    """Return the symbols of an export that its C can write to."""
    objects.mkdir()
    sources = [str(file.resolve()) for file in (folder / "src").glob("*.c")]
    words = ["gcc", "-std=c99", "-fno-pie", "-I", str((folder / "include").resolve()), "-c", *sources]
    subprocess.run(words, cwd=objects, check=True, timeout=60)
    names = ["nm", "--defined-only", "-P", *map(str, objects.glob("*.o"))]
    done = subprocess.run(names, capture_output=True, text=True, timeout=60, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0] for row in rows if len(row) > 1 and row[1] in "bBdDC"}


@pytest.mark.parametrize("what", MODELS)
def test_the_readme_says_which_calls_share_memory(what: str, tmp_path: Path) -> None:
    needs("gcc", "gcc")
    data, takes = MODELS[what]
    words = ["--stream", "2"] if what == "hops" else []
    folder = export(write_model(tmp_path, "digits", data, takes), tmp_path / "out", "--no-verify", *words)
    found = writable_symbols(folder, tmp_path / "objects") - {"digits_arena"}
    assert {name for name in found if not name.startswith("digits_decision_")} == OWN[what]
    text = (folder / "README.md").read_text()
    (said,) = re.findall(r"(?ms)^## Threads and interrupts$(.*?)^## ", text)
    assert ("share the working memory" in said, "`digits_feed_window()`" in said) == (
        "digits_feed_bins" in found,
        "digits_feed_ring" in found,
    )
    assert ("digits_decide()" in said) == any(name.startswith("digits_decision_") for name in found)
    assert ("no state but in the arena" in text) == (not found)
    assert "can run at the same time" not in text


def test_the_models_of_one_library_share_no_memory(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    models = [
        write_model(tmp_path, "first", digits_like()[0]),
        write_model(tmp_path, "second", write_tflite(small_graph())),
    ]
    words = ["export", *map(str, models), "--name", "both", "--output", str(tmp_path / "out"), "--no-verify"]
    assert run(words) == 0
    assert writable_symbols(tmp_path / "out", tmp_path / "objects") == {"first_arena", "second_arena"}
    text = (tmp_path / "out" / "README.md").read_text()
    assert "Models of one library share nothing." in text and "There is no `both.h`." in text
    assert not (tmp_path / "out" / "include" / "both.h").exists()
    (usage,) = re.findall(r"(?ms)^```c$(.*?)^```$", text)
    (tmp_path / "main.c").write_text(usage)
    assert "first_invoke();" in usage and "second_invoke();" in usage
    words = ["gcc", "-std=c99", "-Werror", "-fsyntax-only", "-I", "out/include", "main.c"]
    subprocess.run(words, cwd=tmp_path, check=True, timeout=60)
