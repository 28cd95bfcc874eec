# SPDX-License-Identifier: Apache-2.0
"""Exported packages are used as their tools use them, by projects that know nothing of the toolkit."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.exported import export, needs, write_model
from support.firmware import digits_like
from support.foreign_builds import ran, written

from toolkit.cli.main import run
from toolkit.codegen.about import sections_called
from toolkit.data import Takes
from toolkit.errors import UsageError
from toolkit.export.kind import kinds
from toolkit.export.library import build_library
from toolkit.export.models import ExportOptions, file_member
from toolkit.targets.cores import find_core
from toolkit.targets.target import PORTABLE

PICTURES = Takes("image_folder", "classification", tuple("0123456789"), {"folder": "", "fit": "crop"})
MAIN = (
    '#include <stdio.h>\n#include "digits.h"\n'
    "int main(void) { static uint8_t pixels[64]; float p; digits_init();\n"
    '  printf("%s\\n", digits_labels[digits_classify(pixels, &p)]); return p > 0.0f ? 0 : 1; }\n'
)
CORE = find_core("cortex-m4f")
OPTIONS = ExportOptions(verify=False).for_core(CORE)
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("digits"), "digits", digits_like()[0], PICTURES)


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_kind_is_documented_and_the_same_bytes_twice(name: str, model: Path, tmp_path: Path) -> None:
    assert f"\n### {name}\n" in (DOCS / "exporting.md").read_text()
    trees = []
    for which in ("first", "second"):
        place = export(model, tmp_path / f"{which}{kinds()[name].archive}", "--to", name, "--no-verify")
        files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
        trees.append([(path.name, path.read_bytes()) for path in files])
        assert "Not yet tried on hardware" in (readme_of(place))
    assert [content for _, content in trees[0]] == [content for _, content in trees[1]]


def readme_of(place: Path) -> str:
    if place.is_dir():
        return (place / "README.md").read_text()
    with zipfile.ZipFile(place) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("README.md"))
        return archive.read(name).decode()


def test_cmake_tests_it_installs_it_and_finds_it(model: Path, tmp_path: Path) -> None:
    needs("cmake", "cmake")
    folder = export(model, tmp_path / "library", "--to", "cmake", "--no-verify")
    installed = tmp_path / "installed"
    ran(["cmake", "-B", "build", f"-DCMAKE_INSTALL_PREFIX={installed}", "-DCMAKE_BUILD_TYPE=Debug"], folder)
    ran(["cmake", "--build", "build"], folder)
    ran(["ctest", "--output-on-failure"], folder / "build")
    ran(["cmake", "--install", "build"], folder)
    start = "cmake_minimum_required(VERSION 3.14)\nproject(user LANGUAGES C)\n"
    # A program may be called as the model is.
    end = "add_executable(digits main.c)\ntarget_link_libraries(digits PRIVATE tinyml::digits)\n"
    end += "install(TARGETS digits DESTINATION bin)\n"
    (fetched,) = re.findall(r"(?ms)^```cmake$(.*?)^target_link", readme_of(folder))
    for which, middle in (
        ("found", "find_package(digits 1.0 CONFIG REQUIRED)\n"),
        ("fetched", fetched.replace("path/to/this/folder", "../library")),
    ):
        user = written(tmp_path / which, {"CMakeLists.txt": start + middle + end, "main.c": MAIN})
        ran(["cmake", "-B", "build", f"-DCMAKE_PREFIX_PATH={installed}"], user)
        ran(["cmake", "--build", "build"], user)
        assert ran(["build/digits"], user).strip() in "0123456789"
    for words, names in (((), ["bin"]), (("-DDIGITS_INSTALL=ON",), ["bin", "include", "lib"])):
        prefix = tmp_path / "-".join(("user", *words))
        ran(["cmake", "-B", "build", *words], user)
        ran(["cmake", "--install", "build", "--prefix", prefix], user)
        assert sorted(path.name for path in prefix.iterdir()) == names


@pytest.mark.parametrize(
    ("goal", "build_type", "flag"),
    [("balanced", "", "-O2"), ("size", "Release", "-Os"), ("size", "Debug", "")],
)
def test_cmake_compiles_it_as_its_kernels_were_chosen_for(
    model: Path, tmp_path: Path, goal: str, build_type: str, flag: str
) -> None:
    needs("cmake", "cmake")
    folder = export(model, tmp_path / "out", "--to", "cmake", "--no-verify", "--optimize", goal)
    told = ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DCMAKE_BUILD_TYPE={build_type}"]
    ran(["cmake", "-B", "build", *told], folder)
    commands = json.loads((folder / "build" / "compile_commands.json").read_text())
    used = [re.findall(r" (-O\w)", each["command"]) for each in commands if "/src/" in each["file"]]
    assert used and all((words[-1:] or [""]) == [flag] for words in used)


def test_cmake_builds_it_for_a_core_by_the_toolchain_file_that_comes_with_it_and_for_this_computer_without(
    model: Path, tmp_path: Path
) -> None:
    needs("cmake", "cmake")
    needs("arm-none-eabi-gcc", "gcc-arm-none-eabi")
    folder = export(model, tmp_path / "out", "--to", "cmake", "--core", "cortex-m4f", "--no-verify")
    ran(["cmake", "-B", "build", "-DCMAKE_TOOLCHAIN_FILE=cmake/cortex-m4f.cmake"], folder)
    ran(["cmake", "--build", "build"], folder)
    said = ran(["arm-none-eabi-readelf", "-A", "build/libdigits.a"], folder)
    assert "Tag_CPU_arch: v7E-M" in said
    ran(["cmake", "-B", "here"], folder)
    ran(["cmake", "--build", "here"], folder)
    ran(["ctest", "--output-on-failure"], folder / "here")


def test_the_files_of_a_zephyr_module_name_files_that_are_there(model: Path, tmp_path: Path) -> None:
    folder = export(model, tmp_path / "out", "--to", "zephyr", "--no-verify")
    module = dict(
        line.strip().split(": ")
        for line in (folder / "zephyr/module.yml").read_text().splitlines()
        if ": " in line
    )
    assert module == {"name": "digits", "cmake": "zephyr", "kconfig": "zephyr/Kconfig"}
    assert (folder / module["kconfig"]).is_file() and (folder / module["cmake"] / "CMakeLists.txt").is_file()
    kconfig = (folder / module["kconfig"]).read_text()
    assert re.search(r"^config TINYML_DIGITS\n\tbool \".+\"\n\thelp\n\t  \S", kconfig, re.MULTILINE)
    cmake = (folder / "zephyr/CMakeLists.txt").read_text()
    assert cmake.count("if(CONFIG_TINYML_DIGITS)") == cmake.count("endif()") == 1
    named = {(folder / "zephyr" / name).resolve() for name in re.findall(r"\.\./src/\S+", cmake)}
    assert named == {path.resolve() for path in (folder / "src").glob("*.c")}
    assert (folder / "samples/stored/src/main.c").is_file()


def test_a_cmsis_pack_is_described_as_its_format_wants_it(model: Path, tmp_path: Path) -> None:
    """Open-CMSIS-Pack-Spec, schema/PACK.xsd 1.7: what is required, and what names may be."""
    folder = export(model, tmp_path / "out", "--to", "cmsis-pack", "--no-verify")
    assert sorted(path.name for path in folder.iterdir() if path.suffix in (".pdsc", ".pack")) == [
        "tinyml.digits.1.0.0.pack",
        "tinyml.digits.pdsc",
    ]
    with zipfile.ZipFile(folder / "tinyml.digits.1.0.0.pack") as archive:
        names = set(archive.namelist())
        assert archive.read("tinyml.digits.pdsc") == (folder / "tinyml.digits.pdsc").read_bytes()
    root = ElementTree.parse(folder / "tinyml.digits.pdsc").getroot()
    assert root.tag == "package" and re.fullmatch(r"\d+\.\d+(\.\d+)?", root.attrib["schemaVersion"])
    tags = [child.tag for child in root]
    assert len(set(tags)) == len(tags)
    assert {"vendor", "name", "description", "url", "releases", "components"} <= set(tags)
    for name in ("vendor", "name"):
        assert re.fullmatch(r"[-_A-Za-z0-9]+", root.findtext(name) or "")
    assert 0 < len(root.findtext("description") or "") <= 256
    (component,) = root.iter("component")
    assert set(component.attrib) == {"Cclass", "Cgroup", "Csub", "Cversion"}
    assert len(component.attrib["Csub"]) <= 32
    categories = {"include", "header", "source", "sourceAsm", "doc"}
    for file in component.iter("file"):
        assert file.attrib["category"] in categories
        assert file.attrib["name"] in names or any(n.startswith(file.attrib["name"]) for n in names)
    sources = {file.attrib["name"] for file in component.iter("file") if file.attrib["category"] == "source"}
    assert sources == {name for name in names if name.startswith("src/") and name.endswith(".c")}
    assert root.findtext("license") in names


VERSIONED = {
    "arduino": ("digits/library.properties", "\nversion={}\n", "for the Cortex-M4 alone."),
    "platformio": ("library.json", '"version": "{}"', "for the Cortex-M4 alone."),
    "cmake": ("CMakeLists.txt", "project(digits VERSION 1.2.0 ", ""),
    "cmsis-pack": ("tinyml.digits.pdsc", 'Cversion="{}" condition="core"', '<require Dcore="Cortex-M4"/>'),
    "zephyr": ("zephyr/Kconfig", "", "\tdepends on CPU_CORTEX_M4\n"),
    "c": ("README.md", "\nVersion {}.\n", ""),
}


def test_every_kind_says_its_version_and_the_core_that_it_is_for(model: Path, tmp_path: Path) -> None:
    version, library = "1.2.0-rc.1", build_library([file_member(model, OPTIONS)], "", CORE, "1.2.0-rc.1")
    portable = build_library([file_member(model, replace(OPTIONS, target=PORTABLE))])
    assert VERSIONED.keys() == kinds().keys()
    for name, (file, said, core) in VERSIONED.items():
        text = str(kinds()[name].arrange(library)[file])
        assert said.format(version) in text and core in text, name
        assert not re.search("Cortex-M4|CORTEX_M4", str(kinds()[name].arrange(portable)[file])) or name == "c"
    assert "tinyml.digits.1.2.0-rc.1.pack" in kinds()["cmsis-pack"].arrange(library)


@pytest.mark.parametrize("version", ["1.2", "v1.2.0", "1.02.0", "1.2.0+5", "1.2.0-", '1.2.0"', "1.2.0\n", ""])
def test_what_is_no_version_is_refused_before_anything_is_made(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", "not_there.tflite", "--library-version", version]) == 2
    assert "MAJOR.MINOR.PATCH" in capsys.readouterr().err


def test_what_no_export_made_is_left_alone(tmp_path: Path, model: Path, capsys) -> None:
    folder, file = tmp_path / "mine", tmp_path / "notes.zip"
    folder.mkdir()
    (folder / "Makefile").write_text("all:\n")
    file.write_text("mine")
    for kind, target in (("c", folder), ("arduino", file), ("c", file), ("cmake", tmp_path)):
        words = ["export", str(model), "--to", kind, "--output", str(target), "--no-verify"]
        assert run(words) == 3
        assert "--output NAME" in capsys.readouterr().err
    assert (file.read_text(), (folder / "Makefile").read_text()) == ("mine", "all:\n")
    for name in ("lib", "lib.zip"):
        words = ["export", str(model), "--to", "arduino", "--output", str(tmp_path / name), "--no-verify"]
        assert run(words) == 0
    assert sorted(path.name for path in tmp_path.glob("lib*")) == ["lib.zip"]


@pytest.mark.parametrize("name", ['.sd"ram', ".x; int evil", "a\nb", "a b", "%s", "a\\"])
def test_a_section_has_a_name_that_a_linker_takes(name: str, model: Path, tmp_path: Path) -> None:
    words = ["export", str(model), "--output", str(tmp_path / "o"), "--no-verify"]
    assert run([*words, "--arena-section", name]) == 2


@pytest.mark.parametrize(
    ("weights", "arena", "words"),
    [
        (".ext", ".ext", "cannot both be in .ext"),
        (".bss.ext", "", "for other things than weights"),
        ("", ".rodata", "for other things than the arena"),
        ("", ".text.fast", "for other things than the arena"),
    ],
)
def test_a_section_is_of_the_kind_that_is_needed(weights: str, arena: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        sections_called(weights, arena)
    assert sections_called(".rodata_ext", ".bss.dtcm")
