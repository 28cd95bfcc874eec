# SPDX-License-Identifier: Apache-2.0
"""The files that a project's data are made of: what comes in by the page, what is wrong with them, a bin."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.listing import FolderOptions, Listing, list_files
from toolkit.data.load import decode_file, source_of
from toolkit.data.overview import UNEVEN
from toolkit.data.picture import ENDINGS as PICTURES
from toolkit.data.places import data_folder
from toolkit.data.sound import ENDINGS as SOUNDS
from toolkit.data.sound import decode_sound
from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.live.desk import ending_of
from toolkit.live.views import thumbnail
from toolkit.project.config import load_project
from toolkit.reading import parse_json
from toolkit.record.files import require_label, write_numbered

BIN = "deleted"
"""In the project's folder: what was deleted on the page, a folder a label."""
_ENDINGS = {"image_folder": PICTURES, "audio_folder": SOUNDS}
_PAGE = 60
_NEAREST, _MOST_COMPARED, _VALUES = 8, 4096, 1024
_DARK, _BRIGHT, _FLAT = 0.06, 0.95, 0.01
_SILENT, _CLIPPED = 0.01, 0.999
_RATE, _MOST_SECONDS = 16000, 600


@dataclass(frozen=True)
class _Looked:
    """A file's picture for the page, and what is suspicious about it."""

    view: dict[str, Any]
    marks: tuple[str, ...]
    digest: str


class Collection:
    """The class folders of the project in root. Nothing outside of that folder is read or written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def show(self, label: str, page: int) -> dict[str, Any]:
        """Return the files of a label, or of all for "", as JSON. Raises InputError as list_files does."""
        listing = self._listing()
        labels = [listing.classes[int(y)] for y in listing.y]
        counts = {name: labels.count(name) for name in listing.classes}
        chosen = [i for i in range(len(labels)) if not label or labels[i] == label]
        shown, splits = chosen[page * _PAGE : (page + 1) * _PAGE], self._splits()
        looked = {i: self._look(listing.paths[i]) for i in shown}
        first: dict[str, str] = {}
        for name, path in zip(listing.names, listing.paths, strict=True):
            first.setdefault(_digest(path, path.stat().st_mtime_ns), name)
        files = []
        for i in shown:
            name, found = listing.names[i], looked[i]
            same = first[found.digest]
            marks = [*found.marks, *([f"same bytes as {same}"] if same != name else [])]
            files.append(
                {
                    "name": name,
                    "label": labels[i],
                    "split": splits.get(name, ""),
                    "view": found.view,
                    "marks": marks,
                }
            )
        least, most = min(counts.values()), max(counts.values())
        uneven = f"uneven: {most} files of one class, {least} of another" if most >= UNEVEN * least else ""
        return {
            "files": files,
            "counts": counts,
            "matching": len(chosen),
            "pages": -(-len(chosen) // _PAGE),
            "uneven": uneven,
            "broken": [f"{each.name}: {each.reason}" for each in listing.broken],
        }

    def near(self, name: str) -> dict[str, Any]:
        """Return the files that are most like one, as the model gets them, nearest first, as JSON.

        distance is the root of the mean squared difference. Raises UsageError for a file that is not there.
        """
        path, listing = self._file(name), self._listing()
        own, found = self._values(path), []
        for other, place, y in zip(listing.names[:_MOST_COMPARED], listing.paths, listing.y, strict=False):
            values = own if other == name else self._values(place)
            if other != name and own is not None and values is not None and values.shape == own.shape:
                distance = float(np.sqrt(np.mean((values - own) ** 2)))
                found.append((distance, other, listing.classes[int(y)], place))
        found.sort(key=lambda each: each[:2])
        nearest = [
            {"name": other, "label": label, "distance": distance, "view": self._look(place).view}
            for distance, other, label, place in found[:_NEAREST]
        ]
        return {"name": name, "label": path.parent.name, "near": nearest, "of": len(found)}

    def _values(self, path: Path) -> NDArray[np.float32] | None:
        changed = path.stat().st_mtime_ns
        return _valued(self._root, path, changed, (self._root / "tinyml.toml").stat().st_mtime_ns)

    def add(self, label: str, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file under a label, if the project's source can read it. Raises InputError otherwise."""
        folder, ending = self._folder(), ending_of(name)
        if ending not in self._endings():
            raise InputError(f"{name} is not one of {' '.join(self._endings())}.")
        with tempfile.TemporaryDirectory(prefix="tinyml-live-") as temporary:
            path = Path(temporary) / f"upload{ending}"
            path.write_bytes(content)
            try:
                decode_file(load_project(self._root), path)
            except TinymlError as error:
                error.message = error.message.replace(str(path), name)
                raise
        return {"name": self._keep(folder / require_label(label), label, ending, content)}

    def relabel(self, name: str, label: str) -> dict[str, Any]:
        """Move a file to another label."""
        path, folder = self._file(name), self._folder()
        kept = self._keep(folder / require_label(label), label, path.suffix, path.read_bytes())
        path.unlink()
        return {"name": kept}

    def delete(self, name: str) -> dict[str, Any]:
        """Move a file to the bin in the project's folder."""
        path = self._file(name)
        label = require_label(path.parent.name)
        place = self._root / BIN / label
        self._require_own(place)
        place.mkdir(parents=True, exist_ok=True)
        kept = write_numbered(place, label, path.suffix.lstrip("."), path.read_bytes())
        path.unlink()
        return {"name": kept.relative_to(self._root).as_posix()}

    def _keep(self, place: Path, label: str, ending: str, content: bytes) -> str:
        self._require_own(place)
        place.mkdir(parents=True, exist_ok=True)
        return write_numbered(place, label, ending.lstrip("."), content).name

    def _file(self, name: str) -> Path:
        """Return one of the data's own files; a name that the listing does not have is no file."""
        listing = self._listing()
        if name not in listing.names:
            raise UsageError(f"the data have no file {name!r}.")
        path = listing.paths[listing.names.index(name)]
        self._require_own(path)
        return path

    def _listing(self) -> Listing:
        _, options, context = source_of(load_project(self._root))
        self._folder()
        return list_files(options, context, self._endings())

    def _endings(self) -> tuple[str, ...]:
        return tuple(_ENDINGS[load_project(self._root).data.source])

    def _folder(self) -> Path:
        """Return the folder of the classes. Raises UsageError for data that are something else."""
        source, options, _ = source_of(load_project(self._root))
        if source.name not in _ENDINGS or not isinstance(options, FolderOptions) or options.labels:
            raise UsageError(
                "the page collects pictures and sounds in a folder a class; these data are something else.",
                hint="See: docs/data.md",
            )
        folder = data_folder(self._root, options.folder)
        self._require_own(folder)
        return folder

    def _require_own(self, path: Path) -> None:
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise UsageError(f"{path} is outside of the project; the page leaves it alone.")

    def _splits(self) -> dict[str, str]:
        try:
            names = parse_json((self._root / "build/data/names.json").read_text(encoding="utf-8"))
            return {name: split for split, own in names.items() for name in own}
        except (OSError, ValueError, AttributeError):
            return {}

    def _look(self, path: Path) -> _Looked:
        changed = path.stat().st_mtime_ns
        return _looked(self._root, path, changed, (self._root / "tinyml.toml").stat().st_mtime_ns)


@lru_cache(maxsize=65536)
def _digest(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=4096)
def _valued(root: Path, path: Path, changed: int, configured: int) -> NDArray[np.float32] | None:
    """Return at most _VALUES numbers of a file as the model gets it; None if it cannot be read."""
    try:
        x = np.asarray(decode_file(load_project(root), path)[0], np.float32).reshape(-1)
    except InputError:
        return None
    return x[:: -(-len(x) // _VALUES)]


@lru_cache(maxsize=4096)
def _looked(root: Path, path: Path, changed: int, configured: int) -> _Looked:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    project = load_project(root)
    try:
        x = decode_file(project, path)[0]
    except InputError as error:
        return _Looked({"kind": "numbers", "names": ["broken"], "values": [0.0]}, (error.message,), digest)
    marks = _of_sound(content) if project.data.source == "audio_folder" else _of_picture(x)
    return _Looked(thumbnail(x, project.data.source), tuple(marks), digest)


def _of_picture(x: np.ndarray[Any, Any]) -> list[str]:
    found = {"dark": x.mean() < _DARK, "bright": x.mean() > _BRIGHT, "one colour": x.std() < _FLAT}
    return [name for name, is_so in found.items() if is_so]


def _of_sound(content: bytes) -> list[str]:
    peak = float(np.abs(decode_sound(content, _RATE, _MOST_SECONDS) / 32768).max())
    return ["silent"] if peak < _SILENT else (["clipped"] if peak >= _CLIPPED else [])
