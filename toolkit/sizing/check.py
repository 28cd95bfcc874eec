# SPDX-License-Identifier: Apache-2.0
"""Whether a project's model can fit its board, before it is trained; and which multiplier would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from toolkit.board import Board
from toolkit.errors import DoesNotFitError, InputError
from toolkit.files import sha256_of
from toolkit.inspection.fit import BoardFit
from toolkit.models import Shape, build_family, build_model, model_files, model_label, model_options
from toolkit.models.family import Family
from toolkit.project import Project
from toolkit.quantization.convert import Activations
from toolkit.sizing.bound import most_on
from toolkit.sizing.measure import Measured, measure_model

_FACTORS = (0.75, 0.5, 0.35, 0.25, 0.125, 0.0625)
_TRIES = 3
_HOPE = 1.2


def require_fit(project: Project, shape: Shape, board: Board, on_note: Callable[[str], None]) -> None:
    """Raise DoesNotFitError if the project's model cannot fit board, with layers in patches neither.

    The error says by how much, and which multipliers of width and resolution would fit. What is
    sure to fit by a bound is not looked at closer; what can only be known of the trained model is
    told to on_note.
    """
    if board.memory is None:
        return
    model = build_model(project, project.model, shape)
    activations = project.quantization.activations
    most = most_on(board, model, 2 if activations == "int16" else 1)
    if most is not None and most.fits:
        return
    on_note(f"fit: {model_label(project, project.model)} on {board.name}, quantized and compiled untrained")
    try:
        measured = measure_model(lambda: model, _identity(project), shape, board, activations)
    except InputError as error:
        on_note(f"fit: not known before training: {error.message.splitlines()[0]}")
        return
    if not measured.fit.fits:
        raise _does_not_fit(project, shape, board, measured)


def measure_family(
    family: Family, options: Any, shape: Shape, board: Board, activations: Activations = "int8"
) -> Measured:
    """Return what a family's model with options takes on board. Raises as measure_model does."""
    identity = (family.name, options)
    return measure_model(lambda: build_family(family, options, shape, 1), identity, shape, board, activations)


def _identity(project: Project) -> object:
    model = project.model
    if not model.family:
        files = [(path.name, sha256_of(path)) for path in model_files(project, model)]
        return model.python, model.base, model.options, files
    family, options = model_options(project, project.model)
    return family.name, options


def _does_not_fit(project: Project, shape: Shape, board: Board, measured: Measured) -> DoesNotFitError:
    fit, lines = measured.fit, []
    if project.model.family:
        lines = list(_that_would_fit(project, shape, board, fit))
    usual = "an earlier cut" if project.model.base else "another family"
    tries = "\n".join(lines) if lines else f"a smaller input, {usual}, or a board with more memory"
    return DoesNotFitError(
        f"{model_label(project, project.model)} does not fit {board.name}: {' and '.join(_shortages(fit))}.",
        hint=f"Try: {tries}\nSee: tinyml models --board {board.name}",
        facts=measured.to_json(),
    )


def _shortages(fit: BoardFit) -> Iterator[str]:
    for what, needed, there in (
        ("RAM", fit.ram_bytes, fit.ram_limit_bytes),
        ("flash", fit.flash_bytes, fit.flash_limit_bytes),
    ):
        if needed > there:
            yield f"about {needed:,} bytes of {what} where {there:,} are, {needed - there:,} too many"


def _that_would_fit(project: Project, shape: Shape, board: Board, fit: BoardFit) -> Iterator[str]:
    """Yield the largest width, and resolution, that were tried and fit."""
    family, options = model_options(project, project.model)
    activations = project.quantization.activations
    ram, flash = fit.ram_limit_bytes / fit.ram_bytes, fit.flash_limit_bytes / fit.flash_bytes
    hopes = {"width": min(ram, flash**0.5), "resolution": min(ram, flash) ** 0.5}
    for name, hope in hopes.items():
        if not hasattr(options, name):
            continue
        for factor in [factor for factor in _FACTORS if factor <= hope * _HOPE][:_TRIES]:
            value = float(f"{getattr(options, name) * factor:.3g}")
            try:
                smaller = replace(options, **{name: value})
                found = measure_family(family, smaller, shape, board, activations)
            except (InputError, ValueError):
                continue
            if found.fit.fits:
                sizes = f"{found.fit.ram_bytes:,} bytes of RAM, {found.fit.flash_bytes:,} of flash"
                yield f"{name} = {value:g} in the section [model.options]: {sizes}"
                break
