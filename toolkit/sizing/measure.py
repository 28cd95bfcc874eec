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
from toolkit.firmware.platformio import package_dirs
from toolkit.firmware.toolchain import compiler_name
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
from toolkit.reading import parse_json
from toolkit.targets.board import Board
from toolkit.targets.target import target_of
from toolkit.verify.estimate import Estimate, estimate_on

_SAMPLES = 4
_PACKAGES = ("tensorflow", "tensorflow-cpu", "keras")


@dataclass(frozen=True)
class Measured:
    """A model's figures. arena_bytes is with layers in patches where the board has too little RAM without.

    macs are those without patches; fit is on the board that was asked for, and so is time, None if nobody
    asked for it.
    """

    parameters: int
    macs: int
    arena_bytes: int
    weights_bytes: int
    in_patches: bool
    fit: BoardFit
    time: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**asdict(self), "fits": self.fit.fits}


def measure_model(
    build: Callable[[], Any],
    identity: object,
    shape: Shape,
    board: Board,
    activations: Activations = "int8",
    *,
    is_timed: bool = False,
) -> Measured:
    """Return what the Keras model that build makes takes on board, which has a memory.

    identity is all that the model follows from, by its repr; of what was measured before with this
    code and these versions the figures are read again. is_timed asks for the time of an inference too.
    Raises InputError, UnsupportedError among them, if an untrained model of this kind cannot be quantized or
    compiled.
    """
    versions = [_version(package) for package in _PACKAGES]
    compiler = compiler_name(board.core, package_dirs()) if is_timed else ""
    key = digest_of(
        (identity, shape, board, activations, code_digest(__name__), versions, is_timed, compiler)
    )
    path = cache_dir() / "sizes" / f"{key}.json"
    try:
        kept = parse_json(path.read_text(encoding="utf-8"))
        time = Estimate(**kept["time"]) if kept["time"] else None
        return Measured(**{**kept, "fit": BoardFit(**kept["fit"]), "time": time})
    except (OSError, ValueError, KeyError, TypeError):
        measured = _measure(build(), shape, board, activations, is_timed)
    write_atomic(path, json.dumps(asdict(measured), indent=1) + "\n")
    return measured


def measure_family(
    family: Family,
    options: Any,
    shape: Shape,
    board: Board,
    activations: Activations = "int8",
    *,
    is_timed: bool = False,
) -> Measured:
    """Return what a family's model with options takes on board. Raises as measure_model does."""

    def build() -> Any:
        return build_family(family, options, shape, 1)

    return measure_model(build, (family.name, options), shape, board, activations, is_timed=is_timed)


def measure_project(
    project: Project, shape: Shape, board: Board, model: Any = None, *, is_timed: bool = False
) -> Measured:
    """Return what a project's model takes on board; model is that, if it is built already.

    is_timed asks for the time of an inference too. Raises InputError as build_model and measure_model do.
    """
    build = (lambda: model) if model is not None else (lambda: build_model(project, project.model, shape))
    activations = project.quantization.integers
    return measure_model(build, _identity(project), shape, board, activations, is_timed=is_timed)


def _identity(project: Project) -> object:
    model = project.model
    if not model.family:
        files = [(path.name, sha256_of(path)) for path in model_files(project, model)]
        return model.python, model.base, model.options, files
    family, options = model_options(project, project.model)
    return family.name, options


def untrained_tflite(model: Any, shape: Shape, activations: Activations = "int8") -> bytes:
    """Return the integer .tflite of an untrained Keras model: what it takes is right, what it says is not.

    Raises InputError, UnsupportedError among them, if a model of this kind cannot be quantized.
    """
    samples = np.random.default_rng(0).random((_SAMPLES, *shape.inputs), np.float32)
    settle(model, samples)
    return quantize_model(model, samples, activations)


def _measure(model: Any, shape: Shape, board: Board, activations: Activations, is_timed: bool) -> Measured:
    data = untrained_tflite(model, shape, activations)
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
        time=_time(data, model.name, board, fit, arena_bytes if in_patches else None) if is_timed else None,
    )


def _time(data: bytes, name: str, board: Board, fit: BoardFit, ram_bytes: int | None) -> Estimate:
    if not fit.fits:
        return Estimate(board.name, reason="it does not fit.")
    return estimate_on(compile_model(data, name, target_of(board), ram_bytes, keeps_channels=True), board)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
