# SPDX-License-Identifier: Apache-2.0
"""What TensorFlow Lite Micro takes from others: which revisions its own files name, and where they go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from toolkit.engines.sources import bring, git
from toolkit.errors import InputError, ToolMissingError

MAKE = "tensorflow/lite/micro/tools/make"
_LIST = f"{MAKE}/third_party_downloads.inc"
_UNUSED = "pigweed"
"""Formats TFLM's own code. Its make clones it where no folder of this name is; an empty one will do."""
_GIVE = (
    "Try: with a network; or tinyml engine fetch tflm --third-party FOLDER, where FOLDER has each of them by "
    "its name: a git repository, its .zip, or a folder of its files"
)


@dataclass(frozen=True)
class Part:
    """name is its folder in TFLM's downloads/; where is TFLM's file that names its revision.

    patch is TFLM's change of it, "" for none.
    """

    name: str
    repository: str
    where: str = _LIST
    patch: str = ""

    @property
    def address(self) -> str:
        """What git calls it."""
        return f"https://github.com/{self.repository}.git"


PARTS = (
    Part("flatbuffers", "google/flatbuffers", patch=f"{MAKE}/flatbuffers.patch"),
    Part("gemmlowp", "google/gemmlowp"),
    Part("kissfft", "mborgerding/kissfft", patch="third_party/kissfft/kissfft.patch"),
    Part("ruy", "google/ruy"),
    Part("cmsis", "ARM-software/CMSIS_6", f"{MAKE}/ext_libs/cmsis_download.sh"),
    Part("cmsis_nn", "ARM-software/CMSIS-NN", f"{MAKE}/ext_libs/cmsis_nn_download.sh"),
)


def revision_of(sources: Path, part: Part) -> str:
    """Return the tag or commit of part that TFLM's sources name. Raises InputError if they name none.

    They name an archive, github.com/<repository>/archive/<revision>.zip, in which a variable of the shell may
    stand for the revision; what it is set to before counts.
    """
    file = sources / part.where
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    address = re.search(rf"{re.escape(part.repository)}/archive/(?:refs/tags/)?(\S+?)\.zip", text)
    named = [address[1]] if address else []
    if address and (variable := re.fullmatch(r"\$\{(\w+)\}", address[1])):
        named = re.findall(rf'(?m)^\s*{variable[1]}="([^"$]+)"', text[: address.start()])
    if not named:
        raise InputError(f"this TensorFlow Lite Micro names no revision of {part.name} in {part.where}.")
    return str(named[-1])


def place_parts(sources: Path, given: Path | None) -> None:
    """Put the parts where TFLM's make looks for them, so that it has nothing to download.

    given holds a folder, a git repository or a .zip for a part, by its name; what it lacks comes from the
    part's own repository. Raises InputError if a repository lacks the revision, or TFLM's patch does not
    fit, ToolMissingError without a network, with all that is missing.
    """
    downloads = sources / MAKE / "downloads"
    (downloads / _UNUSED).mkdir(parents=True, exist_ok=True)
    found = {part: _source_of(part, given) if given else None for part in PARTS}
    lacking = [part for part in PARTS if found[part] is None]
    for part in PARTS:
        revision = revision_of(sources, part)
        try:
            bring(str(found[part] or part.address), revision, downloads / part.name)
        except ToolMissingError as error:
            named = ", ".join(f"{each.name} {revision_of(sources, each)}" for each in lacking)
            raise ToolMissingError(f"{error.message} Needed are {named}.", hint=_GIVE) from error
        if part.patch:
            _apply(sources / part.patch, downloads / part.name, part.name)


def _source_of(part: Part, given: Path) -> Path | None:
    repository = part.repository.partition("/")[2]
    stems = (part.name, repository, repository.lower())
    places = [given / f"{stem}{ending}" for stem in stems for ending in ("", ".git", ".zip")]
    return next((place for place in places if place.exists()), None)


def _apply(patch: Path, folder: Path, name: str) -> None:
    """Apply TFLM's patch, unless it is applied already, as in a copy of TFLM's own downloads/."""
    options = ("--ignore-space-change", "--ignore-whitespace")
    if git("apply", *options, patch.resolve(), folder=folder).exit_code == 0:
        return
    if git("apply", "--reverse", "--check", *options, patch.resolve(), folder=folder).exit_code != 0:
        raise InputError(
            f"{name} is not the version that TensorFlow Lite Micro needs: {patch.name} does not fit.",
            hint=f"Try: a git repository of {name}; the toolkit takes the right version of it",
        )
