# SPDX-License-Identifier: Apache-2.0
"""The templates of generated sources; an undefined name in one is an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2

from toolkit import paths


def render(template: str, context: Mapping[str, object]) -> str:
    """Return firmware_templates/project/<template> filled in with context."""
    return environment(paths.templates("project")).get_template(template).render(context)


@cache
def environment(folder: Path) -> jinja2.Environment:
    """Return what fills in the templates of a folder."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
