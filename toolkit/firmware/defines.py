# SPDX-License-Identifier: Apache-2.0
"""The numbers in a board file's [defines], against what its port's C reads."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping

from toolkit.errors import InputError
from toolkit.suggest import did_you_mean
from toolkit.targets.board import Board

_CODE = (".c", ".h", ".S", ".cpp")
_WORDS = re.compile(r"/\*.*?\*/|//[^\n]*|^\s*#\s*error[^\n]*|\"(?:\\.|[^\"\n])*\"", re.DOTALL | re.MULTILINE)
"""What is no code: comments, messages and texts."""
_MACRO = re.compile(r"\bTM_[A-Z][A-Z0-9_]*\b")
_DEFINED = re.compile(r"#\s*define\s+(TM_[A-Z0-9_]+)")
_ENUM = re.compile(r"\benum\b[^{;]*\{([^}]*)\}")
_ASKED_FOR = re.compile(r"(?:\bdefined\s*\(?|#\s*ifn?def)\s*(TM_[A-Z0-9_]+)")
_HINT = "See: docs/adding-a-board.md"
_NAMED_BY_ALL = "TM_BOARD"
"""The board's name, which board_config.h has without [defines]."""


def require_defines(
    board: Board,
    port: Mapping[str, str | bytes],
    runtime: Mapping[str, str | bytes],
    given: Iterable[str],
    used: Container[str],
) -> None:
    """Raise InputError for a define of the board that its port does not read, and for one that it lacks.

    port and runtime are the files by name; given are the macros that the toolkit writes itself. What the port
    asks for with #ifdef may be missing, and what only files ask for that are not used in this firmware.
    """
    code, headers = _code(port), _code(runtime)
    own = {*_named(code), *_named(headers), *given, _NAMED_BY_ALL}
    known = {*_MACRO.findall(code)} - own
    for name in board.defines:
        if f"TM_{name.upper()}" not in known:
            raise InputError(
                f"boards/{board.name}.toml: the port {board.port} has no use for defines.{name}. "
                f"{did_you_mean(name, map(_as_key, known))}",
                hint=_HINT,
            )
    has = {f"TM_{name.upper()}" for name in board.defines}
    needed = {*_MACRO.findall(_code({name: text for name, text in port.items() if name in used}))}
    if missing := sorted((known & needed) - {*_ASKED_FOR.findall(code)} - has):
        raise InputError(
            f"boards/{board.name}.toml: [defines] lacks {', '.join(map(_as_key, missing))}, which the port "
            f"{board.port} needs.",
            hint=_HINT,
        )


def _named(code: str) -> list[str]:
    """Return the names that the code itself gives a value: macros, and those of enums."""
    return [*_DEFINED.findall(code), *(name for body in _ENUM.findall(code) for name in _MACRO.findall(body))]


def _code(files: Mapping[str, str | bytes]) -> str:
    texts = (
        content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        for name, content in files.items()
        if name.endswith(_CODE)
    )
    return _WORDS.sub(" ", "\n".join(texts))


def _as_key(macro: str) -> str:
    return macro.removeprefix("TM_").lower()
