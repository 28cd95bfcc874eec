# SPDX-License-Identifier: Apache-2.0
"""The build, as PlatformIO's SCons runs it: src/ -> firmware.elf, .bin, .hex, .map and .json.

platformio.ini says what the core is (custom_core, custom_gcc ...) and custom_toolchain (auto, gcc, zig);
the environment variable TINYML_TOOLCHAIN goes before it. Nothing of the toolkit is needed.
"""

import json
import os
import sys
from pathlib import Path

from SCons.Script import Default, DefaultEnvironment

env = DefaultEnvironment()
sys.path.insert(0, str(Path(env.PioPlatform().get_dir()) / "builder"))

from compilers import Core, NoCompilerError, cxx_command, find_compiler, version_of  # noqa: E402
from image import bin_bytes, footprint, hex_text, load_image  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
OUTPUT = ["-O2", "-ffunction-sections", "-fdata-sections"]
TFLM = Path("lib/tflite_micro")
TFLM_INCLUDES = ["", "third_party/flatbuffers/include", "third_party/gemmlowp", "third_party/ruy"]
CXX_FLAGS = ["-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]
TFLM_FLAGS = ["-DTF_LITE_STATIC_MEMORY", "-DTF_LITE_STRIP_ERROR_STRINGS", "-DNDEBUG"]


def read_core():
    """Return what platformio.ini says of the core."""

    def option(name):
        return env.GetProjectOption(f"custom_{name}", "")

    texts = (option(name) for name in ("core", "gcc", "gcc_package"))
    flags = (tuple(option(name).split()) for name in ("gcc_flags", "zig_flags"))
    return Core(*texts, *flags, option("apt"), option("apt_cxx"))


def compiler_for(core):
    """Return the compiler, and the command for C++ where that is needed, or end the build with the reason."""
    choice = os.environ.get("TINYML_TOOLCHAIN") or env.GetProjectOption("custom_toolchain", "auto")
    home = os.path.expanduser("~/.platformio/packages")  # noqa: PTH111, as Path raises without a home
    home = os.environ.get("TINYML_PACKAGES", home)
    homes = [env.subst("$PROJECT_PACKAGES_DIR"), home]
    try:
        found = find_compiler(core, choice, os.environ, [Path(home) for home in homes])
        return found, cxx_command(found, core) if TFLM.is_dir() else ()
    except NoCompilerError as error:
        sys.stderr.write(f"error: no compiler: {error}.\nhint: {error.hint}\n")
        env.Exit(1)


def include_dirs():
    """Return include/ and every folder below src/ with a header; # is the project for SCons."""
    folders = {path.parent for path in Path("src").rglob("*.h")}
    return ["#include", *sorted(f"#{folder.as_posix()}" for folder in folders)]


def build_tflm():
    """Build TensorFlow Lite Micro as a library of its own, with its warnings, for the engine in src/model."""
    includes = [f"-isystem{TFLM.joinpath(folder).as_posix()}" for folder in TFLM_INCLUDES]
    env.Append(CXXFLAGS=[*CXX_FLAGS, *TFLM_FLAGS, *includes])
    theirs = env.Clone(CCFLAGS=[flag for flag in env["CCFLAGS"] if flag not in WARNINGS] + ["-w"])
    library = theirs.BuildLibrary("$BUILD_DIR/tflite_micro", f"$PROJECT_DIR/{TFLM.as_posix()}")
    env.Prepend(LIBS=[library])
    env.Append(LIBS=["stdc++", "m"] if native else ["m", "c"])


def write_image(target, source, env):
    """Write .bin, .hex and .json beside the ELF; refuse what is too large for the board."""
    elf = Path(str(source[0]))
    image = load_image(elf)
    needed = footprint(elf)
    bin_file, hex_file, json_file = (Path(str(node)) for node in target)
    bin_file.write_bytes(bin_bytes(image))
    hex_file.write_text(hex_text(image), encoding="ascii")
    facts = {**needed._asdict(), "fits": needed.fits, "compiler": env["TINYML_COMPILER"]}
    json_file.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    if needed.fits and needed.flash_limit_bytes:
        return 0
    sys.stderr.write(
        f"error: does not fit: needs {needed.flash_bytes:,} of {needed.flash_limit_bytes:,} bytes of "
        f"flash and {needed.ram_bytes:,} of {needed.ram_limit_bytes:,} bytes of RAM.\n"
    )
    return 1


def write_facts(target, source, env):
    """Write .json beside a native program, which has no image and no limits."""
    facts = {**footprint(Path(str(source[0])))._asdict(), "fits": True, "compiler": env["TINYML_COMPILER"]}
    Path(str(target[0])).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


core = read_core()
compiler, cxx = compiler_for(core)
native = not core.gcc
if compiler.kind == "zig":
    cache = Path(env.GetProjectConfig().get("platformio", "cache_dir")) / "zig"
    os.environ.setdefault("ZIG_GLOBAL_CACHE_DIR", str(cache))
    os.environ.setdefault("ZIG_LOCAL_CACHE_DIR", str(cache))
os.environ["PWD"] = str(Path.cwd())  # gcc believes it where it records the folder

# A shell and SCons see the compilers' plain names only; their folders, whose names may be anything, are
# in the search path.
folders = dict.fromkeys(str(Path(command[0]).parent) for command in (compiler.command, cxx) if command)
os.environ["PATH"] = os.pathsep.join([*folders, os.environ.get("PATH", "")])


def plain_command(command):
    """Return the words of a command, the program by its name alone."""
    return " ".join([Path(command[0]).name, *command[1:]]) if command else ""


env.Replace(
    CC=plain_command(compiler.command),
    CXX=plain_command(cxx),
    LINK="$CC",
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    CFLAGS=["-std=c99"],
    ASFLAGS=["-x", "assembler-with-cpp", *compiler.compile_flags],
    CCFLAGS=[*compiler.compile_flags, *OUTPUT, *WARNINGS, f"-ffile-prefix-map={Path.cwd()}=."],
    CPPPATH=include_dirs(),
    LINKFLAGS=list(compiler.link_flags),
    TINYML_COMPILER=version_of(compiler),
)
if TFLM.is_dir():
    build_tflm()
if not native:
    env.Append(LINKFLAGS=["-T", "memory.ld"], LIBS=["gcc"] if compiler.kind == "gcc" else [])
if not native and compiler.kind == "gcc":  # zig has no option for it
    env.Append(LINKFLAGS=[f"-Wl,-Map,{os.path.relpath(env.subst('$BUILD_DIR'))}/firmware.map"])

program = env.BuildProgram()
if native:
    action = env.VerboseAction(write_facts, "Writing $TARGETS")
    outputs = env.Command(["${BUILD_DIR}/firmware.json"], program, action)
else:
    scripts = sorted(path.as_posix() for path in Path("src").rglob("*.ld"))
    env.Depends(program, [f"#{script}" for script in ("memory.ld", *scripts)])
    names = ["${BUILD_DIR}/firmware." + ending for ending in ("bin", "hex", "json")]
    outputs = env.Command(names, program, env.VerboseAction(write_image, "Writing $TARGETS"))
env.Depends(outputs, env.File("#platforms/tinyml/builder/image.py"))
Default([program, *outputs])
