# SPDX-License-Identifier: Apache-2.0
"""What an untrained model takes: it is really quantized and compiled, and the figures are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from toolkit.compiler.compile import compile_model, least_arena
from toolkit.errors import UnsupportedError
from toolkit.files import sha256_of, write_atomic
from toolkit.inspection.board_fit import BoardFit
from toolkit.inspection.inspect import inspect_model
from toolkit.models import Shape, build_family, build_model, model_files, model_options, settle
from toolkit.models.family import Family
from toolkit.paths import cache_dir
from toolkit.project.code_graph import code_digest
from toolkit.project.config import Project
from toolkit.project.stamps import digest_of
from toolkit.quantization import quantize_model
from toolkit.quantization.convert import Activations
from toolkit.targets.board import Board
from toolkit.targets.target import target_of

_SAMPLES = 4
_PACKAGES = ("tensorflow", "tensorflow-cpu", "keras")


@dataclass(frozen=True)
class Measured:
    """A model's figures. arena_bytes is with layers in patches where the board has too little RAM without.

    macs are those without patches; fit is on the board that was asked for.
    """

    parameters: int
    macs: int
    arena_bytes: int
    weights_bytes: int
    in_patches: bool
    fit: BoardFit

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "fits": self.fit.fits}


def measure_model(
    build: Callable[[], Any], identity: object, shape: Shape, board: Board, activations: Activations = "int8"
) -> Measured:
    """Return what the Keras model that build makes takes on board, which has a memory.

    identity is all that the model follows from, by its repr; of what was measured before with this
    code and these versions the figures are read again. Raises InputError, UnsupportedError among
    them, if an untrained model of this kind cannot be quantized or compiled.
    """
    versions = [_version(package) for package in _PACKAGES]
    key = digest_of((identity, shape, board, activations, code_digest(__name__), versions))
    path = cache_dir() / "sizes" / f"{key}.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Measured(**{**kept, "fit": BoardFit(**kept["fit"])})
    except (OSError, ValueError, KeyError, TypeError):
        measured = _measure(build(), shape, board, activations)
    write_atomic(path, json.dumps(asdict(measured), indent=1) + "\n")
    return measured


def measure_family(
    family: Family, options: Any, shape: Shape, board: Board, activations: Activations = "int8"
) -> Measured:
    """Return what a family's model with options takes on board. Raises as measure_model does."""
    identity = (family.name, options)
    return measure_model(lambda: build_family(family, options, shape, 1), identity, shape, board, activations)


def measure_project(project: Project, shape: Shape, board: Board, model: Any = None) -> Measured:
    """Return what a project's model takes on board; model is that, if it is built already.

    Raises InputError as build_model and measure_model do.
    """
    build = (lambda: model) if model is not None else (lambda: build_model(project, project.model, shape))
    activations = project.quantization.activations
    return measure_model(build, _identity(project), shape, board, activations)


def _identity(project: Project) -> object:
    model = project.model
    if not model.family:
        files = [(path.name, sha256_of(path)) for path in model_files(project, model)]
        return model.python, model.base, model.options, files
    family, options = model_options(project, project.model)
    return family.name, options


def _measure(model: Any, shape: Shape, board: Board, activations: Activations) -> Measured:
    samples = np.random.default_rng(0).random((_SAMPLES, *shape.inputs), np.float32)
    settle(model, samples)
    data = quantize_model(model, samples, activations)
    found = inspect_model(data, model.name, [board], is_untrained=True)
    if found.refusal:
        raise UnsupportedError(found.refusal)
    (fit,), arena_bytes, in_patches = found.boards, found.arena_bytes, False
    short = fit.ram_bytes - fit.ram_limit_bytes
    if 0 < short < arena_bytes:
        compiled = compile_model(data, model.name, target_of(board), keeps_channels=True)
        patching = least_arena(compiled, arena_bytes - short)
        if patching is not None:
            saved = arena_bytes - patching.arena_bytes
            fit = BoardFit(**{**asdict(fit), "ram_bytes": fit.ram_bytes - saved})
            arena_bytes, in_patches = patching.arena_bytes, True
    return Measured(
        parameters=int(model.count_params()),
        macs=found.macs,
        arena_bytes=arena_bytes,
        weights_bytes=found.weights_bytes,
        in_patches=in_patches,
        fit=fit,
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
