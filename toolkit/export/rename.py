# SPDX-License-Identifier: Apache-2.0
"""The toolkit's own names in C, tm_..., under the name of a library, so that two libraries never clash."""

from __future__ import annotations

import re
from collections.abc import Mapping

# A text stays as it is, a label for instance, unless it is the file of an include.
_NAME = re.compile(r'(?P<text>"(?:\\.|[^"\\\n])*")|\b(?P<word>tm_|TM_)(?=\w)')
_INCLUDE = re.compile(r'^(?P<include>[ \t]*#[ \t]*include[ \t]+")(?=tm_)', re.MULTILINE)


def renamed(files: Mapping[str, str], name: str) -> dict[str, str]:
    """Return C files with tm_ as <name>_tm_ in their names and texts, TM_ as <NAME>_TM_."""
    return {_file(file, name): _text(text, name) for file, text in files.items()}


def _file(file: str, name: str) -> str:
    return f"{name}_{file}" if file.startswith("tm_") else file


def _text(text: str, name: str) -> str:
    prefixes = {"tm_": f"{name}_tm_", "TM_": f"{name.upper()}_TM_"}
    plain = _NAME.sub(lambda found: found["text"] or prefixes[found["word"]], text)
    return _INCLUDE.sub(lambda found: f"{found['include']}{name}_", plain)
