# SPDX-License-Identifier: Apache-2.0
"""From a project file to its Dataset."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from toolkit import tomlfile
from toolkit.data.cache import Cache, cache_folder
from toolkit.data.channels import channels_of, suspicions_of
from toolkit.data.dataset import SPLIT_NAMES, Broken, Dataset, Indices, Rows, Samples, Split
from toolkit.data.decode import BrokenFileError
from toolkit.data.leakage import (
    check_contradictions,
    check_leakage,
    contradiction_notes,
    same_inputs_notes,
    with_duplicates_together,
)
from toolkit.data.lists import with_lists
from toolkit.data.numpy import array_of_samples
from toolkit.data.places import printable
from toolkit.data.registry import find_source, sources
from toolkit.data.rows import StandardizedRows, chunks, gather
from toolkit.data.saved import Divided, Part
from toolkit.data.source import OnBroken, Source, SourceContext
from toolkit.data.split import split_indices, split_notes
from toolkit.data.standard import measure_standard
from toolkit.data.usable import check_samples
from toolkit.errors import InputError
from toolkit.project.config import Project, SplitLists
from toolkit.project.hashes import FileHashes
from toolkit.project.stamps import digest_of
from toolkit.suggest import as_sentence
from toolkit.ui import OnProgress

_KINDS_SHOWN = 10
_HINTS_SHOWN = 3
_ALSO_SHOWN = 3


def load_dataset(project: Project, *, skip_broken: bool = False) -> Dataset:
    """Return the project's data in memory, checked and split; the same for the same project file.

    Raises as divide_data does. For data that may be larger than memory: divide_data, save_dataset,
    load_saved_dataset.
    """
    data = divide_data(project, skip_broken=skip_broken)
    train, validation, test = (
        Split(gather(part.x, np.arange(len(part.x))), part.y, part.names) for part in data.parts.values()
    )
    return Dataset(
        data.name,
        data.task,
        train,
        validation,
        test,
        data.classes,
        data.skipped,
        standard=data.standard,
        channels=data.channels,
        notes=data.notes,
    )


def divide_data(
    project: Project, *, skip_broken: bool = False, on_progress: OnProgress | None = None
) -> Divided:
    """Return the project's data, decoded, checked and split, but still on the disk if they were there.

    Raises InputError for an unknown source or option (with line), for files that cannot be read (all
    are named; skip_broken leaves them out), for data that cannot train a model (empty, one class
    only, NaN or infinite, too few for the split), and for the same file or bytes in two splits.
    """
    source, options, context = source_of(project, on_progress)
    samples = source.read(options, context)
    if samples.broken and not skip_broken:
        raise _broken(samples.broken, samples.files)
    if samples.broken and not len(samples.x):
        raise _broken(samples.broken, samples.files, nothing_left=True)
    check_samples(samples, source.name, source.hint)
    keeps_equal = project.data.duplicates == "together"
    if not keeps_equal:
        check_contradictions(samples)
    contradicting = contradiction_notes(samples)
    samples = with_lists(samples, project.data.lists, project.root)
    if keeps_equal:
        samples = with_duplicates_together(samples)
    parts = split_indices(samples, project.data.split, project.project.seed, source.hint)
    check_leakage(samples, parts)
    standard = None
    if samples.standardize:
        standard = measure_standard(chunks(samples.x, parts[0]))
    channels = channels_of(samples, parts[0])
    notes = (
        *samples.notes,
        *contradicting,
        *suspicions_of(samples),
        *split_notes(samples, parts, project.data.split),
        *same_inputs_notes(samples, parts),
    )
    if standard:
        samples = replace(samples, x=StandardizedRows(samples.x, standard))
    return Divided(
        name=source.name,
        task=samples.task,
        classes=samples.classes,
        parts={name: _part(samples, rows) for name, rows in zip(SPLIT_NAMES, parts, strict=True)},
        skipped=samples.broken,
        standard=standard,
        channels=channels,
        notes=notes,
    )


def require_files(project: Project) -> None:
    """Raise InputError for a file of the project's data that is not there."""
    source, options, context = source_of(project)
    for path in source.files(options, context):
        if not path.exists():
            raise InputError(f"there is no {path}.", hint=source.hint)


def data_state(project: Project) -> str:
    """Return a hash of every file that the project's data come from: names and bytes, none if it is missing.

    A file that has not changed since the last time is not read again.
    """
    source, options, context = source_of(project)
    lists = [getattr(project.data.lists, name) for name in SPLIT_NAMES]
    files = [*source.files(options, context), *(project.root / name for name in lists if name)]
    index = f"hashes-{digest_of(str(project.root))[:16]}.json"
    hashes = FileHashes(cache_folder(project.root) / index)
    state = digest_of([(os.path.relpath(path, project.root), _sha256(hashes, path)) for path in files])
    hashes.save()
    return state


def _sha256(hashes: FileHashes, path: Path) -> str:
    """What is no regular file, such as a pipe, may never end; whoever decodes it names it."""
    return hashes.sha256(path) if path.is_file() else ""


def decode_file(project: Project, path: Path, on_broken: OnBroken | None = None) -> NDArray[np.float32]:
    """Return the samples (n, *shape of one) in a file that is none of the data, as their source reads them.

    They are not standardized: Dataset.standard says how.
    An .npy file of samples serves with every source. on_broken hears of rows that are left out; without it
    they are errors. Raises InputError if the file is broken, or the source has no files of samples.
    """
    source, options, context = source_of(project)
    return decode_by(source, options, replace(context, on_broken=on_broken), path)


def decode_by(source: Source, options: Any, context: SourceContext, path: Path) -> NDArray[np.float32]:
    """Return the samples in a file, as decode_file does; options are not looked at for an .npy file."""
    try:
        if source.decode is not None and (path.suffix != ".npy" or source.name == "numpy"):
            x = source.decode(options, context, path)
        elif path.suffix == ".npy":
            x = array_of_samples(path).astype(np.float32)
        else:
            raise BrokenFileError(f"is not .npy; the data source {source.name} has no files of samples")
    except BrokenFileError as error:
        hint = error.hint or "See: docs/data.md"
        raise InputError(as_sentence(f"{printable(str(path))}: {error}"), hint=hint) from error
    if not len(x) or not np.isfinite(x).all():
        what = "has no samples"
        if len(x):
            sample = int(np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))[0])
            what = f"has numbers that are NaN or infinite, first in sample {sample} (from 0)"
        raise InputError(f"{printable(str(path))} {what}.")
    return x


def source_of(project: Project, on_progress: OnProgress | None = None) -> tuple[Source, Any, SourceContext]:
    """Return the project's source, its options and what it may depend on beside them."""
    config = project.data
    source = find_source(config.source)
    table = cast("dict[str, Any]", config.options)
    try:
        options = tomlfile.from_table(project.file, source.options, table, ("data", "options"))
    except InputError as error:
        hint = _whose_option(source, table)
        raise (InputError(error.message, hint=hint) if hint else error) from error
    context = SourceContext(
        project.root,
        project.project.seed,
        Cache(cache_folder(project.root)),
        outside=config.outside,
        has_lists=config.lists != SplitLists(),
    )
    return source, options, replace(context, on_progress=on_progress) if on_progress else context


def _whose_option(source: Source, table: dict[str, Any]) -> str:
    """Return which sources have the first option that this one does not know, "" for none."""
    unknown = next((key for key in table if key not in _keys(source)), "")
    others = [other for other in sources().values() if unknown in _keys(other)]
    if not others:
        return ""
    whose = "; or ".join(f'source = "{other.name}" ({other.summary})' for other in others)
    return f"{unknown} means nothing to the source {source.name}. It is an option of {whose}"


def _keys(source: Source) -> set[str]:
    return {option.name for option in fields(source.options)}


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Some rows of others, in an order of their own."""

    rows: Rows
    chosen: Indices

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.chosen), *self.rows.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.rows.dtype

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, rows: Indices, /) -> NDArray[Any]:
        return self.rows[self.chosen[rows]]


def _part(samples: Samples, rows: Indices) -> Part:
    dtype = np.int64 if samples.task in ("classification", "anomaly") else np.float32
    names = tuple(samples.names[row] for row in rows) if samples.names else ()
    return Part(_Chosen(samples.x, rows), samples.y[rows].astype(dtype), names)


def _broken(broken: tuple[Broken, ...], files: int, *, nothing_left: bool = False) -> InputError:
    """Say each kind of fault once, with the first that has it, and each option that helps."""
    kinds: dict[str, list[Broken]] = {}
    for each in broken:
        kinds.setdefault(re.sub(r"'[^']*'|[-\d.,]+", "", each.reason), []).append(each)
    lines = [_kind(alike) for alike in list(kinds.values())[:_KINDS_SHOWN]]
    if len(kinds) > _KINDS_SHOWN:
        lines.append(f"and {len(kinds) - _KINDS_SHOWN} other kinds; --json names all")
    hints = [hint for hint in dict.fromkeys(each.hint for each in broken) if hint][:_HINTS_SHOWN]
    places = "1 place" if len(broken) == 1 else f"{len(broken):,} places"
    of = f"{len(broken):,} of {files:,} files" if files else f"{places} in the data"
    head = f"{of} cannot be used"
    general = "Try: mend or delete them, or leave them out: --skip-broken"
    if nothing_left:
        head = f"--skip-broken leaves out all data, {len(broken):,}, and none are left"
        general = "Try: mend them"
    return InputError(
        f"{head}:\n  " + "\n  ".join(lines),
        hint="\n".join([*hints, general.replace("Try:", "Or:") if hints else general]),
        facts={"broken": [f"{each.name}: {each.reason}" for each in broken]},
    )


def _kind(alike: list[Broken]) -> str:
    also = ", ".join(each.name for each in alike[1:_ALSO_SHOWN])
    more = f" and {len(alike) - _ALSO_SHOWN:,} more" if len(alike) > _ALSO_SHOWN else ""
    return f"{alike[0].name}: {alike[0].reason}" + (f" (likewise {also}{more})" if also else "")
