# SPDX-License-Identifier: Apache-2.0
"""What the C of a model says of it, and takes and gives, beside its layers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from toolkit.codegen.model_input import Raw
from toolkit.errors import UsageError
from toolkit.metrics import Task
from toolkit.project.provenance import Provenance

_NUMBERS = Raw()
_UNWRITTEN = (".bss", ".noinit", ".tbss")
"""Of these sections no content is in the image."""
_CONSTANT = (".text", ".rodata", ".init_array", ".fini_array", ".preinit_array")
"""Of these nothing may be written to."""


@dataclass(frozen=True)
class Purpose:
    """What a model is for. task None: nobody said what the outputs mean.

    labels name the outputs; of an anomaly detector they are what is below threshold and above it. mean
    and deviation are those of raw's columns, or one each for all.
    """

    task: Task | None = None
    labels: tuple[str, ...] = ()
    raw: Raw = _NUMBERS
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    threshold: float | None = None


@dataclass(frozen=True)
class Sections:
    """The linker's sections for weights and arena, such as ".sdram"; "" leaves the choice to the linker."""

    weights: str = ""
    arena: str = ""


ANYWHERE = Sections()


def sections_called(weights: str, arena: str) -> Sections:
    """Return the sections of these names.

    Raises UsageError for a name that no section can have, or for one that is not of the kind that is needed:
    weights are constants, the arena is zeros that are written to, and no section is both.
    """
    for name in (weights, arena):
        if name and not re.fullmatch(r"[A-Za-z0-9_.$]+", name):
            raise UsageError(f"{name!r} is no name of a section.", hint="Try: a name such as .sdram")
    for name, what, others in ((weights, "weights", _UNWRITTEN), (arena, "the arena", _CONSTANT)):
        if any(name == other or name.startswith(f"{other}.") for other in others):
            raise UsageError(
                f"the compiler has {name} for other things than {what}.",
                hint="Try: a name of your own, such as .sdram",
            )
    if weights and weights == arena:
        raise UsageError(
            f"weights and arena cannot both be in {weights}: one is constant, the other is written to.",
            hint=f"Try: --arena-section {arena}_arena, which your linker script may put beside {weights}",
        )
    return Sections(weights, arena)


@dataclass(frozen=True)
class About:
    """made_by is what made the model. With purpose the header takes numbers as they come from outside."""

    made_by: Provenance = field(default_factory=Provenance)
    purpose: Purpose | None = None
    sections: Sections = ANYWHERE


NOTHING = About()
