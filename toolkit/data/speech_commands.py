# SPDX-License-Identifier: Apache-2.0
"""Speech Commands v2: a word a folder, lists of validation and test, and minutes of background noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Samples
from toolkit.data.published import (
    TEST,
    TRAIN,
    VALIDATION,
    Layout,
    UnpackedFolder,
    files_in,
    files_of,
    folders_in,
    listing_of,
    portable_published,
)
from toolkit.data.rows import JoinedRows
from toolkit.data.sound import ENDINGS
from toolkit.data.sounds import SoundFields, decode_file_of_sound, read_sounds
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.suggest import did_you_mean

NOISE, SILENCE, UNKNOWN = "_background_noise_", "_silence_", "_unknown_"
_LISTS = {"validation_list.txt": VALIDATION, "testing_list.txt": TEST}
_HINT = (
    "Try: the folder that has testing_list.txt and a folder for each word, from "
    "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"
)


@dataclass(frozen=True)
class SpeechCommandsOptions(SoundFields, UnpackedFolder):
    """[data.options]: words are the classes, all folders if empty; the rest is as in audio_folder.

    unknown makes the other words one class, _unknown_; without it they are left out. silence makes a class,
    _silence_, of the pieces of the background noise.
    """

    words: tuple[str, ...] = ()
    unknown: bool = True
    silence: bool = True


def layout(options: SpeechCommandsOptions, folder: Path) -> Layout:
    """Return <word>/<speaker>_nohash_0.wav: what no list names trains. The lists keep speakers apart."""
    found = Layout()
    words = {p.name: files_in(p, ENDINGS) for p in folders_in(folder) if p.name != NOISE}
    _require_words(options, folder, words)
    there = {f"{word}/{path.name}" for word, paths in words.items() for path in paths}
    listed = _listed(found, folder, there)
    for word, paths in words.items():
        if options.words and word not in options.words and not options.unknown:
            continue
        label = word if not options.words or word in options.words else UNKNOWN
        for path in paths:
            found.add(path, label, listed.get(f"{word}/{path.name}", TRAIN))
    return found


def _require_words(options: SpeechCommandsOptions, folder: Path, words: Mapping[str, list[Path]]) -> None:
    """Raise InputError for a word of the options that has no folder, and for a folder without a sound."""
    for word in options.words:
        if word not in words:
            raise InputError(
                f"words: {folder} has no folder {word!r}. {did_you_mean(word, words)}", hint=_HINT
            )
    empty = next((word for word, paths in words.items() if not paths), None)
    if empty is not None:
        raise InputError(f"{folder / empty} has none of {' '.join(ENDINGS)}.", hint="Try: delete that folder")


def _listed(found: Layout, folder: Path, there: set[str]) -> dict[str, int]:
    """Return the split of each file that a list names.

    Raises InputError for a list that names none, and for a file in two lists.
    """
    listed: dict[str, int] = {}
    for list_name, part in _LISTS.items():
        path = folder / list_name
        names = found.lines(path)
        missing = [name for name in names if name not in there]
        if len(missing) == len(names):
            raise InputError(f"{path} names no file that is there.", hint=_HINT)
        if missing:
            found.notes.append(
                f"{len(missing)} of the {len(names)} names in {list_name} are not there, such as {missing[0]}"
            )
        for name in names:
            if listed.setdefault(name, part) != part:
                raise InputError(
                    f"{name} is in two lists: {' and '.join(_LISTS)}.", hint=f"Try: take it out of {path}"
                )
    return listed


def noise_layout(options: SpeechCommandsOptions, folder: Path) -> Layout:
    """Return the files of background noise: the last one for test, the one before it for validation.

    A file is in one split: its pieces are alike. With fewer than three files all train.
    """
    found = Layout()
    paths = files_in(folder / NOISE, ENDINGS) if options.silence else []
    for left, path in zip(range(len(paths) - 1, -1, -1), paths, strict=True):
        part = {0: TEST, 1: VALIDATION}.get(left, TRAIN) if len(paths) > 2 else TRAIN
        found.add(path, SILENCE, part)
    return found


def _read(options: SpeechCommandsOptions, context: SourceContext) -> Samples:
    words = read_sounds(listing_of(options, context, layout, _HINT), options, context)
    if not options.silence or not noise_layout(options, _place(options, context)).paths:
        return words
    cut = replace(options, hop_seconds=options.seconds)
    noise = read_sounds(listing_of(cut, context, noise_layout, _HINT), cut, context)
    silence = np.full(len(noise.x), len(words.classes), np.int64)
    assert words.parts is not None
    assert noise.parts is not None
    return replace(
        words,
        x=JoinedRows(words.x, noise.x),
        y=np.concatenate([words.y, silence]),
        classes=(*words.classes, SILENCE),
        names=(*words.names, *noise.names),
        digests=(*words.digests, *noise.digests),
        groups=(),
        parts=np.concatenate([words.parts, noise.parts]),
        broken=(*words.broken, *noise.broken),
        files=words.files + noise.files,
        notes=(*words.notes, *noise.notes),
    )


def _place(options: SpeechCommandsOptions, context: SourceContext) -> Path:
    return context.root / Path(options.folder).expanduser()


def _files(options: SpeechCommandsOptions, context: SourceContext) -> Iterator[Path]:
    yield from files_of(layout)(options, context)
    yield from files_of(noise_layout)(options, context)


def _decode(options: SpeechCommandsOptions, context: SourceContext, path: Path) -> NDArray[np.float32]:
    return decode_file_of_sound(options, path)


SOURCE = Source(
    name="speech_commands",
    summary="Speech Commands v2 as unpacked, with its lists and its background noise",
    options=SpeechCommandsOptions,
    read=_read,
    hint=_HINT,
    files=_files,
    decode=_decode,
    portable=portable_published,
)
