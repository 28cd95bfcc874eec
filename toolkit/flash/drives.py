# SPDX-License-Identifier: Apache-2.0
"""Which drive of this computer is a board's, by its label, and what a debug probe says on it in FAIL.TXT.

Source: ARM Mbed's documentation of drag and drop flashing: a board's drive has MBED.HTM or DETAILS.TXT; after
an image that it could not write it comes back with FAIL.TXT. That of a bootloader that takes UF2 files has
INFO_UF2.TXT (Microsoft, UF2). Windows: not yet tried.
"""

from __future__ import annotations

import os
import re
import stat
import string
import sys
from collections.abc import Sequence
from pathlib import Path

MARKS = ("MBED.HTM", "DETAILS.TXT", "INFO_UF2.TXT")
FAIL = "FAIL.TXT"
_MOST_BYTES = 4096
"""Of FAIL.TXT: it has a line or two."""
_MOUNTS = Path("/proc/mounts")
_BY_LABEL = Path("/dev/disk/by-label")
_ROOTS = (Path("/media"), Path("/run/media"))
_MAC_ROOT = Path("/Volumes")


def find_drives(label: str) -> list[Path]:
    """Return the folders at which a board's drive with this label is mounted, sorted.

    A system that has mounted two with one label adds a number to the second.
    """
    places = _windows(label) if sys.platform == "win32" else _unix(label)
    return sorted(place for place in dict.fromkeys(places) if _is_boards(place))


def unmounted(label: str) -> str:
    """Return the device of a drive with this label that is plugged in but not mounted; "" if none is."""
    link = _BY_LABEL / label
    if not link.exists():
        return ""
    device = str(link.resolve())
    return "" if any(source == device for source, _ in _mounts()) else device


def complaint(drive: Path) -> str | None:
    """Return what FAIL.TXT on the drive says, on one line; None if it is not there."""
    try:
        names = [path for path in drive.iterdir() if path.name.upper() == FAIL and _is_regular(path)]
        words = _start_of(names[0]).split() if names else None
    except OSError:
        return None
    return None if words is None else " ".join(words) or "nothing"


def _is_regular(path: Path) -> bool:
    """Return whether it is a file itself: a link leads elsewhere, a pipe may never end."""
    return stat.S_ISREG(path.lstat().st_mode)


def _start_of(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_MOST_BYTES).decode("utf-8", errors="replace")


def _is_boards(place: Path) -> bool:
    """Return whether a debug probe or a bootloader makes a drive there. One that just went away is none.

    Nor is a plain folder: what is copied to it would reach no board.
    """
    try:
        return _is_mounted(place) and any(path.name.upper() in MARKS for path in place.iterdir())
    except OSError:
        return False


def _is_mounted(place: Path) -> bool:
    return str(place) in {mounted for _, mounted in _mounts()} or os.path.ismount(place)


def _unix(label: str) -> list[Path]:
    device = str((_BY_LABEL / label).resolve())
    mounted = [Path(place) for source, place in _mounts() if source == device or _named(place, label)]
    folders = [*_ROOTS, *(user for root in _ROOTS for user in _folders(root)), _MAC_ROOT]
    return [*mounted, *(place for root in folders for place in _folders(root) if _named(place.name, label))]


def _named(place: str, label: str) -> bool:
    return re.fullmatch(re.escape(label) + r" ?\d{0,2}", Path(place).name) is not None


def _folders(root: Path) -> Sequence[Path]:
    try:
        return [path for path in root.iterdir() if path.is_dir()]
    except OSError:
        return []


def _mounts() -> list[tuple[str, str]]:
    """Return device and place of everything that is mounted; Linux writes a space as \\040."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    fields = [line.split(" ") for line in lines]
    return [(_plain(words[0]), _plain(words[1])) for words in fields if len(words) > 2]


def _plain(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)


def _windows(label: str) -> list[Path]:
    roots = [Path(f"{letter}:\\") for letter in string.ascii_uppercase[2:]]
    return [root for root in roots if root.exists() and _volume_label(root) == label]


def _volume_label(root: Path) -> str:
    """Return a drive's label. Source: Microsoft, GetVolumeInformationW."""
    if sys.platform != "win32":
        return ""
    import ctypes

    name = ctypes.create_unicode_buffer(261)
    rest = (None, None, None, None, 0)
    is_known = ctypes.windll.kernel32.GetVolumeInformationW(str(root), name, 261, *rest)
    return name.value if is_known else ""
