# SPDX-License-Identifier: Apache-2.0
"""The project's model as the member of a library, with what it is for and samples of the test split."""

from __future__ import annotations

from dataclasses import replace

from toolkit.compiler.compile import compile_model
from toolkit.errors import UsageError
from toolkit.export.library import Member
from toolkit.export.models import ExportOptions, member_of
from toolkit.pipeline.build import quantize_test_samples
from toolkit.pipeline.compile import about_of, hop_of, optimization_of
from toolkit.pipeline.pipeline import Pipeline
from toolkit.targets.board import load_board
from toolkit.targets.cores import Core, find_core


def core_of(board: str | None, core: str | None) -> Core | None:
    """Return the core that is meant by the name of a board or of a core; None for neither: portable C.

    Raises UsageError for both, InputError for a name that is none.
    """
    if board and core:
        raise UsageError("--board and --core do not go together.", hint="Try: one of the two")
    if board:
        return find_core(load_board(board).core)
    return find_core(core) if core else None


def project_member(pipeline: Pipeline, options: ExportOptions) -> Member:
    """Return the project's model, made if it is out of date, compiled by options."""
    pipeline.quantize()
    context = pipeline.context
    about = replace(about_of(context), sections=options.sections)
    ram_bytes = options.ram_bytes or context.project.firmware.ram_bytes or None
    compiled = compile_model(
        context.model(),
        options.name or context.project.name,
        options.target,
        ram_bytes,
        about,
        optimization=optimization_of(context, options.target, options.goal),
        hop=hop_of(context) if options.hop is None else options.hop,
    )
    samples = quantize_test_samples(compiled, context.dataset())
    member = member_of(compiled, context.model(), options, samples)
    return replace(member, decision=context.project.firmware.decision)
