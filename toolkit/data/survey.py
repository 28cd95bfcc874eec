# SPDX-License-Identifier: Apache-2.0
"""A look at a folder or file of data: which source reads it, with which options, and what was not sure."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from unicodedata import normalize

import numpy as np

from toolkit.data.arrays import array_names, read_archive
from toolkit.data.labels import read_labels
from toolkit.data.layout import class_folders, counts_as_folder, files_by_class
from toolkit.data.listing import is_list
from toolkit.data.numpy import X_NAMES, Y_NAMES, channels_first
from toolkit.data.picture import ENDINGS as PICTURES
from toolkit.data.picture import likely_range
from toolkit.data.picture_notes import deep_extrema
from toolkit.data.places import printable
from toolkit.data.sound import ENDINGS as SOUNDS
from toolkit.data.split_names import ANY, split_of
from toolkit.data.survey_table import label_of_each, look_at_recordings, look_at_table
from toolkit.data.table import MODEL_HINT
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.reading import require_file
from toolkit.suggest import quoted

_TABLES = (".csv", ".tsv", ".txt")
_BACKGROUND = re.compile("silen|noise|backgr|unknown|other|none|nothing|ambien|room|empty", re.IGNORECASE)
"""What people call the sounds that are no event."""
_LOOKED_AT = 40
"""Files of a folder that are opened."""
_MODEL = "a model, and no data"
_SHEET, _ARCHIVE = "a spreadsheet, which only its own program reads", "an archive"
_OTHERS = {
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".ods", ".numbers"), _SHEET),
    **dict.fromkeys((".tflite", ".keras", ".h5", ".hdf5", ".onnx", ".pt"), _MODEL),
    **dict.fromkeys((".zip", ".gz", ".tar", ".7z", ".rar", ".tgz"), _ARCHIVE),
}
"""Files that people have, by their endings: what they are, and what to do."""
_SAVED = {
    ending: {_SHEET: "Try: save it as CSV (UTF-8)", _MODEL: MODEL_HINT}.get(
        what, "Try: unpack it, and name the folder"
    )
    for ending, what in _OTHERS.items()
}
_LISTED = 20
"""Lines of a table of labels that are shown."""
_SIDES = (32, 48, 64, 96)
_DEEP = 1 << 14
"""16-bit pixels that span less are rather those of a sensor of fewer bits."""
_LONG = 3.0
"""A median of more seconds is a recording to be cut; a shorter file is one word or event."""
_FEWEST_FILES = 3
"""A folder with fewer of a kind may have them by chance, such as a readme."""


@dataclass
class Found:
    """A source with its options; family is the model's; said and unsure are lines for people."""

    source: str
    options: dict[str, Any]
    family: str
    said: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def survey(place: Path) -> Found:
    """Return what was found of the data in a folder or file. Raises InputError if nothing can read it."""
    if place.is_dir():
        return _folder(place)
    if not os.path.lexists(place):
        raise InputError(
            f"there is no file or folder {place}.", hint="Try: tinyml new my_project --data data"
        )
    require_file(place)
    ending = place.suffix.lower()
    if ending in _TABLES:
        table = look_at_table(place)
        return Found(table.source, table.options, table.family, table.said, table.unsure)
    if ending == ".npz":
        return _arrays(place)
    if ending == ".npy":
        raise InputError(
            f"{printable(place.name)} is one array: nothing says what its samples are.",
            hint='Try: a second one with a label for each: source = "numpy", and in the section '
            f'[data.options] x = "{printable(place.name)}" and y = "labels.npy"',
        )
    raise InputError(
        f"{printable(place.name)} is {_OTHERS.get(ending, 'no table, and no .npz file of arrays')}.",
        hint=_SAVED.get(ending, "Try: a folder with a folder for each class, a .csv or an .npz file"),
    )


def _folder(folder: Path) -> Found:
    folder, said = _real_top(folder)
    homes = class_folders(folder)
    if not homes:
        return _flat(folder)
    _require_one_kind(homes)
    levels, unsure = _levels(folder)
    files = files_by_class(folder, levels, outside=False)
    labels = {normalize("NFC", label) for label in files.labels}
    said += [f"{len(files.paths):,} files of {len(labels)} classes", *files.notes]
    endings = Counter(path.suffix.lower() for path in files.paths)
    by_source = {
        "image_folder": sum(endings[e] for e in PICTURES),
        "audio_folder": sum(endings[e] for e in SOUNDS),
        "windows": sum(endings[e] for e in _TABLES),
    }
    source = max(by_source, key=lambda name: by_source[name])
    if not by_source[source]:
        shown = ", ".join(ending or "none" for ending, _ in endings.most_common(4))
        raise InputError(f"{folder} has no pictures, sounds or tables; its endings are {shown}.")
    usable = [p for p in files.paths if p.suffix.lower() in _ENDINGS[source]]
    regular = [p for p in usable if p.is_file()]
    if not regular:
        require_file(usable[0])
    if len(usable) < len(files.paths):
        others = len(files.paths) - len(usable)
        what = "1 file has another ending" if others == 1 else f"{others} files have other endings"
        unsure.append(f"{what}: --skip-broken leaves {'it' if others == 1 else 'them'} out")
    step = max(len(regular) // _LOOKED_AT, 1)
    found = _LOOKS[source](regular[::step][:_LOOKED_AT])
    options: dict[str, Any] = {"folder": str(folder), **({"levels": levels} if levels else {})}
    if found.source == "audio_folder" and len(labels) > 1 and not any(map(_BACKGROUND.search, labels)):
        unsure.append(
            "no class is called silence, noise, background, unknown or other: a model that knows only words "
            "or the like hears one of them in a quiet room too"
        )
    if len(labels) == 1:
        unsure.append("there is one class: taken as what is normal, to detect anomalies")
        options |= {"task": "anomaly", "normal": ""}
        found.family = "autoencoder"
    return Found(source, {**options, **found.options}, found.family, said + found.said, unsure + found.unsure)


def _require_one_kind(homes: Sequence[Path]) -> None:
    """Raise InputError where one folder has pictures and another sounds: these are no classes of one set."""
    by_kind: dict[str, list[Path]] = {}
    for home in sorted(homes):
        kind = _kind_of(home)
        if kind:
            by_kind.setdefault(kind, []).append(home)
    if len(by_kind) < 2:
        return
    shown = "; ".join(
        f"{kind} in {', '.join(printable(home.name) for home in kinds[:4])}{', ...' if kinds[4:] else ''}"
        for kind, kinds in by_kind.items()
    )
    lonely = next((kinds[0] for kinds in by_kind.values() if len(kinds) == 1), homes[0].parent)
    raise InputError(
        f"{homes[0].parent} has data of {len(by_kind)} kinds, which no model learns together: {shown}.",
        hint=f"Try: one of them, such as --data {quoted(lonely)}, or move away what does not belong",
    )


def _kind_of(home: Path) -> str:
    """Return what most files below a folder are, "" if they are too few or none that is read."""
    counts = Counter(
        kind
        for where, folders, names in os.walk(home)
        for name in names
        for kind, endings in _KINDS.items()
        if not name.startswith(".") and Path(where, name).suffix.lower() in endings
    )
    kind, count = counts.most_common(1)[0] if counts else ("", 0)
    return kind if count >= _FEWEST_FILES else ""


def _real_top(folder: Path) -> tuple[Path, list[str]]:
    """Go down through folders that hold nothing but one folder of folders."""
    said: list[str] = []
    while True:
        inside = [p for p in folder.iterdir() if counts_as_folder(p.name)]
        if len(inside) != 1 or not inside[0].is_dir() or not any(p.is_dir() for p in inside[0].iterdir()):
            return folder, said
        folder = inside[0]
        said = [f"the classes are in {printable(folder.name)}"]


def _levels(folder: Path) -> tuple[int, list[str]]:
    try:
        files_by_class(folder, 0, outside=False)
    except InputError as error:
        if "levels" not in (error.hint or ""):
            raise
        letters = all(len(p.name) == 1 for p in folder.iterdir() if p.is_dir())
        what = "both folders together" if letters else "the first folder"
        return 2 if letters else 1, [f"folders are two deep: the class is taken to be {what} (levels)"]
    return 0, _second_folders(folder)


def _second_folders(folder: Path) -> list[str]:
    """Say it where the second folder may be the class: set1/cat, set2/cat."""
    homes = class_folders(folder)
    inner = [{p.name for p in class_folders(home)} for home in homes]
    if len(homes) < 2 or any(split_of(p.name) != ANY for p in homes) or not set.intersection(*inner):
        return []
    first, second = printable(homes[0].name), printable(min(inner[0]))
    return [
        f"folders are two deep: the class is taken to be the first, such as {first}, not the second, such as "
        f"{second}; for the second rename {first}/{second} to {second}/{first}, and so on"
    ]


def _flat(folder: Path) -> Found:
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    tables = [p for p in files if p.suffix.lower() in _TABLES]
    pictures = [p for p in files if p.suffix.lower() in PICTURES]
    sounds = [p for p in files if p.suffix.lower() in SOUNDS]
    arrays = [p for p in files if p.suffix.lower() == ".npz"]
    if len(tables) == 1 and not pictures and not sounds:
        return survey(tables[0])
    if len(arrays) == 1:
        return survey(arrays[0])
    if len(files) == 1:
        return survey(files[0])
    listed = next((p for p in tables if is_list(p)), None)
    if listed is not None:
        return _by_list(folder, listed, {"image_folder": pictures, "audio_folder": sounds, "windows": tables})
    if len(tables) > 1 and not pictures and not sounds:
        _require_no_labels(folder, tables)
    raise InputError(
        f"{folder} has {len(files)} files, but no folder for each class: nothing says what each is.",
        hint="Try: a folder for each class, or a table with the columns file and target (docs/data.md)",
    )


def _by_list(folder: Path, listed: Path, by_source: Mapping[str, Sequence[Path]]) -> Found:
    source = max(by_source, key=lambda name: len(by_source[name]))
    found = _LOOKS[source]([path for path in by_source[source] if path != listed][:_LOOKED_AT])
    found.options = {"folder": str(folder), "labels": listed.name, **found.options}
    found.said.insert(0, f"{printable(listed.name)} says what each file is (labels)")
    return found


def _require_no_labels(folder: Path, tables: Sequence[Path]) -> None:
    """Raise InputError with a table of labels where a column of text says what each recording is."""
    column, labels = label_of_each(tables)
    if not column:
        return
    lines = [f"{printable(path.name)},{label}" for path, label in zip(tables, labels, strict=True)]
    more = [] if len(lines) <= _LISTED else ["..."]
    raise InputError(
        f"{folder} has {len(tables)} recordings; the column {column} says what each is, but recordings in "
        "files are labelled by their folders or by a table of labels.",
        hint="\n".join(
            [
                f"Try: a folder for each class, or a file labels.csv in {folder} with these lines:",
                *(f"  {line}" for line in ["file,target", *lines[:_LISTED], *more]),
            ]
        ),
    )


def _arrays(place: Path) -> Found:
    names = array_names(place)
    x, y = (next((n for n in names if n.lower() in wanted), "") for wanted in (X_NAMES, Y_NAMES))
    if not x or not y:
        raise InputError(
            f"{place.name} has the arrays {', '.join(names[:8])}: which are inputs and targets?",
            hint="Try: x and y as their names",
        )
    arrays = read_archive(place, (x, y))
    shape, targets = arrays[x].shape, arrays[y]
    task, unsure = _task(targets, y)
    options: dict[str, Any] = {"file": str(place), "x": x, "y": y, "task": task}
    test = [next((n for n in names if n.lower() in wanted), "") for wanted in (_X_TEST, _Y_TEST)]
    if all(test):
        options |= {"x_test": test[0], "y_test": test[1]}
    families, said = {2: "mlp", 3: "cnn_1d", 4: "cnn"}, [f"{x} has the shape {shape}"]
    if arrays[x].dtype == np.uint8 and len(shape) == 4:
        options["divisor"] = 255
        said.append(f"{x} has bytes, as of pixels: they are divided by 255 (divisor)")
    unsure += channels_first(shape, f"{x} of {printable(place.name)}")
    return Found("numpy", options, families.get(len(shape), "mlp"), said, unsure)


def _task(targets: Any, name: str) -> tuple[str, list[str]]:
    """Return what targets are for, and what of that is not sure."""
    try:
        task = read_labels(targets, None, None, name)[0]
    except InputError as error:
        return "classification", [f"{error.message.rstrip('.?')}: taken as classes"]
    is_whole = task == "classification" and targets.size == len(targets) and targets.dtype.kind in "iu"
    return task, [f"{name} has whole numbers: taken as classes"] if is_whole else []


_X_TEST, _Y_TEST = {"x_test"}, {"y_test"}


def _look_at_pictures(paths: Sequence[Path]) -> Found:
    image = load_extra("PIL.Image")
    sides, modes = [], Counter[str]()
    for path in paths:
        try:
            with image.open(path) as picture:
                sides.append(min(picture.size))
                modes[picture.mode] += 1
        except (OSError, ValueError, image.DecompressionBombError):
            continue
    if not sides:
        raise InputError(f"none of the pictures can be read, such as {printable(paths[0].name)}.")
    middle = median(sides)
    side = max((s for s in _SIDES if s <= middle), default=_SIDES[0])
    grey = set(modes) <= {"L", "1", "I;16", "LA"}
    span = str(min(sides)) if min(sides) == max(sides) else f"{min(sides)} to {max(sides)}"
    said = [f"pictures of {span} pixels on the short side, {'grey' if grey else 'colour'}"]
    unsure = [f"size is a guess: {side} pixels, as a microcontroller can take them"]
    options: dict[str, Any] = {"size": [side, side], "color": "grey" if grey else "rgb"}
    deep = deep_extrema(paths)
    if deep and deep[1] - deep[0] < _DEEP:
        options["deep_range"] = list(likely_range(*deep))
        unsure.append(
            f"16-bit pixels are between {deep[0]:,} and {deep[1]:,} in {len(paths)} pictures: "
            f"{options['deep_range']} is taken as black and white (deep_range)"
        )
    return Found("image_folder", options, "cnn" if side <= 48 else "mobilenet_v1", said, unsure)


def _look_at_sounds(paths: Sequence[Path]) -> Found:
    soundfile = load_extra("soundfile")
    rates, seconds = Counter[int](), []
    for path in paths:
        try:
            about = soundfile.info(str(path))
        except (soundfile.SoundFileError, RuntimeError, OSError):
            continue
        rates[about.samplerate] += 1
        seconds.append(about.frames / about.samplerate)
    if not seconds:
        raise InputError(f"none of the sounds can be read, such as {printable(paths[0].name)}.")
    usual, middle = rates.most_common(1)[0][0], median(seconds)
    rate = min(usual, 16000)
    shown = ", ".join(map(str, rates))
    said = [f"sounds of {shown} samples a second"]
    options: dict[str, Any] = {"rate": rate}
    unsure = []
    if middle > _LONG:
        options |= {"seconds": 1.0, "hop_seconds": 0.5}
        unsure.append(
            "sounds are long: cut into samples of 1 s, each 0.5 s after the last (seconds, hop_seconds)"
        )
        short = sum(length < 1.0 for length in seconds)
        if short:
            unsure.append(f"{short} of {len(seconds)} files are shorter than 1 s, and no sample of it")
    else:
        options["seconds"] = max(round(middle, 1), 0.1)
        unsure.append(f"seconds is a guess: {options['seconds']} s, about the middle one of the lengths")
        if max(seconds) > 1.2 * options["seconds"]:
            unsure.append(f"of sounds longer than {options['seconds']} s the middle is used (hop_seconds)")
        if middle > 1.2:
            unsure.append("a word with silence around it needs fewer seconds: the middle of a file is kept")
    if rate < 15200:
        options["high_hz"] = int(rate * 0.475)
    return Found("audio_folder", options, "ds_cnn", said, unsure)


def _look_at_tables(paths: Sequence[Path]) -> Found:
    table = look_at_recordings(paths)
    return Found(table.source, table.options, table.family, table.said, table.unsure)


_KINDS = {"pictures": PICTURES, "sounds": SOUNDS, "tables": _TABLES}
_ENDINGS = {
    "image_folder": PICTURES,
    "audio_folder": SOUNDS,
    "windows": _TABLES,
}
_LOOKS = {"image_folder": _look_at_pictures, "audio_folder": _look_at_sounds, "windows": _look_at_tables}
