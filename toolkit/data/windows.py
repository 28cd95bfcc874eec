# SPDX-License-Identifier: Apache-2.0
"""Sensor recordings as tables, a row a moment, cut into windows that may overlap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.decode import BrokenFileError, file_content
from toolkit.data.listing import folder_files, portable_folder
from toolkit.data.places import printable
from toolkit.data.source import Source, SourceContext
from toolkit.data.stretches import pieces_of
from toolkit.data.table import parse_table
from toolkit.data.window_channels import Look, breaks_of, choose_channels, too_short, windowed
from toolkit.data.window_file import one_table, read_file, recordings_of
from toolkit.data.window_folder import find_folder, read_folder
from toolkit.data.window_options import ENDINGS, WindowsOptions
from toolkit.data.window_rows import as_reason, decode_recording
from toolkit.errors import InputError


def _read(options: WindowsOptions, context: SourceContext) -> Samples:
    return read_folder(options, context) if options.folder else read_file(options, context)


def _decode(options: WindowsOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    options = options if options.columns else _portable(options, context)
    content = file_content(path, ENDINGS)
    channels = list(options.columns)
    try:
        has_time = options.time in parse_table("it", content, options.form, options.known).columns
    except InputError as error:
        raise BrokenFileError(as_reason(error, "it"), error.hint or "") from error
    has_time = has_time or bool(options.rate)  # a table without one cannot be resampled, which is said
    wanted = (options.time, *channels) if options.time and has_time else tuple(channels)
    on_broken, said = context.on_broken, list[str]()
    array = decode_recording(content, options, wanted, said.append if on_broken else None)
    if on_broken:
        for reason in said:
            on_broken(f"{printable(str(path))}: {reason}")
    look = Look()
    look.take(array)
    found = look.recordings(wanted, [path.name])
    breaks = breaks_of(found, options.time if has_time else "", 0)
    pieces = windowed(pieces_of(0, 0, len(array), breaks, ""), found.missing[0], options.cut)
    if not pieces:
        raise BrokenFileError(too_short(len(array), breaks, options.cut))
    starts = np.array([piece.start + s for piece in pieces for s in options.cut.starts(piece.rows)])
    values = array[:, -len(channels) :].astype(np.float32)
    x: NDArray[np.float32] = values[starts[:, np.newaxis] + np.arange(options.window)]
    return x


def _portable(options: WindowsOptions, context: SourceContext) -> WindowsOptions:
    if options.folder:
        choice = find_folder(options, context, may_be_empty=True).choice
        return replace(portable_folder(options, context), columns=choice.channels, time=choice.time)
    table, one = one_table(options, context)
    choice = choose_channels(options, recordings_of(table, options, one)[0])
    return replace(options, file=Path(options.file).name, columns=choice.channels, time=choice.time)


def _files(options: WindowsOptions, context: SourceContext) -> Iterable[Path]:
    if options.folder:
        return folder_files(options, context)
    return [context.root / options.file]


SOURCE = Source(
    name="windows",
    summary="sensor recordings as tables, cut into windows that may overlap",
    options=WindowsOptions,
    read=_read,
    hint="Try: more recordings, three of each class at least, or a smaller window",
    files=_files,
    decode=_decode,
    portable=_portable,
)
