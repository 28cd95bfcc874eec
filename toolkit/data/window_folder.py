# SPDX-License-Identifier: Apache-2.0
"""Recordings in a folder, a file each: their columns are matched by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from toolkit.data.conditions import axes_of, gravity_notes, other_unit, rate_notes
from toolkit.data.dataset import Broken, Samples
from toolkit.data.decode import Decoded, decode_files
from toolkit.data.listing import Listing, list_files
from toolkit.data.rows import CachedRows
from toolkit.data.source import SourceContext
from toolkit.data.stretches import pieces_of
from toolkit.data.table import read_table
from toolkit.data.timeline import UNITS_S, is_timely, unit_of
from toolkit.data.unused import unused_note
from toolkit.data.window_channels import (
    Choice,
    Look,
    Recordings,
    breaks_of,
    choose_channels,
    for_splits,
    name_of,
    starts_of,
    stretch_of,
    too_short,
    windowed,
)
from toolkit.data.window_options import ENDINGS, WindowsOptions
from toolkit.data.window_rows import as_reason, decode_recording
from toolkit.errors import InputError
from toolkit.project.code_graph import code_digest


@dataclass(frozen=True)
class _Folder:
    """The recordings of a folder in the cache, those that cannot be used, and how many files both are."""

    listing: Listing
    decoded: Decoded
    found: Recordings
    choice: Choice
    broken: tuple[Broken, ...]
    files: int


def find_folder(options: WindowsOptions, context: SourceContext, *, may_be_empty: bool = False) -> _Folder:
    """Return the recordings of options.folder, decoded, with their channels chosen.

    may_be_empty is of a class's folder.
    """
    listing = list_files(options, context, ENDINGS, may_be_empty=may_be_empty)
    files = len(listing.paths) + len(listing.broken)
    wanted, misfits = _wanted(options, listing)
    listing = listing.only([i for i in range(len(listing.paths)) if i not in misfits])
    look = Look(axes_of(wanted))
    settings = f"{code_digest(__name__)} {wanted} {options.form} {_timing(options)}"
    decoded = decode_files(
        listing.paths,
        listing.names,
        lambda content: decode_recording(content, options, wanted),
        settings,
        context,
        look.take,
    )
    good = listing.only(decoded.kept)
    found = look.recordings(wanted, good.names)
    choice = choose_channels(options, found)
    return _Folder(
        good,
        decoded,
        found,
        replace(
            choice,
            notes=(
                *choice.notes,
                *_broken_rows(options, found),
                *_unused(options, good),
                *_conditions(options, good, found, choice.time, look.strengths),
            ),
        ),
        (*listing.broken, *misfits.values(), *_told_of_form(options, listing, decoded)),
        files,
    )


def _told_of_form(options: WindowsOptions, listing: Listing, decoded: Decoded) -> list[Broken]:
    """Return what could not be decoded; if most could, other options would not help the others."""
    if len(decoded.kept) <= len(decoded.broken):
        return list(decoded.broken)
    paths = dict(zip(listing.names, listing.paths, strict=True))
    return [_of_other_form(options, paths[each.name], each.name) or each for each in decoded.broken]


def _of_other_form(options: WindowsOptions, path: Path, name: str) -> Broken | None:
    """Return what is wrong with a file of which only the form differs from the others', or None."""
    try:
        found = read_table(path, options.form, options.known).hint
    except InputError:
        return None
    if found.startswith("Try: comment") and " and " not in found:
        return Broken(name, "starts with a line of comment", found)
    if found.startswith('Try: encoding = "auto"') and " and " not in found:
        return Broken(name, f"is UTF-8 and no {options.encoding.upper()} text", found)
    if not found.startswith(("Try: separator", "Try: decimal")):
        return None
    form = found.removeprefix("Try: ").removesuffix(" in the section [data.options]")
    reason = f"is written differently than the other recordings: {form}"
    return Broken(name, reason, "Try: convert such a file to the form of the others; options are for all")


def _broken_rows(options: WindowsOptions, found: Recordings) -> list[str]:
    """Say in how many places rows are missing. With rate a gap of the time is one too."""
    places = sum(map(len, found.missing))
    if options.rate or not places:
        return []
    of = sum(map(bool, found.missing))
    where = "in 1 place" if places == 1 else f"in {places:,} places"
    return [f"rows cannot be read {where} of {of:,} of {len(found.rows):,} recordings: gaps (broken_rows)"]


def _unused(options: WindowsOptions, good: Listing) -> list[str]:
    """Return what to say of columns that are not used where columns are named; one may be the time."""
    if not options.columns or not good.paths:
        return []
    table = read_table(good.paths[0], options.form, options.known)
    timely = next((name for name in table.columns if is_timely(name) and name not in options.columns), "")
    if options.time or not timely:
        return unused_note(table, (*options.columns, options.time))
    return [f'{timely} may be the time: time = "{timely}" in the section [data.options] would find gaps']


def _conditions(
    options: WindowsOptions, good: Listing, found: Recordings, time: str, strengths: Sequence[float]
) -> list[str]:
    """Return what to say of classes that were recorded at another rate, or in another unit, than others."""
    if good.task not in ("classification", "anomaly") or not len(good.y):
        return []
    kinds = [good.classes[each] for each in good.y]
    named = dict(zip(good.names, zip(kinds, strengths, strict=False), strict=False))
    notes = gravity_notes(found.columns, named, good.classes)
    if not time or not all(trait.rises and trait.each for trait in found.of(time)):
        return notes
    traits = found.of(time)
    unit = options.time_unit or unit_of(time, max(trait.high for trait in traits))
    rates = [1 / (trait.each * UNITS_S.get(unit, 1.0)) for trait in traits]
    per = "rows a second" if unit else f"rows a unit of {time}"
    return [*rate_notes(good.classes, good.y.tolist(), rates, per), *notes]


def _timing(options: WindowsOptions) -> tuple[object, ...]:
    return options.time, options.time_unit, options.rate, options.broken_rows


def _wanted(options: WindowsOptions, listing: Listing) -> tuple[tuple[str, ...], dict[int, Broken]]:
    """Return the columns to read of every file, and the files whose header is not the most usual one."""
    if options.columns:
        return (*([options.time] if options.time else []), *options.columns), {}
    headers: dict[int, tuple[str, ...]] = {}
    broken: dict[int, Broken] = {}
    for place, (path, name) in enumerate(zip(listing.paths, listing.names, strict=True)):
        try:
            headers[place] = read_table(path, options.form, options.known).columns
        except InputError as error:
            broken[place] = Broken(name, as_reason(error, path.name), error.hint or "")
    usual = Counter(frozenset(header) for header in headers.values()).most_common(1)
    if not usual:
        return (), broken
    wanted = next(header for header in headers.values() if set(header) == usual[0][0])
    for place, header in headers.items():
        if set(header) != usual[0][0]:
            name = listing.names[place]
            unit = other_unit(header, wanted)
            other = Broken(name, unit or _difference(header, wanted), _hint_of(header, wanted, unit))
            broken[place] = _of_other_form(options, listing.paths[place], name) or other
    if options.time:
        wanted = (options.time, *(name for name in wanted if name != options.time))
    return wanted, broken


_UNIT_HINT = (
    "Try: convert these recordings, and name the unit as the others do: a model cannot tell units apart"
)
_CAPITALS_HINT = "Try: the columns' names written alike in all recordings"
_COLUMNS_HINT = "Try: columns = [...] in the section [data.options], those that all recordings have"


def _hint_of(header: Sequence[str], wanted: Sequence[str], unit: str) -> str:
    alike = {name.casefold() for name in header} == {name.casefold() for name in wanted}
    return _CAPITALS_HINT if alike else _UNIT_HINT if unit else _COLUMNS_HINT


def _difference(header: Sequence[str], wanted: Sequence[str]) -> str:
    if {name.casefold() for name in header} == {name.casefold() for name in wanted}:
        pairs = [(name, other) for name in header for other in wanted if name.casefold() == other.casefold()]
        name, other = next((name, other) for name, other in pairs if name != other)
        return f"has the column {name!r} where most recordings have {other!r}: capitals differ"
    lacks = [name for name in wanted if name not in header]
    more = [name for name in header if name not in wanted]
    parts = [f"has no column {_names(lacks)}"] if lacks else []
    parts += [f"has the column {_names(more)}, which most recordings do not have"] if more else []
    return " and ".join(parts)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown


def read_folder(options: WindowsOptions, context: SourceContext) -> Samples:
    """Return the windows of all recordings in options.folder; as Source.read."""
    folder = find_folder(options, context)
    listing, found, choice = folder.listing, folder.found, folder.choice
    kinds = listing.y if listing.classes and listing.task != "multilabel" else np.zeros(len(found.rows), int)
    pieces, broken = [], list(folder.broken)
    for i, rows in enumerate(found.rows):
        group = listing.groups[i] if listing.groups else listing.names[i]
        breaks = breaks_of(found, choice.time, i)
        own = windowed(pieces_of(i, 0, rows, breaks, group), found.missing[i], options.cut)
        if not own:
            broken.append(Broken(listing.names[i], too_short(rows, breaks, options.cut)))
        pieces += [replace(piece, kind=int(kinds[i])) for piece in own]
    cutting = not (options.group or context.has_lists or listing.parts is not None)
    pieces, notes = for_splits(pieces, options, cutting)
    starts, of = starts_of(pieces, options.cut)
    recording_of = [piece.recording for piece in of]
    columns = tuple(found.columns.index(name) for name in choice.channels)
    x = CachedRows(
        context.cache,
        [folder.decoded.keys[i] for i in recording_of],
        (options.window, len(columns)),
        np.dtype(np.float32),
        1.0,
        starts,
        columns,
    )
    digests = [f"{folder.decoded.digests[piece.recording]}{stretch_of(piece, notes)}" for piece in of]
    return Samples(
        task=listing.task,
        x=x,
        y=listing.y[np.array(recording_of, np.int64)],
        classes=listing.classes,
        names=tuple(name_of(listing.names[piece.recording], piece, notes) for piece in of),
        digests=tuple(digests),
        groups=tuple(piece.group for piece in of),
        parts=None if listing.parts is None else listing.parts[np.array(recording_of, np.int64)],
        broken=tuple(broken),
        files=folder.files,
        standardize=options.standardize,
        columns=choice.channels,
        notes=(*listing.notes, *choice.notes, *notes),
    )
