# SPDX-License-Identifier: Apache-2.0
"""What the page may change: files inside of the project's folder, and nothing else."""

from __future__ import annotations

from pathlib import Path

from toolkit.errors import UsageError
from toolkit.record.files import require_label, require_room
from toolkit.record.places import Place, place_for


def require_own(root: Path, path: Path) -> None:
    """Raise UsageError if path, with all links followed, is outside of the project in root."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise UsageError(
            f"{path} is outside of the project; the page leaves it alone.",
            hint='Try: copy it into the project, and folder = "..." in the section [data.options]',
        )


def place_to_record(root: Path, label: str, stem: str) -> Place:
    """Return where a recording of the project in root goes, files named stem, "" for the label.

    Raises TinymlError, before anything is recorded, where it cannot be kept.
    """
    place = place_for(root, None)
    require_own(root, place.folder / require_label(label))
    require_room(place.folder, label, place.group, stem)
    return place
