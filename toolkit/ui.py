# SPDX-License-Identifier: Apache-2.0
"""The only module that writes to the terminal: results to stdout, everything else to stderr."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from toolkit.errors import TinymlError

LINE_INTERVAL_S = 30.0
"""Where nobody watches a bar: what a log of hours can hold."""


class OnProgress(Protocol):
    """What the library calls to say how far it is: done of total (0: not known), and a word on it."""

    def __call__(self, done: float, total: int, text: str = "") -> None: ...


class Progress(Protocol):
    """What shows how far something with a title is, as long as it goes on; at_most: it may end earlier."""

    def __call__(self, title: str, *, at_most: bool = False) -> AbstractContextManager[OnProgress]: ...


def result(text: str) -> None:
    """Print a result line on stdout."""
    print(text, flush=True)


def result_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on stdout, keys sorted."""
    print(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False), flush=True)


def note(text: str) -> None:
    """Print a line about what is going on, on stderr."""
    print(text, file=sys.stderr, flush=True)


def error(problem: TinymlError) -> None:
    """Print the fact and the next step, on stderr."""
    note(f"Error: {problem.message}")
    if problem.hint:
        note("\n".join(f"  {line}" for line in problem.hint.splitlines()))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table of left-aligned columns on stdout; numbers come ready formatted.

    On a terminal that is too narrow the widest columns are broken between words.
    """
    lines = [headings, *rows]
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


def _rare_lines(title: str) -> OnProgress:
    note(title)
    due_at = time.monotonic() + LINE_INTERVAL_S

    def hear(done: float, total: int, text: str = "") -> None:
        nonlocal due_at
        now = time.monotonic()
        if now >= due_at:
            due_at = now + LINE_INTERVAL_S
            share = f" {100 * done / total:.0f} %" if total else ""
            note(f"{title}:{share} {text}".rstrip())

    return hear


@contextmanager
def progress(title: str, *, at_most: bool = False) -> Iterator[OnProgress]:
    """Show a line when it starts, and under it on a terminal a bar with the time left and the last word; in
    a pipe a line every LINE_INTERVAL_S. at_most says that the time left, of all of total, is called so."""
    if not sys.stderr.isatty():
        yield _rare_lines(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    note(title)
    # The words come last, and are what is cut off where the terminal is narrow.
    most = [TextColumn("at most", table_column=Column(no_wrap=True))] if at_most else []
    time_left = TimeRemainingColumn(table_column=Column(no_wrap=True, min_width=7))
    words = TextColumn("{task.fields[text]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
    with Bars(BarColumn(20), *most, time_left, words, console=Console(stderr=True), expand=True) as bar:
        task = bar.add_task("", total=None, text="")
        yield lambda done, total, text="": bar.update(task, completed=done, total=total or None, text=text)
