# SPDX-License-Identifier: Apache-2.0
"""A look at how the tables of a folder are written: as most are, but so that the odd ones are read too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from toolkit.data.form import AUTO, SAMPLE_BYTES, TableForm, sniff_form
from toolkit.data.places import printable

_SHOWN = 5


def common_form(paths: Sequence[Path]) -> tuple[TableForm | None, list[str]]:
    """Return how most tables are written, so that others than UTF-8 and with comments are read too.

    With it come the lines that say so; None if no table can be opened.
    """
    heads = {path: head for path in paths if (head := _head(path))}
    if not heads:
        return None, []
    forms = {path: sniff_form(head) for path, head in heads.items()}
    comment = Counter(form.comment for form in forms.values() if form.comment).most_common(1)
    encodings = {forms[path].encoding for path, head in heads.items() if not head.isascii()}
    plain = Counter(replace(form, comment="", encoding="utf-8") for form in forms.values())
    form = replace(
        plain.most_common(1)[0][0],
        comment=comment[0][0] if comment else "",
        encoding=AUTO if len(encodings) > 1 else next(iter(encodings), "utf-8"),
    )
    return form, _others_than_utf_8(forms) if form.encoding == AUTO else []


def _head(path: Path) -> bytes:
    """Return the beginning of a regular file; none of what has no beginning."""
    if not path.is_file():
        return b""
    with path.open("rb") as stream:
        return stream.read(SAMPLE_BYTES)


def _others_than_utf_8(forms: Mapping[Path, TableForm]) -> list[str]:
    names = [printable(path.name) for path, form in forms.items() if form.encoding != "utf-8"]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    used = " or ".join(sorted({form.encoding for form in forms.values()} - {"utf-8"}))
    return [
        f"{len(names)} of {len(forms)} files {'is' if len(names) == 1 else 'are'} not UTF-8: "
        f'{", ".join(names[:_SHOWN])}{more}; read as {used}, the others as UTF-8 (encoding = "auto")'
    ]
