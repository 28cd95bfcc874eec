# SPDX-License-Identifier: Apache-2.0
"""Takes as files, in the form that the data sources read: .wav for sound, .csv for all else."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import wave
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


def require_room(folder: Path, label: str) -> None:
    """Raise InputError, before anything is recorded, unless save_take() can write another file."""
    place = folder / require_label(label)
    require_writable(place)
    if place.is_dir():
        _next_number(place, label)


def save_take(take: Take, folder: Path, label: str) -> Path:
    """Write a take to folder/<label>/<label>_<number> with the next free number; return the file.

    No file is ever overwritten, also by two that record at once. A .csv has the time in ms, at the sensor's
    rate and with the rows that were lost counted, and a column a channel, such as accel_x, in the sensor's
    unit; a .wav is 16-bit PCM. Raises InputError where it cannot be written, and for sound with gaps, which
    a .wav cannot have.
    """
    is_sound = len(take.tracks) == 1 and take.tracks[0].sensor.name == SOUND
    content, ending = (_sound(take.tracks[0]), "wav") if is_sound else (_table(take), "csv")
    label = require_label(label)
    place = folder / label
    try:
        place.mkdir(parents=True, exist_ok=True)
        return write_numbered(place, label, ending, content)
    except OSError as error:
        raise write_error(place, error) from error


def write_numbered(place: Path, label: str, ending: str, content: bytes) -> Path:
    """Write a new file <label>_<number>.<ending> into the folder place; return it."""
    for number in range(_next_number(place, label), _MOST_FILES):
        path = place / f"{label}_{number:04d}.{ending}"
        try:
            with path.open("xb") as stream:
                stream.write(content)
        except FileExistsError:
            continue
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise _no_number(place)


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
        re.fullmatch(rf"{re.escape(label)}_([0-9]{{1,{digits}}})\.\w+", path.name) for path in place.iterdir()
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
