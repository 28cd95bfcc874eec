# SPDX-License-Identifier: Apache-2.0
"""The build, as PlatformIO's SCons runs it: src/ -> firmware.elf, .bin, .hex, .map and .json.

platformio.ini says what the core is (custom_core, custom_gcc ...) and custom_toolchain (auto, gcc, zig);
the environment variable TINYML_TOOLCHAIN goes before it. Nothing of the toolkit is needed to build.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from SCons.Script import Default, DefaultEnvironment

env = DefaultEnvironment()
sys.path.insert(0, str(Path(env.PioPlatform().get_dir()) / "builder"))

from compilers import Core, NoCompilerError, cxx_command, find_compiler, version_of  # noqa: E402
from image import bin_bytes, footprint, hex_text, load_image  # noqa: E402
from upload import AUTO, NoUploadError, Wish, upload  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
OUTPUT = [env.GetProjectOption("custom_optimize", "-O2"), "-ffunction-sections", "-fdata-sections"]
PREFIX_MAP = ["$(", f"-ffile-prefix-map={Path.cwd()}=.", "$)"]
"""The object is the same in every folder: $( and $) tell SCons that nothing depends on it."""
TFLM = Path("lib/tflite_micro")
TFLM_INCLUDES = ["", "third_party/flatbuffers/include", "third_party/gemmlowp", "third_party/ruy"]
CMSIS_NN = TFLM / "third_party/cmsis_nn"
CMSIS_NN_FLAGS = ["-DCMSIS_NN", "-DARM_NN_ENABLE_F16=0", "-DARM_NN_ENABLE_F32=0"]
"""As TFLM's make has them (ext_libs/cmsis_nn.inc)."""
CXX_FLAGS = ["-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]
CXX_ENDINGS = (".cc", ".cpp", ".cxx", ".c++")
OWN = Path("src/app")
HEADER_ENDINGS = (".h", ".hh", ".hpp", ".hxx")
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
        wants_cxx = any(
            path.suffix in CXX_ENDINGS for place in ("src", "lib") for path in Path(place).rglob("*")
        )
        return found, cxx_command(found, core, TFLM.is_dir()) if wants_cxx else ()
    except NoCompilerError as error:
        sys.stderr.write(f"error: no compiler: {error}.\nhint: {error.hint}\n")
        env.Exit(1)


def include_dirs():
    """Return include/ and every folder below src/ with a header, but those of the user's own application."""
    folders = {path.parent for path in Path("src").rglob("*.h") if not path.is_relative_to(OWN)}
    return [
        "#include",
        *(f"#{folder.as_posix()}" for folder in sorted(folders)),
    ]  # "#" is the project for SCons


def compile_own(env, node):
    """Compile a file of the user's application, or of a library, as middleware of PlatformIO.

    Its warnings end no build, and a library's are not said. What a file takes in by .incbin is not seen by
    SCons; so the object of assembly depends on every file of the application.
    """
    source = Path(node.srcnode().get_abspath()).relative_to(env.subst("$PROJECT_DIR"))
    is_library = source.parts[0] == "lib" and not source.is_relative_to(TFLM)
    if not (is_library or source.is_relative_to(OWN)):
        return node
    every = [path for path in OWN.rglob("*") if path.is_file()]
    folders = (
        {OWN, *(path.parent for path in every if path.suffix in HEADER_ENDINGS)} if not is_library else set()
    )
    flags = [flag for flag in env["CCFLAGS"] if flag not in WARNINGS]
    built = env.Object(
        f"{node.get_path()}.o",
        node,
        CCFLAGS=[*flags, "-w" if is_library else "-Wall"],
        CPPPATH=[*(f"#{folder.as_posix()}" for folder in sorted(folders)), *env["CPPPATH"]],
    )
    env.NoCache(built)  # its warnings are to be said, and .incbin is not seen
    if source.suffix == ".S":
        env.Depends(built, [f"#{path.as_posix()}" for path in every])
    return built


def own_libs():
    """Return the parts of the C library that are there, for the user's code; ours needs none."""
    if native or compiler.kind != "gcc":
        return ["m"] if native else []
    command = [*compiler.command, *compiler.compile_flags]
    found = {
        name: subprocess.check_output([*command, f"-print-file-name=lib{name}.a"], text=True) for name in "mc"
    }
    return [name for name, path in found.items() if Path(path.strip()).is_absolute()]


def build_tflm():
    """Build TensorFlow Lite Micro as a library of its own, with its warnings, for the engine in src/model.

    It takes a C library for granted, so that memcpy() of a word is an instruction there.
    """
    optimized = CMSIS_NN.is_dir()
    folders = [TFLM / folder for folder in TFLM_INCLUDES] + [CMSIS_NN, CMSIS_NN / "Include"] * optimized
    includes = [f"-isystem{folder.as_posix()}" for folder in folders]
    flags = [*includes, *(CMSIS_NN_FLAGS if optimized else [])]
    env.Append(CXXFLAGS=[*TFLM_FLAGS, *flags])
    left_out = (*WARNINGS, "-ffreestanding")
    theirs = env.Clone(CCFLAGS=[flag for flag in env["CCFLAGS"] if flag not in left_out] + ["-w"])
    theirs.Append(CFLAGS=flags)
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


def flash(target, source, env):
    """Put the firmware on the board, by upload_protocol and upload_port of platformio.ini."""
    prefix = "custom_upload_"
    section = f"env:{env['PIOENV']}"
    options = [name for name in env.GetProjectConfig().options(section) if name.startswith(prefix)]
    programs = {name.removeprefix(prefix): env.GetProjectOption(name) for name in options}
    elf = Path(str(source[0])).absolute()
    protocol, port = (env.subst(f"$UPLOAD_{name}") for name in ("PROTOCOL", "PORT"))
    try:
        return upload(Wish(env["PIOENV"], elf, protocol or AUTO, port), programs)
    except NoUploadError as error:
        sys.stderr.write(f"error: {error}.\nhint: {error.hint}\n")
        return 1


def say_where(target, source, env):
    """Say that a native program is not flashed."""
    program = env.subst("$BUILD_DIR/firmware.elf")
    sys.stderr.write(f"error: this firmware is a program of this computer. Try: pio run, then {program}\n")
    return 1


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
    CXXFLAGS=CXX_FLAGS,
    ASFLAGS=["-x", "assembler-with-cpp", *compiler.compile_flags, OUTPUT[0]],
    CCFLAGS=[*compiler.compile_flags, *OUTPUT, *WARNINGS, *PREFIX_MAP],
    CPPPATH=include_dirs(),
    LINKFLAGS=list(compiler.link_flags),
    TINYML_COMPILER=version_of(compiler),
)
if os.environ.get("TINYML_BUILD_CACHE"):
    env.CacheDir(os.environ["TINYML_BUILD_CACHE"])  # before TFLM's environment is made of this one
if TFLM.is_dir():
    build_tflm()
env.AddBuildMiddleware(compile_own)
if OWN.is_dir():
    env.AppendUnique(LIBS=own_libs())
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
env.NoCache([program, *outputs])
env.Depends(outputs, env.File("#platforms/tinyml/builder/image.py"))
upload_action = say_where if native else env.VerboseAction(flash, "Flashing $PIOENV")
env.AddPlatformTarget("upload", None if native else [program, *outputs], upload_action, "Upload")
Default([program, *outputs])
