# SPDX-License-Identifier: Apache-2.0
"""A model, or several, as a library: sources that compile as they are, examples, and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from toolkit import paths
from toolkit.codegen.model_stream import stream_note, stream_sources
from toolkit.codegen.names import c_identifier
from toolkit.compiler.bundle import bundle_models
from toolkit.compiler.compile import CompiledModel
from toolkit.errors import UsageError
from toolkit.export.kernels import library_kernels
from toolkit.export.rename import renamed
from toolkit.project.decision import DecisionConfig
from toolkit.reference.oracle import Expected, Rows
from toolkit.targets.cores import Core
from toolkit.verify.generated_c import Verification

VERSION = "1.0.0"
"""What packages that must have a version say by default: the model's own is its SHA-256."""
_PART, _MOST_VERSION = r"(0|[1-9]\d*)", 40
_PRE_RELEASE = r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
_SEMVER = re.compile(rf"{_PART}\.{_PART}\.{_PART}{_PRE_RELEASE}", re.ASCII)
_GLUE = ("tm_aot.c", "tm_aot.h")


@dataclass(frozen=True, eq=False)
class Member:
    """A model of a library: samples (n, input bytes) with the outputs that are expected of it. Of one that
    takes a window hop by hop, samples are all hops, as many for each output as fill a window.

    verification is None where nobody was to verify it. decision says when a stream shows a class. words are
    for the person who exports it, beside those of the model.
    """

    model: CompiledModel
    samples: Rows
    expected: Expected
    verification: Verification | None
    decision: DecisionConfig = field(default=DecisionConfig())
    words: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it."""
        stream = stream_note(self.model.graph, self.model.about, self.decision)
        return (*self.words, *self.model.notes, *filter(None, [stream]))


@dataclass(frozen=True)
class Taken:
    """What a program takes that makes some calls and nothing else.

    flash_bytes is code, tables and weights; ram_bytes is static; stack_bytes was proved from the machine
    code to be the most, 0 where that has no bound.
    """

    calls: str
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int


@dataclass(frozen=True)
class Counted:
    """The instructions of a call, counted in emulation; about says what it was called with."""

    call: str
    about: str
    instructions: int


@dataclass(frozen=True)
class Measured:
    """What a library takes, as the compiler for core makes it.

    programs are first one that runs each model once, then one with the streams too, where there are any.
    calls is empty where they were not counted.
    """

    compiler: str
    core: str
    programs: tuple[Taken, ...]
    calls: tuple[Counted, ...] = ()


@dataclass(frozen=True, eq=False)
class Library:
    """headers are what a program includes, sources all other files to compile and include; by file name.

    core is None for portable C, measured where it was not measured. Every symbol starts with the name of a
    model or of the library, so that libraries never clash.
    """

    name: str
    members: tuple[Member, ...]
    headers: dict[str, str]
    sources: dict[str, str]
    core: Core | None
    licence: str
    measured: Measured | None = None
    version: str = VERSION

    @property
    def only_for(self) -> str:
        """The Cortex-M that its kernels are for, such as M4 or M0+; "" for portable C."""
        if self.core is None or not self.core.name.startswith("cortex-m"):
            return ""
        return self.core.name.removeprefix("cortex-").upper().rstrip("F").replace("PLUS", "+")

    @property
    def core_note(self) -> str:
        """A sentence for manifests that have no field for the core; "" for portable C."""
        return f"Its kernels are for the Cortex-{self.only_for} alone." if self.only_for else ""

    @property
    def compiled(self) -> tuple[str, ...]:
        """The names of the sources that a build compiles, sorted."""
        return tuple(sorted(name for name in self.sources if name.endswith((".c", ".S"))))

    @property
    def flag(self) -> str:
        """What its C is meant to be compiled with: -Os where all its models are compiled for size."""
        flags = {member.model.optimization.flag for member in self.members}
        return flags.pop() if len(flags) == 1 else "-O2"

    @property
    def spdx(self) -> str:
        """The licence of the kernels with that of the model, of which only its owner knows."""
        return "Apache-2.0 AND LicenseRef-model"

    @property
    def about(self) -> str:
        """What the library is, in a line of ASCII."""
        names = " and ".join(member.model.name for member in self.members)
        return f"int8 model {names}, compiled to C: no interpreter, no heap"

    def figures(self) -> dict[str, object]:
        """Return what the library takes, for --json."""
        return {
            "measured": asdict(self.measured) if self.measured else None,
            "name": self.name,
            "arena_bytes": sum(member.model.arena_bytes for member in self.members),
            "weights_bytes": sum(member.model.weights_bytes for member in self.members),
        }

    @property
    def streams(self) -> tuple[Member, ...]:
        """The members with a stream."""
        return tuple(member for member in self.members if f"{member.model.name}_feed.c" in self.sources)

    def decides(self, member: Member) -> bool:
        """Return whether there is C that decides what the stream of a member shows."""
        return f"{member.model.name}_decision.c" in self.sources

    def summary(self) -> str:
        """Return the figures as a person reads them."""
        found = self.figures()
        measured = f", in all {self.measured.programs[-1].flash_bytes:,} B of flash" if self.measured else ""
        return f"arena {found['arena_bytes']:,} B, weights {found['weights_bytes']:,} B{measured}"


def checked_version(text: str) -> str:
    """Return text if it is a version that every kind of package takes. Raises UsageError.

    Source: semver.org 2.0.0, without build metadata, which the name of a CMSIS-Pack cannot have.
    """
    if len(text) > _MOST_VERSION or not _SEMVER.fullmatch(text):
        raise UsageError(
            f"--library-version {text} is no version MAJOR.MINOR.PATCH.", hint="Try: 1.2.0, or 1.2.0-rc.1"
        )
    return text


def build_library(
    members: Sequence[Member], name: str = "", core: Core | None = None, version: str = VERSION
) -> Library:
    """Return a library of models for core, called by default as the first of them.

    Raises UsageError for two models of one name, or a library with the name of a model that is not its first.
    """
    models = [member.model for member in members]
    chosen = c_identifier(name) if name else models[0].name
    if chosen.upper() in {model.name.upper() for model in models[1:]}:
        if not name:
            raise UsageError(f"two models are called {chosen}.", hint="Try: files of different names")
        raise UsageError(f"--name {name} is the name of one of the models.", hint="Try: another name")
    bundle = bundle_models(models)
    own = {file: text for file, text in bundle.sources.items() if file not in _GLUE}
    streams = [_stream(member) for member in members]
    headers = {f"{model.name}.h" for model in models}
    for model, stream in zip(models, streams, strict=True):
        own |= stream
        if stream:
            headers |= {f"{model.name}_{end}.h" for end in ("feed", "input", "decision")} & {*own}
    kernels = library_kernels(models[0].target, bundle.kernels, chosen)
    files = renamed({**kernels, **own}, chosen, [model.name for model in models])
    return Library(
        name=chosen,
        members=tuple(members),
        headers={file: text for file, text in files.items() if file in headers},
        sources={file: text for file, text in sorted(files.items()) if file not in headers},
        core=core,
        licence=paths.templates("export", "LICENSE").read_text(encoding="utf-8"),
        version=version,
    )


def _stream(member: Member) -> dict[str, str]:
    model = member.model
    return stream_sources(model.graph, model.about, model.name, member.decision)
