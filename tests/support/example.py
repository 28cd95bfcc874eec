# SPDX-License-Identifier: Apache-2.0
"""The examples, their variants, and what each promises: examples/<name>/[<variant>.]expected.json.

Keys of such a file: metric; float32_at_least (a share) or float32_at_most (an error); int8_loses_at_most;
weights_bytes_at_most; arena_bytes_at_most; operators; samples_that_differ_on_a_board. "program" is one
that make_data.py calls, by the name of its Debian package. "before" is the folder of another project
in the example's that is trained first, as the README says. "short" is how the example runs in a few seconds:
"make", arguments of make_data.py, "set", other values for tinyml.toml by "section.key", and "set_before",
such for the project before.
"says" is what the application in the example's app/ says from its recording, line by line, each with the
LED's brightness after it (0 to 1); "feeds", NAME=FILE, are what its sensors sense meanwhile. "needs" names
the file of data that a user has to bring; diagnosis is what the report says of the curves.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.cifar_file import pictures, write_binary_archive, write_python_archive

from toolkit import paths
from toolkit.cli.main import run
from toolkit.project.config import FILE_NAME

MAKER = "make_data.py"


@dataclass(frozen=True)
class Example:
    """One project file of an example's folder: tinyml.toml or that of a variant."""

    folder: Path
    variant: str

    @property
    def title(self) -> str:
        """The example's name, and the variant's."""
        return "-".join(filter(None, (self.folder.name, self.variant)))

    @property
    def expected(self) -> dict[str, Any]:
        """What it promises."""
        name = f"{self.variant}.expected.json" if self.variant else "expected.json"
        promised: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        return promised

    def copy_to(self, folder: Path) -> None:
        """Copy what a new user gets to folder, with the variant's file as the project's."""
        left_out = shutil.ignore_patterns("build", "data", "__pycache__")
        shutil.copytree(self.folder, folder, ignore=left_out)
        if self.variant:
            shutil.copy(folder / f"{self.variant}.toml", folder / FILE_NAME)

    def prepare(self, folder: Path, *, short: bool, train_before: bool = True) -> None:
        """Copy the example to folder and make its data; short as its promise says how.

        Trains the project that comes before, if there is one, unless train_before is False.
        Skips the test where a program that it needs is missing.
        """
        program = self.expected.get("program")
        if program and not shutil.which(program):
            pytest.skip(f"needs {program}: apt-get install {program}")
        self.copy_to(folder)
        how = self.expected.get("short", {}) if short else {}
        if (folder / MAKER).is_file():
            command = [sys.executable, MAKER, *how.get("make", [])]
            subprocess.run(command, cwd=folder, check=True, timeout=300, stdout=subprocess.DEVNULL)
        for place, value in how.get("set", {}).items():
            set_value(folder / FILE_NAME, place, value)
        if "before" in self.expected and train_before:
            before = folder / self.expected["before"]
            for place, value in how.get("set_before", {}).items():
                set_value(before / FILE_NAME, place, value)
            assert run(["train", "--project", str(before)]) == 0
        if short and "needs" in self.expected:
            stand_in(folder, self.expected["needs"])


def stand_in(folder: Path, name: str) -> None:
    """Put a small archive in CIFAR-10's published format, random pictures in it, into folder."""
    write = write_binary_archive if "binary" in name else write_python_archive
    write(folder / name, pictures(20))
    set_value(folder / FILE_NAME, "data.options.file", name)
    checksum = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    set_value(folder / FILE_NAME, "data.options.checksum", checksum)


def examples() -> list[Example]:
    """Return all examples and variants, in the order of their names."""
    files = sorted(paths.data_dir("examples").glob("*/*expected.json"))
    return [Example(file.parent, file.name.removesuffix("expected.json").rstrip(".")) for file in files]


def set_value(path: Path, place: str, value: object) -> None:
    """Set "section.key" in a TOML file, which must stand there already on a line of its own."""
    section, key = place.rsplit(".", 1)
    text = path.read_text(encoding="utf-8")
    line = rf"(?ms)(^\[{re.escape(section)}\]$(?:(?!^\[).)*?^{re.escape(key)} = )[^\n]*"
    changed, count = re.subn(line, lambda found: found[1] + json.dumps(value), text)
    assert count == 1, f"{place} stands {count} times in {path}"
    path.write_text(changed, encoding="utf-8")
