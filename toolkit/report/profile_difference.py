# SPDX-License-Identifier: Apache-2.0
"""Two profiles side by side, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.reading import parse_json, read_file
from toolkit.report.profile import Profile
from toolkit.report.text import aligned

_MOST_BYTES = 64 << 20
_COUNTS = ("instructions", "cycles", "flash_wait_cycles")
_BUILDS = ("", "before")


@dataclass(frozen=True)
class LayerPair:
    """A layer of one profile and what stands in its place in the other; None where one has none."""

    name: str
    now: Mapping[str, Any] | None
    before: Mapping[str, Any] | None


@dataclass(frozen=True)
class Difference:
    """Profiles of two builds: layers by their order and their operators' names."""

    pairs: tuple[LayerPair, ...]
    now: Mapping[str, Any]
    before: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"layers": [asdict(pair) for pair in self.pairs], "before": _totals(self.before)}


def read_profile(place: Path) -> dict[str, Any]:
    """Return what `tinyml profile --json` wrote, or a check's verdict.json; place may be its folder.

    Raises InputError for a file that is neither.
    """
    file = place / "verdict.json" if place.is_dir() else place
    try:
        found: dict[str, Any] = parse_json(read_file(file, _MOST_BYTES))
    except ValueError as error:
        raise InputError(f"{file} is not JSON: {error}.") from error
    layers = found.get("layers") if isinstance(found, dict) else None
    if not isinstance(layers, list) or not all(isinstance(x, dict) and "name" in x for x in layers):
        raise InputError(
            f"{file} is no profile: it has no layers.",
            hint="Try: tinyml profile MODEL --json > before.json; or a board's folder below build/",
        )
    return found


def compare_profiles(now: Profile, before: Mapping[str, Any]) -> Difference:
    """Return now against what read_profile() gave."""
    mine, theirs = now.to_json(), before["layers"]
    return Difference(tuple(_pairs(mine["layers"], theirs)), mine, before)


def _pairs(now: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> Iterator[LayerPair]:
    mine, theirs = ([str(layer["name"]) for layer in layers] for layers in (now, before))
    for _, a, a_end, b, b_end in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        for place in range(max(a_end - a, b_end - b)):
            left = now[a + place] if a + place < a_end else None
            right = before[b + place] if b + place < b_end else None
            both = [layer for layer in (left, right) if layer is not None]
            yield LayerPair(" | ".join(dict.fromkeys(str(layer["name"]) for layer in both)), left, right)


def difference_lines(difference: Difference, builds: tuple[str, str] = _BUILDS) -> list[str]:
    """Return a table with a line for each pair of layers, and one for all together; builds are named so."""
    rows: list[tuple[str, ...]] = [_headings(*builds)]
    for place, pair in enumerate(difference.pairs):
        rows.append((str(place), pair.name, *_cells(pair.now, pair.before)))
    rows.append(("", "together", *_cells(_totals(difference.now), _totals(difference.before))))
    return aligned(rows, left=(1,))


def _headings(now: str, before: str) -> tuple[str, ...]:
    counts = (f"{now} {count}".strip() for count in ("instructions", "cycles and waits"))
    return ("layer", "operator", *(cell for count in counts for cell in (count, before, "%")))


def _totals(profile: Mapping[str, Any]) -> dict[str, Any]:
    return {name: profile.get(name) for name in _COUNTS}


def _cells(now: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> tuple[str, ...]:
    cells: list[str] = []
    for count in (_instructions, _cycles):
        mine, theirs = (None if layer is None else count(layer) for layer in (now, before))
        change = f"{100 * (mine - theirs) / theirs:+.1f}" if mine is not None and theirs else "-"
        cells += ["-" if value is None else f"{value:,}" for value in (mine, theirs)] + [change]
    return tuple(cells)


def _instructions(layer: Mapping[str, Any]) -> int | None:
    return layer.get("instructions")


def _cycles(layer: Mapping[str, Any]) -> int | None:
    cycles = layer.get("cycles")
    return None if cycles is None else int(cycles) + int(layer.get("flash_wait_cycles") or 0)
