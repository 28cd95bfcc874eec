# SPDX-License-Identifier: Apache-2.0
"""Programs of people who have an exported package and nothing else: one build for each kind of package.

Each takes what the kind says of itself (a Makefile, CMakeLists.txt, library.json, library.properties,
module.yml, .pdsc), and treats every warning as an error.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from support.exported import STRICT, needs

from toolkit.firmware.platformio import environment

_STANDINS = Path(__file__).parents[1] / "export"
_CMAKE = "cmake_minimum_required(VERSION 3.14)\nproject(user LANGUAGES C)\n"
_PLAIN = json.dumps({"name": "plain", "title": "plain", "version": "1.0.0", "frameworks": {}, "packages": {}})
_PLATFORM = (
    "from platformio.platform.base import PlatformBase\nclass PlainPlatform(PlatformBase):\n    pass\n"
)
_BUILDER = (
    "from SCons.Script import Default, DefaultEnvironment\nenv = DefaultEnvironment()\n"
    'env.Replace(CC="gcc", CXX="g++", LINK="gcc", AR="ar", RANLIB="ranlib")\nDefault(env.BuildProgram())\n'
)


def ran(words: Sequence[object], folder: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command in a folder, and return what it printed; it must succeed."""
    done = subprocess.run(
        list(map(str, words)), cwd=folder, env=env, capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files into a folder, and return it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def by_make(package: Path, main: str, folder: Path) -> Path:
    """Link with what its Makefile builds; its own test passes."""
    flags = " ".join(("-std=c99", *STRICT))
    for goal in ("", "test"):
        ran(["make", *filter(None, [goal]), f"CFLAGS={flags}"], package)
    (library,) = package.glob("lib*.a")
    written(folder, {"main.c": main})
    return _compiled([folder / "main.c", library], [package / "include"], folder)


def by_cmake(package: Path, main: str, folder: Path) -> Path:
    """Fetch it into a project of CMake."""
    needs("cmake", "cmake")
    flags = f"-DCMAKE_C_FLAGS={' '.join(STRICT)}"
    (name,) = (path.name.removesuffix("Config.cmake") for path in package.glob("cmake/*Config.cmake"))
    fetch = f"include(FetchContent)\nFetchContent_Declare({name} SOURCE_DIR {package})\n"
    end = f"add_executable(user main.c)\ntarget_link_libraries(user PRIVATE tinyml::{name})\n"
    lists = f"{_CMAKE}{fetch}FetchContent_MakeAvailable({name})\n{end}"
    written(folder, {"CMakeLists.txt": lists, "main.c": main})
    ran(["cmake", "-B", "build", flags], folder)
    ran(["cmake", "--build", "build"], folder)
    return folder / "build" / "user"


def by_platformio(package: Path, main: str, folder: Path) -> Path:
    """Name it in lib_deps of a project that has no network."""
    needs("gcc", "gcc")
    own = f"platform = plain\nlib_deps = symlink://{package}\nbuild_flags = {' '.join(STRICT)}\n"
    written(
        folder,
        {
            "platformio.ini": f"[platformio]\nplatforms_dir = platforms\n[env:here]\n{own}",
            "src/main.c": main,
            "platforms/plain/platform.json": _PLAIN,
            "platforms/plain/platform.py": _PLATFORM,
            "platforms/plain/builder/main.py": _BUILDER,
        },
    )
    proxies = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTPS_PROXY")}
    ran([sys.executable, "-m", "platformio", "run", "-d", folder], folder, {**environment(), **proxies})
    (program,) = (path for path in (folder / ".pio" / "build" / "here").glob("program*") if path.is_file())
    return program


def by_arduino(package: Path, main: str, folder: Path) -> Path:
    """Compile all of src/, which is all that is on the include path, as Arduino's builder does.

    Its sketch with stored samples runs against a stand-in for Arduino's API.
    """
    (library,) = _opened(package, folder / "libraries").iterdir()
    written(folder, {"main.c": main})
    assert "samples equal" in said_by_sketch(library, "stored_samples", folder)
    return _compiled([*(library / "src").glob("*.[cS]"), folder / "main.c"], [library / "src"], folder)


def said_by_sketch(library: Path, sketch: str, folder: Path, *flags: str) -> str:
    """Compile a sketch with its library against the stand-in for Arduino's API, and return what it prints.

    Arduino's builder compiles C as C, sketches as C++11. flags are macros of the sketch that become 1.
    """
    needs("g++", "g++")
    _sketch_as_cpp(library, sketch, folder, flags)
    ino = library / "examples" / sketch / f"{sketch}.ino"
    objects = [folder / f"{source.name}.o" for source in sorted((library / "src").glob("*.[cS]"))]
    for source in objects:
        ran(["gcc", *STRICT, "-c", library / "src" / source.name.removesuffix(".o"), "-o", source], folder)
    arduino = _STANDINS / "arduino"
    words = ["g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-I", arduino, "-I", library / "src"]
    words += ["-I", ino.parent, arduino / "main.cpp", folder / "sketch.cpp", *objects]
    ran([*words, "-o", folder / "sketch"], folder)
    return ran([folder / "sketch"], folder)


def _sketch_as_cpp(library: Path, sketch: str, folder: Path, flags: Sequence[str]) -> None:
    """Write sketch.cpp, a sketch as Arduino's builder hands it to the compiler."""
    text = (library / "examples" / sketch / f"{sketch}.ino").read_text()
    for flag in flags:
        assert f"#define {flag} 0" in text
        text = text.replace(f"#define {flag} 0", f"#define {flag} 1")
    written(folder, {"sketch.cpp": f'#include "Arduino.h"\n{text}'})


def syntax_checked(library: Path, sketch: str, arduino: Path, folder: Path, flags: Sequence[str]) -> None:
    """Compile a sketch for an Arduino Nano 33 BLE by the headers of Arduino's own core and libraries."""
    _sketch_as_cpp(library, sketch, folder, flags)
    mbed = arduino / "ArduinoCore-mbed"
    core, variant = mbed / "cores" / "arduino", mbed / "variants" / "ARDUINO_NANO33BLE"
    others = ("Arduino_LSM9DS1", "Arduino_BMI270_BMM150")
    includes = [library / "src", core, core / "api" / "deprecated", core / "api" / "deprecated-avr-comp"]
    includes += [variant, mbed / "libraries" / "PDM" / "src", mbed / "libraries" / "Wire"]
    includes += [arduino / name / "src" for name in others]
    words = ["arm-none-eabi-g++", "-fsyntax-only", "@defines.txt", "@cxxflags.txt", "-DARDUINO=10819"]
    words += ["-DARDUINO_ARCH_NRF52840", "-DARDUINO_ARDUINO_NANO33BLE", "-DARDUINO_ARCH_MBED"]
    paths = [word for include in includes for word in ("-I", str(include))]
    ran([*words, *paths, "-iprefix", core, "@includes.txt", folder / "sketch.cpp"], variant)


def by_zephyr(package: Path, main: str, folder: Path) -> Path:
    """Switch it on in an application, with a stand-in for Zephyr's CMake; its own sample passes."""
    needs("cmake", "cmake")
    flags = f"-DCMAKE_C_FLAGS={' '.join(STRICT)}"
    env = {**os.environ, "ZEPHYR_BASE": str(_STANDINS / "zephyr")}
    (sample,) = (package / "samples").iterdir()
    ran(["cmake", "-B", folder / "sample", flags], sample, env)
    ran(["cmake", "--build", folder / "sample"], sample, env)
    assert "samples equal" in ran([folder / "sample" / "app"], folder)
    find = "find_package(Zephyr REQUIRED HINTS $ENV{ZEPHYR_BASE})\n"
    lists = f"cmake_minimum_required(VERSION 3.20.0)\n{find}project(user)\n"
    written(folder, {"CMakeLists.txt": f"{lists}target_sources(app PRIVATE main.c)\n", "main.c": main})
    symbol = (package / "zephyr" / "Kconfig").read_text().split("config ")[1].split()[0]
    words = [f"-DZEPHYR_EXTRA_MODULES={package}", f"-DCONFIG_{symbol}=y", flags]
    ran(["cmake", "-B", "build", *words], folder, env)
    ran(["cmake", "--build", "build"], folder, env)
    return folder / "build" / "app"


def by_cmsis_pack(package: Path, main: str, folder: Path) -> Path:
    """Compile what the component's description names, of what is in the pack."""
    (pack,) = package.glob("*.pack")
    opened = _opened(pack, folder / "pack")
    (pdsc,) = opened.glob("*.pdsc")
    files: dict[str, list[Path]] = {}
    for file in ElementTree.parse(pdsc).getroot().iter("file"):
        files.setdefault(file.attrib["category"], []).append(opened / file.attrib["name"])
    written(folder, {"main.c": main})
    sources = [*files["source"], *files.get("sourceAsm", []), folder / "main.c"]
    return _compiled(sources, files["include"], folder)


BUILDS: Mapping[str, Callable[[Path, str, Path], Path]] = {
    "c": by_make,
    "cmake": by_cmake,
    "platformio": by_platformio,
    "arduino": by_arduino,
    "zephyr": by_zephyr,
    "cmsis-pack": by_cmsis_pack,
}
"""By kind: (package, main.c, an empty folder) to a program."""


def _opened(archive: Path, folder: Path) -> Path:
    shutil.unpack_archive(archive, folder, "zip")
    assert zipfile.is_zipfile(archive)
    return folder


def _compiled(sources: Sequence[Path], includes: Sequence[Path], folder: Path) -> Path:
    needs("gcc", "gcc")
    paths = [word for include in includes for word in ("-I", include)]
    ran(["gcc", "-std=c99", *STRICT, *paths, *sources, "-lm", "-o", folder / "program"], folder)
    return folder / "program"
