# SPDX-License-Identifier: Apache-2.0
"""The only module that writes to the terminal: results to stdout, everything else to stderr."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol, TextIO

from toolkit.errors import InputError, TinymlError, UsageError

PICTURE_INTERVAL_S = 0.1
LINE_INTERVAL_S = 30.0
"""Where nobody watches a bar: what a log of hours can hold."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Of a terminal, of the direction of writing, and bytes that are no UTF-8."""


class OnProgress(Protocol):
    """What the library calls to say how far it is: done of total (0: not known), and a word on it."""

    def __call__(self, done: float, total: int, text: str = "") -> None: ...


class Progress(Protocol):
    """What shows how far something with a title is, as long as it goes on; at_most: it may end earlier."""

    def __call__(self, title: str, *, at_most: bool = False) -> AbstractContextManager[OnProgress]: ...


def shown(text: str) -> str:
    """Return text with \\x.. for what would control a terminal; lines and tabs stay.

    Names of files, classes and columns are anybody's: bytes that are no UTF-8 are such too.
    """
    return _CONTROLS.sub(_escaped, text)


def one_line(name: object) -> str:
    """Return a name as shown() does, and without lines: it cannot look like another message."""
    return shown(str(name)).replace("\n", "\\n")


def result(text: str) -> None:
    """Print a result line on stdout. Raises InputError if there is no room for it."""
    _print(shown(text))


def result_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on stdout, keys sorted."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    _print(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def note(text: str) -> None:
    """Print a line about what is going on, on stderr."""
    try:
        print(shown(text), file=sys.stderr, flush=True)
    except BrokenPipeError:
        raise
    except OSError:  # nobody can be told
        give_up(sys.stderr)


def give_up(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere: Python writes it once more when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as problem:
        give_up(sys.stdout)
        hint = "Try: free some space, or another place for the output"
        raise InputError(f"cannot write the output: {problem.strerror}.", hint=hint) from problem


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # how Python holds a byte of a name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def error(problem: TinymlError) -> None:
    """Print the fact and the next step, on stderr."""
    note(f"Error: {problem.message}")
    if problem.hint:
        note("\n".join(f"  {line}" for line in problem.hint.splitlines()))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table of left-aligned columns on stdout; numbers come ready formatted.

    On a terminal that is too narrow the widest columns are broken between words.
    """
    lines = [[one_line(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(row[i]) for row in lines) for i in range(len(headings))]
    if sys.stdout.isatty():
        _narrow(widths, [_longest_word(row[i] for row in lines) for i in range(len(headings))])
    for row in lines:
        cells = [_broken(cell, width) for cell, width in zip(row, widths, strict=True)]
        for parts in itertools.zip_longest(*cells, fillvalue=""):
            padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
            result("  ".join(padded).rstrip())


def _narrow(widths: list[int], least: Sequence[int]) -> None:
    """Make the widest columns narrower, down to their longest words, until the terminal has room."""
    room = shutil.get_terminal_size().columns - 2 * (len(widths) - 1)
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda i: widths[i] - least[i])
        if widths[widest] <= least[widest]:
            return
        widths[widest] -= 1


def _longest_word(cells: Iterable[str]) -> int:
    return max((len(word) for cell in cells for word in cell.split()), default=0)


def _broken(cell: str, width: int) -> list[str]:
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)


@contextmanager
def _rare_lines(title: str) -> Iterator[OnProgress]:
    """Say what was heard last every LINE_INTERVAL_S, by a thread of its own: also while nothing is heard."""
    began, last, ended = time.monotonic(), (0.0, 0, ""), threading.Event()

    def hear(done: float, total: int, text: str = "") -> None:
        nonlocal last
        last = (done, total, text)

    def speak() -> None:
        said = last
        while not ended.wait(LINE_INTERVAL_S):
            done, total, text = last
            share = f"{100 * done / total:.0f} %" if total else ""
            seconds = time.monotonic() - began
            so_far = f"{seconds:.0f} s" if seconds < 2 * 60 else f"{seconds / 60:.0f} min"
            since = f"({so_far} so far)" if last == said else ""
            said = (done, total, text)
            with suppress(OSError):  # whoever read this is gone; the command hears of it from its next note
                note(f"{title}: {' '.join(filter(None, (share, text, since)))}")

    note(title)
    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield hear
    finally:
        ended.set()
        speaker.join()


@contextmanager
def progress(title: str, *, at_most: bool = False) -> Iterator[OnProgress]:
    """Show a line when it starts, and under it on a terminal a bar with the time left and the last word; in
    a pipe a line every LINE_INTERVAL_S. at_most says that the time left, of all of total, is called so."""
    if not sys.stderr.isatty():
        with _rare_lines(title) as hear:
            yield hear
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    note(title)
    # The words come last, and are what is cut off where the terminal is narrow.
    most = [TextColumn("at most", table_column=Column(no_wrap=True))] if at_most else []
    time_left = TimeRemainingColumn(table_column=Column(no_wrap=True, min_width=7))
    last = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    words = TextColumn("{task.fields[text]}", markup=False, table_column=last)
    with Bars(BarColumn(20), *most, time_left, words, console=Console(stderr=True), expand=True) as bar:
        task = bar.add_task("", total=None, text="")
        yield lambda done, total, text="": bar.update(
            task, completed=done, total=total or None, text=shown(text)
        )


@contextmanager
def picture() -> Iterator[Callable[[Callable[[int, int], str]], None]]:
    """Hold a picture of text at the foot of the terminal, under the results that scroll by.

    Yields what shows another one: it is called with what draws it for a number of columns and lines, and
    does so ten times a second at most. Raises UsageError if stdout is no terminal.
    """
    if not sys.stdout.isatty():
        raise UsageError("a plot needs a terminal, and stdout is none.")
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console()
    shown_at = 0.0
    waiting: Callable[[int, int], str] | None = None
    with Live(console=console, auto_refresh=False) as live:

        def draw(picture: Callable[[int, int], str]) -> None:
            height = max(8, min(24, console.height - 4))
            live.update(Text.from_ansi(picture(console.width, height)), refresh=True)

        def show(picture: Callable[[int, int], str]) -> None:
            nonlocal shown_at, waiting
            waiting = picture
            if time.monotonic() - shown_at >= PICTURE_INTERVAL_S:
                shown_at, waiting = time.monotonic(), None
                draw(picture)

        try:
            yield show
        finally:
            if waiting is not None:
                draw(waiting)
