# SPDX-License-Identifier: Apache-2.0
"""docs/models.md says of every family what the code says."""

from __future__ import annotations

import dataclasses
import json

from support.host_model import ROOT

from toolkit.models.base import BaseOptions
from toolkit.models.family import Family
from toolkit.models.registry import families


def row_of(family: Family) -> str:
    fields = dataclasses.fields(family.options)
    options = ", ".join(f"`{field.name} = {json.dumps(field.default)}`" for field in fields)
    example = "x".join(map(str, family.example))
    return f"| `{family.name}` | {family.summary} | {example} | {options} |"


def test_every_family_stands_in_the_table_with_its_options_and_defaults() -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    table = text.partition("*Meant for*")[0]
    found = [line for line in table.splitlines() if line.startswith("| `")]
    assert found == [row_of(family) for family in families().values()]


def test_every_option_of_a_base_stands_in_its_table() -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8").partition("| option | default |")[2]
    rows = [line.split("|")[1] for line in text.partition("\n\n")[0].splitlines() if line.startswith("| `")]
    named = [name.strip(" `") for row in rows for name in row.split(",")]
    assert named == [field.name for field in dataclasses.fields(BaseOptions)]
