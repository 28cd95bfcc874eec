# SPDX-License-Identifier: Apache-2.0
"""docs/data.md says which options there are, and what they are by default."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import tomli

from toolkit.data.registry import sources
from toolkit.project.config import DataConfig

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, str]:
    """The options under a heading and what the page says their defaults are."""
    (section,) = re.findall(rf"^##+ {re.escape(heading)}$(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))


def default_of(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return list(field.default) if isinstance(field.default, tuple) else field.default


def test_every_source_has_a_section_and_no_other_has_one() -> None:
    assert set(re.findall(r"(?m)^### (\w+)$", PAGE)) == set(sources())


@pytest.mark.parametrize("name", list(sources()))
def test_the_options_and_defaults_of_a_source_are_those_of_the_code(name: str) -> None:
    shown = table(name)
    fields = {field.name: field for field in dataclasses.fields(sources()[name].options)}
    assert set(shown) == set(fields)
    for option, text in shown.items():
        default = default_of(fields[option])
        if text == "required":
            assert default is dataclasses.MISSING
        else:
            assert tomli.loads(f"value = {text.strip('`')}")["value"] == default, option


def test_the_options_of_the_section_data_are_those_of_the_code() -> None:
    fields = {field.name: field for field in dataclasses.fields(DataConfig)}
    shown = table("[data]")
    assert set(shown) == set(fields)
    for option in ("split", "weighted", "duplicates", "outside"):
        value = tomli.loads(f"value = {shown[option].strip('`')}")["value"]
        assert value == default_of(fields[option]), option


def test_the_readme_names_every_source() -> None:
    (row,) = re.findall(r"(?m)^\| data sources \|(.*)\|$", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(re.findall(r"`(\w+)`", row)) == set(sources())
