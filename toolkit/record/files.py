# SPDX-License-Identifier: Apache-2.0
"""Takes as files, in the form that the data sources read: .wav for sound, .csv for all else."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
import wave
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from toolkit.errors import InputError
from toolkit.files import is_device_name, require_writable, write_error
from toolkit.record.take import Take, Track

SOUND = "microphone"
"""The sensor whose takes are sound."""
_SIGNS = " _.+-"
_LONGEST_BYTES = 100
_MOST_FILES = 1_000_000


def require_label(label: str) -> str:
    """Return a label that is the name of one folder on every system, its letters composed (NFC).

    Raises InputError for another one, with what is wrong.
    """
    label = unicodedata.normalize("NFC", label)
    if why := _why_no_folder(label):
        raise InputError(
            f"the label {label!r} cannot be a folder's name: {why}.",
            hint="Try: letters and digits, and between them blanks and . + - _, such as --label wave",
        )
    return label


def _why_no_folder(label: str) -> str:
    wrong = next((sign for sign in label if not _is_letter(sign) and sign not in _SIGNS), "")
    if wrong:
        return f"it has {wrong!r}"
    if not label[:1].isalnum():
        return f"it begins with {label[0]!r}" if label else "it is empty"
    if label.endswith((".", " ")):
        return f"it ends with {label[-1]!r}"
    if is_device_name(label):
        return "Windows takes it for a device"
    return "it is too long" if len(label.encode()) > _LONGEST_BYTES else ""


def _is_letter(sign: str) -> bool:
    """Also what stands above, below or beside a letter of scripts that are not composed."""
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


def require_room(folder: Path, label: str, group: str = "", stem: str = "") -> None:
    """Raise InputError, before anything is recorded, unless save_take() can write another file.

    group is that of the project's data, which the file's name has to match.
    """
    place = folder / require_label(label)
    require_writable(place)
    name = next(numbered(place, require_label(stem or label), "x"))
    require_group(f"{place.name}/{name}", group)


def require_group(name: str, group: str) -> None:
    """Raise InputError unless the name of a new file, below the data folder, matches [data.options] group."""
    if group and re.search(group, name) is None:
        raise InputError(
            f"{name} would not match group = {group!r}: the data could not use it.",
            hint="Try: a file name that says the group, as the names of the other files do",
        )


def save_take(take: Take, folder: Path, label: str, stem: str = "") -> Path:
    """Write a take to folder/<label>/<stem>_<number> with the next free number; return the file.

    stem "" is the label. No file is ever overwritten, also by two that record at once. A .csv has the time
    in ms, at the sensor's rate and with the rows that were lost counted, and a column a channel, such as
    accel_x, in the sensor's unit; a .wav is 16-bit PCM. Raises InputError where it cannot be written, and
    for sound with gaps, which a .wav cannot have.
    """
    is_sound = len(take.tracks) == 1 and take.tracks[0].sensor.name == SOUND
    content, ending = (_sound(take.tracks[0]), "wav") if is_sound else (_table(take), "csv")
    place = folder / require_label(label)
    return write_new(place, numbered(place, require_label(stem or label), ending), content)


def write_new(place: Path, names: Iterable[str], content: bytes) -> Path:
    """Write a new file into the folder place, which is made, with the first of names that is free; return it.

    Raises InputError where it cannot be written; what was made for it is gone then.
    """
    made = [each for each in (place, *place.parents) if not os.path.lexists(each)]
    path: Path | None = None
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            try:
                with (place / name).open("xb") as stream:
                    path = place / name
                    stream.write(content)
            except FileExistsError:
                continue
            return place / name
        raise _no_number(place)
    except BaseException as error:
        if path is not None:  # it is ours: open() made it
            path.unlink(missing_ok=True)
        for each in made:
            with suppress(OSError):
                each.rmdir()
        if isinstance(error, OSError):
            raise write_error(path or place, error) from error
        raise


def named(place: Path, name: str) -> Iterator[str]:
    """Give a file's name as it is, then with a number, for the folder place."""
    yield name
    yield from numbered(place, Path(name).stem, Path(name).suffix.lstrip("."))


def numbered(place: Path, stem: str, ending: str) -> Iterator[str]:
    """Give <stem>_<number>.<ending> behind the largest number that the folder place has.

    Raises InputError where no number is left.
    """
    first = _next_number(place, stem)
    return (f"{stem}_{number:04d}.{ending}" for number in range(first, _MOST_FILES))


def _no_number(place: Path) -> InputError:
    return InputError(
        f"{place} has no free number for another file.", hint="Try: another --label, or move its files away"
    )


def _next_number(place: Path, label: str) -> int:
    """Return the number behind the largest one; one of more digits than are given here is somebody's own.

    Raises InputError behind the last.
    """
    digits = len(str(_MOST_FILES - 1))
    found = (
        re.fullmatch(rf"{re.escape(label)}_([0-9]{{1,{digits}}})\.\w+", path.name)
        for path in (place.iterdir() if place.is_dir() else ())
    )
    number = max((int(match[1]) for match in found if match), default=0) + 1
    if number >= _MOST_FILES:
        raise _no_number(place)
    return number


def _table(take: Take) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["time_ms", *(name for track in take.tracks for name in column_names(track))])
    step_ms = 1000 / take.tracks[0].setting.rate_hz
    places = _places(take)
    for i, place in enumerate(places):
        numbers = [
            f"{count * track.setting.scale:.7g}" for track in take.tracks for count in track.rows[i].tolist()
        ]
        rows.writerow([f"{float(int(place) * step_ms):.3f}", *numbers])
    return text.getvalue().encode()


def _places(take: Take) -> list[int]:
    """Return at which row of time each row stands. Raises InputError where tracks lost different rows."""
    places = take.tracks[0].places()
    if any(track.gaps != take.tracks[0].gaps for track in take.tracks):
        raise InputError(
            "the sensors lost different rows: they do not fit together.", hint="Try: a lower --rate"
        )
    return [int(place) for place in places]


def column_names(track: Track) -> list[str]:
    """Return the names of a sensor's columns: accel_x, accel_y, accel_z; of one channel the sensor's name."""
    name, channels = track.sensor.name, track.sensor.channels
    if channels == 1:
        return [name]
    axes = "xyz" if channels == 3 else [str(i) for i in range(channels)]
    return [f"{name}_{axis}" for axis in axes]


def _sound(track: Track) -> bytes:
    if track.gaps:
        raise InputError(
            f"{track.lost:,} samples of the sound were lost: a .wav cannot say where.",
            hint="Try: again; a shorter --seconds, or a faster line",
        )
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setnchannels(track.sensor.channels)
        sound.setsampwidth(2)
        sound.setframerate(round(track.setting.rate_hz))
        sound.writeframes(track.rows.astype("<i2").tobytes())
    return content.getvalue()
