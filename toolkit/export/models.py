# SPDX-License-Identifier: Apache-2.0
"""From .tflite files to the members of a library: compiled, verified, with samples to show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from toolkit.codegen.about import ANYWHERE, About, Sections
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import optimization_for
from toolkit.compiler.files import provenance_of_file, read_model
from toolkit.compiler.purpose import purpose_beside, stranger_beside
from toolkit.export.library import Member
from toolkit.ir.graph import Graph
from toolkit.ops.shared.ends import as_graph_gives, as_graph_takes
from toolkit.project.goals import Goal
from toolkit.reference.oracle import Rows, expected_outputs
from toolkit.targets.cores import Core
from toolkit.targets.target import PORTABLE, Target, target_of_core
from toolkit.tflite.reader import read_graph
from toolkit.verify.generated_c import random_rows, verify_model
from toolkit.verify.windows import hops_of_a_window

_SAMPLES = 4
_SAMPLES_BYTES = 16384


@dataclass(frozen=True)
class ExportOptions:
    """How models are compiled: ram_bytes is the most that an arena may take; verify runs the C here.

    goal is what kernels are chosen for, None for a project's own or balanced. name is what a single model is
    called in C, "" for the name of its file or project. hop is that of a window which slides, None for whole
    windows.
    """

    target: Target = PORTABLE
    ram_bytes: int | None = None
    goal: Goal | None = None
    sections: Sections = ANYWHERE
    verify: bool = True
    name: str = ""
    hop: int | None = None

    def for_core(self, core: Core | None) -> ExportOptions:
        """Return the options with the target that makes the most of core; portable C for None."""
        return replace(self, target=target_of_core(core) if core else PORTABLE)


def file_member(model: Path, options: ExportOptions) -> Member:
    """Return the model in a .tflite file as a member, with what the quantization.json beside it says."""
    data, name = read_model(model), options.name or model.stem
    digest = sha256(data).hexdigest()
    purpose = purpose_beside(model, digest, read_graph(data, name))
    about = About(provenance_of_file(model, data), purpose, options.sections)
    optimization = optimization_for(model, data, options.target, options.goal or "balanced")
    compiled = compile_model(
        data,
        name,
        options.target,
        options.ram_bytes,
        about,
        optimization=optimization,
        hop=options.hop,
    )
    word = stranger_beside(model, digest)
    return replace(member_of(compiled, data, options), words=(word,) if word else ())


def member_of(
    compiled: CompiledModel, data: bytes, options: ExportOptions, samples: Rows | None = None
) -> Member:
    """Return a compiled model as a member; data are the bytes of its .tflite.

    samples (n, input bytes) are shown in examples, random ones by default, as many as are not too large.
    Raises CheckFailedError if the C is not what the model says.
    """
    graph = read_graph(data, compiled.name)
    rows = random_rows(graph, _SAMPLES) if samples is None or not len(samples) else samples
    shown = rows[: max(1, min(_SAMPLES, _SAMPLES_BYTES // rows.shape[1]))]
    expected = expected_outputs(data, graph, shown)
    verification = verify_model(compiled, data) if options.verify else None
    runs = _runs(compiled, graph, shown)
    given, outputs = as_graph_takes(compiled.graph, runs), as_graph_gives(compiled.graph, expected.outputs)
    return Member(compiled, given, replace(expected, outputs=outputs), verification)


def _runs(compiled: CompiledModel, graph: Graph, shown: Rows) -> Rows:
    """Return samples as the inferences that they take: of a window hop by hop, the hops that fill it."""
    stream = compiled.graph.stream
    if stream is None:
        return shown
    hops = hops_of_a_window(shown, graph.tensors[graph.inputs[0]], stream)
    return hops.reshape(-1, hops.shape[2])
