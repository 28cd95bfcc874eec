# SPDX-License-Identifier: Apache-2.0
"""Names that C accepts: identifiers, and a user's text inside a comment."""

from __future__ import annotations

import re

from toolkit.errors import TinymlError
from toolkit.files import is_device_name
from toolkit.project.provenance import Provenance

_LONGEST = 40
_FALLBACK = "model"
# C99's keywords, C++'s (the header is for both), and names that compilers predefine.
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        """auto break case char const continue default do double else enum extern float for goto if
        inline int long register restrict return short signed sizeof static struct switch typedef
        union unsigned void volatile while alignas alignof and and_eq asm bitand bitor bool catch
        char8_t char16_t char32_t class compl concept consteval constexpr constinit const_cast
        decltype delete dynamic_cast explicit export false friend mutable namespace new noexcept
        not not_eq nullptr operator or or_eq private protected public reinterpret_cast requires
        static_assert static_cast template this thread_local throw true try typeid typename using
        virtual wchar_t xor xor_eq linux unix main""",
    )
)


# <name>.h stands on the include path of whoever uses it: C99's and C11's headers, POSIX's that C programs
# include most, and the example's own.
_HEADERS = frozenset(
    re.findall(
        r"\w+",
        """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
        stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar
        wchar wctype fcntl poll pthread sched semaphore strings unistd samples""",
    )
)


def c_identifier(text: str) -> str:
    """Return what a model is called in C, as near to text as it can be: also its header, <name>.h.

    As plain_identifier, and with the prefix m_ too where a header of C or a device of Windows has the name,
    in any case.
    """
    word = plain_identifier(text)
    is_taken = word.lower() in _HEADERS or is_device_name(word)
    return f"m_{word}" if is_taken else word


def plain_identifier(text: str) -> str:
    """Return a C and C++ identifier as near to text as one can be; "model" where nothing is left.

    What begins with tm or with a digit, and reserved words, get the prefix m_: tm_ is the
    toolkit's own. At most 40 characters.
    """
    word = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")[:_LONGEST].strip("_")
    if not word:
        return _FALLBACK
    is_taken = word[0].isdigit() or word in _RESERVED or re.match(r"tm(_|$)", word, re.IGNORECASE)
    return f"m_{word}"[:_LONGEST] if is_taken else word


def checked_identifier(name: str) -> str:
    """Return name if it is an identifier; TinymlError, a bug of the toolkit, if it is not."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in _RESERVED:
        raise TinymlError(f"{name!r} is not a C identifier.")
    return name


def comment_text(text: str, longest: int = 40) -> str:
    """Return text as it may stand in a C comment: ASCII, without what ends one or starts a trigraph."""
    plain = re.sub(r"[^ -~]|[\\?]|\*/|/\*", "_", text)
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."


def naming(symbol: str, made_by: Provenance | None, stem: str = "model") -> dict[str, object]:
    """Return how a template that stands beside a model calls it, its files, and what made it."""
    name = c_identifier(symbol)
    return {
        "name": name,
        "upper": name.upper(),
        "stem": stem,
        "made_by": made_by_lines(made_by or Provenance()),
    }


def made_by_lines(made_by: Provenance) -> list[str]:
    """Return what made a model as lines for a C comment."""
    return [comment_text(line, 100) for line in made_by.lines()]
