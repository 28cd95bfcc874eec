# SPDX-License-Identifier: Apache-2.0
"""An exported folder of C compiles by itself with no warning on every machine, and gives TFLM's bytes.

Its own example compares stored outputs, which are TFLM's where that is installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.exported import STRICT, compiled, dense_model, export, needs, write_model
from support.firmware import digits_like
from support.foreign_builds import ran
from support.random_slides import small_slide
from support.small_model import small_graph
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.data import Takes
from toolkit.firmware.toolchain import find_host_toolchain

PICTURES = Takes("image_folder", "classification", tuple("0123456789"), {"folder": "", "fit": "crop"})


COMPILERS = [("gcc", "g++"), pytest.param(("clang", "clang++"), marks=pytest.mark.bench)]


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    model = write_model(folder, "digits", digits_like()[0], PICTURES)
    return export(model, folder / "out")


def said(program: Path, *emulator: str) -> str:
    done = subprocess.run([*emulator, str(program)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_folder_says_what_it_is_and_what_was_proved(digits: Path) -> None:
    text = (digits / "README.md").read_text()
    assert "592 bytes" in text and "Not yet tried on hardware" in text
    assert "random inputs: every layer equal to" in text
    assert "`digits.h`,\n`digits.c`,\n`digits_input.h`,\n`digits_real.c`." in text
    if shutil.which("arm-none-eabi-gcc"):
        (row,) = re.findall(r"\| init and invoke \|(.*)\|", text)
        flash, ram, stack = (int(number.replace(",", "")) for number in re.findall(r"([\d,]+) bytes", row))
        assert 592 <= ram < 700 and 1528 < flash < 9000 and 0 < stack < 1000
    assert "Apache License" in (digits / "LICENSE").read_text()
    for file in sorted((digits / "src").iterdir()):
        licence = "belongs to whoever owns that model" if "_tm_" not in file.name else "Apache-2.0"
        assert licence in file.read_text()[:500] or file.name == "digits_input.h", file.name


@pytest.mark.parametrize(
    "command",
    [
        ["gcc", "-std=c99"],
        ["clang", "-std=c99"],
        ["gcc", "-std=c99", "-m32"],
        ["gcc", "-std=c11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    ],
    ids=" ".join,
)
def test_it_compiles_without_a_warning_and_its_example_passes(
    command: list[str], digits: Path, tmp_path: Path
) -> None:
    needs(command[0], command[0])
    if "-m32" in command and not any(Path("/usr/lib/gcc").glob("*/*/32")):
        pytest.skip("needs gcc for 32 bits: apt-get install gcc-multilib")
    program = compiled(command, [digits], tmp_path / "program")
    assert said(program) == "digits: 4 of 4 samples equal\n"


def test_a_model_that_takes_hops_compares_the_windows_that_they_fill(tmp_path: Path) -> None:
    model = write_model(tmp_path, "slide", write_tflite(small_slide()))

    folder = export(model, tmp_path / "out", "--stream", "4")

    program = compiled([needs("gcc", "gcc"), "-std=c99"], [folder], tmp_path / "program")
    assert said(program) == "slide: 4 of 4 samples equal\n"
    text = (folder / "README.md").read_text()
    assert "each time write the 4 new rows alone" in text and "`slide_is_due()`" in text
    assert "windows of a random stream: every layer equal to" in text.replace("\n ", "")


def test_zig_has_no_complaint(digits: Path, tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="needs zig: pip install 'tinyml-toolkit[zig]'")
    zig = [sys.executable, "-m", "ziglang", "cc", "-std=c99", *STRICT, "-I", str(digits / "include"), "-c"]
    for source in sorted((digits / "src").glob("*.c")):
        words = [*zig, str(source), "-o", str(tmp_path / "object.o")]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, ""), source.name


def test_it_gives_the_same_bytes_on_a_big_endian_processor(digits: Path, tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="needs zig: pip install 'tinyml-toolkit[zig]'")
    emulator = needs("qemu-ppc", "qemu-user")
    target = ["-target", "powerpc-freestanding-eabi", "-ffreestanding", "-nostdlib"]
    zig = [sys.executable, "-m", "ziglang", "cc", *target, "-std=c99", "-I", str(digits / "example")]
    main = Path(__file__).with_name("bare.c")
    assert said(compiled(zig, [digits], tmp_path / "program", main), emulator) == ""


SORTS = ["picture", "sound", "rows", "anomaly"]


def exported_sort(what: str, tmp_path: Path) -> Path:
    """Export a model called digits that takes data of a sort."""
    sound = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800, "bands": 20}
    rows = {"file": "a.csv", "window": 8, "columns": ["ax", "ay", "az"]}
    classes = ("no", "yes")
    takes, data = {
        "picture": (PICTURES, digits_like()[0]),
        "sound": (Takes("audio_folder", "classification", classes, sound), dense_model((24, 20, 1), 2)),
        "rows": (Takes("windows", "classification", classes, rows), dense_model((8, 3), 2)),
        "anomaly": (Takes("numpy", "anomaly", classes), dense_model((12,), 12, softmax=False)),
    }[what]
    about = {"threshold": 0.5} if what == "anomaly" else {}
    return export(write_model(tmp_path, "digits", data, takes, **about), tmp_path / "out", "--no-verify")


@pytest.mark.parametrize("what", SORTS)
def test_every_file_says_whose_it_is_and_the_program_in_the_readme_compiles(
    what: str, tmp_path: Path
) -> None:
    needs("gcc", "gcc")
    folder = exported_sort(what, tmp_path)
    for file in (path for path in folder.rglob("*") if path.is_file()):
        is_said = re.search(r"SPDX|belongs? to whoever owns", file.read_text()[:600])
        assert is_said or file.name in ("README.md", "LICENSE", ".generated.json"), file.name
    (text,) = re.findall(r"(?ms)^```c$(.*?)^```$", (folder / "README.md").read_text())
    assert ("_classify(" in text, "_decide(" in text) == (True, what in ("sound", "rows"))
    for compiler in (["gcc", "-std=c99"], ["g++", "-std=c++11", "-x", "c++"]):
        (tmp_path / "main.c").write_text(text)
        words = [*compiler, *STRICT, "-I", folder / "include", "-c", tmp_path / "main.c"]
        ran([*words, "-o", tmp_path / "main.o"], tmp_path)


def test_numbers_are_said_to_have_the_order_and_the_range_of_the_input(tmp_path: Path) -> None:
    """Who has bytes of 0 to 255 sees that the model wants something else."""
    takes = Takes("numpy", "classification", tuple("0123456789"))
    header = export(write_model(tmp_path, "digits", digits_like()[0], takes), tmp_path / "out", "--no-verify")
    text = (header / "include" / "digits.h").read_text()
    (scale,) = re.findall(r"INPUT_SCALE (\S+)f ", text)
    (zero,) = re.findall(r"INPUT_ZERO_POINT \((-?\d+)\)", text)
    low, high = ((q - int(zero)) * float(scale) for q in (-128, 127))
    assert "stand in the order (8, 8, 1), the last axis innermost" in text
    (said,) = re.findall(r"From (\S+) to (\S+): what is less or more counts as the nearest", text)
    assert [float(x) for x in said] == pytest.approx([low, high], rel=1e-5)


@pytest.mark.parametrize("what", SORTS)
def test_every_line_of_the_headers_is_described(what: str, tmp_path: Path) -> None:
    """What is declared or defined has a comment behind it, or stands in a block right below one."""
    folder = exported_sort(what, tmp_path)
    headers = [*(folder / "include").iterdir(), *(folder / "src").glob("digits_input.h")]
    assert {path.name for path in headers} >= {"digits.h", "digits_input.h"}
    frame = ("#ifndef", "#ifdef", "#endif", "#include", 'extern "C"', "}", "    ", "static inline")
    for header in headers:
        described = False
        for line in header.read_text().splitlines():
            if "*/" in line or line.startswith((" *", "/*")):
                described = True
            elif not line:
                described = False
            elif not line.startswith(frame) and not re.fullmatch(r"#define DIGITS_([A-Z_]+_)?H", line):
                assert described, f"{header.name}: {line}"


@pytest.mark.parametrize("words", [(), ("--core", "cortex-m4f")], ids=["portable", "cortex-m4f"])
def test_make_test_runs_on_this_computer_whatever_it_was_made_for(
    words: Sequence[str], tmp_path: Path
) -> None:
    needs("cc", "gcc")
    folder = export(
        write_model(tmp_path, "digits", digits_like()[0]), tmp_path / "out", "--no-verify", *words
    )
    for _ in range(2):
        text = ran(["make", "test"], folder)
    assert "digits: 4 of 4 samples equal" in text and "-c" not in text
    ran(["make", "clean"], folder)
    assert not list(folder.rglob("*.o"))


@pytest.mark.parametrize("compilers", COMPILERS, ids=" ".join)
def test_two_folders_that_were_exported_by_themselves_link_into_one_cpp_program(
    compilers: tuple[str, str], digits: Path, tmp_path: Path
) -> None:
    """They use the same kernels; a C++ compiler links them, and the headers are C++11."""
    of_c, of_cpp = compilers
    needs(of_cpp, of_cpp.strip("+"))
    model = write_model(tmp_path, "second", write_tflite(small_graph()))
    other = export(model, tmp_path / "second", "--no-verify")
    objects = []
    for folder in (digits, other):
        for source in sorted((folder / "src").glob("*.c")):
            objects.append(tmp_path / f"{source.name}.o")
            words = [of_c, "-std=c99", *STRICT, "-I", folder / "include", "-c", source, "-o", objects[-1]]
            subprocess.run(list(map(str, words)), check=True, timeout=60)
    main = tmp_path / "main.cpp"
    main.write_text(
        '#include "digits.h"\n#include "second.h"\n#include <cstdio>\n'
        "int main() { digits_init(); second_init();\n"
        "  static unsigned char pixels[DIGITS_HEIGHT * DIGITS_WIDTH * DIGITS_CHANNELS]; float p = 0.0f;\n"
        "  uint32_t label = digits_classify(pixels, &p); second_invoke();\n"
        '  std::printf("%s %d %d", digits_labels[label], second_output()[0], p > 0.0f); return 0; }\n'
    )
    includes = ["-I", digits / "include", "-I", other / "include"]
    words = [of_cpp, "-std=c++11", *STRICT, *includes, main, *objects, "-lm", "-o", tmp_path / "both"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert said(tmp_path / "both").split()[0] in "0123456789"


def test_two_models_in_one_library_share_its_kernels(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    models = [
        write_model(tmp_path, "first", digits_like()[0]),
        write_model(tmp_path, "second", write_tflite(small_graph())),
    ]
    words = ["export", *map(str, models), "--name", "both", "--output", str(tmp_path / "out"), "--no-verify"]
    assert run(words) == 0
    names = [path.name for path in (tmp_path / "out" / "src").glob("*_tm_conv_2d_s8.c")]
    assert names == ["both_tm_conv_2d_s8.c"]
    program = compiled(["gcc", "-std=c99"], [tmp_path / "out"], tmp_path / "program")
    assert said(program) == "first: 4 of 4 samples equal\nsecond: 4 of 4 samples equal\n"


def defined_symbols(folder: Path, objects: Path, *flags: str) -> set[str]:
    objects.mkdir()
    sources = [str(file.resolve()) for file in (folder / "src").glob("*.c")]
    words = ["gcc", "-std=c99", *flags, "-I", str(folder / "include"), "-c", *sources]
    subprocess.run(words, cwd=objects, check=True, timeout=60)
    names = ["nm", "-g", "--defined-only", "-P", *map(str, objects.glob("*.o"))]
    done = subprocess.run(names, capture_output=True, text=True, timeout=60, check=True)
    return {line.split()[0] for line in done.stdout.splitlines() if len(line.split()) > 1}


def test_every_symbol_is_under_the_name_of_the_model(digits: Path, tmp_path: Path) -> None:
    needs("gcc", "gcc")
    symbols = defined_symbols(digits, tmp_path / "whole")
    assert all(name.startswith("digits_") for name in symbols)
    assert {"digits_init", "digits_classify", "digits_arena"} <= symbols
    bare = defined_symbols(digits, tmp_path / "bare", "-DDIGITS_NO_STATIC_ARENA")
    assert "digits_classify_in" in bare
    assert not {"digits_arena", "digits_init", "digits_classify"} & bare


def test_arenas_of_ones_own_run_side_by_side(digits: Path, tmp_path: Path) -> None:
    """Two inputs are written before either runs; the library's own arena is not there."""
    needs("gcc", "gcc")
    main = tmp_path / "main.c"
    main.write_text(
        '#include <string.h>\n#include "digits.h"\n#include "samples.h"\n'
        "static int8_t arenas[2][DIGITS_ARENA_BYTES] __attribute__((aligned(DIGITS_ARENA_ALIGNMENT)));\n"
        "int main(void) { int wrong = 0;\n"
        "for (int i = 0; i < 2; i++) { digits_init_in(arenas[i]); memcpy(digits_input_in(arenas[i]),"
        " digits_example_input + i * 64, 64); }\n"
        "for (int i = 0; i < 2; i++) { digits_invoke_in(arenas[i]); }\n"
        "for (int i = 0; i < 2; i++) { wrong |= memcmp(digits_output_in(arenas[i]),"
        " digits_example_output + i * 10, 10); }\nreturn wrong != 0; }\n"
    )
    command = ["gcc", "-std=c99", "-DDIGITS_NO_STATIC_ARENA", "-I", str(digits / "example")]
    said(compiled(command, [digits], tmp_path / "program", main))


def test_a_single_model_is_called_as_the_library_is(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    model = write_model(tmp_path, "model.v2", digits_like()[0], PICTURES)
    folder = export(model, tmp_path / "out", "--no-verify", "--name", "reader")
    assert sorted(path.name for path in (folder / "include").iterdir()) == ["reader.h"]
    assert all(name.startswith("reader_") for name in defined_symbols(folder, tmp_path / "objects"))


@pytest.mark.parametrize(("name", "called"), [("int", "m_int"), ("nul", "m_nul"), ("é", "model"), ("ok", "")])
def test_a_name_that_c_or_windows_refuses_is_changed_and_told(
    name: str, called: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path, "digits", dense_model((4,), 3))
    folder = export(model, tmp_path / "out", "--no-verify", "--name", name)
    assert (folder / "include" / f"{called or name}.h").is_file()
    told = [line for line in capsys.readouterr().err.splitlines() if "--name" in line]
    assert told == ([f"--name {name} is called {called} in C"] if called else [])


def test_a_model_s_header_hides_none_of_c(tmp_path: Path) -> None:
    """string.h, which its own example includes."""
    needs("gcc", "gcc")
    folder = export(write_model(tmp_path, "string", digits_like()[0]), tmp_path / "out", "--no-verify")
    program = compiled(["gcc", "-std=c99"], [folder], tmp_path / "program")
    assert said(program) == "m_string: 4 of 4 samples equal\n"


def test_classes_that_are_never_detected_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A default of 0.5 is more than these logits reach."""
    takes = Takes("windows", "classification", ("rest", "wave"), {"file": "a.csv", "window": 8})
    data = dense_model((8, 3), 2, softmax=False, output_scale=0.002)
    folder = export(write_model(tmp_path, "moves", data, takes), tmp_path / "out", "--no-verify")
    never = "never rest, wave: the threshold is above 0.244, the output's most"
    assert f"firmware.decision: {never}" in capsys.readouterr().err
    assert never in (folder / "include" / "moves_decision.h").read_text()


def test_weights_and_arena_go_into_the_sections_that_are_asked_for(tmp_path: Path) -> None:
    needs("arm-none-eabi-gcc", "gcc-arm-none-eabi")
    model = write_model(tmp_path, "digits", digits_like()[0])
    words = ("--weights-section", ".ext.weights", "--arena-section", ".dtcm", "--no-verify")
    folder = export(model, tmp_path / "out", *words)
    command = ["arm-none-eabi-gcc", "-std=c99", "-mcpu=cortex-m4", "-I", folder / "include", "-c"]
    object_file = tmp_path / "digits.o"
    subprocess.run([*command, folder / "src" / "digits.c", "-o", object_file], check=True, timeout=60)
    done = subprocess.run(
        ["arm-none-eabi-size", "-A", object_file], capture_output=True, text=True, timeout=60, check=True
    )
    sizes = dict(line.split()[:2] for line in done.stdout.splitlines() if line.startswith("."))
    assert sizes[".dtcm"] == "592"
    assert int(sizes[".ext.weights"]) >= 1528


def test_an_export_is_the_same_bytes_twice_and_leaves_nothing_of_the_last_one(tmp_path: Path) -> None:
    model = write_model(tmp_path, "digits", digits_like()[0])
    first = export(model, tmp_path / "first", "--no-verify")
    second = tmp_path / "second"
    export(write_model(tmp_path, "other", dense_model((4,), 3)), second, "--no-verify")
    export(model, second, "--no-verify")
    trees = [
        {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        for folder in (first, second)
    ]
    assert trees[0] == trees[1]


def test_a_core_is_named_in_the_c_that_was_made_for_it(tmp_path: Path) -> None:
    needs("arm-none-eabi-gcc", "gcc-arm-none-eabi")
    model = write_model(tmp_path, "digits", digits_like()[0])
    folder = export(model, tmp_path / "out", "--core", "cortex-m4f", "--no-verify")
    subprocess.run(["make"], cwd=folder, capture_output=True, timeout=120, check=True)
    assert "Tag_CPU_arch: v7E-M" in ran(["arm-none-eabi-readelf", "-A", "libdigits.a"], folder)
    words = ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-std=c99", "-I", "include", "-c"]
    done = subprocess.run(
        [*words, "src/digits.c", "-o", tmp_path / "d.o"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "made for cortex-m4f: compile with its -mcpu; elsewhere define DIGITS_TWINS" in done.stderr
    (assembly, *_) = sorted((folder / "src").glob("*.S"))
    words = [
        "arm-none-eabi-gcc",
        "-mcpu=cortex-m3",
        "-mthumb",
        "-c",
        str(assembly),
        "-o",
        str(tmp_path / "s.o"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "pass the same -mcpu to the assembler, or define DIGITS_TWINS" in done.stderr
    strict = [str(find_host_toolchain().program), "-DDIGITS_TWINS", "-Wl,--fatal-warnings"]
    every = sorted((folder / "src").glob("*.S"))
    program = compiled(strict, [folder], tmp_path / "program", folder / "example" / "main.c", *every)
    assert said(program) == "digits: 4 of 4 samples equal\n"


def test_the_kernels_of_a_core_give_the_same_bytes_on_it(tmp_path: Path) -> None:
    needs("arm-none-eabi-gcc", "gcc-arm-none-eabi")
    emulator = needs("qemu-arm", "qemu-user")
    model = write_model(tmp_path, "digits", digits_like()[0])
    folder = export(model, tmp_path / "out", "--core", "cortex-m4f", "--no-verify")
    assert list((folder / "src").glob("*.S")), "no kernel in assembly"
    core = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
    command = [*core, "-std=c99", "-I", str(folder / "example"), "-nostdlib", "-Wl,--entry=_start", "-lgcc"]
    assembly = sorted((folder / "src").glob("*.S"))
    main = Path(__file__).with_name("bare.c")
    said(compiled(command, [folder], tmp_path / "program", main, *assembly), emulator, "-cpu", "max")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--to", "cmke"], 2, "there is no kind of export"),
        (["--core", "cortex-m4"], 3, "Did you mean cortex-m4f"),
        (["--core", "cortex-m4f", "--board", "nano33ble"], 2, "do not go together"),
    ],
)
def test_wrong_words_are_answered(
    words: Sequence[str], code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path, "digits", digits_like()[0])
    assert run(["export", str(model), "--output", str(tmp_path / "out"), *words]) == code
    assert message in capsys.readouterr().err


def test_a_model_with_float32_ends_shows_the_integers_that_it_takes(tmp_path: Path) -> None:
    needs("gcc", "gcc")
    b = GraphBuilder("ends")
    x, y = (b.tensor((1, 16), "float32") for _ in range(2))
    q, r = (b.tensor((1, 16), scale=0.5, zero_point=3) for _ in range(2))
    b.operation("QUANTIZE", [x], [q])
    b.operation("RELU", [q], [r])
    b.operation("DEQUANTIZE", [r], [y])
    model = tmp_path / "ends.tflite"
    model.write_bytes(write_tflite(b.graph([x], [y])))
    program = compiled(["gcc", "-std=c99"], [export(model, tmp_path / "out")], tmp_path / "program")
    assert said(program) == "ends: 4 of 4 samples equal\n"
