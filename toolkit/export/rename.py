# SPDX-License-Identifier: Apache-2.0
"""Every name of a library in C under the library's own, so that two libraries never clash.

Not even in one translation unit: what a file keeps to itself is called by the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

# A text stays as it is, a label for instance, unless it is the file of an include.
_TEXT = r'(?P<text>"(?:\\.|[^"\\\n])*")'
_NAME = re.compile(_TEXT + r"|\b(?P<word>tm_|TM_)(?=\w)")
_INCLUDE = re.compile(
    r'^(?P<include>[ \t]*#[ \t]*(?:include[ \t]+|if[ \t]+__has_include\()")(?=tm_)', re.MULTILINE
)
_COMMENT = r"(?P<comment>/\*.*?\*/|//[^\n]*)"
# At file scope, as clang-format leaves it: of functions and tables the name before the first bracket.
_PRIVATE = (
    re.compile(r"^static\b[^;{}()=\[]*?\b(?P<name>\w+)(?=\s*[(\[=;])", re.MULTILINE),
    re.compile(r"^\}\s*(?P<name>\w+);", re.MULTILINE),
    re.compile(r"^enum\s*\{\s*(?P<name>\w+)", re.MULTILINE),
    re.compile(r"^[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)", re.MULTILINE),
)


def renamed(files: Mapping[str, str], name: str, models: Iterable[str] = ()) -> dict[str, str]:
    """Return C files with tm_ as <name>_tm_ in their names and texts, TM_ as <NAME>_TM_.

    What a .c file defines for itself, such as a static function, is called <file>_<its name>, unless its name
    begins with <name>_tm_, or that of one of the models whose files these are.
    """
    own = {_file(file, name): _text(text, name) for file, text in files.items()}
    return {file: _by_file(file, text, name, models) for file, text in own.items()}


def _file(file: str, name: str) -> str:
    return f"{name}_{file}" if file.startswith("tm_") else file


def _text(text: str, name: str) -> str:
    prefixes = {"tm_": f"{name}_tm_", "TM_": f"{name.upper()}_TM_"}
    plain = _NAME.sub(lambda found: found["text"] or prefixes[found["word"]], text)
    return _INCLUDE.sub(lambda found: f"{found['include']}{name}_", plain)


def _by_file(file: str, text: str, library: str, models: Iterable[str]) -> str:
    """Return text with the file's name before those that it defines for itself. Members of structs stay."""
    stem, kernel = PurePosixPath(file).stem, f"{library}_tm_"
    prefixes = (kernel,) if stem.startswith(kernel) else (kernel, *(f"{model}_" for model in models))
    ours = tuple(prefix.lower() for prefix in prefixes)
    own = {name for name in _private_names(text) if not name.lower().startswith(ours)}
    if not file.endswith(".c") or not own:
        return text
    words = re.compile(rf"{_TEXT}|{_COMMENT}|(?<!->)(?<!\.)\b(?P<word>{'|'.join(sorted(own))})\b", re.DOTALL)
    return words.sub(lambda found: found["text"] or found["comment"] or _named(stem, found["word"]), text)


def _private_names(text: str) -> Iterable[str]:
    code = re.sub(_COMMENT, "", text, flags=re.DOTALL)
    return (found["name"] for each in _PRIVATE for found in each.finditer(code))


def _named(stem: str, name: str) -> str:
    return f"{stem.upper() if name.isupper() else stem}_{name}"
