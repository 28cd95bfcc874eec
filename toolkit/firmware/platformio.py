# SPDX-License-Identifier: Apache-2.0
"""Running PlatformIO as a process: offline, quiet, and with a SCons package made from PyPI's."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from toolkit import process
from toolkit.errors import ToolMissingError
from toolkit.files import one_at_a_time, write_error
from toolkit.firmware.workshop import (
    LOCK,
    bring_up_to_date,
    build_folder,
    is_plain,
    plain_environment,
    plain_root,
)
from toolkit.reading import parse_json

_PACKAGES = "TINYML_PACKAGES"
"""Tells the platform where the user's packages are, as HOME may be moved."""
_TIMEOUT_S = 1800.0  # the engine tflm compiles TensorFlow Lite Micro
_QUIET = {
    "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
    "PLATFORMIO_NO_ANSI": "true",
    "PLATFORMIO_SETTING_CHECK_PRUNE_SYSTEM_THRESHOLD": "0",
    "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "false",
    "PYTHONUNBUFFERED": "1",
}
# What PlatformIO runs as tool-scons: the SCons of the Python that runs PlatformIO.
_SCONS_PY = "import SCons.Script\n\nSCons.Script.main()\n"


def run_pio(
    folder: Path, *, env: Mapping[str, str] | None = None, on_line: Callable[[str], None] | None = None
) -> process.Finished:
    """Build the PlatformIO project in folder; return the exit code and all that was said.

    What is built goes below build_folder(folder), which is another one where folder's name could be read
    as a command. env is added to the environment. Raises ToolMissingError if PlatformIO or its SCons is
    missing, or if Python itself lies where SCons cannot start it.
    """
    _require_python_without_dollar()
    place = build_folder(folder)
    if place != folder:
        bring_up_to_date(folder, place)
    command = [sys.executable, "-m", "platformio", "run", "-d", str(place.absolute())]
    full = {**environment(), **(env or {})}
    return process.run(command, timeout_s=_TIMEOUT_S, env=full, on_line=on_line, cwd=place, ends_with_us=True)


def _require_python_without_dollar() -> None:
    """SCons evaluates ${...} in the names of its own files."""
    if "$" in sys.prefix:
        raise ToolMissingError(
            f"PlatformIO cannot run from {sys.prefix}: SCons reads the $ in this name as a command.",
            hint="Try: a virtual environment in a folder without $ in its name",
        )


def one_build_at_a_time(folder: Path) -> AbstractContextManager[None]:
    """Wait until no other process builds in folder, which is made, then keep others waiting."""
    return one_at_a_time(folder / LOCK)


def environment() -> dict[str, str]:
    """Return the environment for PlatformIO: the user's, without what would move the build."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLATFORMIO_")}
    packages = str(_home() / "packages")
    return plain_environment({**kept, **_QUIET, "PLATFORMIO_CORE_DIR": str(core_dir()), _PACKAGES: packages})


def core_dir() -> Path:
    """Return PlatformIO's own folder, ready to build: the user's where it is of use, else ours.

    The user's is $PLATFORMIO_CORE_DIR, or ~/.platformio if the SCons package is there; neither is
    changed, and neither is used if its name could be read as a command. Ours is in the cache and gets a
    SCons package made from the installed scons.
    """
    chosen = os.environ.get("PLATFORMIO_CORE_DIR")
    if chosen and is_plain(Path(chosen)):
        return Path(chosen)
    wanted = _wanted_scons()
    home = _home()
    if is_plain(home) and _has_scons(home, wanted):
        return home
    _check_scons(wanted)
    ours = plain_root() / "platformio"
    if not _has_scons(ours, wanted):
        _make_scons(ours, wanted)
    return ours


def package_dirs() -> list[Path]:
    """Return the folders in which PlatformIO keeps packages, such as its toolchains."""
    return [core_dir() / "packages", _home() / "packages"]


def _home() -> Path:
    return Path(os.path.expanduser("~/.platformio"))  # noqa: PTH111, as Path raises without a home


@lru_cache(maxsize=1)
def _wanted_scons() -> str:
    """The version of tool-scons that the installed PlatformIO asks for: 4.41101.0 is SCons 4.11.1."""
    try:
        from platformio.dependencies import get_core_dependencies
    except ImportError as error:
        raise ToolMissingError(
            "PlatformIO is not installed.", hint=f"Try: {sys.executable} -m pip install platformio"
        ) from error
    return str(get_core_dependencies()["tool-scons"]).lstrip("~^=")


def _check_scons(wanted: str) -> None:
    code = wanted.split(".")[1]
    pypi = f"{code[0]}.{int(code[1:3])}.{int(code[3:5])}"
    try:
        found = version("scons")
    except PackageNotFoundError:
        found = "none"
    if found != pypi:
        raise ToolMissingError(
            f"PlatformIO {version('platformio')} works with scons {pypi}; {found} is installed.",
            hint=f"Try: {sys.executable} -m pip install scons=={pypi}",
        )


def _has_scons(core: Path, wanted: str) -> bool:
    """Whether core has a tool-scons package of the wanted version, or of a later fix of it."""
    series = wanted.split(".")[:2]
    for manifest in sorted(core.glob("packages/tool-scons*/package.json")):
        try:
            found = str(parse_json(manifest.read_text(encoding="utf-8"))["version"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if found.split(".")[:2] == series:
            return True
    return False


def _make_scons(core: Path, wanted: str) -> None:
    """Put the package there in one step, so that a build that runs at the same time sees all or none."""
    final = core / "packages" / f"tool-scons@{wanted}"
    manifest = {"name": "tool-scons", "version": wanted, "description": "SCons as installed by pip"}
    spec = {"owner": "platformio", "name": "tool-scons", "requirements": None, "uri": None, "id": None}
    record = {"type": "tool", "name": "tool-scons", "version": wanted, "spec": spec}
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=core, prefix=".tool-scons-") as temporary:
            folder = Path(temporary) / "package"
            folder.mkdir()
            (folder / "scons.py").write_text(_SCONS_PY, encoding="utf-8")
            (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
            (folder / ".piopm").write_text(json.dumps(record), encoding="utf-8")
            _move_into_place(folder, final)
    except OSError as error:
        raise write_error(final, error) from error


def _move_into_place(folder: Path, final: Path) -> None:
    try:
        folder.rename(final)
    except OSError:
        if not (final / "scons.py").is_file():  # else another build was first
            raise
