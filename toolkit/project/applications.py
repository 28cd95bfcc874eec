# SPDX-License-Identifier: Apache-2.0
"""The names of the applications: each is a file in firmware_templates/runtime/apps/."""

from __future__ import annotations

from toolkit import paths


def application_names() -> list[str]:
    """Return the names that application in [firmware] can have, sorted; "none" is always there.

    Only names are read, and only none.c is named: else the code graph would count every application's C as
    part of the settings, and a change of it would train the model again.
    """
    folder = paths.templates("runtime", "apps", "none.c").parent
    return sorted(path.stem for path in folder.glob("*.c"))
