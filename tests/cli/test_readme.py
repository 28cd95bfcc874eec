# SPDX-License-Identifier: Apache-2.0
"""The README's commands work as they stand there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from support.help_lines import lines_of_help

pytestmark = [pytest.mark.train, pytest.mark.no_cover, pytest.mark.xdist_group("verbs")]

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def shown_by_help() -> list[list[str]]:
    """What a help text shows too, which test_verbs.py runs."""
    return [shlex.split(line)[1:] for line in lines_of_help()]


def test_help_shows_most_of_the_readme() -> None:
    assert len([words for words in commands() if words in shown_by_help()]) > 10


def commands() -> list[list[str]]:
    """Every indented tinyml line of the README, as words, without its comment."""
    lines = re.findall(r"(?m)^    (tinyml .*)$", README.read_text(encoding="utf-8"))
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_the_readme_shows_the_way_from_new_to_check() -> None:
    verbs = [words[0] for words in commands()]
    assert verbs[:3] == ["new", "data", "build"]
    assert {"emulate", "check", "quantize", "boards", "doctor", "flash", "monitor", "run"} <= set(verbs)


def test_the_make_targets_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"(?m)^    make (\w+)", README.read_text(encoding="utf-8"))
    assert targets == ["demo", "test"]
    assert all(re.search(rf"(?m)^{target}:", makefile) for target in targets)


@pytest.mark.parametrize(
    "words", [words for words in commands() if words not in shown_by_help()], ids=" ".join
)
def test_every_command_that_only_the_readme_shows_works(
    words: list[str], run_documented: Callable[[list[str]], int]
) -> None:
    assert run_documented(words) == 0
