# SPDX-License-Identifier: Apache-2.0
"""One short project for all tests of the verbs, made by the commands themselves."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from serial.tools import list_ports
from support.benchmark_models import classifier
from support.flashing import usb_port
from support.float_ends import float_ended
from support.listening import make_moves, make_tones
from support.random_slides import small_slide
from support.samba_bootloader import SambaBootloader
from support.tflite_writer import write_tflite
from support.tflm_repository import make_repositories

from toolkit.cli.main import run
from toolkit.firmware.recorder import build_recorder
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.pty import serve_pty
from toolkit.targets.board import load_board


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture(scope="session")
def made_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short hello_sine in a folder with spaces and letters beyond ASCII, built for its board."""
    if not (find_spec("tensorflow") and find_spec("sklearn")):
        pytest.skip("needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    folder = tmp_path_factory.mktemp("verbs") / "my größter project"
    assert run(["new", str(folder), "--example", "hello_sine"]) == 0
    file = folder / "tinyml.toml"
    text = re.sub(r"(?m)^epochs = \d+$", "epochs = 12", file.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^samples = 1000$", "samples = 200", text)  # 40 to check: 200 are 3 s each time
    file.write_text(re.sub(r"(?m)^skip_epochs = \d+$", "skip_epochs = 2", text), encoding="utf-8")
    assert run(["build", "--project", str(folder)]) == 0
    (folder / "model.tflite").write_bytes((folder / "build" / "model.tflite").read_bytes())
    (folder / "model.keras").write_bytes((folder / "build" / "model.keras").read_bytes())
    (folder / "second.tflite").write_bytes((folder / "build" / "model.tflite").read_bytes())
    (folder / "kws.tflite").write_bytes(write_tflite(classifier(490, 12)))
    (folder / "float_end.tflite").write_bytes(write_tflite(float_ended()))
    (folder / "wake_word.tflite").write_bytes(write_tflite(small_slide()))
    np.save(folder / "x.npy", np.arange(-128, 128, 32, dtype=np.int8).reshape(-1, 1))
    np.savez(folder / "both.npz", x=np.array([[0.5], [1.5]], np.float32))
    _write_recordings(folder / "recordings")
    np.save(folder / "samples.npy", np.array([[0.5], [1.5]], np.float32))
    rows = (f"{20 * row},{row % 7 / 10},0,{1 + row % 5 / 10}" for row in range(110))
    (folder / "walk.csv").write_text("\n".join(["time_ms,ax,ay,az", *rows, ""]))
    return folder


def _write_recordings(folder: Path) -> None:
    """Twelve logs of two movements, as somebody's board wrote them."""
    rng = np.random.default_rng(1)
    for kind, axis in (("shake", 0), ("turn", 2)):
        (folder / kind).mkdir(parents=True)
        for number in range(6):
            values = rng.normal(0, 0.3, (200, 3))
            values[:, axis] += np.where(np.arange(200) // 5 % 2, 2, -2)
            rows = [f"{20 * i},{x:.3f},{y:.3f},{z:.3f}" for i, (x, y, z) in enumerate(values)]
            lines = ["millis,ax,ay,az", *rows, ""]
            (folder / kind / f"log{number}.csv").write_text("\n".join(lines), encoding="utf-8")


def stand_in_for_tflm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the options that lead to small repositories instead of TFLM's, and to a cache of their own."""
    monkeypatch.setenv("TINYML_CACHE_DIR", str(folder / "cache"))
    found = make_repositories(folder / "repositories")
    return ["--from", str(found.tflm), "--commit", found.commit, "--third-party", str(found.parts)]


@pytest.fixture(scope="session")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The projects that the verbs listen and stream are for."""
    if not (find_spec("tensorflow") and find_spec("soundfile")):
        pytest.skip("needs TensorFlow and soundfile: pip install 'tinyml-toolkit[train]'")
    folder = tmp_path_factory.mktemp("hearing")
    return {"listen": make_tones(folder / "tones"), "stream": make_moves(folder / "moves")}


@pytest.fixture
def project(made_project: Path) -> Iterator[Path]:
    with inside(made_project):
        yield made_project


def run_fleet(project: Path, port: str, words: list[str]) -> int:
    """Run tinyml fleet for one board: a model of its bootloader, and an emulated one on the port."""
    with SambaBootloader() as model:
        facts = {"board": "nano33ble", "project": str(project), "port": port, "flash_port": model.port}
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items())
        Path(words[0]).write_text(f"[[board]]\n{lines}", encoding="utf-8")
        return run(["fleet", *words])


def elf_for(verb: str, project: Path) -> Path:
    """Return what the board runs that a command talks to."""
    if verb == "record":
        return build_recorder(load_board("nano33ble"), project / "build/recorder/nano33ble").elf
    return project / "build" / "nano33ble" / "firmware.elf"


def place_for(verb: str, project: Path, hearing: dict[str, Path], folder: Path) -> Path | None:
    """Return where a command runs that is not for the project, or changes it: then a copy."""
    if verb == "prune":
        return Path(shutil.copytree(project, folder / "project"))
    if verb == "background":
        if shutil.which("espeak-ng") is None:
            pytest.skip("needs espeak-ng: apt-get install espeak-ng")
        return folder
    if verb == "negatives":
        return Path(shutil.copytree(hearing["listen"], folder / "tones"))
    return hearing.get(verb)


def is_page(words: list[str]) -> bool:
    return words[0] == "live" or (words[0] == "predict" and "--window" in words)


def run_page(words: list[str]) -> int:
    """Not in this process: the browser of tests/live may have left an event loop running in it."""
    return subprocess.run([sys.executable, "-m", "toolkit", *words], timeout=240).returncode


@pytest.fixture
def run_documented(
    project: Path, hearing: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[str]], int]:
    """Run a command as the documents show it: ports become an emulated board's, or a bootloader's that is
    flashed, and a monitor stops by itself."""

    def run_on(port: str, ids: str, words: list[str]) -> int:
        monkeypatch.setattr(list_ports, "comports", lambda: [usb_port(port, ids)])
        return run([port if word.startswith("/dev/") else word for word in words])

    def run_it(words: list[str]) -> int:
        words = [word.replace("my_project", str(tmp_path / "my_project")) for word in words]
        words += ["--seconds", "0.5"] * (words[0] == "monitor" or is_page(words))
        if is_page(words):
            return run_page(words)
        if "--plot" in words:
            monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        if words[:2] == ["engine", "fetch"]:
            words += stand_in_for_tflm(tmp_path, monkeypatch)
        if place := place_for(words[0], project, hearing, tmp_path):
            with inside(place):
                return run(words)
        if words[0] == "flash":
            with SambaBootloader() as model:
                return run_on(model.port, "2341:005a", words)
        if "--port" not in words and words[0] != "fleet":
            return run(words)
        with serve_pty(EmulatorLink(elf_for(words[0], project), load_board("nano33ble"))) as server:
            if words[0] == "fleet":
                return run_fleet(project, server.name, [str(tmp_path / "boards.toml"), *words[2:]])
            return run_on(server.name, "0403:6001", words)

    return run_it
