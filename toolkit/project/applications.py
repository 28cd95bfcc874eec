# SPDX-License-Identifier: Apache-2.0
"""The names of the applications: each is a file in firmware_templates/runtime/apps/."""

from __future__ import annotations

from toolkit import paths


def application_names() -> list[str]:
    """Return the names that application in [firmware] can have, sorted; "none" is always there."""
    files = paths.template_names("runtime", "apps")
    return [name.removesuffix(".c") for name in files if name.endswith(".c")]
