# SPDX-License-Identifier: Apache-2.0
"""Exported models stand side by side in one program: as objects, and in one translation unit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.exported import STRICT, dense_model, export, needs, write_model
from support.firmware import digits_like
from support.foreign_builds import ran

from toolkit import paths
from toolkit.data import Takes
from toolkit.export.kernels import library_kernels
from toolkit.export.rename import renamed
from toolkit.targets.cores import CORES
from toolkit.targets.target import PORTABLE, Target, target_of_core

TARGETS = {PORTABLE.isa: PORTABLE} | {core.isa: target_of_core(core) for core in CORES.values()}
_CLASSES = ("no", "yes")


def unit(folder: Path, sources: Sequence[Path]) -> Path:
    """Write a C file that includes all sources, and return it."""
    lines = [f'#include "{source}"\n' for source in sources if source.suffix == ".c"]
    (folder / "unit.c").write_text("".join(lines))
    return folder / "unit.c"


def kernels_of(target: Target, library: str) -> dict[str, str]:
    """Return all kernels for a target, as they stand in a library."""
    kernels = paths.templates("kernels")
    places = [place for place in (kernels, kernels / target.isa) if place.is_dir()]
    names = {path.stem for place in places for path in place.iterdir() if path.suffix in (".c", ".S")}
    return renamed(library_kernels(target, sorted(names), library), library)


@pytest.mark.parametrize("isas", [list(TARGETS)[:2], list(TARGETS)[2:]], ids=" and ".join)
def test_all_kernels_of_two_libraries_are_one_translation_unit(isas: list[str], tmp_path: Path) -> None:
    needs("gcc", "gcc")
    libraries = ("one", "Two")  # kernels have functions called one_...
    for library, isa in zip(libraries, isas, strict=True):
        for file, text in kernels_of(TARGETS[isa], library).items():
            (tmp_path / file).write_text(text)
    every = unit(tmp_path, sorted(tmp_path.glob("*.c")))

    ran(["gcc", "-std=c99", *STRICT, "-DONE_TWINS", "-DTWO_TWINS", "-fsyntax-only", every], tmp_path)


def test_a_private_name_is_called_by_its_file_but_texts_comments_and_members_stay() -> None:
    text = (
        '#include "tm_pair.h"\n/* sum_of the rest */\n#define BITS 7\n'
        "typedef struct {\n    int sum;\n} kept;\n"
        'static int sum_of(tm_pair p) {\n    return p.sum_of + BITS + (int)sizeof("sum_of");\n}\n'
        "static const int my_table[1] = {1};\nint tm_a(tm_pair p, kept k) {\n"
        "    return sum_of(p) + k.sum + my_table[0];\n}\n"
    )

    out = renamed({"tm_a.c": text, "my_real.c": text}, "lib", ["my"])

    assert out["lib_tm_a.c"] == (
        '#include "lib_tm_pair.h"\n/* sum_of the rest */\n#define LIB_TM_A_BITS 7\n'
        "typedef struct {\n    int sum;\n} lib_tm_a_kept;\nstatic int lib_tm_a_sum_of(lib_tm_pair p) {\n"
        '    return p.sum_of + LIB_TM_A_BITS + (int)sizeof("sum_of");\n}\n'
        "static const int lib_tm_a_my_table[1] = {1};\nint lib_tm_a(lib_tm_pair p, lib_tm_a_kept k) {\n"
        "    return lib_tm_a_sum_of(p) + k.sum + lib_tm_a_my_table[0];\n}\n"
    )
    assert "my_real_sum_of(" in out["my_real.c"] and " my_table[0]" in out["my_real.c"]


SOUND = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800, "bands": 20}
ROWS = {"file": "a.csv", "window": 8, "columns": ["ax", "ay", "az"]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Exports of every sort of data; the same pictures twice, and a library of three."""
    place, picture = tmp_path_factory.mktemp("all"), digits_like()[0]
    pictures = Takes("image_folder", "classification", tuple("0123456789"), {"folder": "", "fit": "crop"})
    sound = dense_model((24, 20, 1), 2), Takes("audio_folder", "classification", _CLASSES, SOUND)
    rows = dense_model((8, 3), 2), Takes("windows", "classification", _CLASSES, ROWS)
    odd = dense_model((12,), 12, softmax=False), Takes("numpy", "anomaly", _CLASSES)
    models = {
        "picture": write_model(place / "picture", "picture", picture, pictures),
        "sound": write_model(place / "sound", "sound", *sound),
        "rows": write_model(place / "rows", "rows", *rows),
        "odd": write_model(place / "odd", "odd", *odd, threshold=0.5),
    }
    words = {
        "again": ["picture", "--name", "again"],
        "heard": ["sound", "--name", "heard", "--core", "cortex-m4f"],
        "all": [
            "picture",
            str(models["rows"]),
            str(models["odd"]),
            "--name",
            "all",
            "--weights-section",
            ".slow",
        ],
    }
    return [
        export(models[model], place / f"out-{name}", "--no-verify", *more)
        for name, (model, *more) in words.items()
    ]


def test_libraries_of_every_sort_are_one_translation_unit(folders: list[Path], tmp_path: Path) -> None:
    """In it stand also the programs that compare stored samples with their outputs."""
    needs("gcc", "gcc")
    needs("g++", "g++")
    sources = [source for folder in folders for source in sorted((folder / "src").glob("*.c"))]
    includes = [word for folder in folders for word in ("-I", folder / "include", "-I", folder / "src")]
    twins = ["-DHEARD_TWINS"]
    ran(["gcc", "-std=c99", *STRICT, *twins, *includes, "-c", unit(tmp_path, sources)], tmp_path)
    mains = []
    for number, folder in enumerate(folders):
        text = (folder / "example" / "main.c").read_text().replace("int main(", f"int main{number}(")
        here = tmp_path / str(number)
        here.mkdir()
        (here / "main.c").write_text(text)
        ran(["gcc", "-std=c99", *STRICT, *includes, "-I", folder / "example", "-c", "main.c"], here)
        mains.append(here / "main.o")
    headers = "".join(
        f'#include "{path.name}"\n' for folder in folders for path in (folder / "include").iterdir()
    )
    calls = "".join(f'extern "C" int main{n}(void);\n' for n in range(len(folders)))
    ends = " + ".join(f"main{n}()" for n in range(len(folders)))
    (tmp_path / "main.cpp").write_text(f"{headers}{calls}int main() {{ return {ends}; }}\n")
    ran(["g++", "-std=c++11", *STRICT, *includes, "main.cpp", "unit.o", *mains, "-o", "program"], tmp_path)

    said = ran([tmp_path / "program"], tmp_path)

    names = ["again", "heard", "picture", "rows", "odd"]
    assert said == "".join(f"{name}: 4 of 4 samples equal\n" for name in names)
