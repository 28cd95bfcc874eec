# SPDX-License-Identifier: Apache-2.0
"""The nearest right names for a wrong one."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable

_MOST_SHOWN = 30
_LONGEST = 60
_MOST_COMPARED = 5000


def did_you_mean(wrong: str, right: Iterable[str]) -> str:
    """Return "Did you mean a or b?" for the nearest names, else "Known: a, b, c.".

    No more names are shown than can be read. Of a great many only those are compared that begin as the wrong
    one does.
    """
    names, wrong = sorted(right), wrong[:_LONGEST]
    compared = names if len(names) <= _MOST_COMPARED else [n for n in names if n[:1] == wrong[:1]]
    near = difflib.get_close_matches(wrong, compared[:_MOST_COMPARED], n=2, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if len(names) > _MOST_SHOWN:
        return f"Known: {', '.join(names[:_MOST_SHOWN])} and {len(names) - _MOST_SHOWN:,} more."
    return f"Known: {', '.join(names)}."


def is_near(wrong: str, right: Iterable[str]) -> bool:
    """Return whether a name looks like a misspelling of one of the right ones."""
    return bool(difflib.get_close_matches(wrong[:_LONGEST], [*right], n=1, cutoff=0.75))


def as_sentence(text: str) -> str:
    """Return text with a full stop, unless it ends with a mark already."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def shorten(text: str) -> str:
    """Return text, or its beginning and how long it is, where it is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


def quoted(name: object) -> str:
    """Return a file's name as a word of a line to copy into a shell: never a second command or an option."""
    text = str(name)
    text = f"./{text}" if text.startswith("-") else text
    if text.isprintable():
        return shlex.quote(text)
    plain = text.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(c if c.isprintable() else _octal(c) for c in plain) + "'"


def _octal(letter: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", "surrogateescape"))
