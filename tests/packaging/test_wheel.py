# SPDX-License-Identifier: Apache-2.0
"""A wheel built from the checkout works in an empty environment, from another folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import toolkit

CHECKOUT = Path(toolkit.__file__).parent.parent
PARTS = ("toolkit", "boards", "examples", "firmware_templates")
FILES = ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md")


def run(*words: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    full = {**os.environ, **env}
    full.pop("PYTHONPATH", None)
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=full,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built in a copy: building leaves things behind."""
    pytest.importorskip(
        "setuptools", "70.1", reason="needs setuptools; get it: pip install 'setuptools>=70.1'"
    )
    source = tmp_path_factory.mktemp("source")
    for part in PARTS:
        shutil.copytree(CHECKOUT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        if (CHECKOUT / name).is_file():
            shutil.copy(CHECKOUT / name, source)
    words = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", source / "dist", source)
    done = run(sys.executable, "-m", "pip", *words, cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = (source / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, and the dependencies of this one by a .pth file."""
    home = tmp_path_factory.mktemp("elsewhere") / "an environment"
    assert run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home.parent).returncode == 0
    folder = "Scripts" if os.name == "nt" else "bin"
    program = home / folder / "python"
    words = ("--python", program, "install", "--quiet", "--no-deps", "--no-index", wheel)
    done = run(sys.executable, "-m", "pip", *words, cwd=home.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    site = run(program, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home.parent)
    (Path(site.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return program


def test_the_wheel_carries_every_data_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {name.removeprefix("toolkit/_data/") for name in archive.namelist()}
    left_out = {"__pycache__", "build", ".pio"}
    for part in PARTS:
        files = [path.relative_to(CHECKOUT) for path in (CHECKOUT / part).rglob("*") if path.is_file()]
        missing = [f for f in files if not left_out & set(f.parts) and f.as_posix() not in carried]
        assert missing == []


def test_the_installed_command_says_its_version(python: Path, tmp_path: Path) -> None:
    done = run(python, "-m", "toolkit", "--version", cwd=tmp_path)
    assert toolkit.__version__ in done.stdout, done.stderr
    done = run(python.parent / "tinyml", "--version", cwd=tmp_path)
    assert toolkit.__version__ in done.stdout, done.stderr


def test_the_installed_package_finds_its_own_boards(python: Path, tmp_path: Path) -> None:
    code = "import toolkit.targets.board as b; print(b.__file__, *map(b.load_board, b.board_names()))"
    done = run(python, "-c", code, cwd=tmp_path)
    assert str(python.parent.parent) in done.stdout, done.stderr
    assert "nano33ble" in done.stdout


def test_the_installed_package_builds_firmware(python: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from support.firmware import small_model\n"
        "from toolkit.targets.board import load_board\n"
        "from toolkit.firmware import Application, build_firmware, render_project\n"
        "project = render_project(small_model(), load_board('host'), Application(), Path('out/firmware'))\n"
        "print(build_firmware(project).elf)\n"
    )
    cache = {"TINYML_CACHE_DIR": str(tmp_path / "cache")}
    done = run(python, "-c", code, CHECKOUT / "tests", cwd=tmp_path, **cache)
    assert done.stdout.strip() == "out/firmware.elf", done.stderr
    assert (tmp_path / "out" / "firmware.elf").is_file()
