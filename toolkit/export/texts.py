# SPDX-License-Identifier: Apache-2.0
"""The texts that stand beside a library's sources: what it is, the stored samples, programs that run them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit import paths
from toolkit.codegen import literals
from toolkit.codegen.model_stream import stream_feed
from toolkit.codegen.purpose import meaning_of
from toolkit.codegen.templates import environment
from toolkit.export.library import Library, Member
from toolkit.ir.graph import Graph
from toolkit.reference.oracle import Rows


@dataclass(frozen=True)
class Array:
    """The samples' values of one input or output of a model, one sample after the other, as C text."""

    model: str
    macro: str
    symbol: str
    c_type: str
    values: str


@dataclass(frozen=True)
class Example:
    """The stored samples of one model, and the calls that run them: so many inferences (runs) for each."""

    name: str
    prefix: str
    samples: int
    runs: int
    by: str
    arrays: tuple[Array, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def fill(template: str, library: Library, **more: object) -> str:
    """Return firmware_templates/export/<template> filled in for a library."""
    names = (library.name, *(member.model.name for member in library.members))
    context: Mapping[str, object] = {
        "library": library,
        "name": library.name,
        "prefix": library.name.upper(),
        "models": [member.model for member in library.members],
        "twins": " ".join(sorted({f"-D{each.upper()}_TWINS" for each in names})),
        "has_assembly": any(name.endswith(".S") for name in library.compiled),
        "meanings": [meaning_of(m.model.graph, m.model.about, m.model.name) for m in library.members],
        "examples": [_example(member) for member in library.members],
        **more,
    }
    return environment(paths.templates("export")).get_template(template).render(context)


def example_files(library: Library) -> dict[str, str]:
    """Return main.c, which compares stored samples with what is expected of them, and samples.h."""
    return {name: fill(f"{name}.j2", library) for name in ("main.c", "samples.h")}


def readme(library: Library, use: str) -> str:
    """Return README.md; use says how the package gets into a program."""
    own = [name for name in (*library.headers, *library.sources) if "_tm_" not in name]
    proofs = [f"{member.model.name}: {_proof(member)}" for member in library.members]
    shared = {"own": own, "proofs": proofs, "usage": _usage(library), **_threads(library)}
    return fill("README.md.j2", library, use=use, **shared)


def _threads(library: Library) -> dict[str, object]:
    """Return what the README says of threads: what functions are called by, what has its own memory."""
    feeds = [stream_feed(m.model.graph, m.model.about, m.decision) for m in library.streams]
    each = library.members[0].model.name if len(library.members) == 1 else "MODEL"
    takers = ("write_input", "predict", "classify")
    return {
        "each": each,
        "features": any(feed is not None and feed.rules is not None for feed in feeds),
        "decides": any(library.decides(member) for member in library.streams),
        "sharing": ", ".join(f"`{each}_{taker}()`" for taker in takers),
    }


def _usage(library: Library) -> str:
    """Return how a program calls its model: with a whole input and a stream; of several the plain calls."""
    if len(library.members) > 1:
        return fill("usage_of_several.c.j2", library)
    first = library.members[0]
    model, is_fed = first.model, first in library.streams
    return fill(
        "usage.c.j2",
        library,
        model=model,
        meaning=meaning_of(model.graph, model.about, model.name),
        feed=stream_feed(model.graph, model.about, first.decision) if is_fed else None,
        decides=library.decides(first),
    )


def common_files(library: Library, use: str) -> dict[str, str | bytes]:
    """Return what most packages are made of: include/, src/, example/, README.md and LICENSE.

    use says how the package gets into a program.
    """
    return {
        **{f"include/{name}": text for name, text in library.headers.items()},
        **{f"src/{name}": text for name, text in library.sources.items()},
        **{f"example/{name}": text for name, text in example_files(library).items()},
        "README.md": readme(library, use),
        "LICENSE": library.licence,
    }


def _proof(member: Member) -> str:
    stored = f"the stored samples' outputs are those of {member.expected.oracle}"
    if member.verification is None:
        return f"{stored}; the C was not run (--no-verify)"
    if member.verification.skipped:
        return f"{stored}; the C was not run: {member.verification.skipped}"
    what = "windows of a random stream" if member.verification.is_stream else "random inputs"
    text = f"{member.verification.samples} {what}: every layer equal to the NumPy references', outputs"
    return f"{text} to {' and '.join(member.verification.against)}; {stored}"


def _example(member: Member) -> Example:
    arrays = tuple(_arrays(member))
    ends = {kind: tuple(a.macro.lower() for a in arrays if a.macro.startswith(kind)) for kind in _ENDS}
    name = member.model.name
    count, by = len(member.expected.outputs), member.expected.oracle
    return Example(name, name.upper(), count, len(member.samples) // count, by, arrays, *ends.values())


def first_inputs(member: Member) -> list[Array]:
    """Return the inputs of the first stored sample of a model."""
    first = replace(member, samples=member.samples[:1])
    return [array for array in _arrays(first) if array.macro.startswith("INPUT")]


_ENDS = ("INPUT", "OUTPUT")


def _arrays(member: Member) -> Iterator[Array]:
    graph, name = member.model.graph, member.model.name
    ends = ((graph.inputs, member.samples), (graph.outputs, member.expected.outputs))
    for kind, (ids, rows) in zip(_ENDS, ends, strict=True):
        for place, (c_type, values) in enumerate(_columns(graph, ids, rows)):
            macro = f"{kind}{place or ''}"
            yield Array(name, macro, f"{name}_example_{macro.lower()}", c_type, literals.initializer(values))


def _columns(graph: Graph, ids: Sequence[int], rows: Rows) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """Yield the C type and all samples' values of each tensor whose bytes stand side by side in rows."""
    start = 0
    for tensor in (graph.tensors[i] for i in ids):
        part = np.ascontiguousarray(rows[:, start : start + tensor.bytes])
        yield literals.C_TYPES[tensor.dtype], part.reshape(-1).view(tensor.dtype)
        start += tensor.bytes
