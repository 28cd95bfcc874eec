# SPDX-License-Identifier: Apache-2.0
"""PlatformIO gets the SCons package that it asks for, and the user's own is left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.errors import InputError, ToolMissingError, UsageError
from toolkit.firmware import platformio
from toolkit.firmware.toolchain import find_toolchain


def say_core_dir(tmp_path: Path, extra: Path) -> str:
    """What another Python says, which finds packages in extra first."""
    code = (
        "from toolkit.firmware import platformio\nfrom toolkit.errors import TinymlError\n"
        "try:\n    print(platformio.core_dir())\nexcept TinymlError as error:\n"
        "    print(error.exit_code, error, '|', error.hint)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(extra), "TINYML_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_our_own_core_folder_is_made_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    core = platformio.core_dir()
    assert core == tmp_path / "platformio"
    (package,) = (core / "packages").iterdir()
    assert sorted(path.name for path in package.iterdir()) == [".piopm", "package.json", "scons.py"]
    assert [path.name for path in core.iterdir()] == ["packages"]


def test_a_core_folder_that_the_user_named_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "mine"))
    assert platformio.core_dir() == tmp_path / "mine"
    assert not (tmp_path / "mine").exists()


def test_the_users_platformio_is_used_if_it_has_the_right_scons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    (package,) = (platformio.core_dir() / "packages").iterdir()
    users = home / ".platformio" / "packages" / "tool-scons"
    shutil.copytree(package, users)
    assert platformio.core_dir() == home / ".platformio"
    (users / "package.json").write_text('{"name": "tool-scons", "version": "4.40801.0"}')
    assert platformio.core_dir() == tmp_path / "cache" / "platformio"
    (users / "package.json").write_text("damaged")
    assert platformio.core_dir() == tmp_path / "cache" / "platformio"


def test_settings_that_would_move_the_build_do_not_reach_platformio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORMIO_BUILD_DIR", "/elsewhere")
    environment = platformio.environment()
    assert "PLATFORMIO_BUILD_DIR" not in environment
    assert environment["PLATFORMIO_SETTING_ENABLE_TELEMETRY"] == "false"


def test_scons_of_another_version_is_an_error_with_the_right_one(tmp_path: Path) -> None:
    folder = tmp_path / "extra" / "scons-3.1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: SCons\nVersion: 3.1.0\n")
    said = say_core_dir(tmp_path, folder.parent)
    assert said.startswith("4 PlatformIO ")
    assert "; 3.1.0 is installed. | Try: " in said
    assert "-m pip install scons==4." in said


def test_a_missing_platformio_is_an_error_with_the_pip_line(tmp_path: Path) -> None:
    (tmp_path / "extra" / "platformio").mkdir(parents=True)
    (tmp_path / "extra" / "platformio" / "__init__.py").touch()
    said = say_core_dir(tmp_path, tmp_path / "extra")
    assert said.startswith("4 PlatformIO is not installed. | Try: ")
    assert said.endswith("-m pip install platformio")


def test_a_cache_that_may_not_be_written_is_an_error_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cannot write .*tool-scons"):
        platformio.core_dir()


@pytest.mark.parametrize("core", ["native", "cortex-m4f", "cortex-m7f"])
def test_zig_is_found_as_a_wheel(core: str) -> None:
    pytest.importorskip("ziglang", reason="needs zig: pip install 'tinyml-toolkit[zig]'")
    found = find_toolchain(core, "zig")
    assert found.kind == "zig"
    assert found.program.is_file()


def test_auto_prefers_gcc_on_the_path_then_platformios_package_then_zig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path, packaged = tmp_path / "bin", tmp_path / "packages" / "toolchain-gccarmnoneeabi" / "bin"
    for folder in (on_path, packaged):
        folder.mkdir(parents=True)
        (folder / "arm-none-eabi-gcc").touch(0o755)
    monkeypatch.setenv("PATH", str(on_path))
    dirs = [tmp_path / "packages"]
    assert find_toolchain("cortex-m4f", package_dirs=dirs).program == on_path / "arm-none-eabi-gcc"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_toolchain("cortex-m4f", package_dirs=dirs).program == packaged / "arm-none-eabi-gcc"
    pytest.importorskip("ziglang", reason="needs zig: pip install 'tinyml-toolkit[zig]'")
    assert find_toolchain("cortex-m4f").kind == "zig"


def test_the_environment_chooses_the_toolchain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYML_TOOLCHAIN", "gzz")
    with pytest.raises(UsageError, match=r"TINYML_TOOLCHAIN=gzz is not known\. Known: auto, gcc, zig\."):
        find_toolchain("native")


def test_a_missing_compiler_is_an_error_with_the_command_that_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError, match=r"no C compiler for native: looked for gcc\.") as caught:
        find_toolchain("native", "gcc")
    assert caught.value.hint == "Try: apt-get install gcc"
