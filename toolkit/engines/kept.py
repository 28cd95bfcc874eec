# SPDX-License-Identifier: Apache-2.0
"""The trees of TensorFlow Lite Micro in the cache: each is whole, or not there."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from toolkit import paths
from toolkit.engines.pins import COMMIT, HASHES, KERNELS, hash_of_parts
from toolkit.errors import InputError
from toolkit.files import one_at_a_time, use_error, write_atomic
from toolkit.reading import parse_json, read_file

MANIFEST = "engine.json"
"""Written last into the folder of a commit."""
_USED = "used"
_NEW = ".new-"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Kept:
    """The trees of one commit, folder/<kernels>. hashes are of their parts, by kernels; source is whence."""

    folder: Path
    commit: str
    source: str
    hashes: Mapping[str, Mapping[str, str]]

    @property
    def is_checked(self) -> bool:
        """Whether the hashes are those that the toolkit knows. damaged() says whether the files have them."""
        return self.commit == COMMIT and self.hashes == HASHES

    def tree(self, kernels: str) -> Path:
        """Return the folder with the sources of reference or cmsis_nn."""
        return self.folder / kernels

    def damaged(self) -> list[str]:
        """Return the parts whose files are not those that were kept, such as "cmsis_nn: ruy"."""
        try:
            found = {kernels: hash_of_parts(self.tree(kernels)) for kernels in self.hashes}
        except OSError as error:
            return [f"{error.filename}: {error.strerror}"]
        return [
            f"{kernels}: {part}"
            for kernels, parts in sorted(self.hashes.items())
            for part in sorted({*parts, *found[kernels]})
            if parts.get(part) != found[kernels].get(part)
        ]


def engines_dir() -> Path:
    """Return the folder with a folder for each commit."""
    return paths.cache_dir() / "engines" / "tflm"


def kept_engines() -> list[Kept]:
    """Return what is in the cache, by commit."""
    return [kept for folder in _folders() if (kept := read_kept(folder)) is not None]


def unreadable_engines() -> list[Path]:
    """Return the folders of commits in the cache whose manifest or trees are missing or damaged."""
    return [folder for folder in _folders() if read_kept(folder) is None]


def _folders() -> list[Path]:
    return sorted(path for path in engines_dir().glob("*") if _COMMIT.fullmatch(path.name))


def read_kept(folder: Path) -> Kept | None:
    """Return the trees in a folder of the cache, or of another computer's; None if they are not whole."""
    try:
        found = parse_json(read_file(folder / MANIFEST, _MOST_BYTES))
        commit, source, hashes = (found[name] for name in ("commit", "source", "hashes"))
        whole = all((folder / kernels).is_dir() for kernels in KERNELS)
    except (InputError, ValueError, KeyError, TypeError, OSError):
        return None
    if not (whole and isinstance(commit, str) and _COMMIT.fullmatch(commit) and isinstance(source, str)):
        return None
    # Of the known commit nothing is kept that has other hashes; a folder of the cache has its commit's name.
    is_other = _COMMIT.fullmatch(folder.name) is not None and folder.name != commit
    if is_other or not _are_hashes(hashes) or (commit == COMMIT and hashes != HASHES):
        return None
    return Kept(folder, commit, source, hashes)


def _are_hashes(found: object) -> bool:
    """Return whether found maps each kernels to hashes by part, TFLM's own among them."""
    return (
        isinstance(found, dict)
        and set(found) == set(KERNELS)
        and all(isinstance(parts, dict) and "tflm" in parts for parts in found.values())
        and all(isinstance(value, str) for parts in found.values() for value in parts.values())
    )


def used_engine() -> Kept | None:
    """Return the trees that --engine tflm takes: those that were fetched last; None if there are none."""
    with suppress(InputError, ValueError):
        commit = read_file(engines_dir() / _USED, _MOST_BYTES).decode("ascii").strip()
        return read_kept(engines_dir() / commit) if _COMMIT.fullmatch(commit) else None
    return None


def use(kept: Kept) -> None:
    """Have --engine tflm take these."""
    write_atomic(engines_dir() / _USED, f"{kept.commit}\n")


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a new folder in the cache; what one that was killed left there is removed first.

    Another process waits until this one is done.
    """
    with one_at_a_time(engines_dir() / ".lock"):
        for left in engines_dir().glob(f"{_NEW}*"):
            shutil.rmtree(left, ignore_errors=True)
        try:
            folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=engines_dir()))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError as error:
            raise use_error(error) from error


def keep(new: Path, commit: str, source: str) -> Kept:
    """Take the trees in new, a folder of workplace(), into the cache, and have --engine tflm take them."""
    hashes = {kernels: hash_of_parts(new / kernels) for kernels in KERNELS}
    kept = Kept(engines_dir() / commit, commit, source, hashes)
    about = {name: value for name, value in asdict(kept).items() if name != "folder"}
    write_atomic(new / MANIFEST, json.dumps(about, indent=2, sort_keys=True) + "\n")
    if kept.folder.exists():  # damaged: what is whole is not fetched again
        kept.folder.rename(new.with_name("old"))
    new.rename(kept.folder)
    use(kept)
    return kept
