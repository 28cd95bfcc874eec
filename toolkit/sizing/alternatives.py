# SPDX-License-Identifier: Apache-2.0
"""What would fit a board instead of a model that does not: tried by really quantizing and compiling it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from toolkit.data.registry import find_source
from toolkit.errors import InputError
from toolkit.inspection.board_fit import BoardFit
from toolkit.models import Shape, model_options
from toolkit.models.application import IMAGENET, NONE, PUBLISHED_ALPHAS
from toolkit.models.base import base_options, is_file
from toolkit.models.cuts import earlier_cuts
from toolkit.project.config import Project
from toolkit.sizing.measure import measure_project
from toolkit.targets.board import Board
from toolkit.ui import OnProgress, Progress

_FACTORS = (0.0625, 0.125, 0.25, 0.35, 0.5, 0.75)
_MOST_CUTS = 63
_MULTIPLE = 8


@dataclass(frozen=True)
class Change:
    """Other settings of a project, in words, and what becomes of it and of its samples."""

    text: str
    project: Project
    shape: Shape


@dataclass(frozen=True)
class Way:
    """Changes of one setting, the smallest model first; is_cut says that each is a part of the next.

    What is impossible then is so of every later one; else it is a model that would be too small.
    """

    changes: tuple[Change, ...]
    is_cut: bool = False

    @property
    def most_tries(self) -> int:
        """How many models are made at most to find the largest that fits."""
        count = len(self.changes)
        return 1 + (count - 1).bit_length() if self.is_cut else count.bit_length()


def smaller_models(project: Project, shape: Shape, board: Board, fit: BoardFit, progress: Progress) -> str:
    """Return what to try, a line each: the largest change of each setting that fits board.

    Of a family these are its width and resolution; of a base its cut, alpha, and the size of the
    pictures. Each is searched for by bisection: at most seven models are made for the cut, three for
    another setting. If none fits, the least that was found is named. fit is what the project's model
    takes, or less.
    """
    ways = [way for way in _ways(project, shape, fit) if way.changes]
    usual = "another base" if project.model.base else "another family"
    if not ways:
        return f"a smaller input, {usual}, or a board with more memory"
    with progress(f"fit: what would fit {board.name} instead") as on_progress:
        tries = _Tries(board, sum(way.most_tries for way in ways), on_progress)
        lines = [found for way in ways if (found := tries.largest(way))]
    if lines:
        return "\n".join(lines)
    least = f"\nThe least of {tries.made} that were tried: {tries.least}" if tries.least else ""
    return f"a smaller input, {usual}, or a board with more memory{least}"


class _Tries:
    """Measures changes one after the other, and keeps which of those that do not fit lacks least."""

    def __init__(self, board: Board, most: int, on_progress: OnProgress) -> None:
        self.made = 0
        self.least = ""
        self._least_lack = 0
        self._board = board
        self._most = most
        self._on_progress = on_progress

    def largest(self, way: Way) -> str:
        """Return the largest change of way that fits, with its sizes; "" if none does.

        Of cuts the last is tried first: if it has RAM enough, in patches that end where the pictures are
        small, then one with too little is better cut later, where the flash allows it.
        """
        low, high, best, later_takes_less = 0, len(way.changes), "", False
        middle = high - 1 if way.is_cut else high // 2
        while low < high:
            fit = self._measure(way.changes[middle])
            if fit is not None and fit.fits:
                best = _sizes_text(way.changes[middle], fit)
            if way.is_cut and middle == len(way.changes) - 1:
                later_takes_less = fit is not None and not _lack(fit)[0]
            if self._is_too_large(fit, way, later_takes_less=later_takes_less):
                high = middle
            else:
                low = middle + 1
            middle = (low + high) // 2
        return best

    @staticmethod
    def _is_too_large(fit: BoardFit | None, way: Way, *, later_takes_less: bool) -> bool:
        if fit is None:
            return way.is_cut
        ram, flash = _lack(fit)
        return flash > 0 or (ram > 0 and not later_takes_less)

    def _measure(self, change: Change) -> BoardFit | None:
        """Return what change takes; None if there is no such model, or none that can be measured."""
        self._on_progress(self.made, self._most, change.text)
        self.made += 1
        try:
            fit = measure_project(change.project, change.shape, self._board).fit
        except (InputError, ValueError):  # Keras' own of a picture that became too small for a layer
            return None
        lack = sum(_lack(fit))
        if lack and not 0 < self._least_lack <= lack:
            self._least_lack, self.least = lack, _sizes_text(change, fit)
        return fit


def _lack(fit: BoardFit) -> tuple[int, int]:
    """Return how many bytes of RAM and of flash are too many."""
    return max(0, fit.ram_bytes - fit.ram_limit_bytes), max(0, fit.flash_bytes - fit.flash_limit_bytes)


def _sizes_text(change: Change, fit: BoardFit) -> str:
    return f"{change.text}: {fit.ram_bytes:,} bytes of RAM, {fit.flash_bytes:,} of flash"


def _ways(project: Project, shape: Shape, fit: BoardFit) -> Iterator[Way]:
    if project.model.family:
        _, options = model_options(project, project.model)
        for name in ("width", "resolution"):
            if hasattr(options, name):
                values = [float(f"{getattr(options, name) * factor:.3g}") for factor in _FACTORS]
                yield Way(tuple(_option(project, shape, name, value) for value in values))
    elif project.model.base:
        yield _cuts(project, shape, fit)
        yield _alphas(project, shape)
        if fit.flash_bytes <= fit.flash_limit_bytes:
            yield _picture_sizes(project, shape)


def _option(project: Project, shape: Shape, name: str, value: str | float) -> Change:
    shown = f'"{value}"' if isinstance(value, str) else f"{value:g}"
    text = f"{name} = {shown} in the section [model.options]"
    return Change(text, project.with_options(**{name: value}), shape)


def _cuts(project: Project, shape: Shape, fit: BoardFit) -> Way:
    """Return the cuts whose kernels are not more than the flash, thinned out evenly if they are very many."""
    cuts = earlier_cuts(project, project.model, shape)
    layers = [cut.layer for cut in cuts if cut.kernel_weights <= fit.flash_limit_bytes]
    count = min(len(layers), _MOST_CUTS)
    kept = [layers[(number + 1) * len(layers) // count - 1] for number in range(count)]
    return Way(tuple(_option(project, shape, "cut", layer) for layer in kept), is_cut=True)


def _alphas(project: Project, shape: Shape) -> Way:
    """Return the alphas of a MobileNet for which there are weights; without weights, parts of its alpha."""
    options, known = base_options(project, project.model), PUBLISHED_ALPHAS.get(project.model.base, ())
    present = options.alpha or 1.0
    if options.weights == NONE and known:
        known = tuple(present * factor for factor in _FACTORS)
    elif options.weights not in ("", IMAGENET) or options.minimalistic:
        known = ()
    smaller = [alpha for alpha in known if alpha < present]
    untrained = project.with_options(weights=NONE)
    return Way(tuple(_option(untrained, shape, "alpha", alpha) for alpha in smaller))


def _picture_sizes(project: Project, shape: Shape) -> Way:
    """Return smaller pictures, where the data source makes them of any size."""
    options = find_source(project.data.source).options
    if not (len(shape.inputs) == 3 and any(field.name == "size" for field in fields(options))):
        return Way(())
    untrained = project if is_file(project.model) else project.with_options(weights=NONE)
    sides = [tuple(_multiple(side * factor) for side in shape.inputs[:2]) for factor in _FACTORS]
    return Way(
        tuple(
            Change(
                f"size = {list(size)} in the section [data.options]",
                untrained,
                replace(shape, inputs=(*size, shape.inputs[2])),
            )
            for size in dict.fromkeys(sides)
            if size < shape.inputs[:2]
        )
    )


def _multiple(side: float) -> int:
    return max(1, round(side / _MULTIPLE)) * _MULTIPLE
