# SPDX-License-Identifier: Apache-2.0
"""The files that a project's data are made of: what comes in by the page, what is wrong with them, a bin."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit.data.listing import FolderOptions, why_not_used
from toolkit.data.load import decode_by, source_of
from toolkit.data.overview import UNEVEN
from toolkit.data.places import data_folder, name_below
from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.live.desk import ending_of
from toolkit.live.files import BROKEN, ENDINGS, digest_of, distance, look_at
from toolkit.live.own import require_own
from toolkit.live.shelf import ClassFile, Shelf, read_shelf
from toolkit.project.config import load_project
from toolkit.reading import parse_json
from toolkit.record.files import named, numbered, require_group, require_label, write_new

BIN = "deleted"
"""In the project's folder: what was deleted on the page, a folder a label."""
_PAGE, _MOST_BROKEN = 60, 5
_NEAREST, _MOST_COMPARED = 8, 4096


class Collection:
    """The class folders of the project in root. Nothing outside of that folder is read or written."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._changing = threading.Lock()

    def kind(self) -> dict[str, Any]:
        """Return what is collected, as JSON: the source and how long its sounds are; why if nothing is."""
        try:
            self._folder()
        except TinymlError as error:
            why = "\n".join(filter(None, (error.message, error.hint)))
            return {"source": "", "seconds": 1, "group": "", "why": why}
        source, options, _ = source_of(load_project(self._root))
        about = {"source": source.name, "seconds": getattr(options, "seconds", 1), "why": ""}
        return {**about, "group": options.group}

    def show(self, label: str, page: int) -> dict[str, Any]:
        """Return the files of a label, or of all for "", as JSON; those that the data cannot use come first.

        counts are the files of each class that can be used. Raises InputError for folders of which nobody can
        tell the classes.
        """
        shelf, splits = self._shelf(), self._splits()
        counts = {name: 0 for name, _ in shelf.homes}
        first: dict[str, str] = {}
        for file in shelf.files:
            counts[file.label] += not file.why
            if file.can_be_read:
                first.setdefault(digest_of(file.path), file.name)
        chosen = [file for file in shelf.files if not label or file.label == label]
        chosen.sort(key=lambda file: not file.why)
        broken = [f"{file.name}: {file.why}" for file in shelf.files if file.why]
        more = len(broken) - _MOST_BROKEN
        return {
            "files": [
                {**self._shown(file, first), "split": splits.get(file.name, "")}
                for file in chosen[page * _PAGE : (page + 1) * _PAGE]
            ],
            "counts": counts,
            "matching": len(chosen),
            "pages": -(-len(chosen) // _PAGE),
            "uneven": _uneven(counts),
            "broken": [*broken[:_MOST_BROKEN], *([f"and {more:,} more"] if more > 0 else [])],
        }

    def _shown(self, file: ClassFile, first: Mapping[str, str]) -> dict[str, Any]:
        about = {"name": file.name, "label": file.label}
        if not file.can_be_read:
            return {**about, "view": BROKEN, "marks": [file.why]}
        found = look_at(self._root, file.path)
        same = first.get(found.digest, file.name)
        marks = [*filter(None, [file.why]), *found.marks]
        return {
            **about,
            "view": found.view,
            "marks": [*marks, *([f"same bytes as {same}"] if same != file.name else [])],
        }

    def near(self, name: str) -> dict[str, Any]:
        """Return the files that are most like one, as the model gets them, nearest first, as JSON.

        Raises UsageError for a file that is not there.
        """
        shelf = self._shelf()
        own = self._own(shelf, name)
        found = []
        for other in [file for file in shelf.files if not file.why][:_MOST_COMPARED]:
            apart = distance(self._root, own.path, other.path) if other is not own else None
            if apart is not None:
                found.append((apart, other.name, other.label, other.path))
        found.sort(key=lambda each: each[:2])
        nearest = [
            {"name": other, "label": label, "distance": apart, "view": look_at(self._root, place).view}
            for apart, other, label, place in found[:_NEAREST]
        ]
        return {"name": name, "label": own.label, "near": nearest, "of": len(found)}

    def add(self, label: str, name: str, content: bytes, stem: str = "") -> dict[str, Any]:
        """Keep a file under a label as <stem>_<number>, if the project's source can read it.

        stem "" is the label; where the data have groups, a name that says one is kept. Raises InputError for
        a file that the data could not use.
        """
        self._folder()
        ending = ending_of(name)
        if ending not in self._endings():
            raise InputError(f"{name} is not one of {' '.join(self._endings())}.")
        self._require_readable(name, ending, content)
        with self._changing:
            home = self._shelf().home_of(label)
            below = name_below(home, self._folder())
            plain = re.split(r"[/\\]", name)[-1]
            if not stem and self._keeps_its_name(f"{below}/{plain}"):
                names = named(home, f"{require_label(Path(plain).stem)}{ending}")
            else:
                names = numbered(home, require_label(stem) if stem else home.name, ending.lstrip("."))
            return {"name": self._keep(home, names, content).name}

    def _require_readable(self, name: str, ending: str, content: bytes) -> None:
        """Raise InputError unless the source reads a file's content; the first file stands for all others."""
        source, options, context = source_of(load_project(self._root))
        with tempfile.TemporaryDirectory(prefix="tinyml-live-") as temporary:
            path = Path(temporary) / "first" / f"upload{ending}"
            path.parent.mkdir()
            path.write_bytes(content)
            if not any(not file.why for file in self._shelf().files):
                options = replace(options, folder=temporary, group="")
            try:
                decode_by(source, options, context, path)
            except TinymlError as error:
                error.message = error.message.replace(str(path), name)
                raise

    def relabel(self, name: str, label: str) -> dict[str, Any]:
        """Move a file to another label; it keeps its name, with a number where that is taken."""
        with self._changing:
            shelf = self._shelf()
            own = self._own(shelf, name)
            home = shelf.home_beside(own.home, label, own.label)
            if home == own.home:
                return {"name": own.path.name}
            place = home / own.path.relative_to(own.home).parent
            kept = self._keep(place, named(place, own.path.name), own.path.read_bytes())
            own.remove(shelf.folder)
            return {"name": kept.name}

    def delete(self, name: str) -> dict[str, Any]:
        """Move a file to the bin in the project's folder."""
        with self._changing:
            shelf = self._shelf()
            own = self._own(shelf, name)
            place = self._root / BIN / own.home.relative_to(shelf.folder)
            require_own(self._root, place)
            kept = write_new(place, named(place, own.path.name), own.path.read_bytes())
            own.remove(shelf.folder)
            return {"name": kept.relative_to(self._root).as_posix()}

    def _keep(self, place: Path, names: Iterable[str], content: bytes) -> Path:
        """Write a new file of the data; every name that it may get has to match their group."""
        require_own(self._root, place)
        below = name_below(place, self._folder())

        def usable() -> Iterator[str]:
            for name in names:
                require_group(f"{below}/{name}", self._options().group)
                yield name

        return write_new(place, usable(), content)

    def _keeps_its_name(self, name: str) -> bool:
        group = self._options().group
        return bool(group) and not why_not_used(name, group, self._endings())

    def _own(self, shelf: Shelf, name: str) -> ClassFile:
        """Return one of the data's own files. Raises UsageError for another, InputError if it leads out."""
        found = shelf.find(name)
        if not found.can_be_read:
            raise InputError(found.why, hint="Try: take it away by hand")
        require_own(self._root, found.path)
        return found

    def _shelf(self) -> Shelf:
        outside = load_project(self._root).data.outside
        return read_shelf(self._folder(), self._options(), self._endings(), outside=outside)

    def _endings(self) -> tuple[str, ...]:
        return ENDINGS[load_project(self._root).data.source]

    def _options(self) -> FolderOptions:
        """Return the data's options. Raises UsageError for data that are no files in a folder a class."""
        source, options, _ = source_of(load_project(self._root))
        if (
            source.name in ENDINGS
            and isinstance(options, FolderOptions)
            and options.folder
            and not options.labels
        ):
            return options
        raise UsageError(
            "the page collects pictures, sounds and recordings in a folder a class; "
            f"the data of this project, {source.name}, are something else.",
            hint="See: docs/data.md",
        )

    def _folder(self) -> Path:
        """Return the folder of the classes. Raises UsageError for data that are something else."""
        folder = data_folder(self._root, self._options().folder)
        require_own(self._root, folder)
        return folder

    def _splits(self) -> dict[str, str]:
        try:
            names = parse_json((self._root / "build/data/names.json").read_text(encoding="utf-8"))
            return {name: split for split, own in names.items() for name in own}
        except (OSError, ValueError, AttributeError):
            return {}


def _uneven(counts: Mapping[str, int]) -> str:
    least, most = min(counts.values(), default=0), max(counts.values(), default=0)
    is_uneven = most > 0 and most >= UNEVEN * least
    return f"uneven: {most} files of one class, {least} of another" if is_uneven else ""
