# SPDX-License-Identifier: Apache-2.0
"""Reads our files for Renode as it reads them, and finds each name in them that it does not have.

The names that it has are in tests/runners/renode_names.json. Renode itself is not run.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

NAMES = Path(__file__).parents[1] / "runners" / "renode_names.json"
_BUS = {"sysbus": "Bus.SystemBus"}
_VARIABLE = re.compile(r"\$\w+\s*\??=")


@cache
def names() -> dict[str, Any]:
    """Return what Renode has."""
    found = json.loads(NAMES.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@dataclass
class Platform:
    """A platform description: entries are name -> type; wrong are the names that Renode does not have."""

    entries: dict[str, str | None] = field(default_factory=lambda: dict(_BUS))
    wrong: list[str] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)


def read_platform(text: str) -> Platform:
    """Return a .repl, read by its grammar: using, entries with and without type, attributes, connections."""
    found, entry, receivers = Platform(), "", list[str]()
    plain, scripts = _without_scripts(text)
    for line in plain.splitlines():
        code = line.split("//")[0].rstrip()
        if not code:
            continue
        if using := re.fullmatch(r'using "(.+)"', code):
            _add_platform(found, using[1])
        elif new := re.fullmatch(r"(\w+): (\w+\.\w+) @ (\w+)( 0x[0-9A-Fa-f]+| \d+)?", code):
            entry = new[1]
            found.entries[entry] = new[2]
            _require(found, new[2] in names()["types"], f"type {new[2]}")
            _require(found, new[3] in found.entries, f"place {new[3]}")
        elif again := re.fullmatch(r"(\w+):", code):
            entry = again[1]
            _require(found, entry in found.entries, f"entry {entry}")
        elif value := re.fullmatch(r"    (\w+): (.+)", code):
            _require(found, value[1] in _members(found, entry), f"{entry}.{value[1]}")
            if script := re.fullmatch(r"<script (\d+)>", value[2]):
                found.scripts[entry] = scripts[int(script[1])]
                found.wrong += wrong_in_python(found.scripts[entry])
        elif wire := re.fullmatch(r"    (\w+ )?-> (\w+)@\d+", code):
            receivers.append(wire[2])
            source = (wire[1] or "").strip()
            _require(found, not source or source.isdecimal() or source in _members(found, entry), source)
        else:
            found.wrong.append(f"no line of a platform description: {line!r}")
    for receiver in receivers:  # they may stand further down
        _require(found, receiver in found.entries, f"receiver {receiver}")
    return found


def wrong_in_python(script: str) -> list[str]:
    """Return the attributes of request and self in a Python peripheral that Renode does not have."""
    known = names()["python"]
    return [
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id in known and node.attr not in known[node.value.id]
    ]


def wrong_in_script(text: str, platform: Platform) -> list[str]:
    """Return the words of a .resc that are neither commands, nor objects with such a method or property."""
    wrong = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#") or words[0] == '"""' or _VARIABLE.match(line):
            continue
        name = words[0].removeprefix("sysbus.")
        if name in ("machine", "emulation", "connector", "sysbus"):
            known = words[1] in names()["methods"]
        elif name in platform.entries:
            known = words[1] in _members(platform, name)
        else:
            known = name in names()["commands"]
        if not known:
            wrong.append(line.strip())
        wrong += [each for each in re.findall(r"sysbus\.(\w+)", line) if each not in platform.entries]
    return wrong


def wrong_arguments(text: str) -> list[str]:
    """Return the named arguments in a suite that the keyword does not have: Robot takes them for values."""
    from robot.api import get_model
    from robot.api.parsing import KeywordCall, ModelVisitor

    found: list[str] = []

    class Calls(ModelVisitor):  # type: ignore[misc]
        def visit_KeywordCall(self, node: KeywordCall) -> None:  # noqa: N802
            known = [each.removesuffix("=") for each in names()["keywords"].get(node.keyword, [])]
            given = [re.match(r"([A-Za-z]+)=", each) for each in node.args]
            found.extend(f"{node.keyword}: {each[1]}" for each in given if each and each[1] not in known)

    Calls().visit(get_model(text))
    return found


def keywords_stub() -> str:
    """Return a Robot Framework resource that has Renode's keywords with their arguments, and does nothing."""
    text = "".join(f"Library    {name}\n" for name in names()["libraries"])
    text = f"*** Settings ***\n{text}\n*** Keywords ***\n"
    for name, arguments in names()["keywords"].items():
        text += f"{name}\n"
        if arguments:
            given = (f"${{{each.removesuffix('=')}}}{'=' * each.endswith('=')}" for each in arguments)
            text += f"    [Arguments]    {'    '.join(given)}\n"
        text += "    No Operation\n\n"
    return text


def _without_scripts(text: str) -> tuple[str, list[str]]:
    scripts: list[str] = []

    def keep(match: re.Match[str]) -> str:
        scripts.append(match[1])
        return f"<script {len(scripts) - 1}>"

    return re.sub(r"'''(.*?)'''", keep, text, flags=re.DOTALL), scripts


def _add_platform(found: Platform, path: str) -> None:
    platform = names()["platforms"].get(path)
    _require(found, platform is not None, f"platform {path}")
    if platform is not None:
        for other in platform["using"]:
            _add_platform(found, other)
        found.entries.update(platform["entries"])


def _members(found: Platform, entry: str) -> list[str]:
    members = names()["types"].get(found.entries.get(entry) or "", [])
    assert isinstance(members, list)
    return members


def _require(found: Platform, is_known: bool, what: str) -> None:
    if not is_known:
        found.wrong.append(what)
