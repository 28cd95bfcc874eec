# SPDX-License-Identifier: Apache-2.0
"""docs/licences.md names every dependency with its licence; the toolkit works without unicorn's."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from support.exported import write_model
from support.firmware import digits_like

from toolkit import paths

ROOT = Path(__file__).parents[1]
_WORDS = ("apache", "bsd", "mit", "public domain", "python software foundation", "mpl", "lgpl")


def requirements() -> dict[str, str]:
    """Return the extra, "" for none, of every package in setup.cfg."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    texts = {"": config["options"]["install_requires"], **config["options.extras_require"]}
    return {
        found[0]: extra
        for extra, text in texts.items()
        for line in text.splitlines()
        if (found := re.match(r"[\w-]+", line.strip()))
    }


def documented() -> dict[str, tuple[str, str]]:
    """Return the extra and the licence of every package in the page's table."""
    rows = re.findall(
        r"(?m)^\| ([\w-]+) \| ?(\w*) ?\| (.+) \|$", (ROOT / "docs/licences.md").read_text("utf-8")
    )
    return {name: (extra, licence) for name, extra, licence in rows if name != "package"}


def said_by(package: str) -> str:
    """Return what an installed package says of its licence, in lower case; "" if it says nothing."""
    about = metadata(package)
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License")]
    first = (about.get("License") or "").split("\n")[0]
    return " ".join([about.get("License-Expression") or "", first, *classifiers]).strip().lower()


def test_every_dependency_is_there_once_with_its_extra() -> None:
    assert {name: extra for name, (extra, _) in documented().items()} == requirements()


@pytest.mark.parametrize("package", sorted(requirements()))
def test_a_licence_is_the_one_that_the_package_says(package: str) -> None:
    try:
        said = said_by(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    licence = documented()[package][1].lower()
    (word,) = {word for word in _WORDS if re.search(rf"\b{word}\b", licence.split(";")[0])} or {"?"}
    assert word in said if said else "the wheel says nothing" in licence


def test_an_export_carries_the_licence_of_its_kernels() -> None:
    text = paths.templates("export", "LICENSE").read_text(encoding="utf-8")
    assert text == (ROOT / "LICENSE").read_text(encoding="utf-8")


def without_unicorn(*words: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys; sys.modules['unicorn'] = None; "
        "from toolkit.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120, check=False
    )


def test_compiling_and_exporting_work_without_unicorn(tmp_path: Path) -> None:
    model = write_model(tmp_path, "digits", digits_like()[0])
    for words in (["export", str(model), "--no-verify"], ["compile", str(model), "--no-verify"]):
        done = without_unicorn(*words, "--output", str(tmp_path / words[0]))
        assert done.returncode == 0, done.stderr
    code = (
        "import sys; sys.modules['unicorn'] = None; import toolkit.pipeline.build, toolkit.verify.engines;"
        "from toolkit.verify.on_device import Place; from toolkit.targets.board import load_board;"
        "Place().require_possible(load_board('host'));"
        "Place(port='x').require_possible(load_board('nano33ble'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_needs_the_emulator_says_in_one_line_that_unicorn_is_missing(tmp_path: Path) -> None:
    model = write_model(tmp_path, "digits", digits_like()[0])
    done = without_unicorn("run", str(model), "--inputs", "x.npy", "--board", "nano33ble")
    assert done.returncode == 4
    message = "Error: the emulator needs the package unicorn, which is not installed."
    assert message in done.stderr.splitlines()
    assert "pip install 'tinyml-toolkit[emulate]'" in done.stderr
