# SPDX-License-Identifier: Apache-2.0
"""The files that a project's data are made of: what comes in by the page, what is wrong with them, a bin."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from toolkit.data.listing import FolderOptions, Listing, list_files
from toolkit.data.load import decode_file, source_of
from toolkit.data.overview import UNEVEN
from toolkit.data.places import data_folder
from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.live.desk import ending_of
from toolkit.live.files import ENDINGS, digest_of, distance, look_at
from toolkit.project.config import load_project
from toolkit.reading import parse_json
from toolkit.record.files import require_label, write_numbered

BIN = "deleted"
"""In the project's folder: what was deleted on the page, a folder a label."""
_PAGE = 60
_NEAREST, _MOST_COMPARED = 8, 4096


class Collection:
    """The class folders of the project in root. Nothing outside of that folder is read or written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def kind(self) -> dict[str, Any]:
        """Return what is collected, as JSON: the source and how long its sounds are; why if nothing is."""
        try:
            self._folder()
        except TinymlError as error:
            return {"source": "", "seconds": 1, "why": "\n".join(filter(None, (error.message, error.hint)))}
        source, options, _ = source_of(load_project(self._root))
        return {"source": source.name, "seconds": getattr(options, "seconds", 1), "why": ""}

    def show(self, label: str, page: int) -> dict[str, Any]:
        """Return the files of a label, or of all for "", as JSON. Raises InputError as list_files does."""
        listing = self._listing()
        labels = [listing.classes[int(y)] for y in listing.y]
        counts = {name: labels.count(name) for name in listing.classes}
        chosen = [i for i in range(len(labels)) if not label or labels[i] == label]
        shown, splits = chosen[page * _PAGE : (page + 1) * _PAGE], self._splits()
        looked = {i: look_at(self._root, listing.paths[i]) for i in shown}
        first: dict[str, str] = {}
        for name, path in zip(listing.names, listing.paths, strict=True):
            first.setdefault(digest_of(path), name)
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

        Raises UsageError for a file that is not there.
        """
        path, listing = self._file(name), self._listing()
        found = []
        for other, place, y in zip(listing.names[:_MOST_COMPARED], listing.paths, listing.y, strict=False):
            apart = distance(self._root, path, place) if other != name else None
            if apart is not None:
                found.append((apart, other, listing.classes[int(y)], place))
        found.sort(key=lambda each: each[:2])
        nearest = [
            {"name": other, "label": label, "distance": apart, "view": look_at(self._root, place).view}
            for apart, other, label, place in found[:_NEAREST]
        ]
        return {"name": name, "label": path.parent.name, "near": nearest, "of": len(found)}

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
        return ENDINGS[load_project(self._root).data.source]

    def _folder(self) -> Path:
        """Return the folder of the classes. Raises UsageError for data that are something else."""
        source, options, _ = source_of(load_project(self._root))
        is_folder = isinstance(options, FolderOptions) and options.folder and not options.labels
        if source.name not in ENDINGS or not is_folder:
            raise UsageError(
                "the page collects pictures, sounds and recordings in a folder a class; "
                f"the data of this project, {source.name}, are something else.",
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
